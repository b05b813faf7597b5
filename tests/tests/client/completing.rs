//! Completing a stored part, whatever the origin does (RFC 9111 §3.4, RFC 9110 §15.3.7.3).

use crate::{FRESH, Of, Ram, TAG, client, get, rest};
use larder::Reason;
use larder::client::{BodyError, Call, Outcome, Storing};
use larder::head::RequestHead;
use larder::store::PairStore;
use larder_tests::hooked_store::{FailAt, HookedStore};
use larder_tests::origin::OriginError;
use larder_tests::{MockClock, Representation, Response, ScriptedOrigin, after_polls, block_on, heads};

const LEN: usize = 400;

pub fn content(version: u8) -> Vec<u8> {
    (0..LEN).map(|at| (at as u8).wrapping_mul(7).wrapping_add(version)).collect()
}

/// What the origin has, as a version of its own tag.
pub fn version(number: u8) -> Representation {
    let tag = format!("\"{number}\"");
    Representation::new(&content(number), &[FRESH, ("ETag", &tag)])
}

/// A 206 with these lines.
fn part(range: &str, lines: &[(&str, &str)], octets: &[u8]) -> Response {
    Response::new(206).with(&[FRESH, ("Content-Range", range)]).with(lines).chunk(octets)
}

/// A client whose store holds the first `held` octets of version 1.
async fn holding<S: PairStore>(store: S, held: usize) -> (Of<S>, ScriptedOrigin, MockClock) {
    let (mut client, origin, clock) = client(store);
    let says = Response::new(200).with(&[FRESH, TAG, ("Content-Length", "400")]);
    origin.then(content(1)[..held].chunks(50).fold(says, |says, chunk| says.chunk(chunk)).cut_off());
    let mut reply = client.request(get()).await;
    assert_eq!(rest(&mut reply).await, Err(BodyError::CutOff));
    assert!(matches!(reply.report().storing, Storing::Incomplete(_)));
    drop(reply);
    (client, origin, clock)
}

fn has(origin: &ScriptedOrigin, there: Representation) {
    origin.answers(move |asked| there.answer(asked));
}

/// What was asked by `Range` since the first request.
fn ranges(origin: &ScriptedOrigin) -> Vec<Option<String>> {
    origin.asked()[1..].iter().map(|asked| asked.line("range")).collect()
}

fn asked(ranges: &[&str]) -> Vec<Option<String>> {
    ranges.iter().map(|range| (!range.is_empty()).then(|| (*range).to_owned())).collect()
}

#[test]
fn what_does_not_continue_the_part_ends_it_and_the_whole_is_asked_for() {
    let missing = content(1).split_off(100);
    let several = ("Content-Type", "multipart/byteranges; boundary=x");
    for (what, says) in [
        ("another validator", part("bytes 100-399/400", &[("ETag", "\"2\"")], &missing)),
        ("a weak validator", part("bytes 100-399/400", &[("ETag", "W/\"1\"")], &missing)),
        ("no validator", part("bytes 100-399/400", &[], &missing)),
        ("another length", part("bytes 100-399/401", &[TAG], &missing)),
        ("no length", part("bytes 100-399/*", &[TAG], &missing)),
        ("another range", part("bytes 101-399/400", &[TAG], &missing[1..])),
        ("what is stored already", part("bytes 0-99/400", &[TAG], &content(1)[..100])),
        ("no valid range", part("bytes 399-100/400", &[TAG], &missing)),
        ("another unit", part("lines 100-399/400", &[TAG], &missing)),
        ("another coding", part("bytes 100-399/400", &[TAG, ("Content-Encoding", "gzip")], &missing)),
        ("another framing", part("bytes 100-399/400", &[TAG, ("Content-Length", "299")], &missing)),
        ("no-store", part("bytes 100-399/400", &[TAG, ("Cache-Control", "no-store")], &missing)),
        ("several ranges", Response::new(206).with(&[FRESH, TAG, several]).chunk(b"--x")),
        ("416", Response::new(416).with(&[("Content-Range", "bytes */50")])),
        ("304", Response::not_modified(&[TAG])),
    ] {
        block_on(async {
            let (mut client, origin, _) = holding(Ram::new(), 100).await;
            origin.then(says);
            has(&origin, version(3));
            let mut reply = client.request(get()).await;
            assert_eq!(ranges(&origin), asked(&["bytes=100-", ""]), "{what}");
            assert_eq!(origin.last().line("if-range"), None);
            assert_eq!((reply.status(), reply.report().outcome), (200, Outcome::Miss), "{what}");
            assert_eq!(rest(&mut reply).await, Ok(content(3)), "{what}");
            assert_eq!(reply.report().from_store, 0, "{what}");
            drop(reply);
            assert_eq!(client.health().await.pairs, 1, "{what}: the part has gone");
        });
    }
}

