//! RFC 9111 §4.3.5: a response to HEAD freshens, or outdates, stored responses to GET.

use crate::cc;
use larder::Reason;
use larder::client::{Step, Storing};
use larder_tests::{Answer, Device, Response, heads};

const TAG: (&str, &str) = ("ETag", "\"1\"");

/// A stale GET response, and then HEAD, which the origin answers with `says`.
fn after_head(stored: &[(&str, &str)], says: Response) -> (Device, Answer) {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60")], "octets").with(stored));
    device.pass(100);
    device.origin.then(says);
    let answer = device.head("/a", &[]);
    assert!(answer.body.is_empty());
    (device, answer)
}

fn head_200(lines: &[(&str, &str)]) -> Response {
    Response::new(200).with(lines).with(&[cc("max-age=60")])
}

#[test]
fn s4_3_5_what_agrees_is_freshened() {
    let modified = heads::date(-500);
    let date = ("Last-Modified", &*modified);
    for lines in
        [&[TAG][..], &[TAG, date], &[date], &[TAG, ("Content-Length", "6")], &[("Content-Length", "6")]]
    {
        let (mut device, answer) = after_head(&[TAG, date], head_200(lines).with(&[("X", "new")]));
        assert_eq!(answer.status, 200);
        assert_eq!(answer.report.storing, Storing::No(Reason::HeadFreshened));
        let answer = device.hit("/a", &[]);
        assert_eq!((answer.text(), answer.line("x").as_deref()), ("octets", Some("new")), "{lines:?}");
        assert_eq!(answer.line("content-length").as_deref(), Some("6"));
        assert_eq!(answer.line("age").as_deref(), Some("0"));
    }
}

#[test]
fn s4_3_5_a_response_that_names_no_validator_says_nothing_of_one_that_has_one() {
    let modified = heads::date(-500);
    for stored in [TAG, ("Last-Modified", &*modified)] {
        let (mut device, _) = after_head(&[stored], head_200(&[]));
        let says = Response::not_modified(&[stored, cc("max-age=60")]);
        assert_eq!(device.fetch("/a", &[], says).text(), "octets", "stale as it was, and still there");
    }
    let (mut device, answer) = after_head(&[], head_200(&[]));
    assert_eq!(answer.report.storing, Storing::No(Reason::HeadFreshened), "nothing could ever be compared");
    device.hit("/a", &[]);
}

#[test]
fn s4_3_5_a_length_alone_says_nothing_of_a_part_that_does_not_know_its_own() {
    let mut device = Device::private();
    let range = [("Range", "bytes=0-4")];
    let part = Response::new(206).with(&[cc("max-age=60"), ("Content-Range", "bytes 0-4/*")]);
    device.fetch("/a", &range, part.chunk(b"older"));
    assert_eq!(device.hit("/a", &range).text(), "older");
    device.pass(100);
    device.origin.then(head_200(&[("Content-Length", "6")]));
    device.head("/a", &[]);
    let part = Response::new(206).with(&[cc("max-age=60"), ("Content-Range", "bytes 0-4/6")]);
    assert_eq!(device.fetch("/a", &range, part.chunk(b"newer")).text(), "newer", "stale as it was");
}

#[test]
fn s4_3_5_what_differs_is_stale() {
    let modified = heads::date(-500);
    let other = heads::date(-400);
    let stored = [TAG, ("Last-Modified", &*modified)];
    for lines in [
        &[("ETag", "\"2\"")][..],
        &[("ETag", "W/\"1\"")],
        &[TAG, ("Last-Modified", &*other)],
        &[TAG, ("Content-Length", "7")],
        &[("ETag", "\"2\""), ("Last-Modified", &*modified)],
    ] {
        let (mut device, answer) = after_head(&stored, head_200(lines));
        assert_eq!(answer.status, 200);
        assert!(answer.report.walked.contains(&Step::InvalidateEntries));
        device.origin.then(Response::refused());
        assert_eq!(device.get("/a", &[cc("max-stale")]).status, 504, "{lines:?}");
    }
    let (mut device, _) = after_head(&[], head_200(&[TAG]));
    device.forwarded("/a", &[]);
}

