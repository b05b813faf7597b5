//! RFC 9111 §4.2.3: the age of a response; §5.1: the field.

use crate::cc;
use larder_tests::{Device, MockClock, Response, heads};

/// The age served after `seconds` of residence, of a response that took `delay` to arrive.
fn age(said: &[(&str, &str)], delay: u64, seconds: u64) -> String {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[cc("max-age=2147483648")], "a").with(said).taking(delay));
    device.pass(seconds);
    let answer = device.get("/a", &[cc("max-stale")]);
    let ages = heads::values(&answer.lines, "age");
    assert_eq!(ages.len(), 1);
    ages[0].clone()
}

#[test]
fn s4_2_3_residence_received_age_and_delay_add_up() {
    assert_eq!(age(&[], 0, 0), "0");
    assert_eq!(age(&[], 0, 17), "17");
    assert_eq!(age(&[("Age", "10")], 0, 17), "27");
    assert_eq!(age(&[("Age", "10")], 3, 17), "30");
    assert_eq!(age(&[], 3, 17), "20");
}

#[test]
fn s4_2_3_apparent_age_counts_where_it_is_larger() {
    assert_eq!(age(&[("Date", &heads::date(-100))], 0, 5), "105");
    assert_eq!(age(&[("Date", &heads::date(-100)), ("Age", "10")], 0, 5), "105");
    assert_eq!(age(&[("Date", &heads::date(-10)), ("Age", "100")], 0, 5), "105");
    assert_eq!(age(&[("Date", &heads::date(0)), ("Age", "0")], 20, 5), "25");
}

#[test]
fn s4_2_3_a_date_ahead_of_our_clock_makes_nothing_negative() {
    assert_eq!(age(&[("Date", &heads::date(1000))], 0, 5), "5");
}

#[test]
fn s4_2_3_a_clock_set_back_makes_nothing_negative() {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60")], "a"));
    device.clock.set_utc(MockClock::START - 5000);
    device.pass(7);
    assert_eq!(device.hit("/a", &[]).line("age").as_deref(), Some("7"), "by uptime");
}

#[test]
fn s4_2_3_sums_saturate() {
    assert_eq!(age(&[("Age", "2147483647")], 0, 5), "2147483648");
    assert_eq!(age(&[("Age", "99999999999999999999")], 5, 5), "2147483648");
}

#[test]
fn s5_1_an_age_that_is_no_number_is_ignored() {
    for value in ["x", "-5", "+5", "5.0", "", "5 5", "5;x", "\"5\""] {
        assert_eq!(age(&[("Age", value)], 0, 3), "3", "{value}");
    }
}

#[test]
fn s5_1_of_a_list_the_first_member_counts() {
    assert_eq!(age(&[("Age", "5, 100")], 0, 3), "8");
    assert_eq!(age(&[("Age", "5"), ("Age", "100")], 0, 3), "8");
    assert_eq!(age(&[("Age", "100"), ("Age", "5")], 0, 3), "103");
}

#[test]
fn s4_2_3_a_received_age_uses_up_the_lifetime() {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), ("Age", "50")], "a"));
    device.pass(9);
    device.hit("/a", &[]);
    device.pass(1);
    device.forwarded("/a", &[]);
}

#[test]
fn s4_2_3_the_delay_of_the_response_uses_up_the_lifetime() {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60")], "a").taking(60));
    device.forwarded("/a", &[]);
}

#[test]
fn s4_2_3_age_out_is_a_non_negative_integer() {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60")], "a"));
    device.clock.advance_millis(1999);
    assert_eq!(device.hit("/a", &[]).line("age").as_deref(), Some("1"));
}
