//! Numbers of octets: `Content-Length`, `Content-Range`, `Range` (RFC 9110 §8.6, §14).

use crate::cc;
use larder::Reason;
use larder::client::{Outcome, Storing};
use larder_tests::{Device, Response};

/// What becomes of a 200 whose five octets arrive, and which says so.
fn stored(lengths: &[&str]) -> Storing {
    let mut device = Device::private();
    let lines = lengths.iter().map(|length| ("Content-Length", *length));
    let lines: Vec<_> = lines.chain([cc("max-age=60")]).collect();
    let answer = device.fetch("/a", &[], Response::new(200).with(&lines).chunk(b"12345"));
    assert_eq!(answer.body, b"12345", "{lengths:?}: handed over as it came");
    if answer.stored().is_some() {
        assert_eq!(device.hit("/a", &[]).body, b"12345", "{lengths:?}");
    }
    answer.report.storing
}

#[test]
fn every_odd_content_length_has_a_meaning() {
    for right in
        [&["5"][..], &["005"], &["0000000000000000000000000000000005"], &["5", "5"], &[" 5 "], &["5", "05"]]
    {
        assert!(matches!(stored(right), Storing::Stored(_)), "{right:?}");
    }
    // The framing is the origin's: a length that is none says nothing of it.
    for none in [
        &["+5"][..],
        &["-5"],
        &["5.0"],
        &["\"5\""],
        &["5, 5"],
        &["5 5"],
        &["0x5"],
        &[""],
        &["five"],
        &["5", "6"],
        &["5", "x"],
        &["18446744073709551616"],
        &["99999999999999999999999999999999"],
    ] {
        assert!(matches!(stored(none), Storing::Stored(_)), "{none:?}");
    }
    for wrong in ["0", "1", "4", "6"] {
        assert!(matches!(stored(&[wrong]), Storing::No(Reason::LengthMismatch)), "{wrong}");
    }
    // There is no room for so many, and none is taken.
    for huge in ["2147483648", "4294967296", "9223372036854775808", "18446744073709551615"] {
        assert!(matches!(stored(&[huge]), Storing::No(Reason::BodyTooLarge)), "{huge}");
    }
}

const MAX: u64 = u64::MAX;

/// A `Content-Range`, and the range in which the five octets of a 206 lie then.
const PARTS: [(&str, Option<(u64, u64)>); 36] = [
    ("bytes 0-4/10", Some((0, 4))),
    ("Bytes 0-4/10", Some((0, 4))),
    ("bytes 00-04/010", Some((0, 4))),
    ("bytes 5-9/10", Some((5, 9))),
    ("bytes 0-4/*", Some((0, 4))),
    ("bytes 2147483648-2147483652/*", Some((1 << 31, (1 << 31) + 4))),
    // What can never be whole in this store is not begun.
    ("bytes 2147483648-2147483652/4294967296", None),
    ("bytes 18446744073709551606-18446744073709551610/18446744073709551615", None),
    ("bytes 4294967296-4294967300/*", Some((1 << 32, (1 << 32) + 4))),
    ("bytes 18446744073709551606-18446744073709551610/*", Some((MAX - 9, MAX - 5))),
    ("bytes 0-4/5", Some((0, 4))),
    ("bytes 0-4/4", None),
    ("bytes 0-4/0", None),
    ("bytes 4-0/10", None),
    ("bytes 6-10/10", None),
    ("bytes 18446744073709551615-18446744073709551619/*", None),
    ("bytes 0-4/18446744073709551616", None),
    ("bytes 18446744073709551611-18446744073709551615/*", None),
    ("bytes */10", None),
    ("bytes 0-/10", None),
    ("bytes -5/10", None),
    ("bytes +0-4/10", None),
    ("bytes 0-+4/10", None),
    ("bytes -0-4/10", None),
    ("bytes 0.0-4/10", None),
    ("bytes \"0\"-4/10", None),
    ("bytes 0-4", None),
    ("bytes 0-4/", None),
    ("bytes 0-4/-10", None),
    ("bytes 0 - 4/10", None),
    ("bytes=0-4/10", None),
    ("bytes", None),
    ("0-4/10", None),
    ("lines 0-4/10", None),
    ("bytes 0-4/10, bytes 0-4/10", None),
    ("", None),
];

