//! RFC 9111 §4.1: selection among variants.

use crate::cc;
use larder::Reason;
use larder_tests::{Device, Response, heads};

fn stored(vary: &str, asked: &[(&str, &str)]) -> Device {
    let mut device = Device::private();
    device.fetch("/a", asked, Response::ok(&[cc("max-age=60"), ("Vary", vary)], "a"));
    device
}

fn selects(vary: &str, stored_for: &[(&str, &str)], asked: &[(&str, &str)]) -> bool {
    let mut device = stored(vary, stored_for);
    device.origin.then(Response::ok(&[cc("no-store")], "b"));
    let answer = device.get("/a", asked);
    let hit = answer.text() == "a";
    assert_eq!(device.origin.count(), if hit { 1 } else { 2 });
    assert!(hit || answer.report.forwarded == Some(Reason::VariantMismatch));
    hit
}

#[test]
fn s4_1_every_nominated_field_matches_or_is_absent_in_both() {
    assert!(selects("Foo", &[("Foo", "1")], &[("foo", "1"), ("Bar", "2")]));
    assert!(selects("Foo", &[], &[("Bar", "2")]));
    assert!(!selects("Foo", &[("Foo", "1")], &[("Foo", "2")]));
    assert!(!selects("Foo", &[("Foo", "1")], &[]));
    assert!(!selects("Foo", &[], &[("Foo", "1")]));
    assert!(!selects("Foo", &[], &[("Foo", "")]), "present and empty is not absent");
    assert!(!selects("Foo", &[("Foo", "")], &[]));
    assert!(!selects("Foo, Bar", &[("Foo", "1"), ("Bar", "1")], &[("Foo", "1"), ("Bar", "2")]));
    assert!(selects("FOO,bar", &[("Foo", "1"), ("Bar", "1")], &[("Bar", "1"), ("Foo", "1")]));
}

#[test]
fn s4_1_lines_are_joined_and_optional_white_space_trimmed() {
    assert!(selects("Foo", &[("Foo", "1, 2")], &[("Foo", "1"), ("Foo", "2")]));
    assert!(selects("Foo", &[("Foo", "1,2")], &[("Foo", " 1 ,\t2 ")]));
}

#[test]
fn s4_1_order_and_case_count_unless_the_grammar_says_otherwise() {
    assert!(!selects("Foo", &[("Foo", "1, 2")], &[("Foo", "2, 1")]));
    assert!(!selects("Foo", &[("Foo", "a")], &[("Foo", "A")]));
    assert!(!selects("User-Agent", &[("User-Agent", "a b")], &[("User-Agent", "b a")]));
    assert!(selects("Accept-Language", &[("Accept-Language", "en, de")], &[("Accept-Language", "DE,EN")]));
    assert!(!selects(
        "Accept-Language",
        &[("Accept-Language", "en, de;q=0.5")],
        &[("Accept-Language", "en;q=0.5, de")]
    ));
    assert!(!selects("Accept-Language", &[("Accept-Language", "en")], &[("Accept-Language", "en, de")]));
}

#[test]
fn s4_1_an_asterisk_anywhere_never_matches() {
    // Such a response is not stored; a validation can make one of it.
    for vary in ["*", "Foo, *", "*, Foo"] {
        let mut device = Device::private();
        let tag = ("ETag", "\"1\"");
        device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), tag], "a"));
        device.pass(100);
        device.fetch("/a", &[], Response::not_modified(&[tag, cc("max-age=60"), ("Vary", vary)]));
        device.forwarded("/a", &[]);
    }
}

#[test]
fn s4_1_names_on_several_vary_lines_all_count() {
    let mut device = Device::private();
    let says = Response::ok(&[cc("max-age=60"), ("Vary", "A"), ("vary", "B")], "a");
    device.fetch("/a", &[("A", "1"), ("B", "1")], says);
    device.hit("/a", &[("A", "1"), ("B", "1")]);
    device.forwarded("/a", &[("A", "1"), ("B", "2")]);
    device.forwarded("/a", &[("A", "2"), ("B", "1")]);
}

#[test]
fn s4_1_variants_lie_side_by_side() {
    let mut device = Device::private();
    for language in ["de", "en", "fr"] {
        let says = Response::ok(&[cc("max-age=60"), ("Vary", "Accept-Language")], language);
        device.fetch("/a", &[("Accept-Language", language)], says);
    }
    for language in ["fr", "de", "en"] {
        assert_eq!(device.hit("/a", &[("Accept-Language", language)]).text(), language);
    }
    assert_eq!(device.health().pairs, 3);
}

#[test]
fn s4_1_of_several_that_match_the_most_recent_date_wins() {
    let mut device = Device::private();
    // Two variants by different fields, which one request selects both.
    let newer = heads::date(-5);
    let older = heads::date(-30);
    let says = Response::ok(&[cc("max-age=600"), ("Vary", "A"), ("Date", &newer)], "newer");
    device.fetch("/a", &[("A", "1"), ("B", "0")], says);
    let says = Response::ok(&[cc("max-age=600"), ("Vary", "A, B"), ("Date", &older)], "older");
    device.fetch("/a", &[("A", "2"), ("B", "1")], says);
    let says = Response::ok(&[cc("max-age=600"), ("Vary", "B"), ("Date", &older)], "older");
    device.fetch("/a", &[("A", "3"), ("B", "2")], says);
    assert_eq!(device.hit("/a", &[("A", "1"), ("B", "2")]).text(), "newer");
    assert_eq!(device.hit("/a", &[("A", "3"), ("B", "2")]).text(), "older", "it alone matches");
}

#[test]
fn s4_1_without_date_the_time_of_the_response_counts() {
    let mut device = Device::private();
    device.fetch("/a", &[("A", "1"), ("B", "0")], Response::ok(&[cc("max-age=600"), ("Vary", "A")], "first"));
    device.pass(10);
    device.fetch(
        "/a",
        &[("A", "0"), ("B", "1")],
        Response::ok(&[cc("max-age=600"), ("Vary", "B")], "second"),
    );
    assert_eq!(device.hit("/a", &[("A", "1"), ("B", "1")]).text(), "second");
}

#[test]
fn s4_1_a_variant_without_vary_does_not_shadow_a_match_that_has_one() {
    let mut device = Device::private();
    let says = Response::ok(&[cc("max-age=600"), ("Vary", "A")], "by A");
    device.fetch("/a", &[("A", "1")], says);
    device.pass(10);
    device.fetch("/a", &[("A", "2")], Response::ok(&[cc("max-age=600")], "default"));
    assert_eq!(device.hit("/a", &[("A", "1")]).text(), "by A");
    assert_eq!(device.hit("/a", &[("A", "3")]).text(), "default");
}

#[test]
fn s4_1_none_matches_it_is_forwarded_without_a_date() {
    let mut device = Device::private();
    let says = Response::ok(&[cc("max-age=60"), ("Vary", "A"), ("Last-Modified", &heads::date(-1000))], "a");
    device.fetch("/a", &[("A", "1")], says);
    let (answer, asked) = device.forwarded("/a", &[("A", "2")]);
    assert_eq!(answer.report.forwarded, Some(Reason::VariantMismatch));
    assert_eq!(asked.line("if-modified-since"), None);
}
