//! RFC 9211: `Cache-Status`.

use crate::cc;
use larder::CacheOptions;
use larder::head::Method;
use larder::options::{AllowStale, Clockless, Methods};
use larder::time::HttpDate;
use larder_tests::{Device, MockClock, Response};

const FRESH: (&str, &str) = ("Cache-Control", "max-age=60");
const TAG: (&str, &str) = ("ETag", "\"1\"");

/// A device that has stored `/a`.
fn stored(lines: &[(&str, &str)]) -> Device {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(lines, "octets"));
    device
}

fn said(device: &mut Device, lines: &[(&str, &str)], says: Response) -> String {
    device.fetch("/a", lines, says).cache_status()
}

#[test]
fn s2_1_of_9211_a_hit_says_how_long_it_stays_fresh() {
    let mut device = stored(&[FRESH]);
    device.pass(20);
    assert_eq!(device.hit("/a", &[]).cache_status(), "hit; ttl=40");
    assert_eq!(device.head("/a", &[]).cache_status(), "hit; ttl=40");
    let mut device = stored(&[FRESH, TAG]);
    assert_eq!(device.hit("/a", &[("If-None-Match", "\"1\"")]).cache_status(), "hit; ttl=60", "a 304 too");
    assert_eq!(device.hit("/a", &[("Range", "bytes=0-1")]).cache_status(), "hit; ttl=60", "and a 206");
}

#[test]
fn s2_4_of_9211_a_stale_hit_has_a_negative_ttl() {
    let mut device = stored(&[FRESH]);
    device.pass(100);
    assert_eq!(device.hit("/a", &[cc("max-stale")]).cache_status(), "hit; ttl=-40");
    let mut device = stored(&[cc("max-age=60, stale-while-revalidate=60")]);
    device.pass(61);
    assert_eq!(device.hit("/a", &[]).cache_status(), "hit; ttl=-1");
}

#[test]
fn s2_4_of_9211_the_ttl_is_that_of_the_rules_whatever_the_answer_shows_of_them() {
    let clock = MockClock::new();
    let date = clock.now().utc.expect("UTC");
    let modified = HttpDate::from_unix(date.unix() - 3600).to_string();
    let date = date.to_string();
    let mut device = Device::with_clock(CacheOptions::PRIVATE, clock);
    let lines = [("Date", &*date), ("Last-Modified", &*modified), TAG];
    device.fetch("/a", &[], Response::ok(&lines, "octets"));
    assert_eq!(device.hit("/a", &[]).cache_status(), "hit; ttl=360", "a tenth of an hour");
    let answer = device.hit("/a", &[("If-None-Match", "\"1\"")]);
    assert_eq!((answer.status, answer.line("last-modified")), (304, None));
    assert_eq!(answer.cache_status(), "hit; ttl=360", "though a 304 has no Last-Modified");
}

#[test]
fn s2_2_of_9211_uri_miss() {
    let mut device = Device::private();
    let answer = device.fetch("/a", &[], Response::ok(&[FRESH, ("Age", "10")], "octets"));
    assert_eq!(answer.cache_status(), "fwd=uri-miss; fwd-status=200; stored; ttl=50");
    let answer = device.fetch("/b", &[], Response::ok(&[cc("no-store")], "octets"));
    assert_eq!(answer.cache_status(), "fwd=uri-miss; fwd-status=200; detail=response-no-store");
    let answer = device.fetch("/c", &[], Response::new(404));
    assert_eq!(answer.cache_status(), "fwd=uri-miss; fwd-status=404; stored; ttl=0");
}

#[test]
fn s2_2_of_9211_vary_miss() {
    let mut device = Device::private();
    let response = || Response::ok(&[FRESH, ("Vary", "Foo")], "octets");
    device.fetch("/a", &[("Foo", "1")], response());
    let status = said(&mut device, &[("Foo", "2")], response());
    assert_eq!(status, "fwd=vary-miss; fwd-status=200; stored; ttl=60");
}

#[test]
fn s2_2_of_9211_miss_where_what_is_stored_under_the_uri_does_not_answer() {
    let mut device = Device::private();
    device.origin.then(Response::new(200).with(&[FRESH]));
    device.head("/a", &[]);
    let status = said(&mut device, &[], Response::ok(&[FRESH], "octets"));
    assert_eq!(status, "fwd=miss; fwd-status=200; stored; ttl=60; detail=only-head-stored");
}

