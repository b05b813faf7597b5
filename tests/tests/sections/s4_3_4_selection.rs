//! RFC 9111 §4.3.4: which stored responses a 304 freshens.

use crate::cc;
use larder::client::{Outcome, Step};
use larder::{CacheOptions, Reason};
use larder_tests::{Answer, Device, Response, heads};

/// A stored response with these validators; the origin answers the validation with a 304 that has
/// `new`, and if it is asked once more, with a whole response.
fn asked_again(options: CacheOptions, stored: &[(&str, &str)], new: &[(&str, &str)]) -> (bool, Answer) {
    let mut device = Device::new(options);
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60")], "old").with(stored));
    device.pass(100);
    device.origin.then(Response::not_modified(new));
    device.origin.then(Response::ok(&[cc("max-age=60")], "new"));
    let answer = device.get("/a", &[]);
    let again = device.origin.count() == 3;
    assert_eq!(answer.text(), if again { "new" } else { "old" });
    assert!(!again || !device.origin.last().is_conditional(), "sent again unconditionally");
    (again, answer)
}

fn matches(stored: &[(&str, &str)], new: &[(&str, &str)]) -> bool {
    !asked_again(CacheOptions::PRIVATE, stored, new).0
}

#[test]
fn s4_3_4_a_strong_tag_matches_itself_only() {
    assert!(matches(&[("ETag", "\"x\"")], &[("ETag", "\"x\"")]));
    assert!(!matches(&[("ETag", "\"x\"")], &[("ETag", "\"y\"")]));
    assert!(
        !matches(&[("ETag", "W/\"x\"")], &[("ETag", "\"x\"")]),
        "a stored weak tag does not match a strong one"
    );
}

#[test]
fn s4_3_4_an_option_accepts_strengthened_tags() {
    let options = CacheOptions { accept_strengthened_tags: true, ..CacheOptions::PRIVATE };
    let (again, _) = asked_again(options, &[("ETag", "W/\"x\"")], &[("ETag", "\"x\"")]);
    assert!(!again);
}

#[test]
fn s4_3_4_a_weak_tag_matches_weakly() {
    assert!(matches(&[("ETag", "W/\"x\"")], &[("ETag", "W/\"x\"")]));
    assert!(matches(&[("ETag", "\"x\"")], &[("ETag", "W/\"x\"")]));
    assert!(!matches(&[("ETag", "\"x\"")], &[("ETag", "W/\"y\"")]));
}

#[test]
fn s4_3_4_last_modified_matches_where_no_tag_differs() {
    let date = heads::date(-500);
    let other = heads::date(-400);
    let modified = ("Last-Modified", &*date);
    assert!(matches(&[modified], &[modified]));
    assert!(!matches(&[modified], &[("Last-Modified", &other)]));
    assert!(matches(&[("ETag", "\"x\""), modified], &[modified]));
    assert!(
        !matches(&[("ETag", "\"x\""), modified], &[("ETag", "\"y\""), modified]),
        "never rescued by the date"
    );
}

#[test]
fn s4_3_4_a_strong_tag_that_is_new_agrees_only_with_a_strong_date() {
    let (early, now) = (heads::date(-500), heads::date(0));
    for (modified, tag, matched) in
        [(&early, "\"x\"", true), (&now, "\"x\"", false), (&early, "W/\"x\"", true), (&now, "W/\"x\"", true)]
    {
        let date = [("Date", &*now), ("Last-Modified", modified)];
        let new = [("Last-Modified", &**modified), ("ETag", tag)];
        assert_eq!(matches(&date, &new), matched, "{modified} {tag}");
    }
}

#[test]
fn s4_3_4_a_made_date_vouches_for_no_last_modified() {
    for modified in [heads::date(-5000), heads::date(-1), heads::date(0)] {
        let modified = ("Last-Modified", &*modified);
        assert!(!matches(&[modified], &[modified, ("ETag", "\"x\"")]), "{modified:?}");
        assert!(matches(&[modified], &[modified, ("ETag", "W/\"x\"")]), "weak as it is, {modified:?}");
    }
}

#[test]
fn s4_3_4_a_tag_too_long_to_be_kept_is_not_rescued_by_the_date_either() {
    let date = heads::date(-500);
    let [long, other] = ["x", "y"].map(|octet| format!("\"{}\"", octet.repeat(100)));
    let modified = ("Last-Modified", &*date);
    let stored = [("ETag", &*long), modified];
    assert!(matches(&stored, &stored));
    assert!(matches(&stored, &[modified]));
    assert!(!matches(&stored, &[("ETag", "\"x\""), modified]));
    assert!(!matches(&stored, &[("ETag", "W/\"x\""), modified]));
    assert!(matches(&stored, &[("ETag", &other), modified]), "nothing is known of either");
}

#[test]
fn s4_3_4_without_validators_it_means_the_one_that_was_asked_about() {
    assert!(matches(&[("ETag", "\"x\"")], &[]));
    assert!(matches(&[("Last-Modified", &heads::date(-500))], &[]));
}

