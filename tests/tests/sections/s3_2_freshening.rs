//! RFC 9111 §3.2: a stored response is freshened by a 304.

use crate::cc;
use larder::CacheOptions;
use larder::client::Outcome;
use larder::options::Secrets;
use larder_tests::{Answer, Device, MockClock, Response, block_on, heads, store_suite};

const TAG: (&str, &str) = ("ETag", "\"1\"");

/// Stores a response, lets it grow stale, validates it with a 304 that says `new`.
fn validated(options: CacheOptions, stored: &[(&str, &str)], new: &[(&str, &str)]) -> (Device, Answer) {
    let mut device = Device::new(options);
    device.fetch("/a", &[], Response::ok(&[TAG, cc("max-age=60")], "body").with(stored));
    device.pass(100);
    let answer = device.fetch("/a", &[], Response::not_modified(&[TAG]).with(new));
    assert_eq!((answer.outcome(), answer.status, answer.text()), (Outcome::Revalidated, 200, "body"));
    (device, answer)
}

/// The values of a field, as served with the validation and, the same, from the store afterwards.
fn values(stored: &[(&str, &str)], new: &[(&str, &str)], name: &str) -> Vec<String> {
    let mut new = new.to_vec();
    new.push(cc("max-age=60"));
    let (mut device, answer) = validated(CacheOptions::PRIVATE, stored, &new);
    let values = heads::values(&answer.lines, name);
    assert_eq!(
        heads::values(&device.hit("/a", &[]).lines, name),
        values,
        "what is stored is what was served"
    );
    values
}

#[test]
fn s3_2_each_field_of_the_304_replaces_all_stored_lines_of_its_name() {
    assert_eq!(values(&[("X", "1"), ("x", "2")], &[("X", "3")], "x"), ["3"]);
    assert_eq!(values(&[("X", "1")], &[("x", "2"), ("X", "3")], "x"), ["2", "3"]);
    assert_eq!(values(&[], &[("X", "new")], "x"), ["new"]);
    assert_eq!(
        values(&[("Set-Cookie", "a")], &[("Set-Cookie", "b"), ("Set-Cookie", "c")], "set-cookie"),
        ["b", "c"]
    );
}

#[test]
fn s3_2_fields_that_the_304_lacks_stay() {
    assert_eq!(values(&[("X", "1"), ("X", "2")], &[], "x"), ["1", "2"]);
}

#[test]
fn s3_2_content_type_and_content_encoding_are_updated_like_any_other() {
    assert_eq!(values(&[("Content-Type", "a/b")], &[("Content-Type", "c/d")], "content-type"), ["c/d"]);
    assert_eq!(
        values(&[("Content-Encoding", "gzip")], &[("Content-Encoding", "br")], "content-encoding"),
        ["br"]
    );
}

#[test]
fn s3_2_content_length_and_content_range_are_not_taken() {
    assert_eq!(values(&[], &[("Content-Length", "0")], "content-length"), ["4"]);
    assert!(values(&[], &[("Content-Range", "bytes 0-1/2")], "content-range").is_empty());
}

#[test]
fn s3_2_fields_of_the_connection_are_not_taken() {
    assert!(values(&[], &[("Connection", "X"), ("X", "1")], "x").is_empty());
    assert_eq!(values(&[("X", "kept")], &[("Connection", "X"), ("X", "1")], "x"), ["kept"]);
    assert!(values(&[], &[("Keep-Alive", "timeout=5")], "keep-alive").is_empty());
    assert!(values(&[], &[("Transfer-Encoding", "chunked")], "transfer-encoding").is_empty());
}

#[test]
fn s3_2_private_fields_are_not_taken_by_a_shared_cache() {
    let new = [cc("max-age=60, private=\"X-User\""), ("X-User", "me")];
    let (mut device, _) = validated(CacheOptions::SHARED, &[], &new);
    assert_eq!(device.hit("/a", &[]).line("x-user"), None);
}

#[test]
fn s3_2_the_stored_age_goes_unless_the_304_brings_one() {
    assert_eq!(values(&[("Age", "50")], &[], "age"), ["0"]);
    assert_eq!(values(&[("Age", "50")], &[("Age", "7")], "age"), ["7"]);
}

#[test]
fn s3_2_request_and_response_time_are_those_of_the_validation() {
    let (mut device, _) = validated(CacheOptions::PRIVATE, &[], &[cc("max-age=60")]);
    device.pass(59);
    assert_eq!(device.hit("/a", &[]).line("age").as_deref(), Some("59"));
    device.pass(1);
    device.forwarded("/a", &[]);
}

#[test]
fn s6_6_1_of_9110_a_304_without_date_gets_one_before_it_freshens() {
    assert_eq!(values(&[("Date", &heads::date(0))], &[], "date"), [heads::date(100)]);
    let expires = heads::date(160);
    let (mut device, _) =
        validated(CacheOptions::PRIVATE, &[("Date", &heads::date(0))], &[cc("x"), ("Expires", &expires)]);
    device.pass(59);
    device.hit("/a", &[]);
    device.pass(1);
    let (_, asked) = device.forwarded("/a", &[]);
    assert!(asked.is_conditional(), "the lifetime is 60 s from the validation on");
}

