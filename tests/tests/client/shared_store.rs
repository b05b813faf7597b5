//! Clients of several tasks over one store.

use crate::{FRESH, Of, Ram, TAG, URI, client, get, rest};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use larder::Reason;
use larder::client::{BodyError, Outcome, Storing};
use larder::head::{Method, RequestHead};
use larder::pair::PairKey;
use larder::store::PairStore;
use larder_tests::{Representation, Response, ScriptedOrigin, YieldingStore, block_on, polls};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

type Shared = Mutex<NoopRawMutex, Ram>;

fn two(store: &Shared) -> [(Of<&Shared>, ScriptedOrigin); 2] {
    [(); 2].map(|()| {
        let (client, origin, _) = client(store);
        (client, origin)
    })
}

#[test]
fn an_api_get_completes_between_two_chunks_of_a_long_download() {
    let store = Shared::new(Ram::new());
    let [(mut download, slow), (mut api, quick)] = two(&store);
    block_on(async {
        let mut says = Response::new(200).with(&[FRESH, ("Content-Length", "1000")]);
        for _ in 0..10 {
            says = says.chunk(&[b'f'; 100]);
        }
        slow.then(says);
        let mut firmware = download.request(RequestHead::get("http://example.com/firmware")).await;
        let mut received = 0;
        for round in 0..10 {
            received += firmware.read(&mut [0; 100]).await.unwrap();
            let uri = format!("http://example.com/api/{round}");
            quick.then(Response::ok(&[FRESH], "json"));
            assert_eq!(
                rest(&mut api.request(RequestHead::get(&uri)).await).await.as_deref(),
                Ok(&b"json"[..])
            );
            let reply = api.request(RequestHead::get(&uri)).await;
            assert_eq!(reply.report().outcome, Outcome::Hit, "stored while the download goes on");
        }
        assert_eq!(received, 1000);
        assert_eq!(firmware.read(&mut [0; 100]).await, Ok(0));
        assert!(matches!(firmware.report().storing, Storing::Stored(_)));
        let mut reply = api.request(RequestHead::get("http://example.com/firmware")).await;
        assert_eq!(reply.report().outcome, Outcome::Hit, "what one has stored the other finds");
        assert_eq!(rest(&mut reply).await, Ok(vec![b'f'; 1000]));
    });
}

#[test]
fn two_tasks_that_wait_for_each_other_at_every_await_both_get_done() {
    let store = Shared::new(Ram::new());
    let [(mut one, first), (mut two, second)] = two(&store);
    first.yields();
    second.yields();
    block_on(polls::join(
        async {
            for round in 0..10 {
                first.then(Response::ok(&[FRESH], "first"));
                let uri = format!("http://example.com/1/{round}");
                assert_eq!(
                    rest(&mut one.request(RequestHead::get(&uri)).await).await.as_deref(),
                    Ok(&b"first"[..])
                );
            }
        },
        async {
            for round in 0..10 {
                second.then(Response::ok(&[FRESH], "second"));
                let uri = format!("http://example.com/2/{round}");
                assert_eq!(
                    rest(&mut two.request(RequestHead::get(&uri)).await).await.as_deref(),
                    Ok(&b"second"[..])
                );
            }
        },
    ));
}

#[test]
fn what_one_client_invalidates_the_other_does_not_serve() {
    let store = Shared::new(Ram::new());
    let [(mut one, first), (mut two, second)] = two(&store);
    block_on(async {
        first.then(Response::ok(&[FRESH], "old"));
        rest(&mut one.request(get()).await).await.unwrap();
        assert_eq!(two.request(get()).await.report().outcome, Outcome::Hit);
        second.then(Response::new(204));
        two.request(get().with_method(Method::Put)).await;
        first.then(Response::ok(&[FRESH], "new"));
        let mut reply = one.request(get()).await;
        assert_eq!(rest(&mut reply).await.as_deref(), Ok(&b"new"[..]));
    });
}

#[test]
fn s4_4_what_was_asked_for_before_the_other_client_changed_it_is_not_stored() {
    for (changed, is_stored) in [(URI, false), ("http://example.com/elsewhere", true)] {
        let store = Shared::new(Ram::new());
        let [(mut one, first), (mut two, second)] = two(&store);
        block_on(async {
            first.yields();
            first.then(Response::ok(&[FRESH], "old"));
            let mut asking = pin!(one.request(get()));
            while first.count() == 0 {
                assert!(poll_some(asking.as_mut(), 1).is_none(), "the answer is on its way");
            }
            second.then(Response::new(204));
            two.request(RequestHead::get(changed).with_method(Method::Put)).await;
            let mut reply = asking.await;
            assert_eq!(rest(&mut reply).await.as_deref(), Ok(&b"old"[..]), "whoever asked gets it");
            let storing = reply.report().storing;
            assert_eq!(matches!(storing, Storing::Stored(_)), is_stored, "{changed}");
            assert!(is_stored || storing == Storing::No(Reason::Invalidated));
            second.then(Response::ok(&[FRESH], "new"));
            let mut reply = two.request(get()).await;
            let expected: &[u8] = if is_stored { b"old" } else { b"new" };
            assert_eq!(rest(&mut reply).await.as_deref(), Ok(expected));
        });
    }
}

