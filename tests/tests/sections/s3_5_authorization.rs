//! RFC 9111 §3.5: requests with `Authorization`.

use crate::cc;
use larder::client::Storing;
use larder::{CacheOptions, Reason};
use larder_tests::{Device, Response};

const AUTH: (&str, &str) = ("Authorization", "Basic x");

#[test]
fn s3_5_a_shared_cache_needs_public_must_revalidate_or_s_maxage_to_store() {
    for (said, stored) in [
        ("max-age=60", false),
        ("max-age=60, proxy-revalidate", false),
        ("s-maxage=x, max-age=60", false),
        ("s-maxage, max-age=60", false),
        ("max-age=60, public", true),
        ("max-age=60, must-revalidate", true),
        ("s-maxage=60", true),
        ("s-maxage=0", true),
    ] {
        for auth in [AUTH, ("authorization", "")] {
            let mut device = Device::shared();
            let answer = device.fetch("/a", &[auth], Response::ok(&[cc(said)], "a"));
            assert_eq!(answer.stored().is_some(), stored, "{said}");
            assert!(stored || answer.report.storing == Storing::No(Reason::Authorization));
        }
    }
}

#[test]
fn s3_5_a_private_cache_stores_and_reuses() {
    let mut device = Device::private();
    device.fetch("/a", &[AUTH], Response::ok(&[cc("max-age=60")], "a"));
    device.hit("/a", &[AUTH]);
}

#[test]
fn s3_5_is_also_a_rule_of_reuse() {
    // Allowed when it was stored, and not by what a validation has made of it.
    let mut device = Device::shared();
    device.fetch("/a", &[AUTH], Response::ok(&[cc("public, max-age=60"), ("ETag", "\"1\"")], "a"));
    device.hit("/a", &[]);
    device.hit("/a", &[AUTH]);
    device.pass(100);
    device.fetch("/a", &[], Response::not_modified(&[cc("max-age=600"), ("ETag", "\"1\"")]));
    for lines in [&[][..], &[AUTH]] {
        let (answer, _) = device.forwarded("/a", lines);
        assert_eq!(answer.report.forwarded, Some(Reason::AuthorizedReuse), "the same user's too");
    }
}

#[test]
fn s3_5_a_cache_that_becomes_shared_does_not_hand_out_what_it_stored_as_private() {
    let mut device = Device::private();
    device.fetch("/a", &[("Authorization", "")], Response::ok(&[cc("max-age=60")], "a"));
    *device.client.options_mut() = CacheOptions::SHARED;
    let (answer, _) = device.forwarded("/a", &[]);
    assert_eq!(answer.report.forwarded, Some(Reason::AuthorizedReuse));
}

#[test]
fn s3_5_what_was_stored_without_authorization_answers_requests_with_it() {
    let mut device = Device::shared();
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60")], "a"));
    device.hit("/a", &[AUTH]);
}

#[test]
fn s3_5_a_validation_with_authorization_is_remembered() {
    let mut device = Device::shared();
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), ("ETag", "\"1\"")], "a"));
    device.pass(100);
    device.fetch("/a", &[AUTH], Response::not_modified(&[cc("max-age=60"), ("ETag", "\"1\"")]));
    let (answer, _) = device.forwarded("/a", &[]);
    assert_eq!(answer.report.forwarded, Some(Reason::AuthorizedReuse));
}
