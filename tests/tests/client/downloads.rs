//! Downloads: attempts, redirections, verification, and what is in the store afterwards.

use crate::{FRESH, Of, Ram, TAG, URI, client, rest};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use larder::Reason;
use larder::client::download::{Attempts, DownloadError, Persistence, Progress, Wanted};
use larder::client::{BodyError, Failure};
use larder::digest::{Verdict, Verifier};
use larder::fields::Digest;
use larder::head::{Fields, RequestHead};
use larder::redirects::RedirectRefused;
use larder::store::{PairStore, RamStore, StoreError};
use larder_tests::origin::OriginError;
use larder_tests::{Response, ScriptedOrigin, after_polls, block_on};

const BODY: &str = "the quick brown fox jumps over the lazy dog";

/// What a test asks of a download: whether it came, its length, what verified it.
type Came = Result<(u64, Option<Digest>), DownloadError<OriginError>>;

fn digest_of(octets: &[u8]) -> Digest {
    let mut verifier = Verifier::new(Digest::Sha256([0; 32]));
    verifier.update(octets);
    let (Verdict::Mismatch { found, .. } | Verdict::Verified(found)) = verifier.finish();
    found
}

fn download<S: PairStore>(client: &mut Of<S>, wanted: &Wanted<'_>, attempts: u32) -> Came {
    let came = block_on(client.download(wanted, &mut [0; 7], &mut Attempts(attempts)))?;
    Ok((came.len(), came.verified().copied()))
}

/// What a request is answered with, without the origin.
fn stored<S: PairStore>(client: &mut Of<S>, uri: &str) -> Option<Vec<u8>> {
    let only = [("Cache-Control", "only-if-cached")];
    block_on(async {
        let mut reply = client.request(RequestHead::get(uri).with_fields(Fields::new(&only))).await;
        if reply.status() == 200 { rest(&mut reply).await.ok() } else { None }
    })
}

fn image() -> Response {
    Response::ok(&[FRESH], BODY)
}

/// Notes what it is told, and goes on as long as there are `attempts`.
#[derive(Default)]
struct Notes {
    attempts: u32,
    silent_after: Option<usize>,
    progress: Vec<Progress>,
    failed: Vec<(String, Progress)>,
}

impl Persistence for Notes {
    fn progress(&mut self, progress: Progress) {
        self.progress.push(progress);
    }

    async fn silence(&mut self) {
        match self.silent_after {
            Some(polls) => after_polls(polls).await,
            None => std::future::pending().await,
        }
    }

    async fn again<E>(&mut self, error: &DownloadError<E>, reached: Progress) -> bool {
        let error = match error {
            DownloadError::Unreachable(Failure::Origin(_)) => "unreachable".to_owned(),
            DownloadError::Unreachable(Failure::DeadlinePassed) => "no answer in time".to_owned(),
            DownloadError::Body(BodyError::CutOff) => "cut off".to_owned(),
            DownloadError::Body(BodyError::DeadlinePassed) => "silent".to_owned(),
            DownloadError::Status(status) => status.to_string(),
            _ => "other".to_owned(),
        };
        self.failed.push((error, reached));
        reached.attempt < self.attempts
    }
}

#[test]
fn what_was_downloaded_is_verified_and_can_be_read_in_any_order() {
    let (mut client, origin, _) = client(Ram::new());
    origin.then(image());
    let digest = digest_of(BODY.as_bytes());
    let wanted = Wanted::new(URI).expecting(digest);
    block_on(async {
        let mut buf = [0; 7];
        let mut image = client.download(&wanted, &mut buf, &mut Attempts(1)).await.unwrap();
        assert_eq!((image.len(), image.is_empty(), image.verified()), (43, false, Some(&digest)));
        for (offset, len) in [(40, 10), (0, 3), (16, 9), (43, 5), (99, 5), (0, 43), (5, 0)] {
            let mut block = vec![0; len];
            let read = image.read_at(offset, &mut block).await.unwrap();
            let from = BODY.len().min(offset as usize);
            let expected = &BODY.as_bytes()[from..BODY.len().min(from + len)];
            assert_eq!(&block[..read], expected, "{offset}");
        }
        assert_eq!(image.verify(digest, &mut buf).await, Ok(Verdict::Verified(digest)));
        let other = Digest::Sha512([1; 64]);
        assert!(!image.verify(other, &mut buf).await.unwrap().is_verified());
        image.close().await.unwrap();
    });
    // It is a stored response like any other, and the next download takes it from there.
    assert_eq!(download(&mut client, &wanted, 1), Ok((43, Some(digest))));
    assert_eq!(origin.count(), 1);
}

