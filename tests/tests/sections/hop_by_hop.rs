//! Fields that are for one connection, or for one user, and not for the store (RFC 9110 §7.6.1, RFC
//! 9111 §3.1, §3.2, §5.2.2.4, §5.2.2.7). The public suite has tests of them that cannot fail.

use crate::cc;
use larder::CacheOptions;
use larder::head::Method;
use larder::pair::PairKey;
use larder_tests::heads::{self, Lines};
use larder_tests::store_suite::find_all;
use larder_tests::{Answer, Device, Response, block_on};

const TAG: (&str, &str) = ("ETag", "\"1\"");
const FRESH: (&str, &str) = ("Cache-Control", "max-age=60");

/// Every field of a connection or of a proxy, in some case or other.
const OF_THE_CONNECTION: [(&str, &str); 9] = [
    ("Connection", "close"),
    ("keep-alive", "timeout=5"),
    ("Proxy-Connection", "Keep-Alive"),
    ("PROXY-AUTHENTICATE", "Basic realm=\"x\""),
    ("Proxy-Authentication-Info", "nextnonce=\"1\""),
    ("proxy-Authorization", "Basic YTpi"),
    ("TE", "trailers"),
    ("Transfer-Encoding", "chunked"),
    ("upgrade", "h2c"),
];

/// The lines of the stored response; it is the only one.
fn kept(device: &mut Device) -> Lines {
    let mut kept = Vec::new();
    block_on(find_all(device.client.store(), PairKey::new("http://example.com/a"), |pair| {
        kept.push(heads::owned(pair.response.fields));
    }));
    assert_eq!(kept.len(), 1);
    kept.remove(0)
}

/// Checks what is stored, and what a hit serves, for lines that must not and lines that must be there.
fn is_kept(device: &mut Device, never: &[&str], always: &[(&str, &str)]) {
    let (kept, served) = (kept(device), device.hit("/a", &[]).lines);
    for lines in [&kept, &served] {
        check(lines, never, always);
    }
}

fn check(lines: &Lines, never: &[&str], always: &[(&str, &str)]) {
    for name in never {
        assert_eq!(heads::values(lines, name), [""; 0], "{name} in {lines:?}");
    }
    for (name, value) in always {
        assert_eq!(heads::values(lines, name), [*value], "{name} in {lines:?}");
    }
}

/// A stale response, which a 304 with these lines validates.
fn validated(options: CacheOptions, stored: &[(&str, &str)], new: &[(&str, &str)]) -> (Device, Answer) {
    let mut device = Device::new(options);
    device.fetch("/a", &[], Response::ok(&[TAG], "a").with(stored));
    device.pass(100_000);
    let answer = device.fetch("/a", &[], Response::not_modified(&[TAG]).with(new));
    assert_eq!((answer.status, answer.text()), (200, "a"));
    (device, answer)
}

#[test]
fn s3_1_fields_of_the_connection_are_not_stored_from_a_200() {
    for (name, value) in OF_THE_CONNECTION {
        let mut device = Device::private();
        let says = Response::new(200).with(&[("X", "1"), (name, value), FRESH, ("Y", "2")]).chunk(b"a");
        device.fetch("/a", &[], says);
        is_kept(&mut device, &[name], &[("X", "1"), ("Y", "2"), FRESH]);
    }
}

#[test]
fn s3_1_fields_that_connection_names_are_not_stored_from_a_200() {
    for connection in [
        &["A, b"][..],
        &["close, A,,\tB ,"],
        &["a", "B"],
        &["keep-alive, A", "close", "x-none,b"],
        &["TE, upgrade, A, B"],
    ] {
        let mut device = Device::private();
        let mut says = Response::new(200).with(&[("A", "1"), ("AA", "1")]);
        says = connection.iter().fold(says, |says, value| says.with(&[("connection", value)]));
        device.fetch("/a", &[], says.with(&[("b", "2"), ("a", "3"), FRESH]).chunk(b"a"));
        is_kept(&mut device, &["Connection", "A", "B"], &[("AA", "1"), FRESH]);
    }
}

#[test]
fn s3_2_fields_of_the_connection_are_not_taken_from_a_304() {
    for (name, value) in OF_THE_CONNECTION {
        let (mut device, answer) =
            validated(CacheOptions::PRIVATE, &[FRESH], &[FRESH, (name, value), ("X", "1")]);
        check(&answer.lines, &[name], &[("X", "1")]);
        is_kept(&mut device, &[name], &[("X", "1")]);
    }
}