#[test]
fn s4_3_5_other_variants_are_untouched() {
    let mut device = Device::private();
    let vary = ("Vary", "A");
    device.fetch("/a", &[("A", "1")], Response::ok(&[cc("max-age=60"), vary, TAG], "one"));
    device.fetch("/a", &[("A", "2")], Response::ok(&[cc("max-age=600"), vary, TAG], "two"));
    device.pass(100);
    device.origin.then(head_200(&[("ETag", "\"2\""), vary]));
    device.head("/a", &[("A", "1")]);
    assert_eq!(device.hit("/a", &[("A", "2")]).text(), "two");
    device.forwarded("/a", &[("A", "1")]);
}

#[test]
fn s4_3_5_a_fresh_response_to_get_answers_head_and_nothing_is_sent() {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), TAG], "octets"));
    assert_eq!(device.head("/a", &[]).status, 200);
    assert_eq!(device.origin.count(), 1);
}

#[test]
fn s4_3_5_a_stale_one_is_validated_with_head() {
    let (mut device, answer) = after_head(&[TAG], Response::not_modified(&[TAG, cc("max-age=60")]));
    assert_eq!(device.origin.last().method, "HEAD");
    assert_eq!(device.origin.last().line("if-none-match").as_deref(), Some("\"1\""));
    assert_eq!(answer.status, 200);
    assert_eq!(device.hit("/a", &[]).text(), "octets");
}

#[test]
fn s4_3_5_a_5xx_to_head_leaves_the_get_alone() {
    for status in [500, 503] {
        let (mut device, answer) = after_head(&[TAG], Response::new(status));
        assert_eq!(answer.status, status);
        let answer = device.fetch("/a", &[], Response::not_modified(&[TAG]));
        assert_eq!(answer.text(), "octets", "{status}");
    }
}

#[test]
fn s4_3_5_a_404_to_head_that_is_stored_leaves_the_get_alone() {
    let (mut device, answer) = after_head(&[TAG], Response::new(404).with(&[cc("max-age=1")]));
    assert_eq!(answer.status, 404);
    let answer = device.fetch("/a", &[], Response::not_modified(&[TAG]));
    assert_eq!(answer.text(), "octets");
}

#[test]
fn s4_3_5_now_no_store_the_stored_response_goes() {
    let (mut device, _) = after_head(&[TAG], Response::new(200).with(&[TAG, cc("no-store")]));
    assert_eq!(device.health().pairs, 0);
}

#[test]
fn s4_3_5_another_status_to_head_leaves_the_get_alone() {
    for status in [403, 302, 429] {
        let mut device = Device::private();
        device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), TAG], "octets"));
        device.pass(100);
        device.origin.then(Response::new(status));
        assert_eq!(device.head("/a", &[]).status, status);
        let answer = device.fetch("/a", &[], Response::not_modified(&[TAG]));
        assert_eq!(answer.text(), "octets", "{status}");
    }
}

#[test]
fn s4_3_5_a_fresh_variant_that_agrees_is_freshened_too() {
    let mut device = Device::private();
    let says = Response::ok(&[cc("max-age=600"), TAG, ("Vary", "A"), ("Date", &heads::date(-20))], "long");
    device.fetch("/a", &[("A", "1"), ("B", "0")], says);
    let says = Response::ok(&[cc("max-age=60"), TAG, ("Vary", "B")], "short");
    device.fetch("/a", &[("A", "0"), ("B", "1")], says);
    device.pass(100);
    device.origin.then(Response::new(200).with(&[TAG, cc("max-age=60")]));
    device.head("/a", &[("A", "1"), ("B", "1")]);
    assert_eq!(device.health().pairs, 2);
}
