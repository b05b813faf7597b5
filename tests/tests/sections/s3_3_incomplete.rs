//! RFC 9111 §3.3: storing incomplete responses, and what they answer.

use crate::cc;
use larder::Reason;
use larder::client::{Outcome, Storing};
use larder::options::CacheOptions;
use larder_tests::{Answer, Device, Representation, Response, heads};

const CONTENT: &[u8] = b"0123456789";
const TAG: (&str, &str) = ("ETag", "\"1\"");
const DATE: (&str, &str) = ("Date", "Thu, 01 Oct 2026 08:00:00 GMT");
const MODIFIED: (&str, &str) = ("Last-Modified", "Mon, 05 Jan 2026 00:00:00 GMT");

fn whole(lines: &[(&str, &str)]) -> Response {
    Response::new(200).with(&[cc("max-age=60"), ("Content-Length", "10")]).with(lines)
}

/// What arrives before the connection is lost.
fn cut(lines: &[(&str, &str)], octets: usize) -> Response {
    whole(lines).chunk(&CONTENT[..octets]).cut_off()
}

/// A device that holds the first `octets` of ten.
fn holding(octets: usize) -> Device {
    let mut device = Device::private();
    let answer = device.fetch("/a", &[], cut(&[TAG], octets));
    assert!(matches!(answer.report.storing, Storing::Incomplete(_)), "{answer:?}");
    device
}

fn part(lines: &[(&str, &str)], first: usize, last: usize, complete: &str) -> Response {
    let range = format!("bytes {first}-{last}/{complete}");
    let says = Response::new(206).with(&[cc("max-age=60"), ("Content-Range", &range)]).with(lines);
    says.chunk(&CONTENT[first..=last])
}

fn range(value: &str) -> [(&str, &str); 1] {
    [("Range", value)]
}

fn assert_part(answer: &Answer, octets: &str, content_range: &str) {
    assert_eq!((answer.status, answer.text()), (206, octets));
    assert_eq!(answer.line("content-range").as_deref(), Some(content_range));
    assert_eq!(answer.line("content-length"), Some(octets.len().to_string()));
    assert_eq!((answer.outcome(), answer.report.from_network), (Outcome::Hit, 0));
}

#[test]
fn s3_3_a_cut_off_200_is_kept_if_it_has_a_strong_validator() {
    for (lines, kept) in [
        (&[TAG][..], true),
        (&[DATE, MODIFIED], true),
        (&[("ETag", "W/\"1\"")], false),
        (&[("ETag", "W/\"1\""), DATE, MODIFIED], false),
        (&[("Last-Modified", DATE.1), DATE], false),
        (&[], false),
    ] {
        let mut device = Device::private();
        let answer = device.fetch("/a", &[], cut(lines, 4));
        assert_eq!(answer.body, &CONTENT[..4]);
        assert!(answer.error.is_some());
        match answer.report.storing {
            Storing::Incomplete(_) => assert!(kept, "{lines:?}"),
            other => assert_eq!((other, kept), (Storing::No(Reason::CutOff), false), "{lines:?}"),
        }
        assert_eq!(device.health().pairs, u32::from(kept));
    }
}

#[test]
fn s3_3_only_a_200_to_get_is_kept_incomplete() {
    let mut device = Device::private();
    let says = Response::new(404).with(&[cc("max-age=60"), TAG]).chunk(b"not").cut_off();
    assert_eq!(device.fetch("/a", &[], says).report.storing, Storing::No(Reason::CutOff));
    assert_eq!(device.health().pairs, 0);
}

