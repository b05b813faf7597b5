//! Futures dropped at every await: the store is sound, and the connection is not used again.

use crate::{FRESH, Of, Ram, TAG, URI, client, get, rest};
use larder::client::{Client, Outcome};
use larder::head::{Fields, Method, RequestHead};
use larder::pair::PairKey;
use larder_tests::store_suite::{find_all, read_body};
use larder_tests::{
    MockClock, Representation, Response, ScriptedOrigin, YieldingStore, block_on, poll_times,
};

type Yielding = YieldingStore<Ram>;

/// The octets an origin that counts its versions has.
fn body(version: usize) -> Vec<u8> {
    format!("version {version} ").repeat(20).into_bytes()
}

/// An origin whose resource is at `version`, and which gives way at every await.
fn serve(version: usize) -> ScriptedOrigin {
    let tag = format!("\"{version}\"");
    let origin = ScriptedOrigin::answering(move |asked| {
        if asked.method == "PUT" {
            return Response::new(204);
        }
        if asked.line("if-none-match").is_some_and(|tags| tags == tag) {
            return Response::not_modified(&[("ETag", &tag), FRESH]);
        }
        let body = body(version);
        let length = body.len().to_string();
        let says = Response::new(200).with(&[FRESH, ("ETag", &tag), ("Content-Length", &length)]);
        body.chunks(50).fold(says, |says, chunk| says.chunk(chunk))
    });
    origin.yields();
    origin
}

fn new_client(version: usize) -> (Of<Yielding>, MockClock) {
    let clock = MockClock::new();
    (Client::new(YieldingStore::new(Ram::new()), serve(version), clock.clone()), clock)
}

/// One whole request.
async fn fetch(client: &mut Of<Yielding>, request: RequestHead<'_>) -> (u16, Vec<u8>) {
    let mut reply = client.request(request).await;
    let status = reply.status();
    (status, rest(&mut reply).await.expect("a whole body"))
}

/// Everything stored is whole, of one of `versions`, and there is at most one of each.
async fn assert_sound(client: &mut Of<Yielding>, versions: &[usize], context: &str) {
    let store = client.store();
    let mut found = Vec::new();
    let ids = find_all(store, PairKey::new(URI), |pair| {
        let tag = pair.response.fields.get("etag").expect("a tag").to_vec();
        assert!(!found.contains(&tag), "{context}: twice");
        found.push(tag);
    })
    .await;
    for (id, tag) in ids.into_iter().zip(found) {
        let version = versions.iter().find(|version| tag == format!("\"{version}\"").as_bytes());
        let version = version.unwrap_or_else(|| panic!("{context}: {tag:?}"));
        assert_eq!(read_body(store, id, 64).await.expect("a body"), body(*version), "{context}");
    }
}

#[test]
fn a_miss_dropped_at_every_await() {
    for polls in 0.. {
        let (mut client, _) = new_client(1);
        let done = poll_times(fetch(&mut client, get()), polls).is_some();
        block_on(async {
            let context = format!("after {polls} polls");
            assert_sound(&mut client, &[1], &context).await;
            assert_eq!(fetch(&mut client, get()).await, (200, body(1)), "{context}");
            assert_sound(&mut client, &[1], &context).await;
            assert_eq!(client.health().await.pairs, 1, "{context}: nothing is left behind");
            assert_eq!(client.health().await.evictions, 0);
        });
        if done {
            assert!(polls > 15, "there were awaits");
            return;
        }
        assert!(polls < 500);
    }
}

#[test]
fn a_hit_dropped_at_every_await() {
    for polls in 0.. {
        let (mut client, _) = new_client(1);
        block_on(fetch(&mut client, get()));
        let done = poll_times(fetch(&mut client, get()), polls).is_some();
        block_on(async {
            assert_sound(&mut client, &[1], "hit").await;
            let mut reply = client.request(get()).await;
            assert_eq!(reply.report().outcome, Outcome::Hit);
            assert_eq!(rest(&mut reply).await, Ok(body(1)));
        });
        if done {
            return;
        }
        assert!(polls < 500);
    }
}

#[test]
fn a_validation_dropped_at_every_await() {
    for polls in 0.. {
        let (mut client, clock) = new_client(1);
        block_on(fetch(&mut client, get()));
        clock.advance(100);
        let done = poll_times(fetch(&mut client, get()), polls).is_some();
        block_on(async {
            let context = format!("after {polls} polls");
            assert_sound(&mut client, &[1], &context).await;
            assert_eq!(fetch(&mut client, get()).await, (200, body(1)), "{context}");
            assert_eq!(client.health().await.pairs, 1);
        });
        if done {
            return;
        }
        assert!(polls < 500);
    }
}

