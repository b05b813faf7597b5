//! RFC 9110 §14 and RFC 9111 §3.3, §4.3: ranges where a stored response is stale, or has changed.

use crate::cc;
use larder::client::{Outcome, Storing};
use larder::head::Method;
use larder_tests::{Device, Representation, Response};

const RANGE: (&str, &str) = ("Range", "bytes=2-4");

/// What the origin has as a version.
fn version(number: u8) -> Representation {
    let content: Vec<u8> = (0..10).map(|at| b'0' + at + number * 16).collect();
    Representation::new(&content, &[cc("max-age=60"), ("ETag", &format!("\"{number}\""))])
}

/// A device whose origin has `there`.
fn has(device: &Device, there: Representation) {
    device.origin.answers(move |asked| there.answer(asked));
}

/// A device with version 1, whole and stale.
fn stale() -> Device {
    let mut device = Device::private();
    has(&device, version(1));
    device.get("/a", &[]);
    device.pass(100);
    device
}

#[test]
fn s4_3_3_a_304_to_a_range_answers_with_the_stored_part() {
    let mut device = stale();
    let answer = device.get("/a", &[RANGE]);
    assert_eq!((answer.status, &*answer.body), (206, &version(1).content[2..=4]));
    assert_eq!((answer.outcome(), answer.report.from_network), (Outcome::Revalidated, 0));
    assert_eq!(answer.line("content-range").as_deref(), Some("bytes 2-4/10"));
    assert_eq!(device.origin.last().line("if-none-match").as_deref(), Some("\"1\""));
    assert_eq!(device.hit("/a", &[]).body, version(1).content, "whole and fresh");
}

#[test]
fn s13_1_5_if_range_is_evaluated_against_what_the_304_has_validated() {
    for (condition, status) in [("\"1\"", 206), ("\"0\"", 200), ("W/\"1\"", 200)] {
        let mut device = stale();
        let answer = device.get("/a", &[RANGE, ("If-Range", condition)]);
        assert_eq!((answer.status, answer.outcome()), (status, Outcome::Revalidated), "{condition}");
        assert_eq!(answer.body.len(), if status == 206 { 3 } else { 10 });
    }
}

#[test]
fn s15_5_17_an_unsatisfiable_range_is_416_once_the_length_is_validated() {
    let mut device = stale();
    let answer = device.get("/a", &[("Range", "bytes=10-")]);
    // The origin evaluates the condition first (§13.2.2).
    assert_eq!((answer.status, answer.outcome()), (416, Outcome::Revalidated));
    assert_eq!(answer.line("content-range").as_deref(), Some("bytes */10"));
}

#[test]
fn s4_3_3_a_206_of_another_version_is_kept_apart_and_the_old_whole_stays() {
    let mut device = stale();
    has(&device, version(2));
    let answer = device.get("/a", &[RANGE]);
    assert_eq!((answer.status, &*answer.body), (206, &version(2).content[2..=4]));
    assert!(matches!(answer.report.storing, Storing::Incomplete(_)));
    assert_eq!(device.health().pairs, 2);
    assert_eq!(device.hit("/a", &[RANGE]).body, version(2).content[2..=4], "the fresh one");
    // The whole is asked for: what is missing of the newer one.
    let answer = device.get("/a", &[]);
    assert_eq!((answer.outcome(), answer.body), (Outcome::Completed, version(2).content));
    assert_eq!(device.health().pairs, 1, "in place of the old one");
}

/// A device that holds octets 0 to 5 of version 1, stale.
fn stale_part() -> Device {
    let mut device = Device::private();
    device.origin.then(version(1).whole().cut_off_after(6));
    device.get("/a", &[]);
    device.pass(100);
    has(&device, version(1));
    device
}

#[test]
fn s3_2_a_part_that_a_304_freshens_stays_a_part() {
    let mut device = stale_part();
    let answer = device.get("/a", &[RANGE]);
    assert_eq!((answer.status, answer.outcome()), (206, Outcome::Revalidated));
    assert_eq!(device.hit("/a", &[RANGE]).body, version(1).content[2..=4], "fresh again");
    let answer = device.get("/a", &[]);
    assert_eq!((answer.outcome(), answer.body), (Outcome::Completed, version(1).content));
    assert_eq!(device.origin.last().line("range").as_deref(), Some("bytes=6-"));
    assert_eq!(device.health().pairs, 1);
}

#[test]
fn s4_3_5_a_head_with_another_length_ends_a_part_and_one_that_agrees_freshens_it() {
    for (length, range) in [("10", Some("bytes=6-")), ("11", None)] {
        let mut device = stale_part();
        let lines = [cc("max-age=60"), ("ETag", "\"1\""), ("Content-Length", length)];
        device.origin.then(Response::new(200).with(&lines));
        device.ask(Method::Head, "/a", &[]);
        assert_eq!(device.get("/a", &[]).body, version(1).content);
        assert_eq!(device.origin.last().line("range").as_deref(), range, "{length}");
    }
}

#[test]
fn s5_2_1_7_only_if_cached_gets_the_range_that_is_held_and_no_other() {
    let mut device = Device::private();
    device.origin.then(version(1).whole().cut_off_after(6));
    device.get("/a", &[]);
    let only = cc("only-if-cached");
    assert_eq!(device.hit("/a", &[RANGE, only]).status, 206);
    for range in ["bytes=4-6", "bytes=6-", "bytes=-1", "bytes=20-"] {
        assert_eq!(device.hit("/a", &[("Range", range), only]).status, 504, "{range}");
    }
    assert_eq!(device.hit("/a", &[only]).status, 504, "nor the whole");
}

#[test]
fn s15_3_7_2_several_ranges_are_never_taken_for_one() {
    let multipart = ("Content-Type", "Multipart/ByteRanges; boundary=x");
    // Even one that says it is (§15.3.7.2 forbids it), and is cut off where nobody can tell.
    let says = Response::new(206).with(&[cc("max-age=60"), ("ETag", "\"1\""), multipart]);
    let says = says.with(&[("Content-Range", "bytes 0-9/10")]).chunk(b"--x\r\n").cut_off();
    let mut device = Device::private();
    let answer = device.fetch("/a", &[("Range", "bytes=0-9")], says);
    assert_eq!((answer.status, &*answer.body), (206, &b"--x\r\n"[..]));
    assert_eq!(device.health().pairs, 0);
}
