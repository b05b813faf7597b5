//! RFC 9111 §4.2.4: serving stale responses.

use crate::cc;
use larder::client::Outcome;
use larder::head::Method;
use larder::options::AllowStale;
use larder::{CacheOptions, Reason};
use larder_tests::{Answer, Device, Response};

const TAG: (&str, &str) = ("ETag", "\"1\"");

fn allowing(allow_stale: AllowStale) -> CacheOptions {
    CacheOptions { allow_stale, ..CacheOptions::PRIVATE }
}

/// A response stored with `said`, 100 s later, when the origin says `then`.
fn later(options: CacheOptions, said: &str, asked: &[(&str, &str)], then: Response) -> Answer {
    let mut device = Device::new(options);
    device.fetch("/a", &[], Response::ok(&[cc(said), ("ETag", "\"1\"")], "old"));
    device.pass(100);
    device.origin.then(then);
    device.get("/a", asked)
}

#[test]
fn s4_2_4_nothing_stale_is_served_by_default() {
    let answer = later(CacheOptions::PRIVATE, "max-age=60", &[], Response::new(503));
    assert_eq!((answer.status, answer.report.forwarded), (503, Some(Reason::Stale)));
    let answer = later(CacheOptions::PRIVATE, "max-age=60", &[], Response::refused());
    assert_eq!((answer.status, answer.outcome()), (504, Outcome::GatewayTimeout));
}

#[test]
fn s5_2_1_2_max_stale_allows_it_without_asking() {
    for (asked, allowed) in [
        ("max-stale", true),
        ("max-stale=40", true),
        ("max-stale=39", false),
        ("max-stale=x", false),
        ("max-stale=", false),
    ] {
        let answer = later(CacheOptions::PRIVATE, "max-age=60", &[cc(asked)], Response::new(503));
        assert_eq!(answer.status == 200, allowed, "{asked}");
        assert_eq!(answer.outcome() == Outcome::Stale, allowed);
        assert!(!answer.report.validation_due);
    }
}

#[test]
fn s4_2_4_the_option_allows_it_when_the_origin_fails() {
    for then in
        [Response::refused(), Response::new(500), Response::new(502), Response::new(503), Response::new(504)]
    {
        let answer = later(allowing(AllowStale::OnError), "max-age=60", &[], then);
        assert_eq!((answer.status, answer.text(), answer.outcome()), (200, "old", Outcome::StaleOnError));
        assert_eq!(answer.line("age").as_deref(), Some("100"));
    }
    for status in [404, 403, 501, 599] {
        let answer = later(allowing(AllowStale::OnError), "max-age=60", &[], Response::new(status));
        assert_eq!(answer.status, status, "not an error that a stale response stands in for");
    }
}

#[test]
fn s4_2_4_the_option_allows_it_always() {
    let answer = later(allowing(AllowStale::Always), "max-age=60", &[], Response::new(503));
    assert_eq!((answer.status, answer.outcome()), (200, Outcome::Stale));
}

#[test]
fn s4_2_4_never_under_no_cache_or_must_revalidate() {
    for said in ["max-age=60, must-revalidate", "max-age=60, no-cache", "no-cache"] {
        for options in [allowing(AllowStale::Always), allowing(AllowStale::OnError)] {
            for asked in [&[][..], &[cc("max-stale")], &[cc("stale-if-error=1000")]] {
                for then in [Response::refused(), Response::new(503)] {
                    let answer = later(options, said, asked, then);
                    assert!(matches!(answer.status, 503 | 504), "{said} {asked:?}");
                }
            }
        }
    }
}

#[test]
fn s5_2_2_2_must_revalidate_and_the_origin_out_of_reach_is_504() {
    let answer = later(CacheOptions::PRIVATE, "max-age=60, must-revalidate", &[], Response::refused());
    assert_eq!(answer.status, 504);
    assert!(answer.lines.is_empty() && answer.body.is_empty());
}

#[test]
fn s4_2_4_never_under_proxy_revalidate_or_s_maxage_in_a_shared_cache() {
    for said in ["max-age=60, proxy-revalidate", "s-maxage=60", "max-age=60, s-maxage=60"] {
        let shared = CacheOptions { shared: true, ..allowing(AllowStale::Always) };
        assert_eq!(later(shared, said, &[cc("max-stale")], Response::refused()).status, 504, "{said}");
        assert_eq!(later(allowing(AllowStale::Always), said, &[], Response::refused()).status, 200, "{said}");
    }
}

#[test]
fn s4_2_4_never_when_invalidated() {
    let mut device = Device::new(allowing(AllowStale::Always));
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60")], "old"));
    device.origin.then(Response::new(204));
    device.ask(Method::Delete, "/a", &[]);
    device.origin.then(Response::refused());
    assert_eq!(device.get("/a", &[]).status, 504);
}

#[test]
fn s4_2_4_never_another_variant() {
    let mut device = Device::new(allowing(AllowStale::Always));
    device.fetch("/a", &[("A", "1")], Response::ok(&[cc("max-age=60"), ("Vary", "A")], "old"));
    device.origin.then(Response::refused());
    assert_eq!(device.get("/a", &[("A", "2")]).status, 504);
}

#[test]
fn s4_2_4_a_request_that_forbids_it_is_obeyed() {
    for asked in ["no-cache", "max-age=0", "min-fresh=1"] {
        let answer = later(allowing(AllowStale::Always), "max-age=60", &[cc(asked)], Response::new(404));
        assert_eq!(answer.status, 404, "{asked}");
    }
}

#[test]
fn s4_2_4_a_stale_answer_leaves_the_pair_as_it_was() {
    let mut device = Device::new(allowing(AllowStale::OnError));
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), ("ETag", "\"1\"")], "old"));
    device.pass(100);
    for _ in 0..3 {
        device.origin.then(Response::refused());
        assert_eq!(device.get("/a", &[]).text(), "old");
    }
    let answer = device.fetch("/a", &[], Response::not_modified(&[("ETag", "\"1\"")]));
    assert_eq!(answer.outcome(), Outcome::Revalidated);
}

#[test]
fn s4_2_4_a_stale_answer_is_given_when_the_second_request_fails() {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60, stale-if-error=1000"), TAG], "old"));
    device.pass(100);
    device.origin.then(Response::not_modified(&[("ETag", "\"2\"")]));
    device.origin.then(Response::refused());
    assert_eq!(device.get("/a", &[]).status, 200);
}