#[test]
fn s8_8_2_2_of_9110_a_date_made_here_vouches_for_no_last_modified() {
    for (lines, are_parts) in [(&[MODIFIED][..], false), (&[MODIFIED, DATE], true)] {
        let mut device = Device::private();
        device.fetch("/a", &range("bytes=0-4"), part(lines, 0, 4, "10"));
        device.fetch("/a", &range("bytes=5-9"), part(lines, 5, 9, "10"));
        let part = device.hit("/a", &range("bytes=2-4"));
        assert_eq!((part.text(), part.line("date").is_some()), ("234", true), "it has a date, and is of use");
        device.origin.answers(|_| whole(&[]).chunk(b"another ab"));
        let whole = device.get("/a", &[]);
        let expected: &[u8] = if are_parts { CONTENT } else { b"another ab" };
        assert_eq!(whole.body, expected);
        let asked = device.origin.last();
        assert!(asked.line("if-range").is_none(), "{asked:?}");
    }
}

#[test]
fn s3_3_nothing_is_kept_if_the_option_says_so() {
    let options = CacheOptions { store_partial: false, ..CacheOptions::PRIVATE };
    let mut device = Device::new(options);
    device.fetch("/a", &[], cut(&[TAG], 4));
    let answer = device.fetch("/a", &range("bytes=2-4"), part(&[TAG], 2, 4, "10"));
    assert_eq!(answer.report.storing, Storing::No(Reason::PartialContent));
    assert_eq!(device.health().pairs, 0);
}

#[test]
fn s3_3_an_incomplete_response_never_answers_a_request_for_the_whole() {
    let mut device = holding(9);
    device.origin.then(Response::refused());
    assert_eq!(device.get("/a", &[]).status, 504, "fresh, and it has the tag");
    assert_eq!(device.hit("/a", &[cc("only-if-cached")]).status, 504);
    device.origin.then(Response::refused());
    assert_eq!(device.get("/a", &[cc("max-stale")]).status, 504);
    let (_, asked) = device.forwarded("/a", &[cc("no-store")]);
    assert_eq!(asked.line("range"), None, "nothing of the exchange may be stored");
}

#[test]
fn s3_3_a_range_wholly_inside_is_answered() {
    let mut device = holding(6);
    assert_part(&device.hit("/a", &range("bytes=0-5")), "012345", "bytes 0-5/10");
    assert_part(&device.hit("/a", &range("bytes=2-4")), "234", "bytes 2-4/10");
    let answer = device.hit("/a", &range("bytes=5-5"));
    assert_part(&answer, "5", "bytes 5-5/10");
    assert_eq!(answer.line("etag").as_deref(), Some("\"1\""));
    assert_eq!(answer.line("age").as_deref(), Some("0"));
}

#[test]
fn s3_3_a_range_that_is_not_wholly_inside_is_forwarded() {
    for value in ["bytes=0-6", "bytes=5-", "bytes=6-7", "bytes=-4", "bytes=10-", "bytes=1-2,4-5", "lines=1-2"]
    {
        let mut device = holding(6);
        let (answer, asked) = device.forwarded("/a", &range(value));
        assert_eq!(asked.line("range").as_deref(), Some(value), "as the client sent it");
        assert_eq!(asked.line("if-none-match"), None, "{value}: §4.3.1");
        assert_eq!(asked.line("if-range"), None);
        assert_eq!(answer.report.forwarded, Some(Reason::Incomplete));
    }
}

#[test]
fn s3_3_if_range_is_evaluated_against_the_incomplete_response() {
    let mut device = holding(6);
    let same = [("Range", "bytes=2-4"), ("If-Range", "\"1\"")];
    assert_part(&device.hit("/a", &same), "234", "bytes 2-4/10");
    for other in ["\"2\"", "W/\"1\"", "Mon, 05 Jan 2026 00:00:00 GMT"] {
        let (_, asked) = device.forwarded("/a", &[("Range", "bytes=2-4"), ("If-Range", other)]);
        assert_eq!(asked.line("if-range").as_deref(), Some(other), "the client's own, as it is");
        device = holding(6);
    }
}