#[test]
fn a_change_dropped_at_every_await_leaves_the_old_pair_or_the_new_one() {
    for polls in 0.. {
        let (mut client, clock) = new_client(1);
        block_on(fetch(&mut client, get()));
        clock.advance(100);
        *client.origin() = serve(2);
        let done = poll_times(fetch(&mut client, get()), polls).is_some();
        block_on(async {
            let context = format!("after {polls} polls");
            assert_sound(&mut client, &[1, 2], &context).await;
            assert_eq!(client.health().await.pairs, 1, "{context}");
            assert_eq!(fetch(&mut client, get()).await, (200, body(2)), "{context}");
            assert_sound(&mut client, &[2], &context).await;
        });
        if done {
            return;
        }
        assert!(polls < 500);
    }
}

#[test]
fn a_put_dropped_at_every_await_leaves_a_whole_pair_or_none() {
    for polls in 0.. {
        let (mut client, _) = new_client(1);
        block_on(fetch(&mut client, get()));
        let put = get().with_method(Method::Put);
        let done = poll_times(fetch(&mut client, put), polls).is_some();
        block_on(assert_sound(&mut client, &[1], "put"));
        if done {
            assert_eq!(block_on(client.health()).pairs, 0);
            return;
        }
        assert!(polls < 500);
    }
}

#[test]
fn a_connection_in_use_when_a_future_was_dropped_is_not_used_again() {
    for polls in 0.. {
        let (mut client, _) = new_client(1);
        let origin = client.origin().clone();
        let done = poll_times(fetch(&mut client, get()), polls).is_some();
        let was_busy = origin.connections() > 0 && !origin.is_reusable();
        block_on(async {
            let uri = "http://example.com/b";
            assert_eq!(fetch(&mut client, RequestHead::get(uri)).await.0, 200);
            assert_eq!(origin.connections(), if was_busy { 2 } else { 1 }, "after {polls} polls");
        });
        if done {
            return;
        }
        assert!(polls < 500);
    }
}

#[test]
fn validate_dropped_at_every_await() {
    for polls in 0.. {
        let (mut client, origin, clock) = client(YieldingStore::new(Ram::new()));
        origin.then(Response::ok(
            &[("Cache-Control", "max-age=60, stale-while-revalidate=1000"), TAG],
            "version",
        ));
        block_on(async {
            rest(&mut client.request(get()).await).await.unwrap();
        });
        clock.advance(100);
        origin.yields();
        origin.then(Response::ok(&[FRESH], "a new body"));
        let done = poll_times(client.validate(get(), &mut [0; 4]), polls).is_some();
        origin.withdraw();
        block_on(async {
            let mut reply = client.request(get()).await;
            let expected = if reply.report().validation_due { "version" } else { "a new body" };
            assert_eq!(rest(&mut reply).await.as_deref(), Ok(expected.as_bytes()));
            assert_eq!(client.health().await.pairs, 1);
        });
        if done {
            return;
        }
        assert!(polls < 500);
    }
}

/// A client whose store holds the first 100 octets of version 1.
async fn holding_a_part() -> Of<Yielding> {
    let (mut client, _) = new_client(1);
    let says = Response::new(200).with(&[FRESH, ("ETag", "\"1\""), ("Content-Length", "200")]);
    client.origin().then(body(1)[..100].chunks(50).fold(says, |says, chunk| says.chunk(chunk)).cut_off());
    rest(&mut client.request(get()).await).await.expect_err("it is cut off");
    let lines = [FRESH, ("ETag", "\"1\"")];
    let there = Representation::new(&body(1), &lines);
    client.origin().answers(move |asked| there.answer(asked));
    client
}

#[test]
fn a_completion_dropped_at_every_await() {
    for polls in 0.. {
        let mut client = block_on(holding_a_part());
        let done = poll_times(fetch(&mut client, get()), polls).is_some();
        block_on(async {
            let context = format!("after {polls} polls");
            assert_eq!(fetch(&mut client, get()).await, (200, body(1)), "{context}");
            assert_sound(&mut client, &[1], &context).await;
            assert_eq!(client.health().await.pairs, 1, "{context}: nothing is left behind");
            assert_eq!(client.health().await.evictions, 0);
        });
        if done {
            assert!(polls > 20, "there were awaits");
            return;
        }
        assert!(polls < 500);
    }
}

#[test]
fn combining_dropped_at_every_await() {
    for polls in 0.. {
        let mut client = block_on(holding_a_part());
        let lines = [("Range", "bytes=100-149")];
        let part = RequestHead { fields: Fields::new(&lines), ..get() };
        assert_eq!(block_on(fetch(&mut client, part)).0, 206);
        let lines = [("Range", "bytes=50-120")];
        let both = RequestHead { fields: Fields::new(&lines), ..get() };
        let done = poll_times(fetch(&mut client, both), polls).is_some();
        block_on(async {
            let (status, octets) = fetch(&mut client, both).await;
            assert_eq!((status, &*octets), (206, &body(1)[50..=120]), "after {polls} polls");
            assert_eq!(fetch(&mut client, get()).await, (200, body(1)), "after {polls} polls");
            assert_eq!(client.health().await.pairs, 1, "after {polls} polls");
        });
        if done {
            assert!(polls > 10, "there were awaits");
            return;
        }
        assert!(polls < 500);
    }
}
