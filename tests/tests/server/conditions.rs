//! Preconditions and ranges of clients, answered for the handler.

use crate::{DEVICE, Device, FRESH, TAG, TEN, made};
use larder::CacheOptions;
use larder::head::Method;
use larder_tests::heads;

/// A device that makes ten octets, fresh, with this `Last-Modified`.
fn ten() -> Device {
    let modified = heads::date(-500);
    Device::new(move |_| made(200, &[FRESH, TAG, ("Last-Modified", &modified), ("X", "1")], TEN))
}

fn names(lines: &heads::Lines) -> Vec<String> {
    let mut names: Vec<_> = lines.iter().map(|(name, _)| name.clone()).collect();
    names.sort();
    names
}

#[test]
fn s13_2_1_of_9110_preconditions_are_evaluated_on_what_the_handler_has_just_made() {
    let (modified, later) = (heads::date(-500), heads::date(-499));
    for condition in [
        ("If-None-Match", "\"1\""),
        ("If-None-Match", "W/\"1\", \"2\""),
        ("If-None-Match", "*"),
        ("If-Modified-Since", &*modified),
        ("If-Modified-Since", &*later),
    ] {
        let mut device = ten();
        let got = device.get("/a", &[condition]);
        assert_eq!(got.is(), (304, ""), "{condition:?}");
        assert_eq!(names(&got.lines), ["Cache-Control", "Date", "ETag"], "those of RFC 9110 §15.4.5");
        assert!(got.is_stored(), "whole: {:?}", got.report.storing);
        assert_eq!(device.get("/a", &[]).is(), (200, TEN));
        assert_eq!(device.get("/a", &[condition]).is(), (304, ""), "the same from the store");
        assert_eq!(device.calls(), 1);
    }
    let older = heads::date(-501);
    for condition in [("If-None-Match", "\"2\""), ("If-Modified-Since", &*older), ("If-Modified-Since", "0")]
    {
        let mut device = ten();
        assert_eq!(device.get("/a", &[condition]).is(), (200, TEN), "{condition:?}");
        assert_eq!(device.get("/a", &[condition]).is(), (200, TEN), "{condition:?}");
    }
}

#[test]
fn s13_1_3_of_9110_if_modified_since_is_ignored_without_last_modified() {
    let mut device = Device::new(|_| made(200, &[FRESH], TEN));
    let now = heads::date(10);
    for _ in 0..2 {
        assert_eq!(device.get("/a", &[("If-Modified-Since", &now)]).is(), (200, TEN));
    }
}

#[test]
fn s13_1_1_of_9110_if_match_and_if_unmodified_since_are_evaluated_here() {
    let older = heads::date(-501);
    for condition in
        [("If-Match", "\"2\""), ("If-Match", "W/\"1\""), ("If-Match", ""), ("If-Unmodified-Since", &*older)]
    {
        let mut device = ten();
        for from in ["the handler", "the store"] {
            let got = device.get("/a", &[condition]);
            assert_eq!(got.is(), (412, ""), "{condition:?} from {from}");
            assert_eq!(names(&got.lines), ["Content-Length", "Date"], "{condition:?} from {from}");
            assert_eq!(got.line("content-length").as_deref(), Some("0"));
        }
        assert_eq!(device.calls(), 1);
    }
    let later = heads::date(0);
    for condition in [
        ("If-Match", "\"1\""),
        ("If-Match", "*"),
        ("If-Unmodified-Since", &*later),
        ("If-Unmodified-Since", "x"),
    ] {
        let mut device = ten();
        assert_eq!(device.get("/a", &[condition]).is(), (200, TEN), "{condition:?}");
        assert_eq!(device.get("/a", &[condition]).is(), (200, TEN), "{condition:?}");
        assert_eq!(device.calls(), 1);
    }
}

#[test]
fn s13_2_2_of_9110_the_order_of_the_conditions() {
    let mut device = ten();
    for _ in 0..2 {
        let both = [("If-Match", "\"2\""), ("If-None-Match", "\"1\"")];
        assert_eq!(device.get("/a", &both).status, 412, "If-Match comes first");
        let both = [("If-Match", "\"1\""), ("If-None-Match", "\"1\""), ("Range", "bytes=0-1")];
        assert_eq!(device.get("/a", &both).status, 304, "then If-None-Match, then Range");
        let both = [("If-None-Match", "\"2\""), ("If-Modified-Since", &heads::date(0))];
        assert_eq!(device.get("/a", &both).status, 200, "If-Modified-Since does not count beside it");
    }
}

