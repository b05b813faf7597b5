//! RFC 9111 §4.2.1, §4.2.2: how long a response is fresh; §1.2.2: delta-seconds.

use crate::cc;
use larder::CacheOptions;
use larder::options::Heuristic;
use larder::time::DeltaSeconds;
use larder_tests::{Device, Response, heads};

/// Seconds for which a response that is received now is fresh, looked for among `0..=limit`.
fn fresh_for(options: CacheOptions, status: u16, said: &[(&str, &str)], limit: u64) -> u64 {
    let mut device = Device::new(options);
    device.fetch("/a", &[], Response::new(status).with(said).with(&[("ETag", "\"1\"")]));
    for seconds in 0..=limit {
        device.origin.then(Response::new(503));
        if device.get("/a", &[]).status == 503 {
            return seconds;
        }
        device.origin.withdraw();
        device.pass(1);
    }
    u64::MAX
}

fn private(said: &[(&str, &str)]) -> u64 {
    fresh_for(CacheOptions::PRIVATE, 200, said, 40)
}

fn shared(said: &[(&str, &str)]) -> u64 {
    fresh_for(CacheOptions::SHARED, 200, said, 40)
}

#[test]
fn s4_2_fresh_while_the_lifetime_exceeds_the_age() {
    assert_eq!(private(&[cc("max-age=0")]), 0);
    assert_eq!(private(&[cc("max-age=1")]), 1);
    assert_eq!(private(&[cc("max-age=30")]), 30);
}

#[test]
fn s4_2_1_s_maxage_comes_first_in_a_shared_cache_and_means_nothing_in_a_private_one() {
    assert_eq!(shared(&[cc("s-maxage=5, max-age=20")]), 5);
    assert_eq!(shared(&[cc("max-age=5, s-maxage=20")]), 20);
    assert_eq!(private(&[cc("s-maxage=5, max-age=20")]), 20);
}

#[test]
fn s4_2_1_max_age_comes_before_expires() {
    let late = heads::date(3600);
    let past = heads::date(-3600);
    assert_eq!(private(&[cc("max-age=5"), ("Expires", &late)]), 5);
    assert_eq!(private(&[cc("max-age=5"), ("Expires", &past)]), 5);
    assert_eq!(private(&[cc("max-age=5"), ("Expires", "0")]), 5, "what does not decide does not matter");
    assert_eq!(shared(&[cc("s-maxage=5, max-age=x")]), 5);
    assert_eq!(private(&[cc("s-maxage=x, max-age=5")]), 5);
}

#[test]
fn s4_2_1_expires_counts_from_date() {
    let expires = heads::date(10);
    assert_eq!(private(&[("Expires", &expires)]), 10, "without Date, from the time received");
    assert_eq!(private(&[("Expires", &expires), ("Date", &heads::date(0))]), 10);
    assert_eq!(private(&[("Expires", &expires), ("Date", &heads::date(5))]), 5, "a clock ahead of ours");
    // Ten seconds of it have passed already.
    assert_eq!(private(&[("Expires", &expires), ("Date", &heads::date(-10))]), 10);
    assert_eq!(private(&[("Expires", &heads::date(0))]), 0);
}

#[test]
fn s4_2_1_expires_in_the_older_forms() {
    assert_eq!(private(&[("Expires", "Thursday, 01-Oct-26 08:00:10 GMT")]), 10);
    assert_eq!(private(&[("Expires", "Thu Oct  1 08:00:10 2026")]), 10);
    assert_eq!(private(&[("Expires", "thu, 01 oct 2026 08:00:10 gmt")]), 10);
}

#[test]
fn s5_3_an_expires_that_is_no_date_is_past() {
    let modified = heads::date(-100_000);
    for value in [
        "0",
        "-1",
        "",
        "tomorrow",
        "Thu, 01 Oct 2026 08:00:10 CEST",
        "Thu, 01 Oct 2026 08:00:10",
        "Thu, 31 Sep 2026 08:00:10 GMT",
        "Thu, 01 Oct 2026 25:00:10 GMT",
        "Thu, 1 Oct 2026 08:00:10 GMT",
        "2026-10-01T08:00:10Z",
    ] {
        assert_eq!(private(&[("Expires", value), ("Last-Modified", &modified)]), 0, "{value}");
    }
}

#[test]
fn s4_2_1_what_decides_and_is_invalid_makes_it_stale() {
    let late = heads::date(3600);
    for value in [
        "max-age",
        "max-age=",
        "max-age=x",
        "max-age=1.5",
        "max-age=-5",
        "max-age=+5",
        "max-age=5s",
        "max-age='5'",
        "max-age=\"5",
        "max-age= 5",
    ] {
        assert_eq!(private(&[cc(value), ("Expires", &late)]), 0, "{value}");
    }
    assert_eq!(shared(&[cc("s-maxage=x, max-age=20"), ("Expires", &late)]), 0);
}

