//! RFC 8246: `immutable`.

use crate::cc;
use larder::{CacheOptions, Reason};
use larder_tests::{Device, Response, heads};

fn stored(options: CacheOptions, said: &str) -> Device {
    let mut device = Device::new(options);
    device.fetch("/a", &[], Response::ok(&[cc(said)], "a"));
    device.pass(5);
    device
}

#[test]
fn s2_of_8246_while_fresh_a_plain_reload_causes_no_validation() {
    for options in [CacheOptions::PRIVATE, CacheOptions::SHARED] {
        stored(options, "max-age=60, immutable").hit("/a", &[cc("max-age=0")]);
        stored(options, "max-age=60, immutable=\"x\"").hit("/a", &[cc("max-age=0")]);
    }
}

#[test]
fn s2_of_8246_the_option_switches_that_off() {
    let options = CacheOptions { immutable_resists_reload: false, ..CacheOptions::PRIVATE };
    stored(options, "max-age=60, immutable").forwarded("/a", &[cc("max-age=0")]);
}

#[test]
fn s2_of_8246_no_cache_always_validates() {
    let (answer, _) =
        stored(CacheOptions::PRIVATE, "max-age=60, immutable").forwarded("/a", &[cc("no-cache")]);
    assert_eq!(answer.report.forwarded, Some(Reason::RequestNoCache));
    stored(CacheOptions::PRIVATE, "max-age=60, immutable").forwarded("/a", &[("Pragma", "no-cache")]);
}

#[test]
fn s2_of_8246_other_limits_of_the_request_hold() {
    stored(CacheOptions::PRIVATE, "max-age=60, immutable").forwarded("/a", &[cc("max-age=4")]);
    stored(CacheOptions::PRIVATE, "max-age=60, immutable").forwarded("/a", &[cc("min-fresh=60")]);
}

#[test]
fn s2_of_8246_it_gives_no_lifetime_and_means_nothing_once_stale() {
    stored(CacheOptions::PRIVATE, "immutable").forwarded("/a", &[]);
    let mut device = stored(CacheOptions::PRIVATE, "max-age=60, immutable");
    device.pass(60);
    let (answer, _) = device.forwarded("/a", &[]);
    assert_eq!(answer.report.forwarded, Some(Reason::Stale));
    let mut device = stored(CacheOptions::PRIVATE, "max-age=60, immutable");
    device.pass(60);
    let (answer, _) = device.forwarded("/a", &[cc("max-age=0")]);
    assert!(matches!(answer.report.forwarded, Some(Reason::RequestMaxAge | Reason::Stale)));
}

#[test]
fn s2_of_8246_it_means_nothing_in_a_request() {
    stored(CacheOptions::PRIVATE, "max-age=60").forwarded("/a", &[cc("immutable, max-age=0")]);
}

#[test]
fn s2_of_8246_the_heuristic_is_enough_of_a_lifetime() {
    let mut device = Device::private();
    let modified = heads::date(-100_000);
    device.fetch("/a", &[], Response::ok(&[cc("immutable"), ("Last-Modified", &modified)], "a"));
    device.hit("/a", &[cc("max-age=0")]);
}