#[test]
fn s3_3_a_head_and_a_304_are_answered_from_the_head_while_it_is_fresh() {
    let mut device = holding(6);
    device.origin.then(Response::new(599));
    let answer = device.head("/a", &[]);
    assert_eq!((answer.status, answer.outcome()), (200, Outcome::Hit));
    assert_eq!(answer.line("content-length").as_deref(), Some("10"));
    device.origin.withdraw();
    assert_eq!(device.hit("/a", &[("If-None-Match", "\"1\"")]).status, 304);
    device.pass(100);
    device.origin.then(Response::new(200).with(&[TAG, cc("max-age=60"), ("Content-Length", "10")]));
    let answer = device.head("/a", &[]);
    assert_eq!(answer.status, 200);
    assert_eq!(device.origin.last().line("if-none-match"), None, "§4.3.1: it holds only a part");
    assert_eq!(device.hit("/a", &[("If-None-Match", "\"1\"")]).status, 304, "the HEAD has freshened it");
    device.pass(100);
    let answer = device.fetch("/a", &[("If-None-Match", "\"1\"")], Response::not_modified(&[TAG]));
    assert_eq!(answer.status, 304, "the origin's, to the client's own condition");
}

#[test]
fn s4_3_1_a_stale_part_is_validated_for_a_range_that_it_holds() {
    let mut device = holding(6);
    device.pass(100);
    let answer = device.fetch("/a", &range("bytes=2-4"), Response::not_modified(&[TAG, cc("max-age=60")]));
    let asked = device.origin.last();
    assert_eq!(asked.line("if-none-match").as_deref(), Some("\"1\""));
    assert_eq!(asked.line("range").as_deref(), Some("bytes=2-4"));
    assert_eq!((answer.status, answer.text(), answer.outcome()), (206, "234", Outcome::Revalidated));
    assert_part(&device.hit("/a", &range("bytes=3-4")), "34", "bytes 3-4/10");
}

#[test]
fn s3_3_a_206_is_stored_and_answers_ranges_inside() {
    for lines in [&[TAG][..], &[DATE, MODIFIED], &[("ETag", "W/\"1\"")], &[]] {
        let mut device = Device::private();
        let answer = device.fetch("/a", &range("bytes=2-6"), part(lines, 2, 6, "10"));
        assert_eq!((answer.status, answer.text()), (206, "23456"));
        assert_eq!(answer.line("content-range").as_deref(), Some("bytes 2-6/10"));
        assert!(matches!(answer.report.storing, Storing::Incomplete(_)), "{lines:?}");
        assert_part(&device.hit("/a", &range("bytes=2-6")), "23456", "bytes 2-6/10");
        assert_part(&device.hit("/a", &range("bytes=3-4")), "34", "bytes 3-4/10");
        device.forwarded("/a", &range("bytes=2-7"));
    }
}

#[test]
fn s3_3_a_206_of_unknown_length_answers_only_what_does_not_depend_on_it() {
    let mut device = Device::private();
    device.fetch("/a", &range("bytes=2-6"), part(&[TAG], 2, 6, "*"));
    assert_part(&device.hit("/a", &range("bytes=3-4")), "34", "bytes 3-4/*");
    for value in ["bytes=3-", "bytes=-4", "bytes=3-9"] {
        let (_, asked) = device.forwarded("/a", &range(value));
        assert_eq!(asked.line("range").as_deref(), Some(value));
        device = Device::private();
        device.fetch("/a", &range("bytes=2-6"), part(&[TAG], 2, 6, "*"));
    }
}

#[test]
fn s3_3_a_206_is_stored_as_the_200_it_is_a_part_of() {
    let mut device = Device::private();
    let lines =
        [TAG, ("Content-Digest", "sha-256=:x:"), ("Content-Type", "text/plain"), ("Content-Length", "5")];
    device.fetch("/a", &range("bytes=2-6"), part(&lines, 2, 6, "10"));
    device.origin.then(Response::new(599));
    let answer = device.head("/a", &[]);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.line("content-length").as_deref(), Some("10"), "of the whole");
    assert_eq!(answer.line("content-type").as_deref(), Some("text/plain"));
    assert_eq!(answer.line("content-range"), None);
    assert_eq!(answer.line("content-digest"), None, "of that message's content only");
}