#[test]
fn both_may_download_the_same_and_one_pair_answers_afterwards() {
    let store = Shared::new(Ram::new());
    let [(mut one, first), (mut two, second)] = two(&store);
    block_on(async {
        first.then(Response::ok(&[FRESH, TAG], "same"));
        second.then(Response::ok(&[FRESH, TAG], "same"));
        let mut a = one.request(get()).await;
        let mut b = two.request(RequestHead::get(URI)).await;
        a.read(&mut [0; 2]).await.unwrap();
        b.read(&mut [0; 2]).await.unwrap();
        assert_eq!(rest(&mut a).await.as_deref(), Ok(&b"me"[..]));
        assert_eq!(rest(&mut b).await.as_deref(), Ok(&b"me"[..]));
        drop(b);
        let mut reply = two.request(get()).await;
        assert_eq!(reply.report().outcome, Outcome::Hit);
        assert_eq!(rest(&mut reply).await.as_deref(), Ok(&b"same"[..]));
    });
}

#[test]
fn a_reader_is_told_when_the_other_client_replaces_its_pair() {
    let store = Shared::new(Ram::new());
    let [(mut one, first), (mut two, second)] = two(&store);
    block_on(async {
        first.then(Response::ok(&[("Cache-Control", "no-cache"), TAG], "old body"));
        rest(&mut one.request(get()).await).await.unwrap();
        first.then(Response::not_modified(&[TAG]));
        let mut reading = one.request(get()).await;
        reading.read(&mut [0; 3]).await.unwrap();
        second.then(Response::ok(&[FRESH], "new body"));
        rest(&mut two.request(get()).await).await.unwrap();
        assert_eq!(reading.read(&mut [0; 8]).await, Err(BodyError::Lost), "never others' octets");
    });
}

#[test]
fn a_pair_that_goes_at_any_await_is_asked_for_again_or_lost_and_never_another() {
    for polls in 0.. {
        let store = Yielding::new(YieldingStore::new(Ram::new()));
        let (mut client, origin, _) = client(&store);
        origin.yields();
        let mut other = &store;
        let done = block_on(async {
            origin.then(Response::ok(&[FRESH, TAG], "the old body"));
            rest(&mut client.request(get()).await).await.unwrap();
            origin.then(Response::ok(&[FRESH], "the new body"));
            let mut outcome = pin!(async {
                let mut reply = client.request(get()).await;
                (reply.status(), rest(&mut reply).await)
            });
            let early = poll_some(outcome.as_mut(), polls);
            let done = early.is_some();
            let (status, body) = match early {
                Some(answer) => answer,
                // The first to get the lock when the operation under way gives it back.
                None => polls::join(outcome, other.invalidate(PairKey::new(URI))).await.0,
            };
            assert_eq!(status, 200, "after {polls} polls");
            match body {
                Ok(body) => assert!(body == b"the old body" || body == b"the new body"),
                Err(error) => assert_eq!(error, BodyError::Lost),
            }
            done
        });
        if done {
            assert!(polls > 5);
            return;
        }
        assert!(polls < 200);
    }
}

type Yielding = Mutex<NoopRawMutex, YieldingStore<Ram>>;

/// Polls a pinned future some times and keeps it.
fn poll_some<F: Future>(mut future: Pin<&mut F>, polls: usize) -> Option<F::Output> {
    let mut context = Context::from_waker(Waker::noop());
    (0..polls).find_map(|_| match future.as_mut().poll(&mut context) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    })
}

#[test]
fn while_one_completes_a_part_the_other_gets_the_whole_elsewhere() {
    let store = Shared::new(Ram::new());
    let [(mut one, first), (mut two, second)] = two(&store);
    let there = Representation::new(&[b'f'; 500], &[FRESH, TAG]);
    let says = Response::new(200).with(&[FRESH, TAG, ("Content-Length", "500")]);
    first.then(says.chunk(&[b'f'; 200]).cut_off());
    for origin in [&first, &second] {
        let there = there.clone();
        origin.answers(move |asked| there.answer(asked));
    }
    block_on(async {
        rest(&mut one.request(get()).await).await.unwrap_err();
        let mut reply = one.request(get()).await;
        assert_eq!(reply.report().outcome, Outcome::Completed);
        reply.read(&mut [0; 100]).await.unwrap();
        let mut other = two.request(get()).await;
        assert_eq!(other.report().outcome, Outcome::Miss, "it is not found while it is written");
        assert_eq!(rest(&mut other).await, Ok(there.content.clone()));
        drop(other);
        assert_eq!(rest(&mut reply).await.map(|body| body.len()), Ok(400));
        assert!(matches!(reply.report().storing, Storing::Stored(_)));
        drop(reply);
        assert_eq!(two.request(get()).await.report().outcome, Outcome::Hit);
    });
}

#[test]
fn a_part_that_is_removed_while_it_is_completed_is_lost_and_nothing_wrong_is_served() {
    let store = Shared::new(Ram::new());
    let [(mut one, first), (mut two, second)] = two(&store);
    let there = Representation::new(&[b'f'; 500], &[FRESH, TAG]);
    let says = Response::new(200).with(&[FRESH, TAG, ("Content-Length", "500")]);
    first.then(says.chunk(&[b'f'; 200]).cut_off());
    first.answers(move |asked| there.answer(asked));
    second.then(Response::new(204));
    block_on(async {
        rest(&mut one.request(get()).await).await.unwrap_err();
        let mut reply = one.request(get()).await;
        reply.read(&mut [0; 50]).await.unwrap();
        assert_eq!(two.request(get().with_method(Method::Put)).await.status(), 204);
        assert_eq!(rest(&mut reply).await, Err(BodyError::Lost));
        drop(reply);
        assert_eq!(one.health().await.pairs, 0);
    });
}
