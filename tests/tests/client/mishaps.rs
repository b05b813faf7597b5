//! Mishaps: origins and stores that break off at the worst moment, and futures that are dropped there.

use crate::completing::{content, version};
use crate::{FRESH, Of, Ram, TAG, URI, client, get, rest};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use larder::Reason;
use larder::client::download::{Attempts, DownloadError, Persistence, Progress, Wanted};
use larder::client::{BodyError, Outcome, Storing};
use larder::head::{Fields, Method, RequestHead};
use larder::store::{BLOCK, PairStore};
use larder_tests::hooked_store::{FailAt, Hook, HookedStore, Injected};
use larder_tests::polls::yield_now;
use larder_tests::{Representation, Response, ScriptedOrigin, YieldingStore, block_on, poll_times};

fn has(origin: &ScriptedOrigin, there: Representation) {
    origin.answers(move |asked| there.answer(asked));
}

/// A client whose store holds these ranges of version 1.
async fn holding<S: PairStore>(store: S, ranges: &[&str]) -> (Of<S>, ScriptedOrigin) {
    let (mut client, origin, _) = client(store);
    has(&origin, version(1));
    for range in ranges {
        let lines = [("Range", *range)];
        let mut reply = client.request(get().with_fields(Fields::new(&lines))).await;
        rest(&mut reply).await.expect("a part");
        assert!(matches!(reply.report().storing, Storing::Incomplete(_)));
    }
    (client, origin)
}

/// Ready when it is polled for the `polls`th time, and never to be polled again.
async fn once_after(polls: usize) {
    for _ in 1..polls {
        yield_now().await;
    }
}

#[test]
fn a_deadline_that_passes_at_the_end_of_a_part_is_not_waited_for_again() {
    block_on(async {
        let (mut client, origin) = holding(Ram::new(), &["bytes=50-99"]).await;
        // Less than was asked for, so that more is asked for at once.
        origin.then(version(1).part(0, 20).stalls());
        origin.then(Response::hangs());
        let mut reply = client.request(get()).await;
        let mut buf = [0; 64];
        let mut body = Vec::new();
        let error = loop {
            match reply.read_until(&mut buf, once_after(3)).await {
                Ok(0) => panic!("it is not whole"),
                Ok(read) => body.extend_from_slice(&buf[..read]),
                Err(error) => break error,
            }
        };
        assert_eq!((error, &*body), (BodyError::DeadlinePassed, &content(1)[..=20]));
    });
}

#[test]
fn an_error_that_may_be_stored_between_two_holes_leaves_what_is_there() {
    block_on(async {
        let (mut client, origin) = holding(Ram::new(), &["bytes=50-99", "bytes=200-249"]).await;
        origin.then(version(1).part(0, 49));
        origin.then(Response::new(503).with(&[("Cache-Control", "max-age=5")]));
        let mut reply = client.request(get()).await;
        assert_eq!(rest(&mut reply).await, Err(BodyError::CutOff));
        drop(reply);
        let mut reply = client.request(get()).await;
        assert_eq!(rest(&mut reply).await, Ok(content(1)));
        assert_eq!(reply.report().from_store, 150);
    });
}

/// Makes no attempt but the first, and counts how often it was asked.
#[derive(Default)]
struct Counts(u32);

impl Persistence for Counts {
    async fn again<E>(&mut self, _: &DownloadError<E>, _: Progress) -> bool {
        self.0 += 1;
        false
    }
}