#[test]
fn s3_2_fields_that_the_connection_of_a_304_names_are_not_taken_and_old_ones_stay() {
    let stored = [FRESH, ("Old", "1"), ("Older", "1")];
    let new = [("Connection", "old, new"), ("Old", "2"), ("New", "2"), ("older", "2"), FRESH];
    let (mut device, answer) = validated(CacheOptions::PRIVATE, &stored, &new);
    let always = [("Old", "1"), ("Older", "2")];
    check(&answer.lines, &["Connection", "New"], &always);
    is_kept(&mut device, &["Connection", "New"], &always);
}

#[test]
fn s3_2_the_connection_of_the_first_response_says_nothing_of_a_later_one() {
    let stored = [FRESH, ("Connection", "X"), ("X", "1")];
    let (mut device, answer) = validated(CacheOptions::PRIVATE, &stored, &[FRESH, ("X", "2")]);
    check(&answer.lines, &["Connection"], &[("X", "2")]);
    is_kept(&mut device, &["Connection"], &[("X", "2")]);
}

#[test]
fn s4_3_5_fields_of_the_connection_are_not_taken_from_a_200_to_head() {
    for (name, value) in OF_THE_CONNECTION {
        let mut device = Device::private();
        device.fetch("/a", &[], Response::ok(&[TAG, FRESH, ("B", "1")], "a"));
        device.pass(100_000);
        let connection = ("Connection", "A, b");
        device.origin.then(Response::new(200).with(&[
            TAG,
            FRESH,
            (name, value),
            ("A", "2"),
            ("B", "2"),
            ("C", "2"),
            connection,
        ]));
        assert_eq!(device.ask(Method::Head, "/a", &[]).status, 200);
        is_kept(&mut device, &[name, "Connection", "A"], &[("B", "1"), ("C", "2")]);
    }
}

#[test]
fn s4_3_3_fields_of_the_connection_are_not_stored_from_a_200_to_a_validation() {
    for (name, value) in OF_THE_CONNECTION {
        let mut device = Device::private();
        device.fetch("/a", &[], Response::ok(&[TAG, FRESH, ("Old", "1")], "a"));
        device.pass(100_000);
        let says =
            Response::new(200).with(&[FRESH, (name, value), ("A", "2"), ("Connection", "a"), ("B", "2")]);
        assert_eq!(device.fetch("/a", &[], says.chunk(b"b")).text(), "b");
        is_kept(&mut device, &[name, "Connection", "A", "Old"], &[("B", "2")]);
    }
}

#[test]
fn s7_6_1_of_9110_connection_does_not_take_the_fields_away_that_caching_needs() {
    let all = "cache-control, date, etag, expires, vary, age, last-modified";
    let new = [cc("max-age=500"), ("Connection", all), ("Age", "5"), ("Vary", "A")];
    let (mut device, _) = validated(CacheOptions::PRIVATE, &[FRESH], &new);
    device.pass(494);
    assert_eq!(device.hit("/a", &[]).line("age").as_deref(), Some("499"));
    device.forwarded("/a", &[("A", "1")]);
}

#[test]
fn s5_2_2_7_fields_that_a_qualified_private_names_are_not_stored_by_shared_caches() {
    for said in ["max-age=60, private=\"A, b\"", "private=\"a\", max-age=60, PRIVATE=\" ,B\""] {
        for (options, is_stored) in [(CacheOptions::SHARED, false), (CacheOptions::PRIVATE, true)] {
            let mut device = Device::new(options);
            let lines = [("A", "1"), cc(said), ("B", "2"), ("C", "3")];
            let answer = device.fetch("/a", &[], Response::ok(&lines, "a"));
            check(&answer.lines, &[], &[("A", "1"), ("B", "2")]);
            match is_stored {
                true => is_kept(&mut device, &[], &[("A", "1"), ("B", "2"), ("C", "3")]),
                false => is_kept(&mut device, &["A", "B"], &[("C", "3")]),
            }
        }
    }
}

#[test]
fn s5_2_2_7_fields_that_the_private_of_a_304_names_are_not_taken_by_shared_caches() {
    let new = [cc("max-age=60, private=\"A\""), ("A", "2"), ("C", "2")];
    let (mut device, _) = validated(CacheOptions::SHARED, &[FRESH, ("C", "1")], &new);
    is_kept(&mut device, &["A"], &[("C", "2")]);
    let (mut device, _) = validated(CacheOptions::PRIVATE, &[FRESH, ("A", "1")], &new);
    is_kept(&mut device, &[], &[("A", "2"), ("C", "2")]);
}

