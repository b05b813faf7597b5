//! RFC 9111 §4.3.2 and RFC 9110 §13: the client's own conditions; §14.2: its range.

use crate::cc;
use larder::Reason;
use larder::client::Outcome;
use larder_tests::{Answer, Device, Response, heads};

fn stored(status: u16, said: &[(&str, &str)]) -> Device {
    let mut device = Device::private();
    let says = Response::new(status).with(&[cc("max-age=60"), ("Content-Length", "10")]).with(said);
    device.fetch("/a", &[], says.chunk(b"0123456789"));
    device.pass(5);
    device
}

fn status(said: &[(&str, &str)], asked: &[(&str, &str)]) -> u16 {
    stored(200, said).hit("/a", asked).status
}

#[test]
fn s13_1_2_of_9110_if_none_match_compares_weakly() {
    for (tag, asked, expected) in [
        ("\"x\"", "\"x\"", 304),
        ("\"x\"", "W/\"x\"", 304),
        ("W/\"x\"", "\"x\"", 304),
        ("\"x\"", "\"a\", \"x\"", 304),
        ("\"x\"", "\"a\",W/\"x\" , \"b\"", 304),
        ("\"a,b\"", "\"a,b\"", 304),
        ("\"x\"", "*", 304),
        ("\"x\"", "\"y\"", 200),
        ("\"x\"", "\"X\"", 200),
        ("\"x\"", "x", 200),
        ("\"x\"", "", 200),
    ] {
        assert_eq!(status(&[("ETag", tag)], &[("If-None-Match", asked)]), expected, "{tag} {asked}");
    }
    assert_eq!(status(&[], &[("If-None-Match", "*")]), 304, "anything is there");
    assert_eq!(status(&[], &[("If-None-Match", "\"x\"")]), 200);
    let two_lines = [("If-None-Match", "\"a\""), ("if-none-match", "\"x\"")];
    assert_eq!(status(&[("ETag", "\"x\"")], &two_lines), 304);
}

#[test]
fn s13_2_2_of_9110_if_none_match_comes_before_if_modified_since() {
    let later = heads::date(0);
    let modified = ("Last-Modified", &*later);
    let asked = [("If-None-Match", "\"y\""), ("If-Modified-Since", &*later)];
    assert_eq!(status(&[("ETag", "\"x\""), modified], &asked), 200);
}

#[test]
fn s13_1_3_of_9110_if_modified_since() {
    let (before, at, after) = (heads::date(-501), heads::date(-500), heads::date(-499));
    let said = [("Last-Modified", &*at)];
    assert_eq!(status(&said, &[("If-Modified-Since", &before)]), 200);
    assert_eq!(status(&said, &[("If-Modified-Since", &at)]), 304);
    assert_eq!(status(&said, &[("If-Modified-Since", &after)]), 304);
    for invalid in ["0", "", "yesterday", "1"] {
        assert_eq!(status(&said, &[("If-Modified-Since", invalid)]), 200, "an invalid date is ignored");
    }
}

#[test]
fn s4_3_2_without_last_modified_date_counts_and_without_it_the_time_received() {
    let date = heads::date(-30);
    assert_eq!(status(&[("Date", &date)], &[("If-Modified-Since", &date)]), 304);
    assert_eq!(status(&[("Date", &date)], &[("If-Modified-Since", &heads::date(-31))]), 200);
    assert_eq!(status(&[], &[("If-Modified-Since", &heads::date(0))]), 304);
    assert_eq!(status(&[], &[("If-Modified-Since", &heads::date(-1))]), 200);
}

fn not_modified(said: &[(&str, &str)]) -> Answer {
    let answer = stored(200, said).hit("/a", &[("If-None-Match", "*")]);
    assert_eq!(answer.status, 304);
    answer
}

#[test]
fn s15_4_5_of_9110_a_304_has_the_fields_that_a_200_would_have_and_no_content() {
    let (date, expires) = (heads::date(-1), heads::date(500));
    let said = [
        ("Date", &*date),
        ("ETag", "\"x\""),
        ("Content-Location", "/c"),
        ("Expires", &*expires),
        ("Vary", "A"),
        ("Content-Type", "text/plain"),
        ("Last-Modified", &*date),
        ("X", "1"),
    ];
    let answer = not_modified(&said);
    assert!(answer.body.is_empty());
    let mut names: Vec<_> = answer.lines.iter().map(|(name, _)| &**name).collect();
    names.sort_unstable();
    assert_eq!(names, ["Age", "Cache-Control", "Content-Location", "Date", "ETag", "Expires", "Vary"]);
    assert_eq!(answer.line("age").as_deref(), Some("6"));
    assert_eq!(answer.outcome(), Outcome::Hit);
}

#[test]
fn s4_3_2_conditions_count_only_where_the_answer_would_be_2xx() {
    for code in [301, 404, 410] {
        let mut device = stored(code, &[("ETag", "\"x\"")]);
        assert_eq!(device.hit("/a", &[("If-None-Match", "\"x\"")]).status, code);
    }
    let mut device = stored(203, &[("ETag", "\"x\"")]);
    assert_eq!(device.hit("/a", &[("If-None-Match", "\"x\"")]).status, 304);
}

#[test]
fn s4_3_2_nothing_selected_it_is_forwarded_unevaluated() {
    let mut device = Device::private();
    let lines = [("If-None-Match", "\"x\", \"y\""), ("If-Modified-Since", "Thu, 01 Oct 2026 08:00:00 GMT")];
    let (_, asked) = device.forwarded("/a", &lines);
    assert_eq!(asked.line("if-none-match").as_deref(), Some("\"x\", \"y\""));
    assert_eq!(asked.line("if-modified-since").as_deref(), Some(lines[1].1));
}