#[test]
fn s3_4_a_206_of_everything_is_the_whole() {
    let mut device = Device::private();
    let answer = device.fetch("/a", &range("bytes=0-"), part(&[TAG], 0, 9, "10"));
    assert_eq!(answer.status, 206);
    assert!(matches!(answer.report.storing, Storing::Stored(_)));
    let answer = device.hit("/a", &[]);
    assert_eq!((answer.status, answer.body.as_slice()), (200, CONTENT));
}

#[test]
fn s3_3_what_is_no_part_is_handed_over_and_not_stored() {
    let ask = range("bytes=2-4");
    let tagged = |content_range: &str| {
        Response::new(206).with(&[cc("max-age=60"), TAG, ("Content-Range", content_range)]).chunk(b"234")
    };
    let parts = "multipart/byteranges; boundary=x";
    let several = Response::new(206).with(&[cc("max-age=60"), TAG, ("Content-Type", parts)]).chunk(b"--x");
    for (asked, says, reason) in [
        (&[][..], part(&[TAG], 2, 4, "10"), Reason::PartialContent),
        (&[("Range", "bytes=2-4"), ("If-Range", "\"1\"")], part(&[TAG], 2, 4, "10"), Reason::FieldsMissing),
        (&[("Range", "bytes=0-1,4-5")], several.clone(), Reason::InvalidContentRange),
        (&ask, tagged("bytes 4-2/10"), Reason::InvalidContentRange),
        (&ask, tagged("bytes 2-4/4"), Reason::InvalidContentRange),
        (&ask, tagged("lines 2-4/10"), Reason::InvalidContentRange),
        (&ask, part(&[TAG, ("Content-Length", "2")], 2, 4, "10"), Reason::InvalidContentRange),
        (&ask, part(&[TAG, cc("no-store")], 2, 4, "10"), Reason::ResponseNoStore),
    ] {
        let mut device = Device::private();
        let answer = device.fetch("/a", asked, says);
        assert_eq!((answer.status, answer.report.storing), (206, Storing::No(reason)), "{asked:?}");
        assert_eq!(device.health().pairs, 0);
    }
}

#[test]
fn s3_3_a_206_with_another_number_of_octets_than_it_says_is_not_kept() {
    for (octets, kept) in [(&b"23"[..], None), (b"2345", None), (b"234", Some("234"))] {
        let mut device = Device::private();
        let says = Response::new(206).with(&[cc("max-age=60"), TAG, ("Content-Range", "bytes 2-4/10")]);
        let answer = device.fetch("/a", &range("bytes=2-4"), says.chunk(octets));
        assert_eq!(answer.body, octets);
        match kept {
            Some(text) => assert_eq!(device.hit("/a", &range("bytes=2-4")).text(), text),
            None => assert_eq!(answer.report.storing, Storing::No(Reason::LengthMismatch)),
        }
    }
}

#[test]
fn s14_4_of_9110_without_validator_a_part_has_as_many_octets_as_its_framing_says() {
    // As the public suite's `partial-*` tests: five octets, said to be positions 4 to 9.
    let says = Response::new(206).with(&[cc("max-age=60"), ("Content-Range", "bytes 4-9/10")]);
    let mut device = Device::private();
    device.fetch("/a", &range("bytes=-5"), says.with(&[("Content-Length", "5")]).chunk(b"01234"));
    for (value, octets) in
        [("bytes=-5", "01234"), ("bytes=6-8", "234"), ("bytes=6-", "234"), ("bytes=-1", "4")]
    {
        assert_eq!(device.hit("/a", &range(value)).text(), octets, "{value}");
    }
}

#[test]
fn s3_3_a_cut_off_206_is_kept_as_far_as_it_came() {
    let mut device = Device::private();
    let says = Response::new(206).with(&[cc("max-age=60"), TAG, ("Content-Range", "bytes 2-8/10")]);
    let answer = device.fetch("/a", &range("bytes=2-8"), says.chunk(b"234").cut_off());
    assert!(matches!(answer.report.storing, Storing::Incomplete(_)));
    assert_part(&device.hit("/a", &range("bytes=2-4")), "234", "bytes 2-4/10");
    device.forwarded("/a", &range("bytes=2-5"));
}

