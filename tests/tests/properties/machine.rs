//! The machine on anything: it never panics, what it stores is what came, freshening twice is
//! freshening once.

use crate::{cases, lines, value};
use larder::CacheOptions;
use larder::head::{HeadBuf, RequestHead, ResponseHead};
use larder::state::{Candidates, IdleClient, IdleNext, MissNext, NeedToBeUpdated, RevalidationNext};
use larder::time::{Exchange, Now};
use larder_tests::heads::{Lines, owned};
use larder_tests::{Device, Kept, MockClock, Response, block_on};
use proptest::prelude::*;

const TAG: (&str, &str) = ("ETag", "\"1\"");

/// Names of fields that mean something to a cache.
fn known_name() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "Age",
        "Authorization",
        "cache-control",
        "Cache-Control",
        "Connection",
        "Content-Length",
        "Content-Location",
        "Content-Range",
        "Date",
        "ETag",
        "Expires",
        "If-Match",
        "If-Modified-Since",
        "If-None-Match",
        "If-Range",
        "Last-Modified",
        "Location",
        "Pragma",
        "Range",
        "Set-Cookie",
        "Transfer-Encoding",
        "Vary",
        "X-Other",
    ])
    .prop_map(str::to_owned)
}

/// Values that mean something to one field or another, or to none.
fn known_value() -> impl Strategy<Value = Vec<u8>> {
    let said = prop::sample::select(vec![
        "max-age=60",
        "max-age=0, no-cache",
        "no-store",
        "private=\"X-Other\", max-age=9999999999",
        "s-maxage=5, public, stale-if-error=60",
        "must-understand, no-store, max-age=5",
        "stale-while-revalidate=60",
        "no-cache=\"Set-Cookie\"",
        "only-if-cached",
        "max-stale",
        "\"1\"",
        "W/\"1\"",
        "*",
        "\"1\", W/\"2\", ",
        "Thu, 01 Oct 2026 08:00:00 GMT",
        "Thursday, 01-Oct-26 08:00:10 GMT",
        "Thu Oct  1 07:00:10 2026",
        "0",
        "6",
        "bytes=0-3",
        "bytes=-0",
        "bytes 0-3/6",
        "bytes */6",
        "X-Other, Vary",
        "close, etag",
        "/a",
        "http://example.com/b",
        "../c",
        "",
    ]);
    prop_oneof![4 => said.prop_map(|said| said.as_bytes().to_vec()), 1 => value()]
}

fn plausible(most: usize) -> impl Strategy<Value = Lines> {
    proptest::collection::vec((known_name(), known_value()), 0..most)
}

fn with_lines(response: Response, lines: &Lines) -> Response {
    lines.iter().fold(response, |response, (name, value)| response.with_octets(name, value))
}

fn head(status: u16, lines: &Lines) -> HeadBuf<4096, 64> {
    let mut head = HeadBuf::new();
    head.as_mut().start_response(status);
    for (name, value) in lines {
        head.as_mut().push(name, value).expect("room");
    }
    head
}

fn now(seconds: u64) -> Now {
    let clock = MockClock::new();
    clock.advance(seconds);
    clock.now()
}

fn stored(lines: &Lines, options: &CacheOptions) -> Kept {
    let mut scratch = Candidates::new();
    let request = RequestHead::get("http://example.com/a");
    let IdleNext::CacheMiss(miss) = IdleClient::new(options).next(request, [], now(0), &mut scratch) else {
        panic!("nothing is stored");
    };
    let head = head(200, lines);
    match miss.next(head.response(), Exchange::at(now(0))) {
        MissNext::StoreAndUse(state) => Kept::new(&state.pair(), 6),
        other => panic!("{other:?}"),
    }
}

/// Hands over what a 304 with `lines` makes of a stored pair 1000 s later; `None` if it does not match.
fn freshened(kept: &Kept, lines: &Lines, options: &CacheOptions) -> Option<Kept> {
    let mut scratch = Candidates::new();
    let no_cache = [("Cache-Control", "no-cache")];
    let request = RequestHead::get("http://example.com/a").with_fields(larder::head::Fields::new(&no_cache));
    let next = IdleClient::new(options).next(request, [kept.pair()], now(1000), &mut scratch);
    let IdleNext::NeedRevalidation(need) = next else { return None };
    let head = head(304, lines);
    let response: ResponseHead<'_> = head.response();
    match need.next(response, Exchange::at(now(1000))) {
        RevalidationNext::NeedToBeUpdated(state) => Some(update(&state, kept)),
        _ => None,
    }
}