#[test]
fn a_200_starts_again_at_the_first_octet() {
    for number in [1, 2] {
        block_on(async {
            let (mut client, origin, _) = holding(Ram::new(), 100).await;
            origin.then(version(number).whole());
            let mut reply = client.request(get()).await;
            assert_eq!(ranges(&origin), asked(&["bytes=100-"]));
            assert_eq!(rest(&mut reply).await, Ok(content(number)));
            assert_eq!((reply.report().from_store, reply.report().from_network), (0, 400));
            drop(reply);
            assert_eq!(client.health().await.pairs, 1, "in place of the part");
            assert_eq!(rest(&mut client.request(get()).await).await, Ok(content(number)));
        });
    }
}

#[test]
fn a_200_that_is_cut_off_leaves_both_parts() {
    block_on(async {
        let (mut client, origin, _) = holding(Ram::new(), 100).await;
        origin.then(
            Response::new(200)
                .with(&[FRESH, TAG, ("Content-Length", "400")])
                .chunk(&content(1)[..50])
                .cut_off(),
        );
        assert!(rest(&mut client.request(get()).await).await.is_err());
        has(&origin, version(1));
        let mut reply = client.request(get()).await;
        assert_eq!(ranges(&origin), asked(&["bytes=100-", "bytes=100-"]), "what was there is not forgotten");
        assert_eq!(rest(&mut reply).await, Ok(content(1)));
        drop(reply);
        assert_eq!(client.health().await.pairs, 1);
    });
}

#[test]
fn a_changed_version_that_is_cut_off_is_the_one_to_complete() {
    block_on(async {
        let (mut client, origin, clock) = holding(Ram::new(), 100).await;
        clock.advance(5);
        let says = Response::new(200).with(&[FRESH, ("ETag", "\"2\""), ("Content-Length", "400")]);
        origin.then(says.chunk(&content(2)[..50]).cut_off());
        assert!(rest(&mut client.request(get()).await).await.is_err());
        has(&origin, version(2));
        assert_eq!(rest(&mut client.request(get()).await).await, Ok(content(2)));
        assert_eq!(ranges(&origin), asked(&["bytes=100-", "bytes=50-"]));
        assert_eq!(client.health().await.pairs, 1, "the older part has gone");
    });
}

#[test]
fn a_shorter_part_than_asked_for_is_taken_and_the_rest_asked_for() {
    block_on(async {
        let (mut client, origin, _) = holding(Ram::new(), 100).await;
        origin.then(part("bytes 100-149/400", &[TAG], &content(1)[100..150]));
        origin.then(part("bytes 150-150/400", &[TAG], &content(1)[150..151]));
        has(&origin, version(1));
        let mut reply = client.request(get()).await;
        assert_eq!(rest(&mut reply).await, Ok(content(1)));
        assert_eq!(ranges(&origin), asked(&["bytes=100-", "bytes=150-", "bytes=151-"]));
        assert!(matches!(reply.report().storing, Storing::Stored(_)));
        assert!(origin.is_reusable());
        assert_eq!(origin.connections(), 2, "only the one that was cut off is replaced");
    });
}