#[test]
fn s14_2_of_9110_a_range_of_what_the_handler_has_just_made() {
    for (range, octets, said) in [
        ("bytes=0-0", "0", "bytes 0-0/10"),
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=0-99", TEN, "bytes 0-9/10"),
    ] {
        let mut device = ten();
        for from in ["the handler", "the store"] {
            let got = device.get("/a", &[("Range", range)]);
            assert_eq!(got.is(), (206, octets), "{range} from {from}");
            assert_eq!(got.line("content-range").as_deref(), Some(said));
            assert_eq!(heads::values(&got.lines, "content-length"), [octets.len().to_string()]);
            assert_eq!(got.line("etag").as_deref(), Some("\"1\""));
        }
        assert_eq!(device.get("/a", &[]).is(), (200, TEN), "it is stored whole");
        assert_eq!(device.calls(), 1);
    }
}

#[test]
fn every_range_in_pieces_of_every_size_is_right_and_the_whole_is_stored() {
    for pieces in [&["0123456789"][..], &["0", "123", "456789"], &["01234", "56789"]] {
        for first in 0..10_usize {
            for last in first..10 {
                for octets in [1, 2, 3, 10] {
                    let pieces: Vec<String> = pieces.iter().map(|piece| (*piece).to_owned()).collect();
                    let mut device = Device::new(move |_| {
                        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
                        made(200, &[FRESH], TEN).in_pieces(&pieces)
                    });
                    let range = format!("bytes={first}-{last}");
                    let got = device.read_by(octets, Method::Get, "/a", &[("Range", &range)]);
                    assert_eq!(got.is(), (206, &TEN[first..=last]), "{range}, {octets} at a time");
                    assert!(got.is_stored());
                    assert_eq!(device.get("/a", &[]).is(), (200, TEN));
                    assert_eq!(device.calls(), 1);
                }
            }
        }
    }
}

#[test]
fn s15_5_17_of_9110_an_unsatisfiable_range_is_416() {
    let mut device = ten();
    for from in ["the handler", "the store"] {
        let got = device.get("/a", &[("Range", "bytes=10-")]);
        assert_eq!(got.is(), (416, ""), "{from}");
        assert_eq!(got.line("content-range").as_deref(), Some("bytes */10"));
        assert_eq!(
            (got.line("etag"), got.line("cache-control"), got.line("age")),
            (None, None, None),
            "{from}"
        );
    }
    assert_eq!(device.get("/a", &[]).is(), (200, TEN));
    assert_eq!(device.calls(), 1);
}

#[test]
fn s13_1_5_of_9110_if_range_decides_between_part_and_whole() {
    let modified = heads::date(-500);
    let range = ("Range", "bytes=2-4");
    for (if_range, is) in
        [("\"1\"", (206, "234")), (&*modified, (206, "234")), ("\"2\"", (200, TEN)), ("W/\"1\"", (200, TEN))]
    {
        let mut device = ten();
        assert_eq!(device.get("/a", &[range, ("If-Range", if_range)]).is(), is, "{if_range}, made");
        assert_eq!(device.get("/a", &[range, ("If-Range", if_range)]).is(), is, "{if_range}, stored");
        assert_eq!(device.calls(), 1);
    }
}

#[test]
fn s14_2_of_9110_what_cannot_be_promised_is_sent_whole() {
    let mut device = Device::new(|_| made(200, &[("Cache-Control", "no-store")], TEN).of_unknown_length());
    assert_eq!(device.get("/a", &[("Range", "bytes=2-4")]).is(), (200, TEN));
    for range in ["bytes=0-1,4-5", "lines=1-2", "bytes=4-2"] {
        assert_eq!(ten().get("/a", &[("Range", range)]).is(), (200, TEN), "{range}");
    }
    let mut device = Device::new(|_| made(404, &[], "none"));
    assert_eq!(device.get("/a", &[("Range", "bytes=1-2")]).is(), (404, "none"), "only of a 200");
}

#[test]
fn s13_2_1_of_9110_conditions_count_for_what_is_not_stored_too() {
    let lines = [("Cache-Control", "no-store"), TAG];
    let mut device = Device::new(move |_| made(200, &lines, TEN));
    assert_eq!(device.get("/a", &[("If-None-Match", "\"1\"")]).is(), (304, ""));
    assert_eq!(device.get("/a", &[("Range", "bytes=2-4")]).is(), (206, "234"));
    assert_eq!(device.get("/a", &[("If-Match", "\"2\"")]).is(), (412, ""));
    assert_eq!(device.calls(), 3);
    let mut device = Device::new(move |_| made(404, &[TAG], ""));
    assert_eq!(device.get("/a", &[("If-None-Match", "\"1\"")]).status, 404, "only where it would be 2xx");
    assert_eq!(device.get("/a", &[("If-Match", "\"2\"")]).status, 404);
}

