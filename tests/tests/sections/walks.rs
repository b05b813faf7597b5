//! A walk along every arrow of the diagram in `state/mod.rs`, without client and store: what a driver
//! of one's own would do.

use crate::cc;
use larder::head::{Fields, Method, RequestHead, ResponseHead};
use larder::options::{AllowStale, Methods};
use larder::pair::PairId;
use larder::state::{
    Candidates, End, IdleClient, IdleNext, MissNext, NeedRevalidation, RevalidationNext, Serving, Unreachable,
};
use larder::time::{Exchange, Now};
use larder::{Answer, CacheOptions, Reason};
use larder_tests::heads::{get, response, text};
use larder_tests::{Kept, MockClock};

pub(crate) const URI: &str = "http://example.com/a";
pub(crate) const TAG: (&str, &str) = ("ETag", "\"1\"");
pub(crate) const FRESH: (&str, &str) = ("Cache-Control", "max-age=60");

pub(crate) fn now(seconds: u64) -> Now {
    let clock = MockClock::new();
    clock.advance(seconds);
    clock.now()
}

/// Stores a response to GET of ten octets.
pub(crate) fn stored(lines: &[(&str, &str)]) -> Kept {
    let options = CacheOptions::PRIVATE;
    let mut scratch = Candidates::new();
    let request = RequestHead::get(URI);
    let IdleNext::CacheMiss(miss) = IdleClient::new(&options).next(request, [], now(0), &mut scratch) else {
        panic!("nothing is stored");
    };
    assert_eq!(miss.reason(), Reason::NothingStored);
    let MissNext::StoreAndUse(state) = miss.next(response(200, lines), Exchange::at(now(0))) else {
        panic!("it may be stored");
    };
    assert_eq!(state.replaces().count(), 0);
    Kept::new(&state.pair(), 10)
}

pub(crate) fn request<'a>(method: Method<'a>, lines: &'a [(&'a str, &'a str)]) -> RequestHead<'a> {
    get(URI, lines).with_method(method)
}