#[test]
fn s3_of_9530_the_response_says_what_its_body_hashes_to() {
    for (name, verified) in [("Repr-Digest", true), ("Content-Digest", true), ("X-Digest", false)] {
        let (mut client, origin, _) = client(Ram::new());
        let digest = digest_of(BODY.as_bytes());
        origin.then(image().with(&[(name, &digest.to_string())]));
        let expected = verified.then_some(digest);
        assert_eq!(download(&mut client, &Wanted::new(URI), 1), Ok((43, expected)), "{name}");
        assert!(origin.last().line("want-repr-digest").is_some());
        // From the store, the content may have come with other messages.
        let expected = expected.filter(|_| name == "Repr-Digest");
        assert_eq!(download(&mut client, &Wanted::new(URI), 1), Ok((43, expected)), "{name}");
    }
    // Who knows the digest need not ask.
    let (mut client, origin, _) = client(Ram::new());
    origin.then(image());
    download(&mut client, &Wanted::new(URI).expecting(digest_of(BODY.as_bytes())), 1).unwrap();
    assert_eq!(origin.last().line("want-repr-digest"), None);
}

#[test]
fn a_body_that_is_something_else_is_discarded() {
    let right = digest_of(BODY.as_bytes());
    let wrong = "the quick brown fox jumps over the lazy cat";
    let says_so = right.to_string();
    for (wanted, lines) in [
        (Wanted::new(URI).expecting(right), vec![FRESH]),
        (Wanted::new(URI), vec![FRESH, ("Repr-Digest", &*says_so)]),
    ] {
        let (mut client, origin, _) = client(Ram::new());
        origin.then(Response::ok(&lines, wrong));
        let mismatch = Err(DownloadError::Mismatch(digest_of(wrong.as_bytes())));
        assert_eq!(download(&mut client, &wanted, 1), mismatch);
        assert_eq!(stored(&mut client, URI), None);
        // Asked again, it may come as it should.
        origin.then(Response::ok(&lines, wrong));
        origin.then(Response::ok(&lines, BODY));
        assert_eq!(download(&mut client, &wanted, 2), Ok((43, Some(right))));
    }
}

#[test]
fn what_says_itself_that_it_is_something_else_is_not_even_read() {
    let (right, other) = (digest_of(BODY.as_bytes()), digest_of(b"other"));
    let (mut client, origin, _) = client(Ram::new());
    origin.then(Response::ok(&[FRESH, ("Repr-Digest", &other.to_string())], "other"));
    let mut notes = Notes::default();
    let came = block_on(client.download(&Wanted::new(URI).expecting(right), &mut [0; 7], &mut notes));
    assert_eq!(came.err(), Some(DownloadError::Mismatch(other)));
    assert_eq!(notes.progress, []);
    assert_eq!(stored(&mut client, URI), None);
}

#[test]
fn a_stored_version_that_is_not_the_wanted_one_gives_way() {
    let (mut client, origin, _) = client(Ram::new());
    origin.then(Response::ok(&[FRESH, TAG], "version 1"));
    download(&mut client, &Wanted::new(URI), 1).unwrap();
    origin.then(image());
    let digest = digest_of(BODY.as_bytes());
    assert_eq!(download(&mut client, &Wanted::new(URI).expecting(digest), 2), Ok((43, Some(digest))));
    assert_eq!(origin.count(), 2);
}

#[test]
fn a_broken_link_is_an_attempt_and_the_caller_says_how_many() {
    let (mut client, origin, _) = client(Ram::new());
    let cut = || Response::new(200).with(&[FRESH, ("Content-Length", "43")]).chunk(b"the quick").cut_off();
    origin.then(Response::refused());
    origin.then(cut());
    origin.then(Response::new(503));
    origin.then(image());
    let mut notes = Notes { attempts: 9, ..Notes::default() };
    let came = block_on(client.download(&Wanted::new(URI), &mut [0; 7], &mut notes)).map(|image| image.len());
    assert_eq!(came, Ok(43));
    let failed: Vec<_> =
        notes.failed.iter().map(|(error, reached)| (&**error, reached.attempt, reached.received)).collect();
    assert_eq!(failed, [("unreachable", 1, 0), ("cut off", 2, 9), ("503", 3, 0)]);
    let last = notes.progress.last().unwrap();
    assert_eq!(*last, Progress { received: 43, complete: Some(43), from_network: 43, attempt: 4 });

    origin.then(cut());
    origin.then(cut());
    let other = Wanted::new("http://example.com/other");
    assert_eq!(download(&mut client, &other, 2), Err(DownloadError::Body(BodyError::CutOff)));
    assert_eq!(origin.unsaid(), 0);
}