#[test]
fn s4_3_2_a_stale_response_is_validated_before_the_condition_is_evaluated() {
    let mut device = stored(200, &[("ETag", "\"x\"")]);
    device.pass(100);
    let says = Response::ok(&[cc("max-age=60"), ("ETag", "\"y\"")], "new");
    let answer = device.fetch("/a", &[("If-None-Match", "\"x\"")], says);
    assert_eq!((answer.status, answer.text()), (200, "new"));
}

#[test]
fn s4_3_2_if_match_and_if_unmodified_since_are_the_origins() {
    let date = heads::date(0);
    for condition in [("If-Match", "\"x\""), ("If-Match", "*"), ("If-Unmodified-Since", &*date)] {
        let mut device = stored(200, &[("ETag", "\"x\"")]);
        let answer = device.fetch("/a", &[condition], Response::new(412));
        assert_eq!((answer.status, answer.report.forwarded), (412, Some(Reason::OriginPrecondition)));
        assert_eq!(device.origin.last().line(condition.0).as_deref(), Some(condition.1));
        assert_eq!(device.hit("/a", &[]).status, 200, "the stored one stays");
    }
}

#[test]
fn s4_3_2_conditions_are_for_head_too() {
    let mut device = stored(200, &[("ETag", "\"x\"")]);
    assert_eq!(device.head("/a", &[("If-None-Match", "\"x\"")]).status, 304);
    assert_eq!(device.head("/a", &[("If-Modified-Since", &heads::date(0))]).status, 304);
    assert_eq!(device.origin.count(), 1);
}

fn part(said: &[(&str, &str)], asked: &[(&str, &str)]) -> (u16, String) {
    let answer = stored(200, said).hit("/a", asked);
    let length = answer.line("content-length");
    assert_eq!(length, Some(answer.body.len().to_string()), "the part's own length");
    (answer.status, answer.text().to_owned())
}

fn whole() -> (u16, String) {
    (200, "0123456789".to_owned())
}

#[test]
fn s14_2_of_9110_a_range_of_a_complete_200_is_answered_with_206() {
    for (range, octets) in [
        ("bytes=0-0", "0"),
        ("bytes=2-4", "234"),
        ("bytes=7-", "789"),
        ("bytes=-2", "89"),
        ("bytes=-200", "0123456789"),
        ("bytes=8-100", "89"),
        ("Bytes=2-4", "234"),
    ] {
        assert_eq!(part(&[], &[("Range", range)]), (206, octets.to_owned()), "{range}");
    }
    let answer = stored(200, &[("ETag", "\"x\""), ("X", "1")]).hit("/a", &[("Range", "bytes=2-4")]);
    assert_eq!(answer.line("content-range").as_deref(), Some("bytes 2-4/10"));
    assert_eq!(answer.line("etag").as_deref(), Some("\"x\""));
    assert_eq!(heads::values(&answer.lines, "content-length"), ["3"]);
}

#[test]
fn s14_2_of_9110_malformed_unknown_and_several_ranges_are_ignored() {
    for range in ["bytes=", "bytes=4-2", "bytes=a-b", "lines=0-1", "bytes", "0-1", "bytes=0-1,4-5", "bytes=-"]
    {
        assert_eq!(part(&[], &[("Range", range)]), whole(), "{range}");
    }
}

#[test]
fn s15_5_17_of_9110_an_unsatisfiable_range_is_416() {
    for range in ["bytes=10-", "bytes=10-20", "bytes=-0"] {
        let answer = stored(200, &[]).hit("/a", &[("Range", range)]);
        assert_eq!((answer.status, answer.text()), (416, ""), "{range}");
        assert_eq!(answer.line("content-range").as_deref(), Some("bytes */10"));
        assert_eq!(heads::values(&answer.lines, "content-length"), ["0"]);
    }
}

#[test]
fn s14_2_of_9110_ranges_come_after_the_preconditions_and_only_for_get() {
    let lines = [("Range", "bytes=0-1"), ("If-None-Match", "\"x\"")];
    let mut device = stored(200, &[("ETag", "\"x\"")]);
    assert_eq!(device.hit("/a", &lines).status, 304);
    assert_eq!(device.head("/a", &[("Range", "bytes=0-1")]).status, 200);
    let mut device = stored(404, &[]);
    assert_eq!(device.hit("/a", &[("Range", "bytes=0-1")]).status, 404);
}

#[test]
fn s13_1_5_of_9110_if_range_is_compared_strongly() {
    let (date, older) = (heads::date(-500), heads::date(-501));
    let range = ("Range", "bytes=2-4");
    let said = [("ETag", "\"x\""), ("Last-Modified", &*date)];
    let cut = (206, "234".to_owned());
    assert_eq!(part(&said, &[range, ("If-Range", "\"x\"")]), cut);
    assert_eq!(part(&said, &[range, ("If-Range", &date)]), cut);
    for other in ["\"y\"", "W/\"x\"", "x", "", &older] {
        assert_eq!(part(&said, &[range, ("If-Range", other)]), whole(), "{other}");
    }
    assert_eq!(part(&[("ETag", "W/\"x\"")], &[range, ("If-Range", "W/\"x\"")]), whole());
    let now = heads::date(0);
    let just_modified = [("Last-Modified", &*now), ("Date", &*now)];
    assert_eq!(part(&just_modified, &[range, ("If-Range", &now)]), whole(), "not a strong date (§8.8.2.2)");
}