fn update<Then>(state: &NeedToBeUpdated<'_, Then>, kept: &Kept) -> Kept {
    Kept::new(&state.freshened(&kept.pair()), 6)
}

/// Random lines that a cache has no opinion on, after those of `first`.
fn neutral(first: &'static [(&'static str, &'static str)]) -> impl Strategy<Value = Lines> {
    lines(8).prop_map(move |more| {
        let first = first.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
        first.chain(more.into_iter().map(|(name, value)| (format!("X-{name}"), value))).collect()
    })
}

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn what_is_stored_is_what_came(lines in neutral(&[TAG, ("Cache-Control", "max-age=60")])) {
        let mut device = Device::private();
        device.fetch("/a", &[], with_lines(Response::new(200).chunk(b"octets"), &lines));
        let mut served = device.hit("/a", &[]).lines;
        served.retain(|(name, _)| !matches!(&**name, "Age" | "Date"));
        prop_assert_eq!(served, lines);
    }

    #[test]
    fn a_record_keeps_the_lines_the_variant_and_the_time(
        said in neutral(&[("Cache-Control", "max-age=60"), ("Vary", "X-Asked")]),
        asked in value(),
    ) {
        let mut device = Device::private();
        let text = String::from_utf8_lossy(&asked).into_owned();
        let lines = [("X-Asked", &*text), ("X-Not-Asked", "1")];
        device.fetch("/a", &lines, with_lines(Response::new(200).chunk(b"octets"), &said));
        let key = larder::pair::PairKey::new("http://example.com/a");
        let mut found = 0;
        block_on(larder_tests::store_suite::find_all(device.client.store(), key, |pair| {
            found += 1;
            assert_eq!(owned(pair.nominated), [("X-Asked".to_owned(), text.as_bytes().to_vec())]);
            assert_eq!(pair.received.utc, now(0).utc);
            assert_eq!(pair.body.held, 6);
        }));
        prop_assert_eq!(found, 1);
    }

    #[test]
    fn freshening_twice_is_freshening_once(
        old in neutral(&[TAG, ("Cache-Control", "max-age=60"), ("Age", "5"), ("Content-Length", "6")]),
        new in plausible(8),
        names in proptest::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        // Some of the new lines are of names that are stored already.
        let mut new: Lines = new.into_iter().filter(|(name, _)| !name.eq_ignore_ascii_case("etag")).collect();
        new.push((TAG.0.to_owned(), TAG.1.as_bytes().to_vec()));
        for index in names {
            new.push((index.get(&old).0.clone(), b"again".to_vec()));
        }
        let options = CacheOptions::SHARED;
        let kept = stored(&old, &options);
        if let Some(once) = freshened(&kept, &new, &options)
            && let Some(twice) = freshened(&once, &new, &options)
        {
            prop_assert_eq!(owned(twice.pair().response.fields), owned(once.pair().response.fields));
            prop_assert_eq!(twice, once);
        }
    }

    #[test]
    fn any_exchange_is_answered(
        asked in proptest::collection::vec(plausible(4), 3),
        said in proptest::collection::vec((prop::sample::select(vec![200_u16, 200, 204, 206, 301, 304, 404, 500, 503, 999]), plausible(7)), 6),
        shared in any::<bool>(),
        waits in proptest::collection::vec(0..200_u64, 3),
        methods in proptest::collection::vec(prop::sample::select(vec!["GET", "GET", "HEAD", "POST", "PUT", "X"]), 3),
    ) {
        let options = if shared { CacheOptions::SHARED } else { CacheOptions::PRIVATE };
        let mut device = Device::new(options);
        device.fetch("/a", &[], Response::ok(&[TAG, ("Cache-Control", "max-age=60")], "octets"));
        for ((lines, wait), method) in asked.iter().zip(waits).zip(&methods) {
            device.pass(wait);
            for (status, lines) in &said {
                device.origin.then(with_lines(Response::new(*status).chunk(b"octets"), lines));
            }
            let text: Vec<_> =
                lines.iter().map(|(name, value)| (&**name, core::str::from_utf8(value).unwrap_or("x"))).collect();
            let answer = device.ask(larder::head::Method::from_name(method), "/a", &text);
            prop_assert!((100..1000).contains(&answer.status));
            prop_assert!(answer.error.is_none(), "{:?}", answer);
            prop_assert!(answer.lines.iter().filter(|(name, _)| name.eq_ignore_ascii_case("age")).count() <= 1
                || answer.report.from_network > 0 || answer.report.from_store == 0);
            prop_assert!(*method != "HEAD" || answer.body.is_empty());
            device.origin.withdraw();
        }
    }
}