#[test]
fn s4_1_a_part_answers_only_the_variant_it_is_of() {
    let mut device = Device::private();
    let vary = ("Vary", "Accept");
    device.fetch("/a", &[("Accept", "x")], cut(&[TAG, vary], 6));
    let asked = |accept| [("Accept", accept), ("Range", "bytes=0-1")];
    assert_eq!(device.hit("/a", &asked("x")).status, 206);
    device.forwarded("/a", &asked("y"));
    let (_, asked) = device.forwarded("/a", &[("Accept", "y")]);
    assert_eq!(asked.line("range"), None);
}

#[test]
fn s4_2_4_a_stale_part_answers_a_range_if_the_origin_fails_and_that_is_allowed() {
    let mut device = Device::private();
    device.fetch("/a", &[], cut(&[TAG, cc("stale-if-error=1000")], 6));
    device.pass(100);
    let answer = device.fetch("/a", &range("bytes=1-2"), Response::refused());
    assert_eq!((answer.status, answer.text(), answer.outcome()), (206, "12", Outcome::StaleOnError));
    assert_eq!(device.fetch("/a", &[], Response::refused()).status, 504, "not the whole");
}

#[test]
fn s4_4_a_part_is_invalidated_like_any_response() {
    let mut device = holding(6);
    device.origin.then(Response::new(204));
    device.ask(larder::head::Method::Put, "/a", &[]);
    let (_, asked) = device.forwarded("/a", &[]);
    assert_eq!(asked.line("range"), None);
}

#[test]
fn s3_3_a_whole_response_takes_the_place_of_a_part() {
    let mut device = holding(6);
    let other = Representation::new(b"other", &[("ETag", "\"2\""), cc("max-age=60")]);
    let says = other.clone();
    device.origin.answers(move |asked| says.answer(asked));
    assert_eq!(device.get("/a", &[]).body, other.content, "from its first octet on");
    assert_eq!(device.health().pairs, 1);
    assert_eq!(device.hit("/a", &[]).body, other.content);
}

#[test]
fn s3_3_parts_that_newer_ones_stand_for_do_not_pile_up() {
    let range = [("Range", "bytes=0-4")];
    let says = [cc("max-age=60"), ("Content-Range", "bytes 0-4/10")];
    for weak in [None, Some("W/\"1\""), Some("\"?\"")] {
        let mut device = Device::private();
        for round in 0..8 {
            let tag = weak.map(|tag| tag.replace('?', &round.to_string()));
            let tag = tag.as_deref().map(|tag| ("ETag", tag));
            let octets = format!("{round}{round}{round}{round}{round}");
            let part = Response::new(206).with(&says).with(tag.as_slice()).chunk(octets.as_bytes());
            assert_eq!(device.fetch("/a", &range, part).text(), octets);
            assert_eq!(device.hit("/a", &range).text(), octets);
            device.pass(100);
        }
        assert_eq!(device.health().pairs, 1, "{weak:?}");
    }
}

#[test]
fn s3_3_what_may_be_more_of_the_same_representation_stays() {
    let mut device = Device::private();
    let (modified, date) = (heads::date(-500), heads::date(0));
    let lines = [cc("max-age=60"), ("Last-Modified", &*modified), ("Date", &*date)];
    let part = |says: &str, octets: &str| {
        Response::new(206).with(&lines).with(&[("Content-Range", says)]).chunk(octets.as_bytes())
    };
    device.fetch("/a", &[("Range", "bytes=0-7")], part("bytes 0-7/10", "01234567"));
    device.pass(100);
    device.fetch("/a", &[("Range", "bytes=0-1")], part("bytes 0-1/10", "01"));
    let answer = device.fetch("/a", &[], part("bytes 8-9/10", "89"));
    assert_eq!(
        (answer.text(), device.origin.last().line("range").as_deref()),
        ("0123456789", Some("bytes=8-"))
    );
}