#[test]
fn the_handler_sees_neither_conditions_nor_ranges_of_get_and_head() {
    let date = heads::date(0);
    let lines = [
        ("If-None-Match", "\"2\""),
        ("If-Modified-Since", &*date),
        ("If-Match", "\"1\""),
        ("If-Unmodified-Since", &*date),
        ("Range", "bytes=0-1"),
        ("If-Range", "\"1\""),
        ("Accept", "text/plain"),
    ];
    for method in [Method::Get, Method::Head] {
        let mut device = ten();
        device.ask(method, "/a", &lines);
        assert_eq!(device.last().lines, [("Accept".to_owned(), b"text/plain".to_vec())], "{method}");
        assert_eq!(device.last().uri, format!("{DEVICE}/a"));
    }
}

#[test]
fn s4_3_1_the_handler_is_asked_about_what_is_stored() {
    let mut device = Device::new(|asked| match asked.line("if-none-match").as_deref() {
        Some("\"1\"") => made(304, &[FRESH, TAG], ""),
        None => made(200, &[FRESH, TAG], TEN),
        other => panic!("{other:?}"),
    });
    device.get("/a", &[]);
    device.clock.advance(100);
    let got = device.get("/a", &[("If-None-Match", "\"0\""), ("Range", "bytes=2-4")]);
    assert_eq!(got.is(), (206, "234"), "the client's own are answered from what is validated");
    assert_eq!(device.last().line("range"), None);
    assert_eq!(device.calls(), 2);
    assert_eq!(device.get("/a", &[("If-None-Match", "\"1\"")]).is(), (304, ""), "fresh again");
    assert_eq!(device.calls(), 2);
    device.clock.advance(100);
    assert_eq!(device.get("/a", &[("If-Match", "\"0\"")]).is(), (412, ""), "after the validation");
    assert_eq!(device.calls(), 3);
}

#[test]
fn s3_4_a_handler_that_knows_ranges_gets_them_with_store_partial() {
    let options = CacheOptions { store_partial: true, ..CacheOptions::SERVER };
    let mut device = Device::with(options, |asked| match asked.line("range").as_deref() {
        Some("bytes=2-4") => made(206, &[FRESH, TAG, ("Content-Range", "bytes 2-4/10")], "234"),
        Some("bytes=0-1") => made(206, &[FRESH, TAG, ("Content-Range", "bytes 0-1/10")], "01"),
        _ => made(200, &[FRESH, TAG], TEN),
    });
    assert_eq!(device.get("/a", &[("Range", "bytes=2-4")]).is(), (206, "234"));
    assert_eq!(device.get("/a", &[("Range", "bytes=3-4")]).is(), (206, "34"), "from the stored part");
    assert_eq!(device.calls(), 1);
    assert_eq!(device.get("/a", &[("Range", "bytes=6-7")]).is(), (206, "67"), "the handler sent the whole");
    assert_eq!(device.get("/a", &[]).is(), (200, TEN));
    assert_eq!(device.calls(), 2);
}

#[test]
fn s9_3_2_of_9110_head_is_answered_from_a_stored_get_and_conditions_count() {
    let mut device = ten();
    assert_eq!(device.ask(Method::Head, "/a", &[]).is(), (200, ""), "a body to HEAD is dropped");
    assert_eq!(device.last().method, "HEAD");
    assert_eq!(device.ask(Method::Head, "/a", &[]).line("content-length").as_deref(), Some("10"));
    assert_eq!(device.calls(), 1, "stored as a response to HEAD");
    assert_eq!(device.get("/a", &[]).is(), (200, TEN), "which answers no GET");
    assert_eq!(device.calls(), 2);
    assert_eq!(device.ask(Method::Head, "/a", &[("If-None-Match", "\"1\"")]).is(), (304, ""));
    assert_eq!(device.ask(Method::Head, "/a", &[("If-Match", "\"2\"")]).is(), (412, ""));
    assert_eq!(device.ask(Method::Head, "/a", &[("Range", "bytes=0-1")]).is(), (200, ""));
    assert_eq!(device.calls(), 2);
}
