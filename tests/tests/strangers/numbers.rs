//! Numbers of seconds (RFC 9111 §1.2.2, §4.2.1, §5.1, §5.2).

use crate::cc;
use larder::CacheOptions;
use larder::client::Outcome;
use larder_tests::{Answer, Device, Response};

const MAX: u64 = 1 << 31;

/// The argument of a directive, and the seconds it means.
const ARGUMENTS: [(&str, Option<u64>); 45] = [
    ("0", Some(0)),
    ("1", Some(1)),
    ("10", Some(10)),
    ("90", Some(90)),
    ("91", Some(91)),
    ("2147483646", Some(MAX - 2)),
    ("2147483647", Some(MAX - 1)),
    ("2147483648", Some(MAX)),
    ("2147483649", Some(MAX)),
    ("4294967295", Some(MAX)),
    ("4294967296", Some(MAX)),
    ("4294967301", Some(MAX)),
    ("9223372036854775807", Some(MAX)),
    ("9223372036854775808", Some(MAX)),
    ("18446744073709551615", Some(MAX)),
    ("18446744073709551616", Some(MAX)),
    ("340282366920938463463374607431768211456", Some(MAX)),
    ("00000000000000000000000000000000000000000000000000000", Some(0)),
    ("0000000000000000000000000000000000000000000000000000060", Some(60)),
    ("\"60\"", Some(60)),
    ("\"060\"", Some(60)),
    ("\"18446744073709551616\"", Some(MAX)),
    ("60 ", Some(60)),
    ("\t60", None),
    (" 60", None),
    ("6 0", None),
    ("\" 60\"", None),
    ("\"60 \"", None),
    ("\"\"", None),
    ("\"60", None),
    ("60\"", None),
    ("'60'", None),
    ("", None),
    ("-0", None),
    ("-1", None),
    ("-2147483648", None),
    ("+5", None),
    ("\"+5\"", None),
    ("1.5", None),
    ("60.", None),
    ("1e3", None),
    ("0x10", None),
    ("60s", None),
    ("60;x=1", None),
    ("\u{ff16}\u{ff10}", None),
];

/// Whether a response answers for exactly so many seconds.
fn is_fresh_for(options: CacheOptions, line: &str, seconds: u64) -> bool {
    let mut device = Device::new(options);
    device.fetch("/a", &[], Response::ok(&[cc(line)], "stored"));
    let mut is_hit = |passed| {
        device.pass(passed);
        device.origin.then(Response::new(503));
        let outcome = device.get("/a", &[]).outcome();
        device.origin.withdraw();
        outcome == Outcome::Hit
    };
    let lasts = seconds == 0 || is_hit(seconds - 1);
    lasts && !is_hit(u64::from(seconds > 0))
}

#[test]
fn every_odd_number_of_a_lifetime_has_a_meaning() {
    for (argument, seconds) in ARGUMENTS {
        let seconds = seconds.unwrap_or(0);
        let line = format!("max-age={argument}");
        assert!(is_fresh_for(CacheOptions::PRIVATE, &line, seconds), "{line}");
        let line = format!("s-maxage={argument}, max-age=5");
        assert!(is_fresh_for(CacheOptions::SHARED, &line, seconds), "{line}");
    }
    for (line, seconds) in [
        ("max-age", 0),
        ("max-age, max-age=60", 0),
        ("max-age=60, max-age=61", 0),
        ("max-age=60, max-age=x", 0),
        ("max-age=60, max-age=060, MAX-AGE=\"60\"", 60),
        ("max-age=60,5", 60),
        ("max-age=60=5", 0),
        ("max-age:60", 0),
    ] {
        assert!(is_fresh_for(CacheOptions::PRIVATE, line, seconds), "{line}");
    }
}

/// The answer to a request with `line`, `age` seconds after a response fresh for 100 came that says `said`.
fn asked(said: &str, age: u64, line: &str) -> Answer {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[cc(said), ("ETag", "\"1\"")], "stored"));
    device.pass(age);
    device.origin.then(Response::new(503));
    device.get("/a", &[cc(line)])
}

fn answers(answer: &Answer) -> bool {
    matches!(answer.outcome(), Outcome::Hit | Outcome::Stale)
}

#[test]
fn every_odd_number_of_a_request_has_a_meaning() {
    for (argument, seconds) in ARGUMENTS {
        // What means nothing is taken for the strictest.
        let line = format!("max-age={argument}");
        assert_eq!(
            answers(&asked("max-age=100", 10, &line)),
            seconds.is_some_and(|limit| limit > 10),
            "{line}"
        );
        let line = format!("min-fresh={argument}");
        let is_enough = seconds.is_some_and(|wanted| wanted <= 90);
        assert_eq!(answers(&asked("max-age=100", 10, &line)), is_enough, "{line}");
        let line = format!("max-stale={argument}");
        let is_allowed = seconds.is_some_and(|limit| limit >= 10);
        assert_eq!(answers(&asked("max-age=100", 110, &line)), is_allowed, "{line}");
        let line = format!("stale-if-error={argument}");
        assert_eq!(asked("max-age=100", 110, &line).status == 200, is_allowed, "{line}");
    }
    for (line, is_allowed) in [
        ("max-stale", true),
        ("max-stale, max-stale", true),
        ("max-stale=10, max-stale=10", true),
        ("max-stale=5, max-stale", false),
        ("max-stale, max-stale=x", false),
        ("max-stale=10, max-stale=20", false),
    ] {
        assert_eq!(answers(&asked("max-age=100", 110, line)), is_allowed, "{line}");
    }
}

#[test]
fn every_odd_number_of_rfc_5861_has_a_meaning() {
    for (argument, seconds) in ARGUMENTS {
        let is_allowed = seconds.is_some_and(|limit| limit >= 10);
        let said = format!("max-age=100, stale-while-revalidate={argument}");
        assert_eq!(answers(&asked(&said, 110, "")), is_allowed, "{said}");
        let said = format!("max-age=100, stale-if-error={argument}");
        assert_eq!(asked(&said, 110, "").status == 200, is_allowed, "{said}");
    }
}

#[test]
fn every_odd_number_of_age_has_a_meaning() {
    // In this field there are no quoted strings, and lists come by mistake.
    const LISTS: [(&str, u64); 6] =
        [("5, 7", 5), ("7,5", 7), (", 5", 5), ("5,", 5), ("x, 5", 0), ("99999999999, 5", MAX)];
    let bare = ARGUMENTS.iter().filter(|(text, _)| !text.contains('"'));
    // Blanks around a field's value are no part of it.
    let numbers = bare.map(|(text, seconds)| {
        let number = text.trim();
        (
            *text,
            if number.bytes().all(|octet| octet.is_ascii_digit()) && number != *text {
                Some(60)
            } else {
                *seconds
            },
        )
    });
    let quoted = ARGUMENTS.iter().filter(|(text, _)| text.contains('"')).map(|(text, _)| (*text, None));
    let lists = LISTS.map(|(text, seconds)| (text, Some(seconds)));
    for (text, seconds) in numbers.chain(quoted).chain(lists) {
        let age = seconds.unwrap_or(0);
        let mut device = Device::private();
        device.fetch("/a", &[], Response::ok(&[cc("max-age=100"), ("Age", text)], "stored"));
        device.origin.then(Response::new(503));
        let answer = device.get("/a", &[cc("max-stale")]);
        assert_eq!(answer.line("age"), Some(age.to_string()), "{text}");
        assert_eq!(answer.outcome() == Outcome::Hit, age < 100, "{text}");
    }
}