/// Hands `walk` the state that a request leads to 100 s after a response fresh for 60 s was stored.
fn needing_revalidation<R>(
    options: &CacheOptions,
    method: Method<'_>,
    walk: impl FnOnce(NeedRevalidation<'_>, &Kept) -> R,
) -> R {
    let kept = stored(&[FRESH, TAG, ("Content-Length", "10")]);
    let mut scratch = Candidates::new();
    let next = IdleClient::new(options).next(request(method, &[]), [kept.pair()], now(100), &mut scratch);
    let IdleNext::NeedRevalidation(need) = next else { panic!("it is stale: {next:?}") };
    assert_eq!(need.reason(), Reason::Stale);
    walk(need, &kept)
}

pub(crate) fn at() -> Exchange {
    Exchange::at(now(100))
}

#[test]
fn idle_client_to_from_cache_to_200_304_206_and_416() {
    let kept = stored(&[FRESH, TAG, ("Content-Length", "10")]);
    for (asked, status, answer, content) in [
        (&[][..], 200, Answer::Whole, Some((0, None))),
        (&[("If-None-Match", "\"1\"")], 304, Answer::NotModified, None),
        (&[("Range", "bytes=10-")], 416, Answer::Unsatisfiable { complete: 10 }, None),
    ] {
        let options = CacheOptions::PRIVATE;
        let mut scratch = Candidates::new();
        let next =
            IdleClient::new(&options).next(request(Method::Get, asked), [kept.pair()], now(5), &mut scratch);
        let IdleNext::FromCache(state) = next else { panic!("it is fresh: {next:?}") };
        assert_eq!((state.id(), state.serving()), (PairId::new(7), Serving::Fresh));
        assert_eq!((state.status(200), state.answer(), state.content()), (status, answer, content));
        assert_eq!(state.age().map(|age| age.as_secs()), Some(5));
        assert!(text(state.fields(kept.pair().response.fields)).contains(&("Age".into(), "5".into())));
        assert!(!state.forget());
    }
    let options = CacheOptions::PRIVATE;
    let mut scratch = Candidates::new();
    let asked = [("Range", "bytes=2-4")];
    let mut selecting = IdleClient::new(&options).select(request(Method::Get, &asked), now(5), &mut scratch);
    assert!(selecting.wants_pairs());
    selecting.offer(&kept.pair());
    let IdleNext::FromCache(state) = selecting.finish() else { panic!("the fold decides as next does") };
    assert_eq!((state.status(200), state.content()), (206, Some((2, Some(3)))));
}

#[test]
fn idle_client_to_gateway_timeout() {
    let options = CacheOptions::PRIVATE;
    let mut scratch = Candidates::new();
    let asked = [cc("only-if-cached")];
    let next = IdleClient::new(&options).next(request(Method::Get, &asked), [], now(0), &mut scratch);
    let IdleNext::GatewayTimeout(state) = next else { panic!("{next:?}") };
    assert_eq!((state.status(), state.reason()), (504, Reason::OnlyIfCached));
}

#[test]
fn need_revalidation_to_need_to_be_updated_to_from_cache() {
    needing_revalidation(&CacheOptions::PRIVATE, Method::Get, |need, kept| {
        let sent = text(need.outgoing().fields);
        assert_eq!(sent, [("If-None-Match".to_owned(), "\"1\"".to_owned())]);
        let lines = [TAG, FRESH, ("X", "new")];
        let next = need.next(response(304, &lines), at());
        let RevalidationNext::NeedToBeUpdated(state) = next else { panic!("{next:?}") };
        assert!(state.ids().eq([PairId::new(7)]));
        assert!(!state.forget());
        let freshened = Kept::new(&state.freshened(&kept.pair()), 10);
        assert_eq!(freshened.pair().response.fields.get("x"), Some(&b"new"[..]));
        assert_eq!(freshened.pair().received.utc, now(100).utc);
        let served = state.next();
        assert_eq!((served.serving(), served.status(200)), (Serving::Validated, 200));
        // What is served is what is stored, and the age with it.
        let mut lines = text(served.fields(kept.pair().response.fields));
        assert_eq!(lines.pop(), Some(("Age".to_owned(), "0".to_owned())));
        let stored: Vec<_> = larder_tests::heads::owned(freshened.pair().response.fields);
        let stored = stored.into_iter().map(|(name, value)| (name, String::from_utf8(value).expect("text")));
        assert!(stored.eq(lines));
    });
}

#[test]
fn need_revalidation_to_store_and_use() {
    needing_revalidation(&CacheOptions::PRIVATE, Method::Get, |need, _| {
        let lines = [FRESH];
        let next = need.next(response(200, &lines), at());
        let RevalidationNext::StoreAndUse(state) = next else { panic!("{next:?}") };
        assert!(state.replaces().eq([PairId::new(7)]));
        assert_eq!(state.response().status, 200);
    });
}

#[test]
fn need_revalidation_to_could_not_be_stored() {
    needing_revalidation(&CacheOptions::PRIVATE, Method::Get, |need, _| {
        let next = need.next(response(500, &[]), at());
        let RevalidationNext::CouldNotBeStored(state) = next else { panic!("{next:?}") };
        assert_eq!(state.reason(), Reason::NotCacheable);
    });
}

#[test]
fn need_revalidation_to_invalidate_entries_to_could_not_be_stored() {
    needing_revalidation(&CacheOptions::PRIVATE, Method::Get, |need, _| {
        let lines = [cc("no-store")];
        let next = need.next(response(200, &lines), at());
        let RevalidationNext::InvalidateEntries(state) = next else { panic!("{next:?}") };
        assert!(state.ids().eq([PairId::new(7)]));
        assert_eq!(state.keys().count(), 0);
        let End::CouldNotBeStored(end) = state.next() else { panic!("no-store") };
        assert_eq!(end.reason(), Reason::ResponseNoStore);
    });
}

#[test]
fn need_revalidation_to_invalidate_entries_to_store_and_use() {
    needing_revalidation(&CacheOptions::PRIVATE, Method::Head, |need, _| {
        let lines = [FRESH, ("ETag", "\"2\"")];
        let next = need.next(response(200, &lines), at());
        let RevalidationNext::InvalidateEntries(state) = next else { panic!("{next:?}") };
        assert!(state.ids().eq([PairId::new(7)]));
        let End::StoreAndUse(end) = state.next() else { panic!("a response to HEAD is stored") };
        assert_eq!(end.pair().length, Some(0));
    });
}

#[test]
fn need_revalidation_to_head_update_to_invalidate_entries() {
    needing_revalidation(&CacheOptions::PRIVATE, Method::Head, |need, _| {
        assert_eq!(need.outgoing().method, Method::Head);
        let lines = [FRESH, TAG];
        let next = need.next(response(200, &lines), at());
        let RevalidationNext::HeadUpdate(state) = next else { panic!("{next:?}") };
        assert!(state.ids().eq([PairId::new(7)]));
        let then = state.next();
        assert_eq!((then.ids().count(), then.keys().count()), (0, 0));
        let End::CouldNotBeStored(end) = then.next() else { panic!("the GET answers both") };
        assert_eq!(end.reason(), Reason::HeadFreshened);
    });
}

#[test]
fn need_revalidation_to_from_cache_when_the_origin_fails() {
    let options = CacheOptions { allow_stale: AllowStale::OnError, ..CacheOptions::PRIVATE };
    needing_revalidation(&options, Method::Get, |need, _| {
        let next = need.next(response(503, &[]), at());
        let RevalidationNext::FromCache(state) = next else { panic!("{next:?}") };
        assert_eq!(state.serving(), Serving::StaleOnError);
        let Unreachable::FromCache(state) = need.unreachable() else { panic!("stale is allowed") };
        assert_eq!(state.serving(), Serving::StaleOnError);
    });
}

#[test]
fn need_revalidation_to_gateway_timeout() {
    needing_revalidation(&CacheOptions::PRIVATE, Method::Get, |need, _| {
        let Unreachable::GatewayTimeout(state) = need.unreachable() else {
            panic!("nothing stale by default")
        };
        assert_eq!(state.reason(), Reason::Unreachable);
    });
}

#[test]
fn need_revalidation_to_cache_miss_when_the_304_matches_nothing() {
    needing_revalidation(&CacheOptions::PRIVATE, Method::Get, |need, _| {
        let lines = [("ETag", "\"2\"")];
        let next = need.next(response(304, &lines), at());
        let RevalidationNext::CacheMiss(miss) = next else { panic!("{next:?}") };
        assert_eq!(miss.reason(), Reason::NoMatchFor304);
        assert!(text(miss.outgoing().fields).is_empty(), "unconditionally");
    });
}

#[test]
fn need_revalidation_to_cache_miss_when_the_store_has_lost_the_pair() {
    needing_revalidation(&CacheOptions::PRIVATE, Method::Get, |need, _| {
        let miss = need.lost();
        assert_eq!(miss.reason(), Reason::Lost);
        assert!(text(miss.outgoing().fields).is_empty());
    });
}

#[test]
fn from_cache_to_cache_miss_when_the_store_has_lost_the_pair() {
    let kept = stored(&[FRESH, TAG]);
    let options = CacheOptions::PRIVATE;
    let mut scratch = Candidates::new();
    let next = IdleClient::new(&options).next(request(Method::Get, &[]), [kept.pair()], now(5), &mut scratch);
    let IdleNext::FromCache(state) = next else { panic!("{next:?}") };
    let miss = state.lost();
    assert_eq!(miss.reason(), Reason::Lost);
    assert!(matches!(miss.next(response(200, &[]), at()), MissNext::StoreAndUse(_)));
}

#[test]
fn cache_miss_to_need_to_be_updated_to_invalidate_entries() {
    needing_revalidation(&CacheOptions::PRIVATE, Method::Head, |need, _| {
        let lines = [TAG, FRESH];
        let next = need.lost().next(response(200, &lines), at());
        let MissNext::NeedToBeUpdated(state) = next else { panic!("{next:?}") };
        assert!(matches!(state.next().next(), End::CouldNotBeStored(_)));
    });
}

fn miss<R>(
    options: &CacheOptions,
    method: Method<'_>,
    said: ResponseHead<'_>,
    see: impl FnOnce(MissNext<'_, '_>) -> R,
) -> R {
    let mut scratch = Candidates::new();
    let next = IdleClient::new(options).next(request(method, &[]), [], now(100), &mut scratch);
    let IdleNext::CacheMiss(miss) = next else { panic!("{next:?}") };
    see(miss.next(said, at()))
}

#[test]
fn cache_miss_to_store_and_use() {
    let lines = [("X", "1")];
    miss(&CacheOptions::PRIVATE, Method::Get, response(200, &lines), |next| {
        let MissNext::StoreAndUse(state) = next else { panic!("{next:?}") };
        assert_eq!(state.pair().uri, URI);
        let handed_over = text(state.fields());
        assert_eq!(handed_over[0], ("X".to_owned(), "1".to_owned()));
        assert_eq!(handed_over[1].0, "Date");
    });
}

#[test]
fn cache_miss_to_could_not_be_stored() {
    miss(&CacheOptions::PRIVATE, Method::Options, response(200, &[]), |next| {
        let MissNext::CouldNotBeStored(state) = next else { panic!("{next:?}") };
        assert_eq!(state.reason(), Reason::MethodNotCached);
        assert_eq!(state.response().status, 200);
    });
}

#[test]
fn cache_miss_to_invalidate_entries_to_could_not_be_stored() {
    let lines = [("Location", "/b")];
    miss(&CacheOptions::PRIVATE, Method::Put, response(201, &lines), |next| {
        let MissNext::InvalidateEntries(state) = next else { panic!("{next:?}") };
        let keys: Vec<String> = state.keys().map(|key| key.normalized().map(char::from).collect()).collect();
        assert_eq!(keys, [URI, "http://example.com/b"]);
        assert!(matches!(state.next(), End::CouldNotBeStored(_)));
    });
}

#[test]
fn cache_miss_to_invalidate_entries_to_store_and_use() {
    let options =
        CacheOptions { supported_methods: Methods::GET.and(Methods::POST), ..CacheOptions::PRIVATE };
    let lines = [FRESH, ("Content-Location", "/a")];
    miss(&options, Method::Post, response(200, &lines), |next| {
        let MissNext::InvalidateEntries(state) = next else { panic!("{next:?}") };
        assert!(matches!(state.next(), End::StoreAndUse(_)));
    });
}

#[test]
fn cache_miss_to_gateway_timeout() {
    let options = CacheOptions::PRIVATE;
    let mut scratch = Candidates::new();
    let next = IdleClient::new(&options).next(request(Method::Get, &[]), [], now(0), &mut scratch);
    let IdleNext::CacheMiss(miss) = next else { panic!("{next:?}") };
    let Unreachable::GatewayTimeout(state) = miss.unreachable() else {
        panic!("nothing is stored");
    };
    assert_eq!(state.reason(), Reason::Unreachable);
}

#[test]
fn every_state_knows_its_request_and_its_options() {
    let options = CacheOptions::SHARED;
    let lines = [("X", "1")];
    let mut scratch = Candidates::new();
    let asked = RequestHead::get(URI).with_fields(Fields::new(&lines));
    let next = IdleClient::new(&options).next(asked, [], now(0), &mut scratch);
    let IdleNext::CacheMiss(miss) = next else { panic!("{next:?}") };
    assert_eq!((miss.request().uri, *miss.options()), (URI, options));
}
