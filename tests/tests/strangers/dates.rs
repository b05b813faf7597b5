//! Dates (RFC 9110 §5.6.7).

use crate::cc;
use larder::client::Outcome;
use larder::time::HttpDate;
use larder_tests::{Device, MockClock, Response, heads};

const START: i64 = MockClock::START;

/// What may stand in `Expires`, and when that is: seconds after the mock clock's start, Thu, 01 Oct 2026
/// 08:00:00 GMT.
const DATES: [(&str, Option<i64>); 44] = [
    ("Thu, 01 Oct 2026 08:00:00 GMT", Some(0)),
    ("Thu, 01 Oct 2026 08:01:00 GMT", Some(60)),
    ("thu, 01 oct 2026 08:01:00 gmt", Some(60)),
    ("Mon, 01 Oct 2026 08:01:00 GMT", Some(60)),
    ("Thursday, 01-Oct-26 08:01:00 GMT", Some(60)),
    ("Thu Oct  1 08:01:00 2026", Some(60)),
    ("Thu Oct 01 08:01:00 2026", Some(60)),
    // A leap second is the second before.
    ("Thu, 01 Oct 2026 08:00:60 GMT", Some(59)),
    // Within 50 years a two-digit year is ahead, else behind.
    ("Thursday, 01-Oct-76 08:00:00 GMT", Some(1_577_923_200)),
    ("Thursday, 01-Oct-76 08:00:01 GMT", Some(-1_577_836_799)),
    ("Thursday, 01-Oct-77 08:00:00 GMT", Some(-1_546_300_800)),
    ("Thursday, 01-Oct-99 08:00:00 GMT", Some(-852_076_800)),
    ("Thursday, 01-Oct-00 08:00:00 GMT", Some(-820_454_400)),
    ("Wed, 31 Dec 1969 23:59:59 GMT", Some(-1 - START)),
    ("Thu, 01 Jan 1970 00:00:00 GMT", Some(-START)),
    ("Mon, 01 Jan 1601 00:00:00 GMT", Some(-11_644_473_600 - START)),
    ("Tue, 19 Jan 2038 03:14:08 GMT", Some((1 << 31) - START)),
    ("Sun, 07 Feb 2106 06:28:15 GMT", Some((1 << 32) - 1 - START)),
    ("Sun, 07 Feb 2106 06:28:16 GMT", Some((1 << 32) - START)),
    ("Fri, 31 Dec 9999 23:59:59 GMT", Some(253_402_300_799 - START)),
    ("Thu, 29 Feb 2024 00:00:00 GMT", Some(-81_676_800)),
    ("Wed, 29 Feb 2023 00:00:00 GMT", None),
    ("Mon, 29 Feb 2100 00:00:00 GMT", None),
    ("Thu, 31 Sep 2026 08:01:00 GMT", None),
    ("Thu, 00 Oct 2026 08:01:00 GMT", None),
    ("Thu, 32 Oct 2026 08:01:00 GMT", None),
    ("Thu, 01 Oct 2026 24:00:00 GMT", None),
    ("Thu, 01 Oct 2026 08:60:00 GMT", None),
    ("Thu, 01 Oct 2026 08:00:61 GMT", None),
    ("Thu, 1 Oct 2026 08:01:00 GMT", None),
    ("Thu, 01 Oct 2026 08:01:00 +0000", None),
    ("Thu, 01 Oct 2026 08:01:00 UTC", None),
    ("Thu, 01 Oct 2026 08:01:00 CET", None),
    ("Thu, 01 Oct 2026 08:01:00", None),
    ("Thu, 01 Oct 10000 08:01:00 GMT", None),
    ("Thu, 01 Okt 2026 08:01:00 GMT", None),
    ("01 Oct 2026 08:01:00 GMT", None),
    ("2026-10-01T08:01:00Z", None),
    ("1790841660", None),
    ("0", None),
    ("-1", None),
    ("never", None),
    ("", None),
    ("\"Thu, 01 Oct 2026 08:01:00 GMT\"", None),
];

#[test]
fn every_odd_date_of_expires_has_a_meaning() {
    let date = heads::date(0);
    for (text, at) in DATES {
        let now = Some(HttpDate::from_unix(START));
        let meant = at.map(|at| HttpDate::from_unix(START + at));
        assert_eq!(HttpDate::parse(text.as_bytes(), now), meant, "{text}");
        let lifetime = u64::try_from(at.unwrap_or(0)).unwrap_or(0).min(1 << 31);
        let mut device = Device::private();
        device.fetch("/a", &[], Response::ok(&[("Date", &date), ("Expires", text)], "stored"));
        let mut is_hit = |passed| {
            device.pass(passed);
            device.origin.then(Response::new(503));
            let outcome = device.get("/a", &[]).outcome();
            device.origin.withdraw();
            outcome == Outcome::Hit
        };
        assert!(lifetime == 0 || is_hit(lifetime - 1), "{text}");
        assert!(!is_hit(u64::from(lifetime > 0)), "{text}");
    }
}

#[test]
fn every_odd_date_of_date_has_a_meaning() {
    for (text, at) in DATES {
        // One that is none is replaced by the time received; one ahead makes nothing younger than that.
        let age = u64::try_from(-at.unwrap_or(0)).unwrap_or(0).min(1 << 31);
        let mut device = Device::private();
        device.fetch("/a", &[], Response::ok(&[cc("max-age=100"), ("Date", text)], "stored"));
        device.origin.then(Response::new(503));
        let answer = device.get("/a", &[cc("max-stale")]);
        assert_eq!(answer.line("age"), Some(age.to_string()), "{text}");
        let date = if at.is_some() { text.to_owned() } else { heads::date(0) };
        assert_eq!(answer.line("date"), Some(date), "{text}");
    }
}

#[test]
fn every_odd_date_of_last_modified_has_a_meaning() {
    for (text, at) in DATES {
        let mut device = Device::private();
        device.fetch("/a", &[], Response::ok(&[("Last-Modified", text)], "stored"));
        device.forwarded("/a", &[cc("no-cache")]);
        let sent = at.map(heads::date);
        assert_eq!(device.origin.asked()[1].line("if-modified-since"), sent, "{text}");
    }
}
