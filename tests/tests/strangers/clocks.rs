//! Clocks: unknown, before 1970, after 2106, at the end of time, set back and ahead.

use crate::cc;
use larder::CacheOptions;
use larder::client::Outcome;
use larder_tests::{Device, MockClock, Response, heads};

const END: i64 = 253_402_300_799;

/// A device whose clock says so, in seconds since 1970.
fn device_at(utc: Option<i64>) -> Device {
    let clock = MockClock::new();
    clock.at(MockClock::BOOTED_FOR, utc);
    Device::with_clock(CacheOptions::PRIVATE, clock)
}

fn outcome(device: &mut Device) -> Outcome {
    device.origin.then(Response::new(503));
    let outcome = device.get("/a", &[]).outcome();
    device.origin.withdraw();
    outcome
}

#[test]
fn a_clock_of_any_kind_counts_the_time_that_passes() {
    for utc in [i64::MIN, -62_135_596_800, -1, 0, 1, 1 << 31, (1 << 32) - 1, 1 << 32, END - 30, END, i64::MAX]
    {
        let mut device = device_at(Some(utc));
        device.fetch("/a", &[], Response::ok(&[cc("max-age=60")], "stored"));
        device.pass(59);
        assert_eq!(outcome(&mut device), Outcome::Hit, "{utc}");
        device.pass(1);
        assert_ne!(outcome(&mut device), Outcome::Hit, "{utc}");
    }
}

#[test]
fn a_clock_of_any_kind_judges_what_is_dated() {
    let today = heads::date(0);
    // A clock that is behind takes what is dated ahead for new; one that is ahead takes it for old.
    for (utc, is_fresh) in [
        (i64::MIN, true),
        (-1, true),
        (0, true),
        (MockClock::START, true),
        (MockClock::START + 59, true),
        (MockClock::START + 60, false),
        (1 << 32, false),
        (END, false),
        (i64::MAX, false),
    ] {
        let mut device = device_at(Some(utc));
        device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), ("Date", &today)], "stored"));
        assert_eq!(outcome(&mut device) == Outcome::Hit, is_fresh, "{utc}");
    }
}

#[test]
fn a_clock_of_any_kind_that_is_not_known_validates() {
    let mut device = device_at(None);
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60")], "stored"));
    assert_ne!(outcome(&mut device), Outcome::Hit);
}

#[test]
fn a_clock_of_any_kind_that_is_set_makes_nothing_younger_within_one_boot() {
    for utc in [i64::MIN, 0, MockClock::START - 10_000, MockClock::START + 10_000, END, i64::MAX] {
        let mut device = Device::private();
        device.fetch("/a", &[], Response::ok(&[cc("max-age=60")], "stored"));
        device.pass(59);
        device.clock.set_utc(utc);
        assert_eq!(outcome(&mut device), Outcome::Hit, "{utc}");
        assert_eq!(device.hit("/a", &[]).line("age").as_deref(), Some("59"), "{utc}");
        device.pass(1);
        assert_ne!(outcome(&mut device), Outcome::Hit, "{utc}");
    }
}

#[test]
fn a_clock_of_any_kind_that_goes_backwards_during_an_exchange_makes_nothing_negative() {
    for back in [1, 60, 1 << 33] {
        let mut device = Device::private();
        let clock = device.clock.clone();
        device.origin.answers(move |_| {
            clock.set_utc(MockClock::START - back);
            Response::ok(&[cc("max-age=60"), ("Date", &heads::date(0)), ("Age", "7")], "stored")
        });
        device.get("/a", &[]);
        assert_eq!(device.get("/a", &[]).line("age").as_deref(), Some("7"), "{back}");
    }
}