#[test]
fn what_will_not_change_is_not_tried_again() {
    for (says, error) in [
        (Response::new(404), DownloadError::Status(404)),
        (Response::new(206).with(&[("Content-Range", "bytes 0-1/5")]), DownloadError::Status(206)),
        (
            Response::ok(&[("Cache-Control", "no-store")], BODY),
            DownloadError::NotStored(Reason::ResponseNoStore),
        ),
        (Response::new(302), DownloadError::Redirect(RedirectRefused::NoLocation)),
        (Response::new(301).with(&[("Location", "/a")]), DownloadError::Redirect(RedirectRefused::Loop)),
    ] {
        let (mut client, origin, _) = client(Ram::new());
        origin.then(says);
        assert!(!error.is_transient());
        assert_eq!(download(&mut client, &Wanted::new(URI), 5), Err(error));
        assert_eq!(origin.count(), 1, "{error:?}");
    }
}

#[test]
fn what_the_store_cannot_take_is_said() {
    let (mut client, origin, _) = client(RamStore::<4, 2>::new());
    let large = "x".repeat(4096);
    origin.then(Response::ok(&[FRESH], &large));
    let came = download(&mut client, &Wanted::new(URI), 1);
    assert_eq!(came, Err(DownloadError::NotStored(Reason::BodyTooLarge)));
}

#[test]
fn an_origin_that_is_silent_for_too_long_ends_the_attempt() {
    let (mut client, origin, _) = client(Ram::new());
    origin.then(Response::hangs());
    origin.then(Response::new(200).with(&[FRESH]).chunk(b"the quick").stalls());
    origin.then(image());
    let mut notes = Notes { attempts: 3, silent_after: Some(4), ..Notes::default() };
    let came = block_on(client.download(&Wanted::new(URI), &mut [0; 7], &mut notes)).map(|image| image.len());
    assert_eq!(came, Ok(43));
    let failed: Vec<_> = notes.failed.iter().map(|(error, _)| &**error).collect();
    assert_eq!(failed, ["no answer in time", "silent"]);
}

#[test]
fn s15_4_redirections_are_followed_hop_by_hop_through_the_cache() {
    let (mut client, origin, _) = client(Ram::new());
    origin.then(Response::new(301).with(&[FRESH, ("Location", "../v1?x"), ("Content-Length", "0")]));
    origin
        .then(Response::new(302).with(&[("Location", "http://images.example/1?sig=a")]).chunk(b"see there"));
    origin.then(image());
    let lines = [
        ("Authorization", "secret"),
        ("Cookie", "secret"),
        ("Accept", "x/y"),
        ("Range", "bytes=1-"),
        ("If-Match", "*"),
    ];
    let wanted = Wanted::new("http://example.com/latest/image").with_fields(Fields::new(&lines));
    assert_eq!(download(&mut client, &wanted, 1), Ok((43, None)));
    let asked = origin.asked();
    let uris: Vec<_> = asked.iter().map(|asked| &*asked.uri).collect();
    let hops =
        ["http://example.com/latest/image", "http://example.com/v1?x", "http://images.example/1?sig=a"];
    assert_eq!(uris, hops);
    for (asked, may_know) in asked.iter().zip([true, true, false]) {
        assert_eq!(asked.line("authorization").is_some(), may_know, "{}", asked.uri);
        assert_eq!(asked.line("cookie").is_some(), may_know);
        assert_eq!(asked.line("accept").as_deref(), Some("x/y"));
        assert_eq!((asked.line("range"), asked.line("if-match")), (None, None));
    }
    assert_eq!(origin.connections(), 1, "bodies of redirections are read");
    // The first hop is stored and fresh, the last one too.
    origin.then(Response::new(302).with(&[("Location", "http://images.example/1?sig=a")]));
    assert_eq!(download(&mut client, &wanted, 1), Ok((43, None)));
    assert_eq!(origin.count(), 4);
}