#[test]
fn a_store_that_dies_does_not_keep_a_download_going() {
    let (mut client, origin, _) = client(HookedStore::<_, FailAt>::dying(Ram::new(), u64::MAX));
    block_on(async {
        origin.then(Response::ok(&[FRESH], "something"));
        rest(&mut client.request(get()).await).await.unwrap();
        // The search, and nothing from then on.
        client.store().hook().fail_after(2);
        let mut reply = client.request(get()).await;
        assert_eq!(rest(&mut reply).await, Err(BodyError::Lost));
        drop(reply);
    });
    let mut asked = 0;
    origin.answers(move |_| {
        asked += 1;
        assert!(asked < 10, "again and again");
        Response::ok(&[FRESH], "image")
    });
    let wanted = Wanted::new("http://example.com/image");
    let mut counts = Counts::default();
    let came = block_on(client.download(&wanted, &mut [0; 64], &mut counts)).err();
    assert_eq!((came, counts.0), (Some(DownloadError::NotStored(Reason::StoreFailed)), 1));
}

#[test]
fn a_head_that_cannot_be_freshened_does_not_fail_a_download_of_what_is_there() {
    let (mut client, origin, clock) = client(HookedStore::<_, FailAt>::new(Ram::new(), u64::MAX));
    block_on(async {
        origin.then(Response::ok(&[FRESH, TAG], "image"));
        rest(&mut client.request(get()).await).await.unwrap();
        clock.advance(100);
        origin.then(Response::not_modified(&[FRESH, TAG]));
        // The search takes two operations, then comes the update.
        client.store().hook().fail_after(2);
        let came = client.download(&Wanted::new(URI), &mut [0; 64], &mut Attempts(1)).await;
        assert_eq!(came.map(|image| image.len()), Ok(5));
    });
}

#[test]
fn a_pin_outlives_no_request_that_was_dropped_while_the_store_was_busy() {
    let store: Mutex<NoopRawMutex, Ram> = Mutex::new(Ram::new());
    let (mut client, origin, _) = client(&store);
    block_on(async {
        origin.then(Response::ok(&[FRESH], &"x".repeat(60 * BLOCK)));
        let image = client.download(&Wanted::new(URI), &mut [0; 64], &mut Attempts(1)).await.unwrap();
        assert_eq!(image.len(), 60 * BLOCK as u64, "and nobody closes it");
        {
            // Somebody else uses the store, and the caller loses patience.
            let _busy = store.lock().await;
            assert!(poll_times(client.request(get()), 3).is_none());
        }
        // There is room for this only if the image may go.
        origin.then(Response::ok(&[FRESH], &"y".repeat(100 * BLOCK)));
        let mut reply = client.request(RequestHead::get("http://example.com/b")).await;
        rest(&mut reply).await.unwrap();
        assert!(matches!(reply.report().storing, Storing::Stored(_)), "{:?}", reply.report());
    });
}

#[test]
fn s4_4_a_put_dropped_while_it_invalidates_leaves_nothing_to_be_served() {
    for polls in 0.. {
        let (mut client, origin, _) = client(YieldingStore::new(Ram::new()));
        block_on(async {
            origin.then(Response::ok(&[FRESH], "old"));
            rest(&mut client.request(get()).await).await.unwrap();
        });
        let before = origin.count();
        origin.then(Response::new(204));
        let done = poll_times(client.request(get().with_method(Method::Put)), polls).is_some();
        let has_changed = origin.count() > before;
        origin.withdraw();
        origin.then(Response::ok(&[FRESH], "new"));
        let body = block_on(async { rest(&mut client.request(get()).await).await });
        let expected = if has_changed { "new" } else { "old" };
        assert_eq!(body.as_deref(), Ok(expected.as_bytes()), "after {polls} polls");
        if done {
            return;
        }
        assert!(polls < 100);
    }
}

/// Gives way before every operation: nothing that was done is lost with a future.
struct YieldsBefore;

impl Hook for YieldsBefore {
    async fn before(&self) -> Result<(), Injected> {
        yield_now().await;
        Ok(())
    }

    async fn after(&self) {}
}

#[test]
fn what_is_all_held_stays_so_wherever_the_request_is_dropped() {
    for polls in 0.. {
        let store = HookedStore::with(Ram::new(), YieldsBefore);
        let (mut client, origin) = block_on(holding(store, &["bytes=0-199", "bytes=200-399"]));
        let before = origin.count();
        let done = poll_times(async { rest(&mut client.request(get()).await).await }, polls).is_some();
        let mut reply = block_on(client.request(get()));
        assert_eq!(block_on(rest(&mut reply)), Ok(content(1)), "after {polls} polls");
        assert_eq!(origin.count(), before, "after {polls} polls");
        if done {
            return;
        }
        assert!(polls < 500);
    }
}

