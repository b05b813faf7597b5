//! RFC 9111 §4: when a stored response is used.

use crate::cc;
use larder::Reason;
use larder::client::{Call, Outcome, Step};
use larder::head::{Method, RequestHead};
use larder_tests::{Device, Response, block_on, heads};

#[test]
fn s4_a_fresh_response_is_used_without_asking() {
    let mut device = Device::private();
    let says = Response::new(200).with(&[cc("max-age=60"), ("X", "1")]).chunk(b"he").chunk(b"llo");
    device.fetch("/a", &[], says);
    device.pass(59);
    let answer = device.hit("/a", &[]);
    assert_eq!((answer.status, answer.text()), (200, "hello"));
    assert_eq!(answer.outcome(), Outcome::Hit);
    assert_eq!(answer.report.walked, [Step::IdleClient, Step::FromCache]);
    assert_eq!((answer.report.from_store, answer.report.from_network), (5, 0));
    device.pass(1);
    let (answer, _) = device.forwarded("/a", &[]);
    assert_eq!(answer.report.forwarded, Some(Reason::Stale));
}

#[test]
fn s4_age_is_sent_once_in_place_of_any_received() {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), ("Age", "7"), ("age", "8")], "a"));
    device.pass(5);
    assert_eq!(heads::values(&device.hit("/a", &[]).lines, "age"), ["12"]);
}

#[test]
fn s4_what_is_forwarded_keeps_the_age_it_came_with() {
    let mut device = Device::private();
    let answer = device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), ("Age", "7")], "a"));
    assert_eq!(heads::values(&answer.lines, "age"), ["7"]);
    let answer = device.fetch("/b", &[], Response::ok(&[cc("max-age=60")], "a"));
    assert!(heads::values(&answer.lines, "age").is_empty());
}

#[test]
fn s4_no_cache_in_the_stored_response_is_validated_every_time() {
    let mut device = Device::private();
    let tag = ("ETag", "\"1\"");
    device.fetch("/a", &[], Response::ok(&[cc("no-cache, max-age=60"), tag], "a"));
    for _ in 0..3 {
        let answer = device.fetch("/a", &[], Response::not_modified(&[tag]));
        assert_eq!((answer.outcome(), answer.text()), (Outcome::Revalidated, "a"));
        assert_eq!(answer.report.forwarded, Some(Reason::ResponseNoCache));
    }
}

#[test]
fn s4_no_cache_in_the_request_validates_a_fresh_response() {
    let mut device = Device::private();
    let tag = ("ETag", "\"1\"");
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), tag], "a"));
    let answer = device.fetch("/a", &[cc("no-cache")], Response::not_modified(&[tag]));
    assert_eq!(answer.outcome(), Outcome::Revalidated);
    assert_eq!(answer.report.forwarded, Some(Reason::RequestNoCache));
    assert_eq!(device.origin.last().line("if-none-match").as_deref(), Some("\"1\""));
}

#[test]
fn s5_2_2_4_fields_that_a_qualified_no_cache_names_are_left_out() {
    let mut device = Device::private();
    let said =
        [cc("max-age=60, no-cache=\"Set-Cookie, X-A\""), ("Set-Cookie", "s"), ("x-a", "1"), ("X-B", "2")];
    device.fetch("/a", &[], Response::ok(&said, "a"));
    let answer = device.hit("/a", &[]);
    assert_eq!(answer.line("set-cookie"), None);
    assert_eq!(answer.line("x-a"), None);
    assert_eq!(answer.line("x-b").as_deref(), Some("2"));
}

#[test]
fn s5_2_2_4_a_validation_that_updates_such_a_field_lets_it_pass() {
    let mut device = Device::private();
    let tag = ("ETag", "\"1\"");
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60, no-cache=\"X-A\""), tag, ("X-A", "1")], "a"));
    device.pass(100);
    let answer = device.fetch("/a", &[], Response::not_modified(&[tag, ("X-A", "2")]));
    assert_eq!(answer.line("x-a").as_deref(), Some("2"));
}

#[test]
fn s4_unsafe_methods_are_written_through() {
    for method in [Method::Post, Method::Put, Method::Delete, Method::Patch, Method::Other("LOCK")] {
        let mut device = Device::private();
        device.fetch("/a", &[], Response::ok(&[cc("max-age=60")], "a"));
        device.origin.then(Response::ok(&[], "done"));
        let answer = device.ask(method, "/a", &[]);
        assert_eq!((answer.text(), answer.report.forwarded), ("done", Some(Reason::MethodNotCached)));
        assert_eq!(device.origin.last().method, method.name());
    }
}

#[test]
fn s4_options_and_trace_are_written_through_and_leave_the_store_alone() {
    for method in [Method::Options, Method::Trace] {
        let mut device = Device::private();
        device.fetch("/a", &[], Response::ok(&[cc("max-age=60")], "a"));
        device.origin.then(Response::ok(&[cc("max-age=60")], "done"));
        assert_eq!(device.ask(method, "/a", &[]).text(), "done");
        assert_eq!(device.hit("/a", &[]).text(), "a");
    }
}

#[test]
fn s4_every_request_line_is_forwarded_on_a_miss() {
    let mut device = Device::private();
    let lines = [("Accept", "a"), ("X", "1"), ("x", "2"), ("If-None-Match", "\"9\""), cc("max-age=5")];
    device.fetch("/a", &lines, Response::ok(&[], "a"));
    let asked: Vec<_> = device.origin.last().lines;
    let expected: Vec<_> =
        lines.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
    assert_eq!(asked, expected);
}

#[test]
fn s4_an_invalidated_response_is_not_used() {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60")], "a"));
    device.origin.then(Response::new(204));
    device.ask(Method::Put, "/a", &[]);
    let (answer, _) = device.forwarded("/a", &[]);
    assert_eq!(answer.report.forwarded, Some(Reason::NothingStored));
}

#[test]
fn s5_2_2_4_a_validation_that_does_not_update_a_qualified_field_leaves_it_out() {
    let mut device = Device::private();
    let tag = ("ETag", "\"1\"");
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60, no-cache=\"X-A\""), tag, ("X-A", "1")], "a"));
    device.pass(100);
    let answer = device.fetch("/a", &[], Response::not_modified(&[tag]));
    assert_eq!(answer.line("x-a"), None);
}

#[test]
fn s9_3_1_of_9110_a_get_with_content_is_written_through() {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60")], "a"));
    device.origin.then(Response::ok(&[cc("max-age=60")], "b"));
    let call = Call::new(RequestHead::get("http://example.com/a")).content(&b"query"[..]);
    let (status, reason) = block_on(async {
        let reply = device.client.call(call).await;
        (reply.status(), reply.report().forwarded)
    });
    assert_eq!((status, reason), (200, Some(Reason::HasContent)));
    assert_eq!(device.origin.last().content, b"query");
    assert_eq!(device.hit("/a", &[]).text(), "a", "its response stands for nothing else");
}