#[test]
fn s4_2_1_what_decides_and_is_repeated_with_another_value_makes_it_stale() {
    assert_eq!(private(&[cc("max-age=20, max-age=30")]), 0);
    assert_eq!(private(&[cc("max-age=20"), cc("max-age=30")]), 0);
    assert_eq!(private(&[cc("max-age=20, max-age=20")]), 20);
    assert_eq!(private(&[("Expires", &heads::date(20)), ("Expires", &heads::date(30))]), 0);
    assert_eq!(private(&[("Expires", &heads::date(20)), ("Expires", &heads::date(20))]), 20);
}

#[test]
fn s4_2_1_a_quoted_number_is_a_number() {
    assert_eq!(private(&[cc("max-age=\"5\"")]), 5);
    assert_eq!(private(&[cc("max-age=005")]), 5);
    assert_eq!(private(&[cc("MAX-AGE=5")]), 5);
}

#[test]
fn s1_2_2_delta_seconds_past_2_31_saturate() {
    for value in ["max-age=2147483648", "max-age=4294967296", "max-age=99999999999999999999999"] {
        let mut device = Device::private();
        device.fetch("/a", &[], Response::ok(&[cc(value)], "a"));
        device.pass(60 * 365 * 86_400);
        device.hit("/a", &[]);
    }
}

#[test]
fn s4_2_2_the_heuristic_is_a_tenth_of_date_less_last_modified() {
    let modified = heads::date(-200);
    assert_eq!(private(&[("Last-Modified", &modified)]), 20);
    assert_eq!(private(&[("Last-Modified", &heads::date(-209))]), 20, "rounded down");
    assert_eq!(private(&[("Last-Modified", &heads::date(100))]), 0, "modified after it was sent");
    assert_eq!(private(&[("Last-Modified", "x")]), 0);
    assert_eq!(private(&[]), 0);
    assert_eq!(private(&[("Last-Modified", &modified), cc("x-unknown")]), 20);
}

#[test]
fn s4_2_2_the_heuristic_has_a_ceiling_and_can_be_switched_off() {
    let ceiling = Heuristic { percent: 10, ceiling: DeltaSeconds::new(7) };
    let options = CacheOptions { heuristic: Some(ceiling), ..CacheOptions::PRIVATE };
    assert_eq!(fresh_for(options, 200, &[("Last-Modified", &heads::date(-200))], 40), 7);
    let options = CacheOptions { heuristic: None, ..CacheOptions::PRIVATE };
    assert_eq!(fresh_for(options, 200, &[("Last-Modified", &heads::date(-200))], 40), 0);
}

#[test]
fn s4_2_2_the_heuristic_is_for_some_status_or_public() {
    let modified = heads::date(-200);
    for status in [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501] {
        assert_eq!(
            fresh_for(CacheOptions::PRIVATE, status, &[("Last-Modified", &modified)], 40),
            20,
            "{status}"
        );
    }
    for status in [201, 302, 403, 500] {
        let lines = [("Last-Modified", &*modified), cc("private")];
        assert_eq!(fresh_for(CacheOptions::PRIVATE, status, &lines, 40), 0, "{status}");
        let lines = [("Last-Modified", &*modified), cc("public")];
        assert_eq!(fresh_for(CacheOptions::PRIVATE, status, &lines, 40), 20, "{status}");
    }
}

#[test]
fn s4_2_2_explicit_expiration_excludes_the_heuristic() {
    let modified = heads::date(-200);
    assert_eq!(private(&[("Last-Modified", &modified), cc("max-age=3")]), 3);
    assert_eq!(private(&[("Last-Modified", &modified), ("Expires", &heads::date(3))]), 3);
}

#[test]
fn s4_2_1_the_most_restrictive_of_conflicting_directives_holds() {
    assert_eq!(private(&[cc("no-cache, max-age=20")]), 0);
    assert_eq!(private(&[cc("max-age=20"), cc("no-cache")]), 0);
    assert_eq!(private(&[cc("no-cache=\"X\", no-cache, max-age=20")]), 0, "unqualified over qualified");
    assert_eq!(private(&[cc("no-cache=\"\", max-age=20")]), 0, "an empty argument is none");
    assert_eq!(private(&[cc("no-cache=, max-age=20")]), 0);
}

#[test]
fn s5_6_7_of_9110_two_digit_years_far_ahead_are_past() {
    assert_eq!(private(&[("Expires", "Friday, 01-Jan-99 00:00:00 GMT")]), 0);
    assert_eq!(
        private(&[("Expires", "Friday, 01-Jan-70 00:00:00 GMT")]),
        u64::MAX,
        "2070: less than 50 years"
    );
}