#[test]
fn s5_2_2_4_every_form_of_a_qualified_no_cache_keeps_fields_back() {
    for said in [
        "max-age=60, no-cache=\"A, b\"",
        "no-cache=\" ,b,,A\", max-age=60",
        "NO-CACHE=a, max-age=60, No-Cache=\"B\"",
    ] {
        let mut device = Device::private();
        let lines = [("A", "1"), cc(said), ("B", "2"), ("C", "3"), ("a", "4")];
        device.fetch("/a", &[], Response::ok(&lines, "octets"));
        check(&device.hit("/a", &[]).lines, &["A", "B"], &[("C", "3")]);
        let part = device.hit("/a", &[("Range", "bytes=1-2")]);
        assert_eq!((part.status, part.text()), (206, "ct"));
        check(&part.lines, &["A", "B"], &[("C", "3")]);
        let before = device.origin.count();
        check(&device.head("/a", &[]).lines, &["A", "B"], &[("C", "3")]);
        assert_eq!(device.origin.count(), before);
        device.pass(100);
        let stale = device.hit("/a", &[cc("max-stale")]);
        check(&stale.lines, &["A", "B"], &[("C", "3")]);
    }
}

#[test]
fn s5_2_2_4_what_a_304_updates_passes_once_and_is_kept_back_again() {
    let said = cc("max-age=60, no-cache=\"A, B\"");
    let stored = [said, ("A", "1"), ("B", "1")];
    for new in [&[said, ("A", "2")][..], &[("A", "2")]] {
        let (mut device, answer) = validated(CacheOptions::PRIVATE, &stored, new);
        check(&answer.lines, &["B"], &[("A", "2")]);
        device.pass(10);
        check(&device.hit("/a", &[]).lines, &["A", "B"], &[]);
    }
}

#[test]
fn s5_2_2_4_a_304_may_begin_or_end_to_keep_a_field_back() {
    let (stored, new) = ([FRESH, ("A", "1"), ("B", "1")], cc("max-age=60, no-cache=\"A\""));
    let (mut device, answer) = validated(CacheOptions::PRIVATE, &stored, &[new]);
    check(&answer.lines, &["A"], &[("B", "1")]);
    check(&device.hit("/a", &[]).lines, &["A"], &[("B", "1")]);
    device.pass(100_000);
    device.fetch("/a", &[], Response::not_modified(&[TAG, FRESH]));
    check(&device.hit("/a", &[]).lines, &[], &[("A", "1"), ("B", "1")]);
}

#[test]
fn s5_2_2_4_and_7_an_argument_that_names_nothing_is_none() {
    for argument in ["", "=", "=\"\"", "=\" , \""] {
        let mut device = Device::private();
        device.fetch("/a", &[], Response::ok(&[cc(&format!("max-age=60, no-cache{argument}")), TAG], "a"));
        let answer = device.fetch("/a", &[], Response::not_modified(&[TAG]));
        assert_eq!(answer.text(), "a", "it is validated on every use: no-cache{argument}");
        let mut device = Device::shared();
        let says = Response::ok(&[cc(&format!("max-age=60, private{argument}"))], "a");
        assert!(device.fetch("/a", &[], says).stored().is_none(), "private{argument}");
    }
}
#[test]
fn s5_2_2_7_what_was_stored_goes_when_a_304_makes_it_private() {
    for new in [&[cc("max-age=60, private=\"A\""), ("A", "2")][..], &[cc("max-age=60, private=\"A\"")]] {
        let (mut device, _) = validated(CacheOptions::SHARED, &[FRESH, ("A", "1")], new);
        is_kept(&mut device, &["A"], &[]);
    }
}

#[test]
fn s5_2_2_7_private_cannot_hide_what_selection_and_freshness_need() {
    let mut device = Device::shared();
    let says = Response::ok(&[cc("max-age=60, private=\"vary\""), ("Vary", "A")], "for 1");
    device.fetch("/a", &[("A", "1")], says);
    let (answer, _) = device.forwarded("/a", &[("A", "2")]);
    assert_eq!(answer.text(), "new");
}

#[test]
fn s5_2_2_7_private_cannot_hide_no_cache() {
    let mut device = Device::shared();
    let says = Response::ok(
        &[cc("no-cache, private=\"cache-control\""), ("Last-Modified", &heads::date(-100_000))],
        "a",
    );
    device.fetch("/a", &[], says);
    device.forwarded("/a", &[]);
}

#[test]
fn s5_2_2_7_a_304_whose_private_hides_its_terms_is_not_kept() {
    let (mut device, _) =
        validated(CacheOptions::SHARED, &[FRESH], &[cc("max-age=60, private=\"Cache-Control\"")]);
    device.forwarded("/a", &[]);
}