#[test]
fn s4_3_4_no_match_is_asked_again_unconditionally_and_the_walk_says_so() {
    let (again, answer) = asked_again(CacheOptions::PRIVATE, &[("ETag", "\"x\"")], &[("ETag", "\"y\"")]);
    assert!(again);
    let walked = [Step::IdleClient, Step::NeedRevalidation, Step::CacheMiss, Step::StoreAndUse];
    assert_eq!(answer.report.walked, walked);
}

/// Two candidates for one request, with these tags; then a 304 with `tag`. Ages afterwards.
fn ages(tags: [&str; 2], tag: &str) -> [Option<String>; 2] {
    let mut device = Device::private();
    for (at, own) in tags.iter().enumerate() {
        let name = ["A", "B"][at];
        let lines = [("A", if at == 0 { "1" } else { "0" }), ("B", if at == 1 { "1" } else { "0" })];
        let says = Response::ok(&[cc("max-age=60"), ("ETag", own), ("Vary", name)], name);
        device.fetch("/a", &lines, says);
        device.pass(10);
    }
    device.pass(100);
    let says = Response::not_modified(&[("ETag", tag), cc("max-age=60")]);
    let answer = device.fetch("/a", &[("A", "1"), ("B", "1")], says);
    assert_eq!(answer.outcome(), Outcome::Revalidated);
    device.pass(7);
    [[("A", "1"), ("B", "0")], [("A", "0"), ("B", "1")]]
        .map(|lines| device.get("/a", &[lines[0], lines[1], cc("only-if-cached, max-stale")]).line("age"))
}

#[test]
fn s4_3_4_a_strong_tag_freshens_all_that_have_it() {
    let seven = Some("7".to_owned());
    // The 304 has no Vary, so each keeps its own.
    assert_eq!(ages(["\"x\"", "\"x\""], "\"x\""), [seven.clone(), seven]);
}

#[test]
fn s4_3_4_a_weak_tag_freshens_the_most_recent_only() {
    let [first, second] = ages(["W/\"x\"", "W/\"x\""], "W/\"x\"");
    assert_eq!(second.as_deref(), Some("7"));
    assert_eq!(first.as_deref(), Some("127"));
}

#[test]
fn s4_3_4_a_tag_selects_the_response_it_names_not_the_most_recent() {
    let mut device = Device::private();
    device.fetch(
        "/a",
        &[("A", "1"), ("B", "0")],
        Response::ok(&[cc("max-age=60"), ("ETag", "\"a\""), ("Vary", "A")], "a"),
    );
    device.pass(10);
    device.fetch(
        "/a",
        &[("A", "0"), ("B", "1")],
        Response::ok(&[cc("max-age=60"), ("ETag", "\"b\""), ("Vary", "B")], "b"),
    );
    device.pass(100);
    let answer = device.fetch("/a", &[("A", "1"), ("B", "1")], Response::not_modified(&[("ETag", "\"a\"")]));
    assert_eq!(answer.text(), "a");
}

#[test]
fn s4_3_4_the_tag_of_a_variant_that_does_not_match_freshens_nothing() {
    let mut device = Device::private();
    let vary = ("Vary", "A");
    device.fetch("/a", &[("A", "1")], Response::ok(&[cc("max-age=60"), vary, ("ETag", "\"1\"")], "one"));
    device.fetch("/a", &[("A", "2")], Response::ok(&[cc("max-age=60"), vary, ("ETag", "\"2\"")], "two"));
    device.pass(100);
    device.origin.then(Response::not_modified(&[("ETag", "\"2\""), cc("max-age=60")]));
    device.origin.then(Response::ok(&[cc("no-store")], "new"));
    assert_eq!(device.get("/a", &[("A", "1")]).text(), "new");
    device.origin.then(Response::refused());
    assert_eq!(device.get("/a", &[("A", "2")]).status, 504, "still stale");
}

#[test]
fn s4_3_4_a_304_without_candidate_is_for_the_client_that_sent_the_precondition() {
    let mut device = Device::private();
    let answer =
        device.fetch("/a", &[("If-None-Match", "\"9\"")], Response::not_modified(&[("ETag", "\"9\"")]));
    assert_eq!(answer.status, 304);
    assert_eq!(answer.report.storing, larder::client::Storing::No(Reason::NotModified));
    assert_eq!(device.health().pairs, 0);
    // Something stored that has no validator is no candidate for a 304 either.
    device.fetch("/b", &[], Response::ok(&[cc("max-age=60")], "b"));
    device.pass(100);
    let answer =
        device.fetch("/b", &[("If-None-Match", "\"9\"")], Response::not_modified(&[("ETag", "\"9\"")]));
    assert_eq!(device.origin.last().line("if-none-match").as_deref(), Some("\"9\""));
    assert_eq!(answer.status, 304);
}
