//! Heads at every limit: exactly at it, and one over.

use crate::cc;
use larder::CacheOptions;
use larder::client::{Client, Outcome, Storing};
use larder::head::{HeadBuf, RequestHead};
use larder::limits::{CANDIDATES_MAX, ETAG_MAX, FIELDS_MAX, TAGS_MAX};
use larder::store::RamStore;
use larder_tests::{Device, MockClock, Response, ScriptedOrigin, block_on};

/// The octets of a head with so many lines.
fn head(lines: usize) -> String {
    let lines: String = (0..lines).map(|number| format!("x{number}: 1\r\n")).collect();
    format!("HTTP/1.1 200 OK\r\n{lines}\r\n")
}

#[test]
fn heads_at_every_limit_of_lines_are_parsed_or_refused_whole() {
    let mut small = HeadBuf::<1024, 5>::new();
    assert!(small.as_mut().parse_response(head(5).as_bytes()).is_ok());
    assert_eq!(small.fields().iter().count(), 5);
    assert!(small.as_mut().parse_response(head(6).as_bytes()).is_err());
    let mut large = HeadBuf::<4096, 100>::new();
    assert!(large.as_mut().parse_response(head(FIELDS_MAX).as_bytes()).is_ok());
    assert!(large.as_mut().parse_response(head(FIELDS_MAX + 1).as_bytes()).is_err());
}

#[test]
fn heads_at_every_limit_of_octets_are_built_or_refused_whole() {
    let build = |octets: usize| {
        let mut head = HeadBuf::<64, 4>::new();
        head.as_mut().start_response(200);
        head.as_mut().push("a", &vec![b'x'; octets]).map(|()| head.fields().get("a").map(<[u8]>::len))
    };
    let most = (0..64).rev().find(|octets| build(*octets).is_ok()).expect("something fits");
    assert_eq!(build(most), Ok(Some(most)));
    assert!(build(most + 1).is_err());
    assert!(most >= 64 - 16, "{most}: what a line costs beside its octets");
    for octets in 0..=most {
        assert_eq!(build(octets), Ok(Some(octets)));
    }
}

/// What a client with heads of 512 octets and 8 lines makes of a response with these lines.
fn through_a_client(lines: &[(&str, &str)]) -> (Outcome, Storing, usize) {
    let origin = ScriptedOrigin::new();
    let clock = MockClock::new();
    let mut client: Client<RamStore<128, 16>, _, _, 512, 8> =
        Client::with_options(RamStore::new(), origin.clone(), clock, CacheOptions::PRIVATE);
    origin.then(Response::new(200).with(lines).chunk(b"12345"));
    block_on(async {
        let mut reply = client.request(RequestHead::get("http://example.com/a")).await;
        let mut buf = [0; 16];
        let mut octets = 0;
        while let Ok(read @ 1..) = reply.read(&mut buf).await {
            octets += read;
        }
        (reply.report().outcome, reply.report().storing, octets)
    })
}

#[test]
fn heads_at_every_limit_of_a_client_are_stored_handed_over_or_an_error() {
    let names: Vec<String> = (0..9).map(|number| format!("X{number}")).collect();
    let date = ("Date", "Thu, 01 Oct 2026 08:00:00 GMT");
    let lines = |count: usize| {
        let more = names.iter().take(count - 2).map(|name| (&**name, "1"));
        more.chain([cc("max-age=60"), date]).collect::<Vec<_>>()
    };
    let (outcome, storing, octets) = through_a_client(&lines(8));
    assert_eq!((outcome, octets), (Outcome::Miss, 5));
    assert!(matches!(storing, Storing::Stored(_)), "{storing:?}");
    let (outcome, _, octets) = through_a_client(&lines(9));
    assert_eq!((outcome, octets), (Outcome::GatewayTimeout, 0), "never shortened");
    // So many octets, one after the other: first all is stored, then it is handed over alone, then refused.
    let mut seen = Vec::new();
    for length in 0..600 {
        let value = "x".repeat(length);
        let (outcome, storing, octets) = through_a_client(&[cc("max-age=60"), date, ("X", &value)]);
        let kind = (outcome == Outcome::Miss, matches!(storing, Storing::Stored(_)));
        assert_eq!(octets, if kind.0 { 5 } else { 0 }, "{length}");
        assert!(kind.0 || !kind.1, "{length}");
        if seen.last() != Some(&kind) {
            seen.push(kind);
        }
    }
    assert_eq!((seen.first(), seen.last()), (Some(&(true, true)), Some(&(false, false))));
    assert!(seen.is_sorted_by(|a, b| a >= b), "{seen:?}");
}

#[test]
fn heads_at_every_limit_of_tags_are_validated_by_tag_or_by_date() {
    let modified = larder_tests::heads::date(-500);
    for (octets, is_sent) in [(ETAG_MAX - 1, true), (ETAG_MAX, true), (ETAG_MAX + 1, false)] {
        for weak in ["", "W/"] {
            let tag = format!("{weak}\"{}\"", "x".repeat(octets - 2 - weak.len()));
            let mut device = Device::private();
            let lines = [cc("max-age=60"), ("ETag", &*tag), ("Last-Modified", &*modified)];
            device.fetch("/a", &[], Response::ok(&lines, "stored"));
            device.pass(60);
            let (_, asked) = device.forwarded("/a", &[]);
            assert_eq!(asked.line("if-none-match"), is_sent.then_some(tag), "{octets}");
            assert_eq!(asked.line("if-modified-since").as_deref(), Some(&*modified), "{octets}");
        }
    }
}

#[test]
fn heads_at_every_limit_of_candidates_are_weighed_or_left_alone() {
    for variants in [CANDIDATES_MAX, CANDIDATES_MAX + 1] {
        let mut device = Device::private();
        let octets = TAGS_MAX / CANDIDATES_MAX - 2;
        let tags: Vec<String> =
            (0..variants).map(|number| format!("\"{number}{}\"", "x".repeat(octets - 3))).collect();
        for (number, tag) in tags.iter().enumerate() {
            // Each is a variant by a field of its own, which the last request has none of.
            let name = format!("X{number}");
            device.origin.then(Response::ok(&[cc("max-age=60"), ("ETag", tag), ("Vary", &name)], "stored"));
            // Those before would answer: the request wants another one.
            device.get("/a", &[cc("no-cache")]);
            device.pass(1);
        }
        device.pass(60);
        let (_, asked) = device.forwarded("/a", &[]);
        let sent = asked.line("if-none-match").expect("there are validators");
        assert!(sent.split(", ").count() <= CANDIDATES_MAX && sent.len() <= TAGS_MAX, "{sent}");
        assert!(sent.contains(tags.last().expect("tags")), "the most recent is among them");
    }
}
