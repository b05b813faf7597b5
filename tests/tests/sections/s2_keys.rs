//! RFC 9111 §2: cache keys; RFC 9110 §4.2.3: which URIs are equivalent.

use crate::cc;
use larder::Reason;
use larder::head::Method;
use larder_tests::{Device, Response};

fn stored_under(uri: &str) -> Device {
    let mut device = Device::private();
    device.fetch(uri, &[], Response::ok(&[cc("max-age=60")], "a"));
    device
}

#[test]
fn s2_equivalent_uris_are_one_key() {
    for (stored, asked) in [
        ("http://example.com/a#x", "http://example.com/a"),
        ("http://example.com/a", "http://example.com/a#y"),
        ("HTTP://EXAMPLE.com/a", "http://example.com/a"),
        ("http://example.com:80/a", "http://example.com/a"),
        ("https://example.com:443/a", "https://example.com/a"),
        ("http://example.com:/a", "http://example.com/a"),
        ("http://example.com", "http://example.com/"),
        ("http://example.com?q", "http://example.com/?q"),
        ("http://example.com/%7Ea", "http://example.com/~a"),
        ("http://example.com/%41%2d%2E%5f", "http://example.com/A-._"),
        ("http://example.com/%c3%bc?%2f", "http://example.com/%C3%BC?%2F"),
    ] {
        assert_eq!(stored_under(stored).hit(asked, &[]).text(), "a", "{stored} {asked}");
        assert_eq!(stored_under(asked).hit(stored, &[]).text(), "a", "{asked} {stored}");
    }
}

#[test]
fn s2_reserved_characters_query_order_and_an_empty_query_are_never_touched() {
    for (stored, asked) in [
        ("http://example.com/a", "http://example.com/A"),
        ("http://example.com/a", "https://example.com/a"),
        ("http://example.com/a", "http://example.com:443/a"),
        ("https://example.com/a", "https://example.com:80/a"),
        ("http://example.com/a", "http://example.com/a/"),
        ("http://example.com/a", "http://example.com/a?"),
        ("http://example.com/?a=1&b=2", "http://example.com/?b=2&a=1"),
        ("http://example.com/a%2Fb", "http://example.com/a/b"),
        ("http://example.com/a%3Fb", "http://example.com/a?b"),
        ("http://example.com/%25", "http://example.com/%"),
        ("http://example.com/a", "http://example.org/a"),
        ("http://example.com/?q=%2B", "http://example.com/?q=+"),
        ("http://example.com/?q=%26", "http://example.com/?q=&"),
    ] {
        let (answer, _) = stored_under(stored).forwarded(asked, &[]);
        assert_eq!(answer.report.forwarded, Some(Reason::NothingStored), "{stored} {asked}");
    }
}

#[test]
fn s2_the_origin_is_asked_for_the_uri_as_it_was_written() {
    let device = stored_under("HTTP://Example.com/%7ea?q=%2f");
    assert_eq!(device.origin.last().uri, "HTTP://Example.com/%7ea?q=%2f");
}

#[test]
fn s2_get_may_answer_head_without_its_content() {
    let mut device = stored_under("http://example.com/a");
    let answer = device.head("/a", &[]);
    assert_eq!((answer.status, answer.text()), (200, ""));
    assert_eq!(answer.line("content-length").as_deref(), Some("1"), "as the GET would have it");
    assert_eq!(device.origin.count(), 1);
}

#[test]
fn s2_head_never_answers_get() {
    let mut device = Device::private();
    device.origin.then(Response::ok(&[cc("max-age=60")], "ignored"));
    assert!(device.head("/a", &[]).stored().is_some());
    assert_eq!(device.head("/a", &[]).status, 200, "it answers HEAD");
    assert_eq!(device.origin.count(), 1);
    let (answer, asked) = device.forwarded("/a", &[]);
    assert_eq!(answer.report.forwarded, Some(Reason::OnlyHeadStored));
    assert!(!asked.is_conditional());
}

#[test]
fn s2_method_names_have_case() {
    let mut device = stored_under("http://example.com/a");
    device.origin.then(Response::ok(&[cc("max-age=60")], "b"));
    let answer = device.ask(Method::from_name("get"), "/a", &[]);
    assert_eq!((answer.text(), answer.stored()), ("b", None), "an unknown method");
    let (answer, _) = device.forwarded("/a", &[]);
    assert_eq!(answer.report.forwarded, Some(Reason::NothingStored), "which has invalidated the URI");
}