#[test]
fn s3_2_a_changed_vary_records_the_fields_of_the_validating_request() {
    let mut device = Device::private();
    device.fetch("/a", &[("X", "1")], Response::ok(&[TAG, cc("max-age=60")], "body"));
    device.pass(100);
    let new = Response::not_modified(&[TAG, cc("max-age=60"), ("Vary", "X")]);
    device.fetch("/a", &[("X", "2")], new);
    device.hit("/a", &[("X", "2")]);
    device.forwarded("/a", &[("X", "1")]);
}

#[test]
fn s3_2_new_directives_apply_from_then_on() {
    let (mut device, _) = validated(CacheOptions::PRIVATE, &[], &[cc("no-cache")]);
    let (answer, asked) = device.forwarded("/a", &[]);
    assert_eq!(answer.report.forwarded, Some(larder::Reason::ResponseNoCache));
    assert!(asked.is_conditional());
    let (mut device, _) = validated(CacheOptions::PRIVATE, &[], &[cc("max-age=60, must-revalidate")]);
    device.pass(100);
    let (answer, _) = device.forwarded("/a", &[cc("max-stale")]);
    assert_eq!(answer.report.forwarded, Some(larder::Reason::MustRevalidate));
}

#[test]
fn s3_2_now_no_store_it_is_used_once_and_dropped() {
    let (mut device, _) = validated(CacheOptions::PRIVATE, &[], &[cc("no-store")]);
    assert_eq!(device.health().pairs, 0);
    let (_, asked) = device.forwarded("/a", &[]);
    assert!(!asked.is_conditional());
}

#[test]
fn s3_2_now_private_it_is_dropped_by_a_shared_cache_only() {
    let (mut device, _) = validated(CacheOptions::SHARED, &[], &[cc("private, max-age=60")]);
    assert_eq!(device.health().pairs, 0);
    let (mut device, _) = validated(CacheOptions::PRIVATE, &[], &[cc("private, max-age=60")]);
    device.hit("/a", &[]);
}

#[test]
fn s3_2_now_no_store_it_is_dropped_when_the_answer_was_not_read() {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[TAG, cc("max-age=60")], "body"));
    device.pass(100);
    device.origin.then(Response::not_modified(&[TAG, cc("no-store")]));
    assert_eq!(device.get("/a", &[("If-None-Match", "\"1\"")]).status, 304);
    let (_, asked) = device.forwarded("/a", &[]);
    assert!(!asked.is_conditional());
}

#[test]
fn s3_2_freshening_twice_is_freshening_once() {
    let new = [("X", "2"), ("Y", "3"), cc("max-age=0")];
    let (mut device, once) = validated(CacheOptions::PRIVATE, &[("X", "1"), ("Z", "4")], &new);
    let twice = device.fetch("/a", &[], Response::not_modified(&[TAG]).with(&new));
    assert_eq!(twice.outcome(), Outcome::Revalidated);
    assert_eq!(twice.lines, once.lines);
}

#[test]
fn s3_2_the_request_time_of_the_validation_counts() {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[TAG, cc("max-age=60")], "body"));
    device.pass(100);
    let answer = device.fetch("/a", &[], Response::not_modified(&[TAG, cc("max-age=60")]).taking(20));
    assert_eq!(answer.line("age").as_deref(), Some("20"), "the response delay is part of the age");
    assert_eq!(device.clock.now().utc.map(|utc| utc.unix()), Some(MockClock::START + 120));
}

#[test]
fn s3_2_a_304_whose_vary_names_a_secret_does_not_store_the_secret() {
    let mut device = Device::private();
    assert_eq!(device.client.options().secrets, Secrets::Refuse);
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), TAG], "a"));
    device.pass(100);
    let says = Response::not_modified(&[TAG, cc("max-age=60"), ("Vary", "Cookie")]);
    device.fetch("/a", &[("Cookie", "top secret")], says);
    let mut kept = Vec::new();
    let key = larder::pair::PairKey::new("http://example.com/a");
    block_on(store_suite::find_all(device.client.store(), key, |pair| {
        kept.extend(heads::owned(pair.nominated));
    }));
    assert!(kept.is_empty(), "{kept:?}");
}

#[test]
fn s3_2_now_no_store_every_pair_the_304_names_is_dropped() {
    let mut device = Device::private();
    for (name, lines) in [("A", [("A", "1"), ("B", "0")]), ("B", [("A", "0"), ("B", "1")])] {
        device.fetch("/a", &lines, Response::ok(&[cc("max-age=60"), TAG, ("Vary", name)], name));
        device.pass(1);
    }
    device.pass(100);
    device.fetch("/a", &[("A", "1"), ("B", "1")], Response::not_modified(&[TAG, cc("no-store")]));
    assert_eq!(device.health().pairs, 0);
}

#[test]
fn s5_2_2_3_a_304_with_must_understand_and_no_store_keeps_the_pair() {
    let said = cc("must-understand, no-store, max-age=60");
    let mut device = Device::private();
    assert!(device.fetch("/a", &[], Response::ok(&[said, TAG], "a")).stored().is_some());
    device.pass(100);
    device.fetch("/a", &[], Response::not_modified(&[TAG, said]));
    device.hit("/a", &[]);
}

#[test]
fn s5_2_1_5_no_store_of_a_request_does_not_remove_what_was_stored_before() {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), TAG], "a"));
    device.pass(100);
    device.fetch("/a", &[cc("no-store")], Response::not_modified(&[TAG]));
    assert_eq!(device.health().pairs, 1);
}
