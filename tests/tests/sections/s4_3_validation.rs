//! RFC 9111 §4.3.1, §4.3.3: asking the origin, and what its answer means.

use crate::cc;
use larder::client::{Outcome, Storing};
use larder::options::Methods;
use larder::{CacheOptions, Reason};
use larder_tests::{Device, Response, heads};

const TAG: (&str, &str) = ("ETag", "\"1\"");

/// A device with a response stored that is stale by now.
fn stale(said: &[(&str, &str)]) -> Device {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60")], "old").with(said));
    device.pass(100);
    device
}

#[test]
fn s4_3_1_if_none_match_has_the_tag_and_if_modified_since_the_date() {
    let modified = heads::date(-500);
    let (_, asked) = stale(&[TAG, ("Last-Modified", &modified)]).forwarded("/a", &[("X", "1")]);
    assert_eq!(asked.line("if-none-match").as_deref(), Some("\"1\""));
    assert_eq!(asked.line("if-modified-since").as_deref(), Some(&*modified));
    assert_eq!(asked.line("x").as_deref(), Some("1"), "the client's lines go along");
    let (_, asked) = stale(&[("ETag", "W/\"x\"")]).forwarded("/a", &[]);
    assert_eq!(asked.line("if-none-match").as_deref(), Some("W/\"x\""), "a weak tag too");
    assert_eq!(asked.line("if-modified-since"), None);
    let (_, asked) = stale(&[("Last-Modified", &modified)]).forwarded("/a", &[]);
    assert_eq!((asked.line("if-none-match"), asked.line("if-modified-since")), (None, Some(modified)));
}

#[test]
fn s4_3_1_never_with_date_unless_the_option_says_so() {
    let date = heads::date(0);
    let (answer, asked) = stale(&[("Date", &date)]).forwarded("/a", &[]);
    assert!(!asked.is_conditional());
    assert_eq!(answer.report.forwarded, Some(Reason::Stale));
    let mut device = Device::new(CacheOptions { validate_by_date: true, ..CacheOptions::PRIVATE });
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), ("Date", &date)], "old"));
    device.pass(100);
    let (_, asked) = device.forwarded("/a", &[]);
    assert_eq!(asked.line("if-modified-since"), Some(date));
}

#[test]
fn s4_3_1_the_tags_of_all_candidates_are_sent_and_no_date_with_them() {
    let mut device = Device::private();
    let modified = heads::date(-500);
    let said = [cc("max-age=60"), ("Last-Modified", &*modified)];
    device.fetch(
        "/a",
        &[("A", "1"), ("B", "0")],
        Response::ok(&said, "a").with(&[("Vary", "A"), ("ETag", "\"a\"")]),
    );
    device.pass(1);
    device.fetch(
        "/a",
        &[("A", "0"), ("B", "1")],
        Response::ok(&said, "b").with(&[("Vary", "B"), ("ETag", "\"b\"")]),
    );
    device.pass(100);
    let (_, asked) = device.forwarded("/a", &[("A", "1"), ("B", "1")]);
    let tags = asked.line("if-none-match").unwrap();
    let mut tags: Vec<_> = tags.split(", ").collect();
    tags.sort_unstable();
    assert_eq!(tags, ["\"a\"", "\"b\""]);
    assert_eq!(asked.line("if-modified-since"), None);
}

#[test]
fn s4_3_1_the_tag_of_a_head_only_response_is_not_sent_for_get() {
    let mut device = Device::private();
    device.origin.then(Response::ok(&[cc("max-age=60"), TAG], ""));
    device.head("/a", &[]);
    let (_, asked) = device.forwarded("/a", &[]);
    assert!(!asked.is_conditional());
}