#[test]
fn every_odd_content_range_has_a_meaning() {
    for (text, part) in PARTS {
        let mut device = Device::private();
        let lines = [cc("max-age=60"), ("ETag", "\"1\""), ("Content-Range", text)];
        let said = Response::new(206).with(&lines).chunk(b"12345");
        let answer = device.fetch("/a", &[("Range", "bytes=0-4")], said);
        assert_eq!((answer.status, &*answer.body), (206, &b"12345"[..]), "{text}: handed over as it came");
        let Some((first, last)) = part else {
            assert!(matches!(answer.report.storing, Storing::No(_)), "{text}: {:?}", answer.report);
            continue;
        };
        let range = format!("bytes={first}-{last}");
        let again = device.hit("/a", &[("Range", &range)]);
        assert_eq!((again.status, &*again.body), (206, &b"12345"[..]), "{text}");
    }
}

/// The first and the last octet of a 206, or another status.
type Selects = Result<(usize, usize), u16>;

/// A `Range` of ten octets, and what it selects: some, nothing (416), or all (200).
const RANGES: [(&str, Selects); 36] = [
    ("bytes=0-4", Ok((0, 4))),
    ("Bytes=0-4", Ok((0, 4))),
    ("bytes=00-004", Ok((0, 4))),
    ("bytes= 0-4 ", Ok((0, 4))),
    ("bytes=9-9", Ok((9, 9))),
    ("bytes=9-", Ok((9, 9))),
    ("bytes=0-2147483648", Ok((0, 9))),
    ("bytes=0-18446744073709551615", Ok((0, 9))),
    ("bytes=0-18446744073709551616", Ok((0, 9))),
    ("bytes=-1", Ok((9, 9))),
    ("bytes=-10", Ok((0, 9))),
    ("bytes=-11", Ok((0, 9))),
    ("bytes=-18446744073709551616", Ok((0, 9))),
    ("bytes=10-", Err(416)),
    ("bytes=10-10", Err(416)),
    ("bytes=-0", Err(416)),
    ("bytes=4294967296-", Err(416)),
    ("bytes=18446744073709551615-", Err(416)),
    ("bytes=18446744073709551616-", Err(416)),
    ("bytes=18446744073709551616-18446744073709551617", Err(416)),
    ("bytes=4-0", Err(200)),
    ("bytes=-", Err(200)),
    ("bytes=", Err(200)),
    ("bytes", Err(200)),
    ("bytes=+1-2", Err(200)),
    ("bytes=1-+2", Err(200)),
    ("bytes=--1", Err(200)),
    ("bytes=1.5-2", Err(200)),
    ("bytes=\"1-2\"", Err(200)),
    ("bytes=0x1-2", Err(200)),
    ("bytes=a-b", Err(200)),
    ("bytes=0 - 4", Err(200)),
    ("bytes =0-4", Err(200)),
    ("bytes=0-1,3-4", Err(200)),
    ("lines=0-4", Err(200)),
    ("", Err(200)),
];

#[test]
fn every_odd_range_has_a_meaning() {
    let content = "0123456789";
    for (text, selects) in RANGES {
        let mut device = Device::private();
        device.fetch("/a", &[], Response::ok(&[cc("max-age=60")], content));
        let answer = device.hit("/a", &[("Range", text)]);
        assert_eq!(answer.outcome(), Outcome::Hit, "{text}");
        let (status, body) = match selects {
            Ok((first, last)) => (206, &content[first..=last]),
            Err(416) => (416, ""),
            Err(status) => (status, content),
        };
        assert_eq!((answer.status, answer.text()), (status, body), "{text}");
    }
}
