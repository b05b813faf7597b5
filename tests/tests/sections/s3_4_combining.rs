//! RFC 9111 §3.4: combining partial content, and asking for what is missing (RFC 9110 §13.1.5, §14).

use crate::cc;
use larder::client::{Outcome, Step, Storing};
use larder::options::CacheOptions;
use larder::{Reason, head::Method};
use larder_tests::origin::Asked;
use larder_tests::{Device, Representation, Response};

const TAG: (&str, &str) = ("ETag", "\"1\"");
const DATE: (&str, &str) = ("Date", "Thu, 01 Oct 2026 08:00:00 GMT");
const MODIFIED: (&str, &str) = ("Last-Modified", "Mon, 05 Jan 2026 00:00:00 GMT");

fn content() -> Vec<u8> {
    (0..=255).collect()
}

fn representation(lines: &[(&str, &str)]) -> Representation {
    let mut all = vec![cc("max-age=60")];
    all.extend(lines);
    Representation::new(&content(), &all)
}

/// A device whose origin has `there`.
fn device(there: &Representation) -> Device {
    let device = Device::private();
    has(&device, there);
    device
}

fn has(device: &Device, there: &Representation) {
    let there = there.clone();
    device.origin.answers(move |asked| there.answer(asked));
}

/// Gets the first `octets`, and then loses the connection.
fn begin(device: &mut Device, there: &Representation, octets: usize) {
    let length = there.content.len().to_string();
    let lines: Vec<_> = there.lines.iter().map(|(name, value)| (&**name, &**value)).collect();
    let says = Response::new(200).with(&lines).with(&[("Content-Length", &length)]);
    let answer = device.fetch("/a", &[], says.chunk(&there.content[..octets]).cut_off());
    assert!(matches!(answer.report.storing, Storing::Incomplete(_)), "{answer:?}");
}

fn range(device: &mut Device, value: &str) {
    assert_eq!(device.get("/a", &[("Range", value)]).status, 206);
}

/// What was asked since the last look.
fn asked(device: &Device, before: usize) -> Vec<(Option<String>, Option<String>)> {
    let line = |asked: &Asked| (asked.line("range"), asked.line("if-range"));
    device.origin.asked()[before..].iter().map(line).collect()
}

fn some(range: &str, condition: &str) -> (Option<String>, Option<String>) {
    (Some(range.to_owned()), Some(condition.to_owned()))
}

#[test]
fn s3_4_only_what_is_missing_is_asked_for_and_both_are_one_200() {
    let there = representation(&[TAG]);
    let mut device = device(&there);
    begin(&mut device, &there, 100);
    let answer = device.get("/a", &[]);
    assert_eq!(asked(&device, 1), [some("bytes=100-", "\"1\"")]);
    assert_eq!((answer.status, answer.outcome()), (200, Outcome::Completed));
    assert_eq!(answer.body, there.content);
    assert_eq!((answer.report.from_store, answer.report.from_network), (100, 156));
    assert_eq!(answer.line("content-length").as_deref(), Some("256"));
    assert_eq!(answer.line("content-range"), None);
    assert_eq!(answer.line("age").as_deref(), Some("0"));
    assert!(matches!(answer.report.storing, Storing::Stored(_)));
    assert_eq!(answer.report.forwarded, Some(Reason::Incomplete));
    assert_eq!(answer.report.walked, [Step::IdleClient, Step::CacheMiss, Step::Combining, Step::FromCache]);
    assert!(device.origin.is_reusable());
    assert_eq!(device.hit("/a", &[]).body, there.content);
    assert_eq!(device.health().pairs, 1);
}

#[test]
fn s3_4_by_a_strong_date_if_there_is_no_tag() {
    let there = representation(&[DATE, MODIFIED]);
    let mut device = device(&there);
    begin(&mut device, &there, 100);
    assert_eq!(device.get("/a", &[]).body, there.content);
    assert_eq!(asked(&device, 1), [some("bytes=100-", MODIFIED.1)]);
}

#[test]
fn s3_4_a_stale_part_is_completed_and_validated_at_once() {
    let there = representation(&[TAG]);
    let mut device = device(&there);
    begin(&mut device, &there, 100);
    device.pass(1_000_000);
    assert_eq!(device.get("/a", &[]).body, there.content);
    assert_eq!(device.origin.count(), 2);
    assert_eq!(device.hit("/a", &[]).body, there.content, "fresh again");
}