#[test]
fn an_attempt_begins_with_the_first_uri_since_others_expire() {
    let (mut client, origin, _) = client(Ram::new());
    for sig in ["a", "b"] {
        origin.then(Response::new(302).with(&[("Location", &format!("/image?sig={sig}"))]));
        origin.then(if sig == "a" { Response::refused() } else { image() });
    }
    assert_eq!(download(&mut client, &Wanted::new(URI), 2), Ok((43, None)));
    assert_eq!(origin.last().uri, "http://example.com/image?sig=b");
}

#[test]
fn redirections_end_at_the_limit_and_never_leave_https() {
    let redirect = |to: &str| Response::new(302).with(&[("Location", to)]);
    let (mut client, origin, _) = client(Ram::new());
    origin.then(redirect("/1"));
    origin.then(redirect("/2"));
    let came = download(&mut client, &Wanted::new(URI).following(1), 5);
    assert_eq!(came, Err(DownloadError::Redirect(RedirectRefused::TooMany)));
    origin.then(redirect("http://example.com/b"));
    let came = download(&mut client, &Wanted::new("https://example.com/a"), 5);
    assert_eq!(came, Err(DownloadError::Redirect(RedirectRefused::Downgrade)));
    let long = format!("/{}", "x".repeat(1024));
    origin.then(redirect(&long));
    let came = download(&mut client, &Wanted::new(URI), 5);
    assert_eq!(came, Err(DownloadError::Redirect(RedirectRefused::TooLong)));
    assert_eq!(origin.unsaid(), 0);
}

#[test]
fn lines_that_cannot_be_sent_are_said() {
    let (mut client, origin, _) = client(Ram::new());
    let names: Vec<_> = (0..9).map(|number| format!("x-{number}")).collect();
    let lines: Vec<_> = names.iter().map(|name| (&**name, "y")).collect();
    let came = download(&mut client, &Wanted::new(URI).with_fields(Fields::new(&lines)), 5);
    assert_eq!(came, Err(DownloadError::Fields));
    assert_eq!(origin.count(), 0);
    let came = block_on(client.download(&Wanted::new(URI), &mut [], &mut Attempts(5))).err();
    assert_eq!(came, Some(DownloadError::Body(BodyError::TooLong)));
    origin.then(image());
    assert!(download(&mut client, &Wanted::new(URI).with_fields(Fields::new(&lines[..8])), 1).is_ok());
}

/// Stores other pairs until something must have been evicted.
fn crowd<S: PairStore>(client: &mut Of<S>, origin: &ScriptedOrigin) {
    for number in 0..20 {
        let uri = format!("http://example.com/{number}");
        origin.then(Response::ok(&[FRESH], "another body"));
        block_on(async {
            let mut reply = client.request(RequestHead::get(&uri)).await;
            rest(&mut reply).await.unwrap();
        });
    }
}

#[test]
fn it_is_pinned_while_it_is_used_and_no_longer() {
    let store: Mutex<NoopRawMutex, _> = Mutex::new(Ram::new());
    let (mut updates, images, _) = client(&store);
    let (mut polling, api, _) = client(&store);
    for is_closed in [true, false] {
        images.then(image());
        let mut image = block_on(updates.download(&Wanted::new(URI), &mut [0; 7], &mut Attempts(1))).unwrap();
        let id = image.id();
        crowd(&mut polling, &api);
        let mut block = [0; 5];
        assert_eq!(block_on(image.read_at(4, &mut block)), Ok(5));
        assert_eq!(&block, b"quick");
        if is_closed {
            block_on(image.close()).unwrap();
        } else {
            // Not used any more, and forgotten: the client's next use takes the pin back.
            crowd(&mut polling, &api);
            assert!(block_on((&store).read(id, 0, &mut block)).is_ok());
            block_on(updates.idle()).unwrap();
        }
        crowd(&mut polling, &api);
        assert_eq!(block_on((&store).read(id, 0, &mut block)), Err(StoreError::Gone));
    }
}

#[test]
fn it_can_be_discarded() {
    let (mut client, origin, _) = client(Ram::new());
    origin.then(image());
    let mut image = block_on(client.download(&Wanted::new(URI), &mut [0; 7], &mut Attempts(1))).unwrap();
    assert_eq!(block_on(image.read_at(0, &mut [0; 3])), Ok(3));
    block_on(image.discard()).unwrap();
    assert_eq!(stored(&mut client, URI), None);
}