#[test]
fn s2_of_9530_a_part_completed_by_what_is_not_what_its_head_says_is_not_whole() {
    let says = crate::resumed_downloads::digest_of(&content(1)).to_string();
    let lines = [FRESH, TAG, ("Repr-Digest", &*says)];
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        let right = Representation::new(&content(1), &lines);
        has(&origin, right.clone());
        let range = [("Range", "bytes=0-99")];
        rest(&mut client.request(get().with_fields(Fields::new(&range))).await).await.unwrap();
        has(&origin, Representation { content: content(2), ..right.clone() });
        let _ = rest(&mut client.request(get()).await).await;
        has(&origin, right);
        let mut reply = client.request(get()).await;
        assert_eq!(rest(&mut reply).await, Ok(content(1)));
        drop(reply);
        let mut reply = client.request(get()).await;
        assert_eq!((reply.report().outcome, rest(&mut reply).await), (Outcome::Hit, Ok(content(1))));
        drop(reply);
        assert_eq!(client.health().await.pairs, 1);
    });
}

#[test]
fn octets_behind_a_content_length_of_0_leave_nothing_stored() {
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        origin.then(Response::new(200).with(&[FRESH, ("Content-Length", "0")]).chunk(b"octets"));
        let mut reply = client.request(get()).await;
        let _ = rest(&mut reply).await;
        assert_eq!(reply.report().storing, Storing::No(Reason::LengthMismatch));
        drop(reply);
        origin.then(Response::ok(&[FRESH], "octets"));
        let mut reply = client.request(get()).await;
        assert_eq!(rest(&mut reply).await.as_deref(), Ok(&b"octets"[..]));
        drop(reply);
        assert_eq!(client.health().await.pairs, 1);
    });
}

#[test]
fn s15_5_17_of_9110_a_416_made_here_says_nothing_of_the_whole() {
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        origin.then(Response::ok(&[FRESH, TAG, ("Content-Type", "text/plain")], "whole"));
        rest(&mut client.request(get()).await).await.unwrap();
        let range = [("Range", "bytes=5-")];
        let reply = client.request(get().with_fields(Fields::new(&range))).await;
        assert_eq!(reply.status(), 416);
        assert_eq!(reply.fields().get("content-range"), Some(&b"bytes */5"[..]));
        assert_eq!(reply.fields().get("content-length"), Some(&b"0"[..]));
        for name in ["cache-control", "etag", "content-type"] {
            assert_eq!(reply.fields().get(name), None, "{name}");
        }
    });
}

#[test]
fn s4_3_3_a_new_version_that_has_no_room_takes_the_old_one_with_it() {
    for (status, replaced) in [(200, true), (500, false)] {
        block_on(async {
            let (mut client, origin, _) = client(Ram::new());
            origin.then(Response::ok(&[FRESH, TAG], "old"));
            rest(&mut client.request(get()).await).await.unwrap();
            let length = ("Content-Length", "20000");
            origin.then(Response::new(status).with(&[FRESH, length]).chunk(&[b'n'; 20_000]));
            let refresh = [("Cache-Control", "no-cache")];
            let mut reply = client.request(get().with_fields(Fields::new(&refresh))).await;
            assert_eq!(rest(&mut reply).await.map(|body| body.len()), Ok(20_000));
            drop(reply);
            origin.then(Response::ok(&[FRESH], "newer"));
            let mut reply = client.request(get()).await;
            let expected: &[u8] = if replaced { b"newer" } else { b"old" };
            assert_eq!(rest(&mut reply).await.as_deref(), Ok(expected), "what was seen does not go back");
        });
    }
}