#[test]
fn s4_3_1_the_clients_own_preconditions_are_kept_apart_and_answered_from_the_result() {
    let mut device = stale(&[TAG]);
    let ims = heads::date(-9000);
    let asked = [("If-None-Match", "\"0\""), ("If-Modified-Since", &*ims)];
    let answer = device.fetch("/a", &asked, Response::not_modified(&[TAG]));
    let sent = device.origin.last();
    assert_eq!(heads::values(&sent.lines, "if-none-match"), ["\"1\""], "the client's list is not sent");
    assert_eq!(sent.line("if-modified-since"), None);
    assert_eq!((answer.status, answer.text()), (200, "old"), "the client did not list the tag");
    device.pass(100);
    let answer = device.fetch("/a", &[("If-None-Match", "\"0\", W/\"1\"")], Response::not_modified(&[TAG]));
    assert_eq!((answer.status, answer.text()), (304, ""), "the client has it");
}

#[test]
fn s4_3_3_a_304_freshens_and_is_used() {
    let mut device = stale(&[TAG]);
    let answer = device.fetch("/a", &[], Response::not_modified(&[TAG, cc("max-age=60")]));
    assert_eq!((answer.status, answer.text(), answer.outcome()), (200, "old", Outcome::Revalidated));
    assert_eq!((answer.report.from_network, answer.report.from_store), (0, 3));
    device.hit("/a", &[]);
}

#[test]
fn s4_3_3_a_full_response_is_used_and_replaces_what_it_stands_for() {
    let mut device = stale(&[TAG]);
    let answer = device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), ("ETag", "\"2\"")], "new"));
    assert_eq!((answer.text(), answer.outcome()), ("new", Outcome::Changed));
    assert_eq!(device.health().pairs, 1);
    assert_eq!(device.hit("/a", &[]).text(), "new");
}

#[test]
fn s4_3_3_other_fresh_variants_stay() {
    let mut device = Device::private();
    let vary = ("Vary", "A");
    device.fetch("/a", &[("A", "1")], Response::ok(&[cc("max-age=60"), vary, TAG], "one"));
    device.fetch("/a", &[("A", "2")], Response::ok(&[cc("max-age=1000"), vary, ("ETag", "\"2\"")], "two"));
    device.pass(100);
    device.fetch("/a", &[("A", "1")], Response::ok(&[cc("max-age=60"), vary, ("ETag", "\"3\"")], "new one"));
    assert_eq!(device.hit("/a", &[("A", "1")]).text(), "new one");
    assert_eq!(device.hit("/a", &[("A", "2")]).text(), "two");
    assert_eq!(device.health().pairs, 2);
}

#[test]
fn s4_3_3_the_old_one_stays_until_the_new_one_is_whole() {
    let mut device = stale(&[TAG]);
    let says = Response::new(200).with(&[cc("max-age=60"), ("ETag", "W/\"2\"")]).chunk(b"ne").cut_off();
    assert!(device.fetch("/a", &[], says).error.is_some());
    let answer = device.fetch("/a", &[], Response::not_modified(&[TAG]));
    assert_eq!(answer.text(), "old");
}

#[test]
fn s4_3_3_if_it_is_not_storable_the_old_one_is_not_served_again_without_validation() {
    for says in [Response::ok(&[cc("no-store")], "new"), Response::new(403).chunk(b"new"), Response::new(302)]
    {
        let mut device = stale(&[TAG]);
        let status = says.clone();
        let answer = device.fetch("/a", &[], says);
        assert!(matches!(answer.report.storing, Storing::No(_)), "{status:?}");
        device.origin.then(Response::refused());
        assert_eq!(device.get("/a", &[cc("max-stale")]).status, 504);
    }
}

#[test]
fn s4_3_3_a_5xx_is_forwarded_and_the_old_one_stays() {
    for status in [500, 502, 503, 504] {
        let mut device = stale(&[TAG]);
        let answer = device.fetch("/a", &[], Response::new(status).chunk(b"sorry"));
        assert_eq!((answer.status, answer.text()), (status, "sorry"));
        let answer = device.fetch("/a", &[], Response::not_modified(&[TAG]));
        assert_eq!((answer.status, answer.text()), (200, "old"));
    }
}