#[test]
fn whatever_breaks_the_part_keeps_what_arrived() {
    let some = |says: Response| says.chunk(&content(1)[100..160]);
    let head = || Response::new(206).with(&[FRESH, TAG, ("Content-Range", "bytes 100-399/400")]);
    for (says, error) in [
        (some(head()).cut_off(), BodyError::CutOff),
        (some(head()).breaks(), BodyError::Origin(OriginError::Broke)),
        (some(head()), BodyError::CutOff),
        (some(head()).stalls(), BodyError::DeadlinePassed),
    ] {
        block_on(async {
            let (mut client, origin, _) = holding(Ram::new(), 100).await;
            origin.then(says);
            let mut reply = client.request(get()).await;
            assert_eq!(reply.status(), 200);
            let mut body = Vec::new();
            let mut buf = [0; 30];
            let end = loop {
                match reply.read_until(&mut buf, after_polls(3)).await {
                    Ok(0) => break None,
                    Ok(read) => body.extend_from_slice(&buf[..read]),
                    Err(error) => break Some(error),
                }
            };
            assert_eq!((end, &*body), (Some(error), &content(1)[..160]));
            assert!(matches!(reply.report().storing, Storing::Incomplete(_)));
            assert!(reply.read(&mut buf).await.is_err(), "and it stays so");
            drop(reply);
            has(&origin, version(1));
            assert_eq!(rest(&mut client.request(get()).await).await, Ok(content(1)));
            assert_eq!(ranges(&origin), asked(&["bytes=100-", "bytes=160-"]));
        });
    }
}

#[test]
fn a_reply_dropped_anywhere_keeps_what_was_read() {
    for reads in 0..20 {
        block_on(async {
            let (mut client, origin, _) = holding(Ram::new(), 100).await;
            has(&origin, version(1));
            let mut reply = client.request(get()).await;
            for _ in 0..reads {
                reply.read(&mut [0; 30]).await.unwrap();
            }
            let held = 100 + reply.report().from_network;
            drop(reply);
            let mut reply = client.request(get()).await;
            assert_eq!(rest(&mut reply).await, Ok(content(1)), "after {reads} reads");
            assert_eq!(reply.report().from_network, 400 - held, "after {reads} reads");
            drop(reply);
            assert_eq!(client.health().await.pairs, 1);
        });
    }
}

#[test]
fn an_origin_that_cannot_be_reached_leaves_the_part_alone() {
    block_on(async {
        let (mut client, origin, _) = holding(Ram::new(), 100).await;
        origin.then(Response::refused());
        assert_eq!(client.request(get()).await.status(), 504);
        origin.then(Response::hangs());
        let reply = client.call(Call::new(get()).until(after_polls(9))).await;
        assert_eq!(reply.status(), 504);
        drop(reply);
        origin.then(Response::new(503));
        assert_eq!(client.request(get()).await.status(), 503);
        has(&origin, version(1));
        assert_eq!(rest(&mut client.request(get()).await).await, Ok(content(1)));
        assert_eq!(ranges(&origin), asked(&["bytes=100-"; 4]));
    });
}

#[test]
fn a_part_with_more_octets_than_it_says_is_given_up() {
    block_on(async {
        let (mut client, origin, _) = holding(Ram::new(), 100).await;
        let mut octets = content(1).split_off(100);
        octets.extend_from_slice(b"HTTP/1.1 200 OK");
        origin.then(part("bytes 100-399/400", &[TAG], &octets));
        let mut reply = client.request(get()).await;
        assert_eq!(rest(&mut reply).await, Err(BodyError::CutOff));
        assert_eq!(reply.report().storing, Storing::No(Reason::LengthMismatch));
        drop(reply);
        assert!(!origin.is_reusable());
        assert_eq!(client.health().await.pairs, 0);
    });
}

/// A client whose store holds two parts of version 1 with a hole before, between and behind them.
async fn with_holes() -> (Of<Ram>, ScriptedOrigin) {
    let (mut client, origin, _) = client(Ram::new());
    has(&origin, version(1));
    for range in ["bytes=50-99", "bytes=200-249"] {
        let lines = [("Range", range)];
        let asked = RequestHead { fields: larder::head::Fields::new(&lines), ..get() };
        assert_eq!(rest(&mut client.request(asked).await).await.map(|body| body.len()), Ok(50));
    }
    (client, origin)
}

#[test]
fn a_version_that_changes_between_two_holes_is_an_error_and_the_part_goes() {
    for says in [version(2).whole(), part("bytes 100-199/400", &[("ETag", "\"2\"")], &content(2)[100..200])] {
        block_on(async {
            let (mut client, origin) = with_holes().await;
            origin.then(part("bytes 0-49/400", &[TAG], &content(1)[..50]));
            origin.then(says);
            let mut reply = client.request(get()).await;
            let mut body = [0; LEN];
            assert_eq!(reply.read_to_end(&mut body).await, Err(BodyError::Changed));
            assert_eq!(body[..100], content(1)[..100], "what came before is of one version");
            drop(reply);
            has(&origin, version(2));
            assert_eq!(rest(&mut client.request(get()).await).await, Ok(content(2)));
            assert_eq!(origin.last().line("range"), None);
            assert_eq!(client.health().await.pairs, 1);
        });
    }
}

