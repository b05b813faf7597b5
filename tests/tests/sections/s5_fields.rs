//! RFC 9111 §5: `Pragma`, `Warning`, and dates as fields carry them.

use crate::cc;
use larder::{CacheOptions, Reason};
use larder_tests::{Device, Response, heads};

const PRAGMA: (&str, &str) = ("Pragma", "no-cache");

fn stored(options: CacheOptions) -> Device {
    let mut device = Device::new(options);
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60")], "a"));
    device
}

#[test]
fn s5_4_pragma_counts_in_a_request_without_cache_control_only() {
    let mut device = stored(CacheOptions::PRIVATE);
    let (answer, _) = device.forwarded("/a", &[PRAGMA]);
    assert_eq!(answer.report.forwarded, Some(Reason::RequestNoCache));
    let mut device = stored(CacheOptions::PRIVATE);
    device.hit("/a", &[PRAGMA, cc("max-age=100")]);
    device.hit("/a", &[PRAGMA, cc("")]);
    device.hit("/a", &[("Pragma", "x-other")]);
    device.forwarded("/a", &[("pragma", "x-other, No-Cache")]);
}

#[test]
fn s5_4_pragma_can_be_switched_off() {
    let mut device = stored(CacheOptions { honour_pragma: false, ..CacheOptions::PRIVATE });
    device.hit("/a", &[PRAGMA]);
}

#[test]
fn s5_4_pragma_in_a_response_means_nothing() {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), PRAGMA], "a"));
    assert_eq!(device.hit("/a", &[]).line("pragma").as_deref(), Some("no-cache"));
}

#[test]
fn s5_5_warning_is_not_generated() {
    let mut device = stored(CacheOptions::PRIVATE);
    device.pass(100);
    let answer = device.get("/a", &[cc("max-stale")]);
    assert_eq!((answer.status, answer.line("warning")), (200, None));
}

#[test]
fn s5_6_7_of_9110_date_in_the_three_forms() {
    for date in
        ["Thu, 01 Oct 2026 07:59:30 GMT", "Thursday, 01-Oct-26 07:59:30 GMT", "Thu Oct  1 07:59:30 2026"]
    {
        let mut device = Device::private();
        device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), ("Date", date)], "a"));
        let answer = device.hit("/a", &[]);
        assert_eq!(answer.line("age").as_deref(), Some("30"), "{date}");
        assert_eq!(heads::values(&answer.lines, "date"), [date]);
    }
}