#[test]
fn s3_4_the_new_fields_replace_the_stored_ones_as_by_a_304() {
    let first = representation(&[TAG, ("A", "1"), ("B", "1"), ("Content-Digest", "sha-256=:whole:")]);
    let second = representation(&[TAG, ("A", "2"), ("C", "2"), ("Content-Digest", "sha-256=:part:")]);
    let mut device = device(&second);
    begin(&mut device, &first, 100);
    for answer in [device.get("/a", &[]), device.hit("/a", &[])] {
        let line = |name: &str| answer.line(name).unwrap_or_default();
        assert_eq!((line("a"), line("b"), line("c")), ("2".into(), "1".into(), "2".into()));
        assert_eq!(line("content-digest"), "sha-256=:whole:", "a part's digest is of the part");
        assert_eq!((line("content-length"), answer.line("content-range")), ("256".into(), None));
    }
}

#[test]
fn s3_4_a_body_of_unknown_length_gets_one() {
    let there = representation(&[TAG]);
    let mut device = device(&there);
    let says = Response::new(200).with(&[TAG, cc("max-age=60")]).chunk(&there.content[..100]).cut_off();
    device.fetch("/a", &[], says);
    let answer = device.get("/a", &[]);
    assert_eq!((answer.body.len(), answer.line("content-length").as_deref()), (256, Some("256")));
    assert!(matches!(answer.report.storing, Storing::Stored(_)));
}

#[test]
fn s3_4_every_hole_is_asked_for_and_nothing_else() {
    let there = representation(&[TAG]);
    let mut device = device(&there);
    for part in ["bytes=10-19", "bytes=100-149", "bytes=-6"] {
        range(&mut device, part);
    }
    let before = device.origin.count();
    let answer = device.get("/a", &[]);
    assert_eq!((answer.status, answer.body.len()), (200, 256));
    assert_eq!(answer.body, there.content);
    let expected = [("bytes=0-9", "\"1\""), ("bytes=20-99", "\"1\""), ("bytes=150-249", "\"1\"")];
    assert_eq!(asked(&device, before), expected.map(|(range, tag)| some(range, tag)));
    assert_eq!((answer.report.from_store, answer.report.from_network), (66, 190));
    assert_eq!(device.hit("/a", &[]).body, there.content);
    assert_eq!(device.health().pairs, 1);
}

#[test]
fn s3_4_parts_with_one_strong_validator_are_combined() {
    let there = representation(&[TAG]);
    let mut device = device(&there);
    range(&mut device, "bytes=0-99");
    range(&mut device, "bytes=100-199");
    assert_eq!(device.health().pairs, 2);
    let answer = device.hit("/a", &[("Range", "bytes=50-150")]);
    assert_eq!((answer.status, &*answer.body), (206, &there.content[50..=150]));
    assert_eq!(
        answer.report.walked,
        [Step::IdleClient, Step::PartialUpdate, Step::FromCache],
        "neither part holds it alone"
    );
    assert_eq!(device.health().pairs, 1);
}

#[test]
fn s3_4_parts_that_leave_nothing_missing_are_the_whole() {
    let there = representation(&[TAG]);
    let mut device = device(&there);
    range(&mut device, "bytes=100-");
    range(&mut device, "bytes=0-150");
    let answer = device.hit("/a", &[]);
    assert_eq!((answer.status, answer.body.as_slice()), (200, &*there.content));
    assert_eq!(answer.line("content-length").as_deref(), Some("256"));
    assert_eq!(device.health().pairs, 1);
    let plain = device.hit("/a", &[]);
    assert_eq!(plain.report.walked, [Step::IdleClient, Step::FromCache], "it is a response like any other");
}

#[test]
fn s3_4_the_head_of_combined_parts_is_the_newest() {
    let mut device = device(&representation(&[TAG, ("A", "1")]));
    range(&mut device, "bytes=0-99");
    device.pass(50);
    has(&device, &representation(&[TAG, ("A", "2")]));
    range(&mut device, "bytes=100-199");
    device.pass(50);
    let answer = device.hit("/a", &[("Range", "bytes=0-199")]);
    assert_eq!(answer.line("a").as_deref(), Some("2"));
    assert_eq!(answer.line("age").as_deref(), Some("50"), "the newer one's, so it is fresh");
}

#[test]
fn s3_4_parts_are_not_combined_without_the_same_strong_validator() {
    let weak = &[("ETag", "W/\"1\"")][..];
    for (first, second) in [
        (&[TAG][..], &[("ETag", "\"2\"")][..]),
        (weak, weak),
        (&[], &[]),
        (&[DATE, MODIFIED], &[DATE, ("Last-Modified", "Tue, 06 Jan 2026 00:00:00 GMT")]),
        (&[TAG], &[TAG, ("Content-Encoding", "gzip")]),
    ] {
        let mut device = device(&representation(first));
        range(&mut device, "bytes=0-99");
        has(&device, &representation(second));
        range(&mut device, "bytes=100-199");
        let (_, asked) = device.forwarded("/a", &[("Range", "bytes=50-150")]);
        assert_eq!(asked.line("range").as_deref(), Some("bytes=50-150"), "{first:?} {second:?}");
        assert_eq!(device.health().pairs, 2);
    }
}

