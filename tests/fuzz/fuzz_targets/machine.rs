//! The machine: any request and response, what is stored of them, any later request and its response.
//! Nothing panics, and what must hold for every exchange does.
//!
//! The input is one octet of choices, one of time, and then four heads, each a row of lines
//! `name:value` that ends with a line feed, the heads separated by NUL.
#![no_main]

use larder::CacheOptions;
use larder::fields::{RequestDirectives, ResponseDirectives};
use larder::head::{Edited, HeadBuf, Method, RequestHead};
use larder::pair::{NewPair, StoredBody, StoredPair};
use larder::state::{
    Candidates, End, Extents, FromCache, IdleClient, IdleNext, MissNext, RevalidationNext, Unreachable,
};
use larder::time::{Exchange, Now};
use larder_tests::heads::owned;
use larder_tests::{Kept, MockClock};
use libfuzzer_sys::fuzz_target;

const URI: &str = "http://example.com/a";

type Buf = HeadBuf<8192, 64>;

fn head(octets: &[u8]) -> Buf {
    let mut head = Buf::new();
    head.as_mut().start_response(200);
    for line in octets.split(|octet| *octet == b'\n').take(20) {
        let colon = line.iter().position(|octet| *octet == b':').unwrap_or(line.len());
        let (name, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or_default();
        let mut trial: HeadBuf<400, 1> = HeadBuf::new();
        // What is no line is left out: it would empty the head. Twenty of these fit.
        if let Ok(name) = str::from_utf8(name)
            && trial.as_mut().push(name, value).is_ok()
        {
            head.as_mut().push(name, value).expect("room");
        }
    }
    head
}

fn now(seconds: u64) -> Now {
    let clock = MockClock::new();
    clock.advance(seconds);
    clock.now()
}

fn assert_one_age(fields: Edited<'_>) {
    assert!(fields.iter().filter(|line| line.is("age")).count() <= 1);
}

/// A pair that is stored can be read again, whatever is in it.
fn keep(pair: &NewPair<'_>) -> Kept {
    let kept = Kept::new(pair, 10);
    let stored = kept.pair();
    assert_eq!(owned(stored.response.fields), owned(pair.fields));
    assert_eq!((stored.uri, stored.response.status), (pair.uri, pair.status));
    for name in ["connection", "keep-alive", "transfer-encoding", "proxy-authorization", "upgrade"] {
        assert!(!stored.response.fields.contains(name));
    }
    kept
}

fn assert_served(state: &FromCache<'_>, kept: &Kept) {
    assert_eq!(state.id(), Kept::ID);
    assert_one_age(state.fields(kept.pair().response.fields));
    if state.request().method == Method::Head {
        assert_eq!(state.content(), None);
    }
    if let Some((first, Some(length))) = state.content() {
        assert!(first + length <= 10);
    }
}

/// What is not there is not served (RFC 9111 §3.3).
fn assert_held(state: &FromCache<'_>, held: u64) {
    match state.content() {
        Some((first, length)) => assert!(first + length.unwrap_or(10 - first) <= held),
        None => {}
    }
}

fn assert_end(end: &End<'_>) {
    if let End::StoreAndUse(state) = end {
        keep(&state.pair());
        assert!(!RequestDirectives::of(state.request().fields).no_store());
    }
}

fuzz_target!(|octets: &[u8]| {
    let [choices, time, rest @ ..] = octets else { return };
    let mut heads = rest.split(|octet| *octet == 0).map(head);
    let mut next = || heads.next().unwrap_or_default();
    let (asked, said, asked_again, said_again) = (next(), next(), next(), next());
    let options = if choices & 1 == 0 { CacheOptions::PRIVATE } else { CacheOptions::SHARED };
    let status = [200, 200, 204, 206, 301, 404, 500, 304][usize::from(choices >> 1 & 7)];
    let status_again = [200, 304, 304, 503, 404, 206, 304, 999][usize::from(choices >> 4 & 7)];
    let method = if choices & 128 == 0 { Method::Get } else { Method::Head };

    let mut scratch = Candidates::new();
    let request = RequestHead::get(URI).with_fields(asked.fields());
    let next = IdleClient::new(&options).next(request, [], now(0), &mut scratch);
    let IdleNext::CacheMiss(miss) = next else { return };
    let response = larder::head::ResponseHead { status, fields: said.fields() };
    let MissNext::StoreAndUse(state) = miss.next(response, Exchange::at(now(0))) else { return };
    let directives = ResponseDirectives::of(said.fields());
    assert!(!directives.no_store() || directives.must_understand());
    assert!(!RequestDirectives::of(asked.fields()).no_store());
    assert!(!(options.shared && directives.private()));
    let kept = keep(&state.pair());

    let later = now(u64::from(*time));
    let again = RequestHead::get(URI).with_fields(asked_again.fields()).with_method(method);
    let mut scratch = Candidates::new();
    // Of some the last four octets are missing.
    let held = if time & 1 == 0 { 10 } else { 6 };
    let mut selecting = IdleClient::new(&options).select(again, later, &mut scratch);
    let body = if held == 10 { StoredBody::whole(10) } else { StoredBody::part(Some(10), held) };
    let pair = StoredPair { body, ..kept.pair() };
    match selecting.wants_extents(&pair).filter(|_| selecting.wants_pairs()) {
        Some(from) => {
            let first = (from < held).then_some(from..held);
            selecting.offer_part(&pair, &Extents { from, first, second: None });
        }
        None if selecting.wants_pairs() => selecting.offer(&pair),
        None => {}
    }
    match selecting.finish() {
        IdleNext::FromCache(state) => {
            assert_served(&state, &kept);
            assert_held(&state, held);
            assert!(!ResponseDirectives::of(kept.pair().response.fields).no_cache());
            assert!(!RequestDirectives::of(asked_again.fields()).no_cache());
        }
        IdleNext::NeedRevalidation(need) => {
            let _ = owned(need.outgoing().fields);
            let response = larder::head::ResponseHead { status: status_again, fields: said_again.fields() };
            match need.next(response, Exchange::at(later)) {
                RevalidationNext::NeedToBeUpdated(state) => {
                    if !state.forget() {
                        let once = keep(&state.freshened(&kept.pair()));
                        let twice = keep(&state.freshened(&once.pair()));
                        assert_eq!(owned(once.pair().response.fields), owned(twice.pair().response.fields));
                    }
                    let state = state.next();
                    assert_served(&state, &kept);
                    assert_held(&state, held);
                }
                RevalidationNext::HeadUpdate(state) => assert_end(&state.next().next()),
                RevalidationNext::InvalidateEntries(state) => assert_end(&state.next()),
                RevalidationNext::StoreAndUse(state) => assert_end(&End::StoreAndUse(state)),
                RevalidationNext::CouldNotBeStored(state) => {
                    assert_eq!(state.response().status, status_again)
                }
                RevalidationNext::FromCache(state) => assert_served(&state, &kept),
                RevalidationNext::CacheMiss(miss) => {
                    let sent = owned(miss.outgoing().fields);
                    assert!(!sent.iter().any(|(name, _)| name.eq_ignore_ascii_case("if-none-match")));
                }
            }
            if let Unreachable::FromCache(state) = need.unreachable() {
                assert_served(&state, &kept);
                assert!(!ResponseDirectives::of(kept.pair().response.fields).must_revalidate());
            }
        }
        IdleNext::CacheMiss(miss) => {
            let response = larder::head::ResponseHead { status: status_again, fields: said_again.fields() };
            match miss.next(response, Exchange::at(later)) {
                MissNext::StoreAndUse(state) => assert_end(&End::StoreAndUse(state)),
                MissNext::Combining(state) => {
                    assert_eq!((state.part().first, state.part().complete), (held, Some(10)));
                    let new = keep(&state.freshened(&pair));
                    assert_eq!(new.pair().response.fields.get("content-length"), Some(&b"10"[..]));
                }
                MissNext::CacheMiss(again) => assert!(again.outdated().is_some()),
                _ => {}
            }
        }
        IdleNext::GatewayTimeout(state) => assert_eq!(state.status(), 504),
        IdleNext::PartialUpdate(_) => panic!("one pair is combined with nothing"),
    }
});
