//! RFC 9875: cache groups.

use crate::cc;
use larder::client::{Outcome, Step};
use larder::head::Method;
use larder::options::AllowStale;
use larder::{CacheOptions, Reason};
use larder_tests::{Answer, Device, Response};

const FRESH: (&str, &str) = ("Cache-Control", "max-age=600");
const TAG: (&str, &str) = ("ETag", "\"1\"");

/// Stores a response at `path` that is in these groups.
fn store(device: &mut Device, path: &str, groups: &str) {
    let answer = device.fetch(path, &[], Response::ok(&[FRESH, TAG, ("Cache-Groups", groups)], "old"));
    assert!(answer.stored().is_some(), "{answer:?}");
}

fn ask(device: &mut Device, method: Method<'_>, path: &str, status: u16, lines: &[(&str, &str)]) -> Answer {
    device.origin.then(Response::new(status).with(lines));
    device.ask(method, path, &[])
}

fn invalidate(device: &mut Device, groups: &str) -> Answer {
    ask(device, Method::Post, "/do", 204, &[("Cache-Group-Invalidation", groups)])
}

/// Whether what is stored at `path` answers by itself.
fn is_fresh(device: &mut Device, path: &str) -> bool {
    let before = device.origin.count();
    device.origin.then(Response::not_modified(&[]));
    let answer = device.get(path, &[]);
    device.origin.withdraw();
    assert_eq!(answer.text(), "old");
    device.origin.count() == before
}

#[test]
fn s3_of_9875_a_response_to_an_unsafe_method_invalidates_groups() {
    let mut device = Device::private();
    store(&mut device, "/a", "\"x\"");
    store(&mut device, "/b", "\"y\", \"x\"");
    store(&mut device, "/c", "\"y\"");
    let answer = invalidate(&mut device, "\"other\", \"x\"");
    assert!(answer.report.walked.contains(&Step::InvalidateEntries));
    assert!(is_fresh(&mut device, "/c"));
    assert!(!is_fresh(&mut device, "/a") && !is_fresh(&mut device, "/b"));
    assert!(is_fresh(&mut device, "/a") && is_fresh(&mut device, "/b"), "validated");
}

#[test]
fn s3_of_9875_an_invalidated_response_is_validated_whatever_it_says() {
    let options = CacheOptions { allow_stale: AllowStale::Always, ..CacheOptions::PRIVATE };
    let mut device = Device::new(options);
    store(&mut device, "/a", "\"x\"");
    invalidate(&mut device, "\"x\"");
    let answer = device.get("/a", &[cc("only-if-cached, max-stale")]);
    assert_eq!(answer.status, 504);
    device.origin.then(Response::refused());
    assert_eq!(device.get("/a", &[cc("stale-if-error=60")]).status, 504, "nor when the origin fails");
    let answer = device.fetch("/a", &[], Response::not_modified(&[TAG]));
    assert_eq!(
        (answer.outcome(), answer.report.forwarded),
        (Outcome::Revalidated, Some(Reason::Invalidated))
    );
    assert_eq!(answer.cache_status(), "fwd=stale; fwd-status=304; ttl=600; detail=invalidated");
    device.hit("/a", &[]);
}

#[test]
fn s3_of_9875_any_status_counts_and_safe_methods_never() {
    for (method, status, invalidates) in [
        (Method::Post, 200, true),
        (Method::Put, 303, true),
        (Method::Other("SPIN"), 204, true),
        (Method::Delete, 404, true),
        (Method::Patch, 500, true),
        (Method::Get, 200, false),
        (Method::Head, 200, false),
        (Method::Options, 200, false),
    ] {
        let mut device = Device::private();
        store(&mut device, "/a", "\"x\"");
        ask(&mut device, method, "/do", status, &[("Cache-Group-Invalidation", "\"x\"")]);
        assert_eq!(is_fresh(&mut device, "/a"), !invalidates, "{method} {status}");
    }
}