#[test]
fn s3_4_parts_of_another_length_are_not_combined() {
    let there = representation(&[TAG]);
    let longer = Representation { content: [content(), vec![0]].concat(), ..there.clone() };
    let mut device = device(&there);
    range(&mut device, "bytes=0-99");
    has(&device, &longer);
    range(&mut device, "bytes=100-199");
    device.forwarded("/a", &[("Range", "bytes=50-150")]);
}

#[test]
fn s3_4_without_strong_validator_the_whole_is_asked_for() {
    for lines in [&[("ETag", "W/\"1\"")][..], &[]] {
        let there = representation(lines);
        let mut device = device(&there);
        range(&mut device, "bytes=0-99");
        assert_eq!(device.get("/a", &[]).body, there.content);
        assert_eq!(asked(&device, 1), [(None, None)]);
    }
}

#[test]
fn s3_4_without_strong_validator_nothing_is_combined_whatever_the_option_says() {
    let there = representation(&[]);
    let mut device = Device::new(CacheOptions { ask_without_validator: true, ..CacheOptions::PRIVATE });
    has(&device, &there);
    range(&mut device, "bytes=0-99");
    let other = Representation { content: vec![7; 256], ..there };
    has(&device, &other);
    assert_eq!(device.get("/a", &[]).body, other.content);
    assert_eq!(asked(&device, 1), [(Some("bytes=100-".to_owned()), None), (None, None)]);
}

#[test]
fn s3_4_a_range_of_the_client_goes_as_it_is_and_its_part_is_kept() {
    let there = representation(&[TAG]);
    let mut device = device(&there);
    begin(&mut device, &there, 100);
    let answer = device.get("/a", &[("Range", "bytes=50-149")]);
    assert_eq!((answer.status, &*answer.body), (206, &there.content[50..150]));
    assert_eq!(asked(&device, 1), [(Some("bytes=50-149".to_owned()), None)]);
    let answer = device.get("/a", &[]);
    assert_eq!(asked(&device, 2), [some("bytes=150-", "\"1\"")]);
    assert_eq!(answer.body, there.content);
}

#[test]
fn s4_3_2_the_clients_own_condition_goes_along() {
    let there = representation(&[TAG]);
    let mut device = device(&there);
    begin(&mut device, &there, 100);
    let answer = device.get("/a", &[("If-None-Match", "\"0\"")]);
    let asked = device.origin.last();
    assert_eq!(asked.line("if-none-match").as_deref(), Some("\"0\""));
    assert_eq!((answer.status, answer.body.as_slice()), (200, &*there.content));
}

#[test]
fn s4_3_what_was_begun_later_is_completed_rather_than_the_old_one_validated() {
    let old = Representation::new(b"old", &[("ETag", "\"0\""), cc("max-age=60")]);
    let mut device = device(&old);
    device.get("/a", &[]);
    device.pass(100);
    let new = representation(&[TAG]);
    begin(&mut device, &new, 100);
    has(&device, &new);
    let answer = device.get("/a", &[]);
    assert_eq!((answer.outcome(), answer.body.as_slice()), (Outcome::Completed, &*new.content));
    assert_eq!(device.health().pairs, 1, "the old one has gone");
}

#[test]
fn s4_2_4_the_old_one_answers_if_the_origin_fails_while_the_new_one_is_completed() {
    for says in [Response::refused(), Response::new(503)] {
        let lines = [("ETag", "\"0\""), cc("max-age=60, stale-if-error=1000")];
        let mut device = device(&Representation::new(b"old", &lines));
        device.get("/a", &[]);
        device.pass(100);
        let new = representation(&[TAG]);
        begin(&mut device, &new, 100);
        let answer = device.fetch("/a", &[], says);
        assert_eq!((answer.status, answer.text(), answer.outcome()), (200, "old", Outcome::StaleOnError));
        has(&device, &new);
        assert_eq!(device.get("/a", &[]).body, new.content, "the part is still there");
    }
}

#[test]
fn s3_4_requests_that_ask_for_validation_are_answered_by_completing() {
    for directive in ["no-cache", "max-age=0"] {
        let there = representation(&[TAG]);
        let mut device = device(&there);
        begin(&mut device, &there, 100);
        let answer = device.get("/a", &[cc(directive)]);
        assert_eq!(asked(&device, 1), [some("bytes=100-", "\"1\"")]);
        assert_eq!(answer.body, there.content);
    }
}

#[test]
fn s4_3_5_a_head_with_another_validator_ends_a_part() {
    let there = representation(&[TAG]);
    let mut device = device(&there);
    begin(&mut device, &there, 100);
    device.pass(100);
    has(&device, &representation(&[("ETag", "\"2\"")]));
    device.ask(Method::Head, "/a", &[]);
    device.get("/a", &[]);
    assert_eq!(asked(&device, 2), [(None, None)]);
}