#[test]
fn an_origin_that_fails_between_two_holes_leaves_what_is_there() {
    for (says, error) in [
        (Response::refused(), BodyError::Origin(OriginError::Refused)),
        (Response::new(503), BodyError::CutOff),
    ] {
        block_on(async {
            let (mut client, origin) = with_holes().await;
            origin.then(part("bytes 0-49/400", &[TAG], &content(1)[..50]));
            origin.then(says);
            let mut reply = client.request(get()).await;
            assert_eq!(rest(&mut reply).await, Err(error));
            assert!(matches!(reply.report().storing, Storing::Incomplete(_)));
            drop(reply);
            let mut reply = client.request(get()).await;
            assert_eq!(rest(&mut reply).await, Ok(content(1)));
            assert_eq!((reply.report().from_store, reply.report().from_network), (150, 250));
        });
    }
}

#[test]
fn a_stored_part_that_is_lost_while_it_is_served_is_an_error_and_goes() {
    block_on(async {
        let (mut client, origin, _) = holding(HookedStore::<_, FailAt>::new(Ram::new(), u64::MAX), 100).await;
        has(&origin, version(1));
        // Two searches, two extents; the head, its update, the writer, and the head again.
        client.store().hook().fail_after(8);
        let mut reply = client.request(get()).await;
        assert_eq!(reply.report().outcome, Outcome::Completed);
        let first = reply.read(&mut [0; 30]).await;
        assert_eq!(first, Err(BodyError::Lost));
        assert!(reply.report().store_failed);
        drop(reply);
        assert_eq!(client.health().await.pairs, 0);
        assert_eq!(rest(&mut client.request(get()).await).await, Ok(content(1)));
    });
}

#[test]
fn whichever_operation_of_the_store_fails_what_is_served_is_right() {
    let mut failed = true;
    let mut n = 0;
    while failed {
        block_on(async {
            let (mut client, origin, _) =
                holding(HookedStore::<_, FailAt>::new(Ram::new(), u64::MAX), 100).await;
            has(&origin, version(1));
            client.store().hook().fail_after(n);
            for _ in 0..2 {
                let mut reply = client.request(get()).await;
                assert_eq!(reply.status(), 200, "operation {n}");
                match rest(&mut reply).await {
                    Ok(body) => assert_eq!(body, content(1), "operation {n}"),
                    Err(error) => assert_eq!(error, BodyError::Lost, "operation {n}"),
                }
            }
            failed = client.store().hook().has_failed();
        });
        n += 1;
        assert!(n < 200, "it never ends");
    }
    assert!(n > 20, "only {n} operations");
}

#[test]
fn the_head_of_a_completed_reply_is_a_200_with_the_whole_length() {
    block_on(async {
        let (mut client, origin, _) = holding(Ram::new(), 100).await;
        has(&origin, version(1));
        let reply = client.request(get()).await;
        let lines = heads::owned(reply.fields());
        assert_eq!(heads::values(&lines, "content-length"), ["400"]);
        assert_eq!(heads::values(&lines, "age"), ["0"]);
        assert!(heads::values(&lines, "content-range").is_empty());
    });
}

#[test]
fn more_holes_than_the_store_can_count_are_no_obstacle() {
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        has(&origin, version(1));
        for first in (5..LEN - 20).step_by(30) {
            let range = format!("bytes={first}-{}", first + 9);
            let lines = [("Range", &*range)];
            let part = RequestHead { fields: larder::head::Fields::new(&lines), ..get() };
            assert_eq!(
                rest(&mut client.request(part).await).await.as_deref(),
                Ok(&content(1)[first..first + 10])
            );
        }
        for _ in 0..3 {
            match rest(&mut client.request(get()).await).await {
                Ok(body) => assert_eq!(body, content(1)),
                Err(error) => assert_eq!(error, BodyError::Lost),
            }
        }
        let mut reply = client.request(get()).await;
        assert_eq!((reply.report().outcome, rest(&mut reply).await), (Outcome::Hit, Ok(content(1))));
    });
}
