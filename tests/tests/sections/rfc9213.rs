//! RFC 9213: targeted cache control (feature `targeted-fields`).

use crate::cc;
use larder::client::{Outcome, Storing};
use larder::options::{AllowStale, CacheOptions};
use larder::{Reason, time::HttpDate};
use larder_tests::{Answer, Device, Response, heads};

const CDN: &str = "CDN-Cache-Control";
const OPTIONS: CacheOptions =
    CacheOptions { targets: &["Larder-Cache-Control", CDN], ..CacheOptions::SHARED };

/// A device that has asked for `/a`, and what it got.
fn asked(options: CacheOptions, said: &[(&str, &str)]) -> (Device, Answer) {
    let mut device = Device::new(options);
    let answer = device.fetch("/a", &[], Response::ok(said, "octets"));
    (device, answer)
}

/// For how many seconds what was said is fresh, looked at up to `most`.
fn lifetime(options: CacheOptions, said: &[(&str, &str)]) -> i64 {
    let (mut device, answer) = asked(options, said);
    if answer.stored().is_none() {
        return -1;
    }
    match device.get("/a", &[cc("only-if-cached, max-stale")]).cache_status {
        Some(status) => status.ttl.unwrap_or(-2),
        None => 0,
    }
}

#[test]
fn s2_2_of_9213_the_first_target_of_the_list_that_is_there_counts() {
    let (ours, cdn, all) = (("Larder-Cache-Control", "max-age=10"), (CDN, "max-age=20"), cc("max-age=30"));
    assert_eq!(lifetime(OPTIONS, &[cdn, all, ours]), 10);
    assert_eq!(lifetime(OPTIONS, &[all, cdn]), 20);
    assert_eq!(lifetime(OPTIONS, &[all]), 30);
    let reversed = CacheOptions { targets: &[CDN, "Larder-Cache-Control"], ..OPTIONS };
    assert_eq!(lifetime(reversed, &[all, cdn, ours]), 20, "the order is that of the options");
    assert_eq!(lifetime(CacheOptions::SHARED, &[all, cdn, ours]), 30, "no targets by default");
}

#[test]
fn s2_2_of_9213_it_stands_for_cache_control_and_expires_altogether() {
    let (mut device, answer) = asked(OPTIONS, &[(CDN, "max-age=60"), cc("no-store, private")]);
    assert!(answer.stored().is_some());
    device.hit("/a", &[]);
    let future = heads::date(100);
    assert_eq!(lifetime(OPTIONS, &[(CDN, "no-transform"), ("Expires", &future), cc("max-age=60")]), 0);
    let (_, answer) = asked(OPTIONS, &[(CDN, "no-store"), cc("max-age=60")]);
    assert_eq!(answer.report.storing, Storing::No(Reason::ResponseNoStore));
    let (mut device, _) = asked(OPTIONS, &[(CDN, "max-age=60, no-cache"), cc("max-age=60")]);
    device.forwarded("/a", &[]);
}

#[test]
fn s2_2_of_9213_an_invalid_or_empty_one_is_ignored_and_the_next_counts() {
    let cdn = (CDN, "max-age=20");
    for invalid in
        ["", " ", "max-age=10,", "max-age=ten", "Max-Age=10", "max-age=\"10\"", "max-age=10.5", "=", "a b"]
    {
        assert_eq!(
            lifetime(OPTIONS, &[("Larder-Cache-Control", invalid), cdn, cc("max-age=30")]),
            20,
            "{invalid:?}"
        );
    }
    assert_eq!(lifetime(OPTIONS, &[(CDN, "max-age"), cc("max-age=30")]), 30);
}

#[test]
fn s2_1_of_9213_several_lines_are_one_dictionary_and_the_last_key_counts() {
    assert_eq!(lifetime(OPTIONS, &[(CDN, "max-age=5;x=1, foo=(a b)"), (CDN, "max-age=20")]), 20);
    assert_eq!(lifetime(OPTIONS, &[(CDN, "no-store, max-age=20"), (CDN, "no-store=?0")]), 20);
}

#[test]
fn s2_2_of_9213_fields_pass_through_whether_they_count_or_not() {
    let said = [(CDN, "max-age=60"), ("Other-Cache-Control", "no-store"), cc("max-age=1")];
    let (mut device, answer) = asked(OPTIONS, &said);
    let hit = device.hit("/a", &[]);
    for answer in [answer, hit] {
        for (name, value) in said {
            assert_eq!(answer.line(name).as_deref(), Some(value), "{name}");
        }
    }
}

#[test]
fn s2_2_of_9213_it_decides_about_stale_answers_and_authorization_too() {
    let options = CacheOptions { allow_stale: AllowStale::OnError, ..OPTIONS };
    for (cdn, status) in [("max-age=10, must-revalidate", 504), ("max-age=10", 200)] {
        let (mut device, _) = asked(options, &[(CDN, cdn), cc("max-age=10, must-revalidate")]);
        device.pass(20);
        device.origin.then(Response::refused());
        assert_eq!(device.get("/a", &[]).status, status, "{cdn}");
    }
    for (cdn, is_stored) in [("max-age=60, public", true), ("max-age=60", false)] {
        let mut device = Device::new(OPTIONS);
        let says = Response::ok(&[(CDN, cdn), cc("max-age=60, public")], "octets");
        let answer = device.fetch("/a", &[("Authorization", "a")], says);
        assert_eq!(answer.stored().is_some(), is_stored, "{cdn}");
    }
}

#[test]
fn s2_2_of_9213_a_304_brings_its_own() {
    let (mut device, _) = asked(OPTIONS, &[(CDN, "max-age=10"), ("ETag", "\"1\""), cc("max-age=1")]);
    device.pass(20);
    let says = Response::not_modified(&[("ETag", "\"1\""), (CDN, "max-age=100")]);
    assert_eq!(device.fetch("/a", &[], says).outcome(), Outcome::Revalidated);
    device.pass(99);
    device.hit("/a", &[]);
    let date = HttpDate::from_unix(0).to_string();
    assert_eq!(lifetime(OPTIONS, &[(CDN, "max-age=10"), ("Expires", &date)]), 10);
}
