//! RFC 9111 §5.2: `Cache-Control`, of requests and of responses.

use crate::cc;
use larder::client::{Outcome, Storing};
use larder::head::Method;
use larder::{CacheOptions, Reason};
use larder_tests::{Device, Response};

/// What a request with `asked` is answered 20 s after a response with `said` was stored.
fn reason(said: &str, asked: &str) -> Option<Reason> {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[cc(said)], "a"));
    device.pass(20);
    device.origin.then(Response::new(404));
    device.get("/a", &[cc(asked)]).report.forwarded
}

#[test]
fn s5_2_1_1_max_age_of_a_request() {
    assert_eq!(reason("max-age=60", "max-age=30"), None);
    assert_eq!(reason("max-age=60", "max-age=19"), Some(Reason::RequestMaxAge));
    assert_eq!(reason("max-age=60", "max-age=0"), Some(Reason::RequestMaxAge));
    assert_eq!(reason("max-age=60", "max-age=x"), Some(Reason::RequestMaxAge), "the strictest is meant");
    assert_eq!(reason("max-age=10", "max-age=100"), Some(Reason::Stale), "it makes nothing fresh");
}

#[test]
fn s5_2_1_3_min_fresh() {
    assert_eq!(reason("max-age=60", "min-fresh=40"), None);
    assert_eq!(reason("max-age=60", "min-fresh=41"), Some(Reason::RequestMinFresh));
    assert_eq!(reason("max-age=60", "min-fresh=x"), Some(Reason::RequestMinFresh));
}

#[test]
fn s5_2_1_4_no_cache_of_a_request() {
    assert_eq!(reason("max-age=60", "no-cache"), Some(Reason::RequestNoCache));
    assert_eq!(reason("max-age=60", "NO-CACHE, max-stale"), Some(Reason::RequestNoCache));
}

#[test]
fn s5_2_1_5_no_store_of_a_request_may_be_answered_from_the_store() {
    assert_eq!(reason("max-age=60", "no-store"), None);
}

#[test]
fn s5_2_1_6_no_transform_changes_nothing() {
    assert_eq!(reason("max-age=60, no-transform", "no-transform"), None);
}

#[test]
fn s5_2_1_7_only_if_cached_is_answered_from_the_store_or_with_504() {
    let mut device = Device::private();
    assert_eq!(device.get("/a", &[cc("only-if-cached")]).status, 504);
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), ("ETag", "\"1\"")], "a"));
    let answer = device.get("/a", &[cc("only-if-cached")]);
    assert_eq!((answer.status, answer.text()), (200, "a"));
    device.pass(100);
    let answer = device.get("/a", &[cc("only-if-cached")]);
    assert_eq!((answer.status, answer.outcome()), (504, Outcome::GatewayTimeout));
    assert_eq!(answer.report.forwarded, Some(Reason::OnlyIfCached));
    assert_eq!(device.get("/a", &[cc("only-if-cached, max-stale")]).status, 200);
    assert_eq!(device.head("/b", &[cc("only-if-cached")]).status, 504);
    assert_eq!(device.origin.count(), 1, "the origin was never asked for it");
}

#[test]
fn s5_2_1_directives_of_several_lines_all_count() {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60")], "a"));
    let (answer, _) = device.forwarded("/a", &[cc("max-age=1000"), cc("no-cache")]);
    assert_eq!(answer.report.forwarded, Some(Reason::RequestNoCache));
}

#[test]
fn s5_2_a_malformed_or_unknown_directive_hides_none_of_the_others() {
    for line in [
        "x-unknown, max-age=60",
        "x=\"max-age=5, no-store\", max-age=60",
        ",, ,max-age=60",
        "=, max-age=60",
        "\"quoted\", max-age=60",
        "x=y=z, max-age=60",
        "max-age=60, private=\"unclosed",
    ] {
        assert_eq!(reason(line, ""), None, "{line}");
    }
}

#[test]
fn s5_2_directives_with_an_argument_they_do_not_take_count_all_the_same() {
    for said in ["no-store=x", "no-store=\"\"", "no-store = 1"] {
        let mut device = Device::private();
        let answer = device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), cc(said)], "a"));
        assert_eq!(answer.report.storing, Storing::No(Reason::ResponseNoStore), "{said}");
    }
    assert_eq!(reason("max-age=10, must-revalidate=1", "max-stale"), Some(Reason::MustRevalidate));
}

#[test]
fn s5_2_2_9_public_stores_what_would_not_be_but_gives_no_lifetime() {
    let mut device = Device::private();
    assert!(device.fetch("/a", &[], Response::new(201).with(&[cc("public")])).stored().is_some());
    device.forwarded("/a", &[]);
}

#[test]
fn s5_2_2_7_private_over_public_in_a_shared_cache() {
    for said in ["public, private", "private, public", "private=\"X\", private, max-age=60"] {
        let mut device = Device::shared();
        let answer = device.fetch("/a", &[], Response::ok(&[cc(said)], "a"));
        assert_eq!(answer.report.storing, Storing::No(Reason::Private), "{said}");
    }
}

#[test]
fn s5_2_2_7_a_malformed_list_of_private_counts_as_unqualified() {
    for said in ["private=\"\"", "private=", "private=\"a b\"", "private=\"X"] {
        let mut device = Device::shared();
        let answer = device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), cc(said)], "a"));
        assert_eq!(answer.report.storing, Storing::No(Reason::Private), "{said}");
    }
}

#[test]
fn s5_2_2_10_s_maxage_and_proxy_revalidate_mean_nothing_to_a_private_cache() {
    assert_eq!(reason("max-age=60, s-maxage=0, proxy-revalidate", ""), None);
    assert_eq!(reason("max-age=10, s-maxage=0, proxy-revalidate", "max-stale"), None);
}

#[test]
fn options_can_be_changed_between_requests() {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60, private")], "a"));
    device.client.options_mut().shared = true;
    assert_eq!(*device.client.options(), CacheOptions::SHARED);
    device.fetch("/b", &[], Response::ok(&[cc("max-age=60, private")], "b"));
    assert_eq!(device.health().pairs, 1);
}

#[test]
fn s5_2_1_7_only_if_cached_never_reaches_the_origin() {
    for (method, lines) in [
        (Method::Get, &[cc("only-if-cached"), ("If-Match", "*")][..]),
        (Method::Options, &[cc("only-if-cached")]),
    ] {
        let mut device = Device::private();
        device.origin.then(Response::ok(&[], "from the origin"));
        assert_eq!(device.ask(method, "/a", lines).status, 504, "{method}");
    }
}