#[test]
fn s2_2_of_9211_stale() {
    let mut device = stored(&[FRESH, TAG]);
    device.pass(100);
    let status = said(&mut device, &[], Response::not_modified(&[TAG, cc("max-age=30")]));
    assert_eq!(status, "fwd=stale; fwd-status=304; ttl=30", "freshened");
    device.pass(100);
    let status = said(&mut device, &[], Response::ok(&[FRESH], "other"));
    assert_eq!(status, "fwd=stale; fwd-status=200; stored; ttl=60");

    let mut device = stored(&[cc("no-cache"), TAG]);
    let status = said(&mut device, &[], Response::not_modified(&[TAG]));
    assert_eq!(status, "fwd=stale; fwd-status=304; ttl=0; detail=response-no-cache");
}

#[test]
fn s2_2_of_9211_stale_without_a_clock_has_no_ttl_that_is_known() {
    let clock = MockClock::without_utc();
    let options = CacheOptions { clockless: Clockless::Validate, ..CacheOptions::PRIVATE };
    let mut device = Device::with_clock(options, clock);
    device.fetch("/a", &[], Response::ok(&[FRESH, TAG], "octets"));
    let status = said(&mut device, &[], Response::not_modified(&[TAG]));
    assert_eq!(status, "fwd=stale; fwd-status=304; ttl=60; detail=no-clock");
}

#[test]
fn s2_2_of_9211_request() {
    for (line, detail) in [
        ("no-cache", "request-no-cache"),
        ("max-age=0", "request-max-age"),
        ("min-fresh=100", "request-min-fresh"),
    ] {
        let mut device = stored(&[FRESH, TAG]);
        let status = said(&mut device, &[cc(line)], Response::not_modified(&[TAG]));
        assert_eq!(status, format!("fwd=request; fwd-status=304; ttl=60; detail={detail}"));
    }
}

#[test]
fn s2_2_of_9211_partial() {
    let mut device = Device::private();
    let range = [("Range", "bytes=0-1")];
    let part = |range, octets: &str| {
        Response::new(206).with(&[FRESH, TAG, ("Content-Range", range)]).chunk(octets.as_bytes())
    };
    let status = said(&mut device, &range, part("bytes 0-1/6", "oc"));
    assert_eq!(status, "fwd=uri-miss; fwd-status=206; stored; ttl=60");
    assert_eq!(device.hit("/a", &range).cache_status(), "hit; ttl=60");
    let answer = device.fetch("/a", &[], part("bytes 2-5/6", "tets"));
    assert_eq!((answer.status, answer.text()), (200, "octets"));
    assert_eq!(answer.cache_status(), "fwd=partial; fwd-status=206; stored; ttl=60; detail=incomplete");
}

#[test]
fn s2_2_of_9211_method_and_bypass() {
    let mut device = stored(&[FRESH]);
    device.origin.then(Response::new(204));
    let answer = device.ask(Method::Post, "/a", &[]);
    assert_eq!(answer.cache_status(), "fwd=method; fwd-status=204; detail=method-not-cached");
    let mut device = stored(&[FRESH]);
    let status = said(&mut device, &[("If-Match", "\"1\"")], Response::new(412));
    assert_eq!(status, "fwd=bypass; fwd-status=412; detail=of-the-request");
    let mut device = Device::new(CacheOptions { supported_methods: Methods::NONE, ..CacheOptions::PRIVATE });
    let status = said(&mut device, &[], Response::ok(&[FRESH], ""));
    assert_eq!(status, "fwd=bypass; fwd-status=200; detail=method-not-cached", "as it was told");
}

#[test]
fn s2_3_of_9211_a_stale_answer_in_place_of_an_error_was_forwarded() {
    let options = CacheOptions { allow_stale: AllowStale::OnError, ..CacheOptions::PRIVATE };
    for (says, status) in [
        (Response::new(503), "fwd=stale; fwd-status=503; ttl=-40"),
        (Response::refused(), "fwd=stale; ttl=-40; detail=unreachable"),
    ] {
        let mut device = Device::new(options);
        device.fetch("/a", &[], Response::ok(&[FRESH], "octets"));
        device.pass(100);
        let answer = device.fetch("/a", &[], says);
        assert_eq!((answer.status, answer.cache_status().as_str()), (200, status));
    }
}

#[test]
fn s2_of_9211_a_504_made_here_is_of_no_cache() {
    let mut device = Device::private();
    assert_eq!(device.get("/a", &[cc("only-if-cached")]).cache_status, None);
    device.origin.then(Response::refused());
    assert_eq!(device.get("/a", &[]).cache_status, None);
}

#[test]
fn s2_of_9211_what_other_caches_say_is_stored_and_served_and_nothing_of_ones_own() {
    let upstream = ("Cache-Status", "Upstream; hit; ttl=1100");
    let mut device = stored(&[FRESH, upstream]);
    let answer = device.hit("/a", &[]);
    let lines: Vec<_> = answer.lines.iter().filter(|(name, _)| name == "Cache-Status").collect();
    assert_eq!(lines.len(), 1);
    assert_eq!(answer.line("cache-status").as_deref(), Some(upstream.1));
}