#[test]
fn s4_3_3_a_5xx_that_may_be_stored_is_kept_beside_the_old_one() {
    let mut device = stale(&[TAG]);
    device.fetch("/a", &[], Response::new(503).with(&[cc("max-age=10")]).chunk(b"sorry"));
    assert_eq!(device.hit("/a", &[]).status, 503);
    device.pass(20);
    let answer = device.fetch("/a", &[], Response::not_modified(&[TAG]));
    assert_eq!(device.origin.last().line("if-none-match").as_deref(), Some("\"1\""));
    assert_eq!((answer.status, answer.text()), (200, "old"));
}

#[test]
fn s4_3_3_without_validators_it_is_fetched_again() {
    let mut device = stale(&[]);
    let answer = device.fetch("/a", &[], Response::ok(&[cc("max-age=60")], "new"));
    assert_eq!(answer.text(), "new");
    assert!(!device.origin.last().is_conditional());
    assert_eq!(device.health().pairs, 1, "the new one stands for the old one");
}

#[test]
fn s4_3_1_a_stale_response_to_post_is_validated_too() {
    let post = Methods::GET.and(Methods::POST);
    let mut device = Device::new(CacheOptions { supported_methods: post, ..CacheOptions::PRIVATE });
    device.origin.then(Response::ok(&[cc("max-age=60"), TAG, ("Content-Location", "/a")], "posted"));
    device.ask(larder::head::Method::Post, "/a", &[]);
    device.pass(100);
    assert_eq!(device.fetch("/a", &[], Response::not_modified(&[TAG])).text(), "posted");
}

#[test]
fn s4_3_1_a_tag_too_long_to_keep_is_not_sent() {
    let tag = format!("\"{}\"", "x".repeat(200));
    let (_, asked) = stale(&[("ETag", &tag)]).forwarded("/a", &[]);
    assert!(!asked.is_conditional());
}

#[test]
fn s4_3_3_errors_that_are_stored_do_not_pile_up() {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), TAG], "good"));
    device.pass(100);
    for _ in 0..6 {
        device.fetch("/a", &[], Response::new(503).with(&[cc("max-age=1")]).chunk(b"sorry"));
        device.pass(10);
    }
    let pairs = device.health().pairs;
    assert!(pairs <= 2, "{pairs} pairs of one resource");
}

#[test]
fn s4_3_3_the_old_one_can_still_be_validated_after_several_stored_errors() {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), TAG], "good"));
    device.pass(100);
    for _ in 0..6 {
        device.fetch("/a", &[], Response::new(503).with(&[cc("max-age=1")]).chunk(b"sorry"));
        device.pass(10);
    }
    let answer = device.fetch("/a", &[], Response::not_modified(&[TAG]));
    assert_eq!((answer.status, answer.text()), (200, "good"));
}

#[test]
fn s4_3_1_the_tag_of_a_fresh_candidate_is_sent_too() {
    let mut device = Device::private();
    let date = heads::date(-20);
    let says =
        Response::ok(&[cc("max-age=600"), ("ETag", "\"long\""), ("Vary", "A"), ("Date", &date)], "long");
    device.fetch("/a", &[("A", "1"), ("B", "0")], says);
    let says = Response::ok(&[cc("max-age=60"), ("ETag", "\"short\""), ("Vary", "B")], "short");
    device.fetch("/a", &[("A", "0"), ("B", "1")], says);
    device.pass(100);
    let (_, asked) = device.forwarded("/a", &[("A", "1"), ("B", "1")]);
    let tags = asked.line("if-none-match").unwrap_or_default();
    assert!(tags.contains("long") && tags.contains("short"), "{tags}");
}

#[test]
fn s4_3_3_an_error_that_is_forwarded_is_reported_as_no_change() {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), TAG], "a"));
    device.pass(100);
    assert_ne!(device.fetch("/a", &[], Response::new(503)).outcome(), Outcome::Changed);
}