#[test]
fn s3_of_9875_an_error_invalidates_its_groups_and_not_its_target() {
    let mut device = Device::private();
    store(&mut device, "/a", "\"x\"");
    store(&mut device, "/do", "\"y\"");
    ask(&mut device, Method::Post, "/do", 500, &[("Cache-Group-Invalidation", "\"x\"")]);
    assert!(!is_fresh(&mut device, "/a") && is_fresh(&mut device, "/do"));
}

#[test]
fn s2_2_1_of_9875_what_shares_a_group_with_an_invalidated_response_is_invalid() {
    let mut device = Device::private();
    store(&mut device, "/do", "\"x\", \"y\"");
    store(&mut device, "/a", "\"x\", \"z\"");
    store(&mut device, "/b", "\"z\"");
    ask(&mut device, Method::Post, "/do", 204, &[]);
    assert!(!is_fresh(&mut device, "/a"));
    assert!(is_fresh(&mut device, "/b"), "there is no cascade");
}

#[test]
fn s2_of_9875_groups_are_those_of_one_origin_and_have_case() {
    let mut device = Device::private();
    store(&mut device, "/a", "\"x\"");
    for path in ["http://other.example/do", "https://example.com/do", "http://example.com:8080/do"] {
        ask(&mut device, Method::Post, path, 204, &[("Cache-Group-Invalidation", "\"x\"")]);
        assert!(is_fresh(&mut device, "/a"), "{path}");
    }
    invalidate(&mut device, "\"X\", \"x \"");
    assert!(is_fresh(&mut device, "/a"));
    ask(&mut device, Method::Post, "HTTP://EXAMPLE.com:80/do", 204, &[("Cache-Group-Invalidation", "\"x\"")]);
    assert!(!is_fresh(&mut device, "/a"), "the same origin");
}

#[test]
fn s2_of_9875_a_member_that_is_no_string_makes_the_field_invalid() {
    for groups in ["x", "\"x\", y", "\"x\", 1", "\"x\", (\"y\")", "\"x\","] {
        let mut device = Device::private();
        store(&mut device, "/a", "\"x\"");
        invalidate(&mut device, groups);
        assert!(is_fresh(&mut device, "/a"), "{groups}");
        let mut device = Device::private();
        store(&mut device, "/a", groups);
        invalidate(&mut device, "\"x\"");
        assert!(is_fresh(&mut device, "/a"), "{groups}");
    }
}

#[test]
fn s2_of_9875_32_groups_of_32_characters_on_either_side() {
    let names: Vec<_> = (0..32).map(|n| format!("\"{n:0>32}\"")).collect();
    for at in [0, 31] {
        let mut device = Device::private();
        store(&mut device, "/a", &names.join(", "));
        invalidate(&mut device, &names[at]);
        assert!(!is_fresh(&mut device, "/a"));
        invalidate(&mut device, &names.join(","));
        assert!(!is_fresh(&mut device, "/a"));
    }
}

#[test]
fn s3_of_9875_a_new_response_in_the_group_is_valid() {
    let mut device = Device::private();
    store(&mut device, "/a", "\"x\"");
    invalidate(&mut device, "\"x\"");
    device.fetch("/a", &[], Response::ok(&[FRESH, ("Cache-Groups", "\"x\"")], "new"));
    assert_eq!(device.hit("/a", &[]).text(), "new");
}

#[test]
fn s3_of_9875_a_part_that_is_invalid_is_completed_only_by_a_matching_answer() {
    let mut device = Device::private();
    let lines = [FRESH, TAG, ("Cache-Groups", "\"x\""), ("Content-Length", "6")];
    device.fetch("/a", &[], Response::new(200).with(&lines).chunk(b"oct").cut_off());
    invalidate(&mut device, "\"x\"");
    let range = [("Range", "bytes=0-1")];
    device.origin.then(Response::refused());
    assert_eq!(device.get("/a", &range).status, 504, "what is held of it is not served unasked");
    let says = Response::new(206).with(&[FRESH, TAG, ("Content-Range", "bytes 3-5/6")]).chunk(b"ets");
    let answer = device.fetch("/a", &[], says);
    assert_eq!((answer.text(), answer.outcome()), ("octets", Outcome::Completed));
    assert_eq!(device.origin.last().line("if-range").as_deref(), Some("\"1\""));
    device.hit("/a", &[]);
}
