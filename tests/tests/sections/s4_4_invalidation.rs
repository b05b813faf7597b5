//! RFC 9111 §4.4: invalidation.

use crate::cc;
use larder::client::Step;
use larder::head::Method;
use larder_tests::{Device, Response};

const UNSAFE: [Method<'static>; 6] =
    [Method::Post, Method::Put, Method::Delete, Method::Patch, Method::Connect, Method::Other("M-SEARCH")];

/// A device with `/a` (two variants), `/b` and `/c` stored.
fn stored() -> Device {
    let mut device = Device::private();
    for variant in ["1", "2"] {
        let says = Response::ok(&[cc("max-age=600"), ("Vary", "A")], variant);
        device.fetch("/a", &[("A", variant)], says);
    }
    for path in ["/b", "/c?x=1", "http://example.org/a"] {
        device.fetch(path, &[], Response::ok(&[cc("max-age=600")], path));
    }
    device
}

fn is_there(device: &mut Device, path: &str, lines: &[(&str, &str)]) -> bool {
    let mut asked = lines.to_vec();
    asked.push(cc("only-if-cached"));
    match device.get(path, &asked).status {
        200 => true,
        504 => false,
        status => panic!("{status}"),
    }
}

#[test]
fn s4_4_success_of_an_unsafe_or_unknown_method_invalidates_every_variant_of_the_target() {
    for method in UNSAFE {
        for status in [200, 201, 204, 205, 299, 301, 303, 399] {
            let mut device = stored();
            device.origin.then(Response::new(status));
            let answer = device.ask(method, "http://EXAMPLE.com:80/%61", &[("A", "1")]);
            assert_eq!(answer.status, status);
            assert!(answer.report.walked.contains(&Step::InvalidateEntries));
            assert!(!is_there(&mut device, "/a", &[("A", "1")]), "{method} {status}");
            assert!(!is_there(&mut device, "/a", &[("A", "2")]), "{method} {status}");
            assert!(is_there(&mut device, "/b", &[]));
            assert!(is_there(&mut device, "http://example.org/a", &[]));
        }
    }
}

#[test]
fn s4_4_errors_invalidate_nothing() {
    for status in [400, 404, 412, 500, 503] {
        let mut device = stored();
        device.origin.then(Response::new(status).with(&[("Location", "/b")]));
        device.ask(Method::Put, "/a", &[]);
        assert!(is_there(&mut device, "/a", &[("A", "1")]), "{status}");
        assert!(is_there(&mut device, "/b", &[]), "{status}");
    }
    let mut device = stored();
    device.origin.then(Response::refused());
    assert_eq!(device.ask(Method::Put, "/a", &[]).status, 504);
    assert!(is_there(&mut device, "/a", &[("A", "1")]), "no answer");
}

#[test]
fn s4_4_safe_methods_invalidate_nothing() {
    for method in [Method::Options, Method::Trace] {
        let mut device = stored();
        device.origin.then(Response::new(200).with(&[("Location", "/b")]));
        device.ask(method, "/a", &[]);
        assert!(is_there(&mut device, "/a", &[("A", "1")]) && is_there(&mut device, "/b", &[]));
    }
}

#[test]
fn s4_4_location_and_content_location_on_the_same_origin() {
    for (field, value, path) in [
        ("Location", "/b", "/b"),
        ("Location", "b", "/b"),
        ("Location", "./b", "/b"),
        ("Location", "../b", "/b"),
        ("Location", "/../b#f", "/b"),
        ("Location", "http://example.com/b", "/b"),
        ("location", "HTTP://EXAMPLE.COM:80/b#f", "/b"),
        ("Content-Location", "/b", "/b"),
        ("Content-Location", "/c?x=1", "/c?x=1"),
        ("Content-Location", "http://example.com:/c?x=1", "/c?x=1"),
    ] {
        let mut device = stored();
        device.origin.then(Response::new(201).with(&[(field, value)]));
        device.ask(Method::Post, "/a", &[]);
        assert!(!is_there(&mut device, path, &[]), "{field}: {value}");
        assert!(!is_there(&mut device, "/a", &[("A", "1")]));
    }
    let mut device = stored();
    device.origin.then(Response::new(201).with(&[("Location", "/b"), ("Content-Location", "/c?x=1")]));
    device.ask(Method::Post, "/a", &[]);
    assert!(!is_there(&mut device, "/b", &[]) && !is_there(&mut device, "/c?x=1", &[]));
}

#[test]
fn s4_4_never_on_another_origin() {
    for value in [
        "http://example.org/a",
        "//example.org/a",
        "https://example.com/b",
        "http://example.com:8080/b",
        "http://example.com.evil/b",
        "http://example.com@example.org/a",
    ] {
        let mut device = stored();
        device.fetch("https://example.com/b", &[], Response::ok(&[cc("max-age=600")], "tls"));
        device.origin.then(Response::new(201).with(&[("Location", value), ("Content-Location", value)]));
        device.ask(Method::Post, "/z", &[]);
        for path in ["http://example.org/a", "https://example.com/b", "/b"] {
            assert!(is_there(&mut device, path, &[]), "{value}");
        }
    }
}

#[test]
fn s4_4_what_was_stored_after_the_invalidation_is_used() {
    let mut device = stored();
    device.origin.then(Response::new(204));
    device.ask(Method::Put, "/a", &[]);
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60")], "new"));
    assert_eq!(device.hit("/a", &[]).text(), "new");
}

#[test]
fn s4_4_a_location_without_scheme_on_the_same_origin_is_invalidated() {
    let mut device = Device::private();
    device.fetch("/b", &[], Response::ok(&[cc("max-age=600")], "b"));
    device.origin.then(Response::new(201).with(&[("Location", "//example.com/b")]));
    device.ask(Method::Post, "/x", &[]);
    assert_eq!(device.get("/b", &[cc("only-if-cached")]).status, 504);
}
