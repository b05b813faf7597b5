//! RFC 9111 §4: a cache without a clock; pairs of an earlier boot; a clock that learns.

use crate::cc;
use larder::client::{Client, Outcome};
use larder::head::RequestHead;
use larder::options::{AllowStale, Clockless};
use larder::store::RamStore;
use larder::time::LearnedClock;
use larder::{CacheOptions, Reason};
use larder_tests::{Device, MockClock, Response, ScriptedOrigin, block_on, heads};

const TAG: (&str, &str) = ("ETag", "\"1\"");

fn clockless(clockless: Clockless) -> Device {
    let options = CacheOptions { clockless, ..CacheOptions::PRIVATE };
    let mut device = Device::with_clock(options, MockClock::without_utc());
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), TAG], "a"));
    device
}

#[test]
fn s4_without_a_clock_stored_responses_are_validated_on_every_use() {
    let mut device = clockless(Clockless::Validate);
    for _ in 0..3 {
        let answer = device.fetch("/a", &[], Response::not_modified(&[TAG, cc("max-age=60")]));
        assert_eq!(
            (answer.outcome(), answer.report.forwarded),
            (Outcome::Revalidated, Some(Reason::NoClock))
        );
        assert_eq!(answer.text(), "a");
    }
}

#[test]
fn s4_without_a_clock_not_even_a_stale_answer_is_given() {
    let mut device = clockless(Clockless::Validate);
    device.client.options_mut().allow_stale = AllowStale::Always;
    device.origin.then(Response::refused());
    assert_eq!(device.get("/a", &[cc("max-stale")]).status, 504);
}

#[test]
fn s6_6_1_of_9110_without_a_clock_no_date_is_invented() {
    let mut device = Device::with_clock(CacheOptions::PRIVATE, MockClock::without_utc());
    let answer = device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), TAG], "a"));
    assert_eq!(answer.line("date"), None);
    let answer = device.fetch("/a", &[], Response::not_modified(&[TAG]));
    assert_eq!(answer.line("date"), None);
}

#[test]
fn trust_uptime_reuses_within_one_boot() {
    let mut device = clockless(Clockless::TrustUptime);
    device.pass(59);
    assert_eq!(device.hit("/a", &[]).line("age").as_deref(), Some("59"));
    device.pass(1);
    device.forwarded("/a", &[]);
}

#[test]
fn trust_uptime_counts_the_received_age_and_the_delay() {
    let options = CacheOptions { clockless: Clockless::TrustUptime, ..CacheOptions::PRIVATE };
    let mut device = Device::with_clock(options, MockClock::without_utc());
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), ("Age", "50")], "a").taking(5));
    device.pass(4);
    assert_eq!(device.hit("/a", &[]).line("age").as_deref(), Some("59"));
    device.pass(1);
    device.forwarded("/a", &[]);
}

#[test]
fn trust_uptime_knows_the_lifetime_by_expires_and_date() {
    let options = CacheOptions { clockless: Clockless::TrustUptime, ..CacheOptions::PRIVATE };
    let mut device = Device::with_clock(options, MockClock::without_utc());
    let (date, expires) = (heads::date(0), heads::date(30));
    device.fetch("/a", &[], Response::ok(&[("Expires", &expires), ("Date", &date)], "a"));
    device.pass(29);
    device.hit("/a", &[]);
    device.fetch("/b", &[], Response::ok(&[("Expires", &expires)], "b"));
    device.forwarded("/b", &[]);
}

#[test]
fn s4_2_3_a_clock_that_comes_back_counts_the_residence() {
    let mut device = clockless(Clockless::Validate);
    device.pass(20);
    device.clock.set_utc(MockClock::START + 500);
    assert_eq!(device.hit("/a", &[]).line("age").as_deref(), Some("20"));
}

/// A client whose clock learns from its origin.
fn learning(
    trusted: &[&str],
    body: impl AsyncFnOnce(&mut dyn FnMut(&str) -> (Outcome, Option<String>), &ScriptedOrigin, &MockClock),
) {
    let (origin, clock) = (ScriptedOrigin::new(), MockClock::without_utc());
    let learned = LearnedClock::new(clock.clone(), trusted);
    let mut client: Client<_, _, _> = Client::new(RamStore::<64, 8>::new(), origin.clone(), learned);
    let mut get = |uri: &str| {
        block_on(async {
            let mut reply = client.request(RequestHead::get(uri)).await;
            while let Ok(1..) = reply.read(&mut [0; 16]).await {}
            let age = heads::value(&heads::owned(reply.fields()), "age");
            (reply.report().outcome, age)
        })
    };
    block_on(body(&mut get, &origin, &clock));
}

#[test]
fn learned_clock_reuses_lawfully_once_a_trusted_origin_has_told_the_time() {
    learning(&["http://example.com"], async |get, origin, clock| {
        let date = heads::date(0);
        origin.then(Response::ok(&[cc("max-age=60"), ("Date", &date), ("Age", "10")], "a"));
        assert_eq!(get("http://example.com/a").0, Outcome::Miss);
        clock.advance(30);
        assert_eq!(get("http://example.com/a"), (Outcome::Hit, Some("40".to_owned())));
        clock.advance(20);
        let later = heads::date(60);
        origin.then(Response::ok(&[cc("max-age=60"), ("Date", &later)], "a"));
        assert_eq!(get("http://example.com/a").0, Outcome::Changed);
    });
}

#[test]
fn learned_clock_believes_no_other_origin() {
    learning(&["https://example.com"], async |get, origin, _| {
        let date = heads::date(0);
        for _ in 0..2 {
            origin.then(Response::ok(&[cc("max-age=60"), ("Date", &date)], "a"));
            assert_ne!(get("http://example.com/a").0, Outcome::Hit);
        }
    });
}

#[test]
fn learned_clock_learns_from_a_304_and_from_errors_too() {
    learning(&["http://example.com"], async |get, origin, clock| {
        origin.then(Response::ok(&[cc("max-age=60"), TAG], "a"));
        get("http://example.com/a");
        let date = heads::date(0);
        origin.then(Response::not_modified(&[TAG, ("Date", &date), cc("max-age=60")]));
        assert_eq!(get("http://example.com/a").0, Outcome::Revalidated);
        clock.advance(10);
        assert_eq!(get("http://example.com/a").0, Outcome::Hit);
    });
}

#[test]
fn trust_uptime_an_expires_from_a_304_without_date_gives_no_longer_lifetime() {
    let options = CacheOptions { clockless: Clockless::TrustUptime, ..CacheOptions::PRIVATE };
    let mut device = Device::with_clock(options, MockClock::without_utc());
    let (date, expires) = (heads::date(0), heads::date(60));
    device.fetch("/a", &[], Response::ok(&[TAG, ("Date", &date), ("Expires", &expires)], "a"));
    device.pass(3600);
    let expires = heads::date(3660);
    device.fetch("/a", &[], Response::not_modified(&[TAG, ("Expires", &expires)]));
    device.pass(120);
    device.forwarded("/a", &[]);
}
