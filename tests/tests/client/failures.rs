//! Stores that fail: a store error never fails a request.

use crate::{FRESH, Of, Ram, TAG, URI, client, get};
use larder::client::{BodyError, Client};
use larder::head::{Method, RequestHead};
use larder::store::PairStore;
use larder_tests::hooked_store::{FailAt, HookedStore};
use larder_tests::origin::OriginError;
use larder_tests::{FailingStore, Response, ScriptedOrigin, block_on, heads};

type Failing = FailingStore<Ram>;
type Read = Result<Vec<u8>, BodyError<OriginError>>;

async fn ask<S: PairStore>(client: &mut Of<S>, request: RequestHead<'_>) -> (u16, Vec<String>, Read) {
    let mut reply = client.request(request).await;
    let tags = heads::values(&heads::owned(reply.fields()), "etag");
    let status = reply.status();
    let mut body = Vec::new();
    let mut buf = [0; 5];
    loop {
        match reply.read(&mut buf).await {
            Ok(0) => return (status, tags, Ok(body)),
            Ok(read) => body.extend_from_slice(&buf[..read]),
            Err(error) => {
                let known = [&b"old body"[..], b"new body", b"third body"];
                assert!(known.iter().any(|all| all.starts_with(&body)), "what came before was right");
                return (status, tags, Err(error));
            }
        }
    }
}

/// Whether a reply is one of `answers`: a tag and a body; or its body was lost on the way.
fn assert_one_of(answers: &[(&str, &str)], (status, tags, body): &(u16, Vec<String>, Read), n: u64) {
    assert_eq!(*status, 200, "operation {n}");
    let tag = tags.first().map(String::as_str).unwrap_or_default();
    match body {
        Ok(body) => assert!(
            answers.iter().any(|answer| *answer == (tag, str::from_utf8(body).expect("text"))),
            "operation {n}: {tag} {body:?}"
        ),
        Err(BodyError::Lost) => assert!(answers.iter().any(|answer| answer.0 == tag), "operation {n}"),
        Err(error) => panic!("operation {n}: {error:?}"),
    }
}

const OLD: (&str, &str) = ("\"1\"", "old body");
const NEW: (&str, &str) = ("\"2\"", "new body");
const THIRD: (&str, &str) = ("\"3\"", "third body");

/// An origin that has `tag` and `body`, and answers 304 to whoever has them.
fn serve(tag: &'static str, body: &'static str) -> ScriptedOrigin {
    ScriptedOrigin::answering(move |asked| {
        if asked.method == "PUT" {
            return Response::new(204);
        }
        if asked.line("if-none-match").is_some_and(|tags| tags.contains(tag)) {
            return Response::not_modified(&[("ETag", tag), FRESH]);
        }
        Response::ok(&[("ETag", tag), FRESH], body)
    })
}

/// A life of one resource: stored, hit, validated, changed, hit, changed by PUT. Whether the failure
/// came.
async fn live(store: Failing, n: u64) -> bool {
    let (_, _, clock) = client(Ram::new());
    let mut store = Some(store);
    let mut client: Of<Failing> =
        Client::new(store.take().expect("one store"), serve(OLD.0, OLD.1), clock.clone());
    for _ in 0..2 {
        assert_one_of(&[OLD], &ask(&mut client, get()).await, n);
    }
    clock.advance(100);
    assert_one_of(&[OLD], &ask(&mut client, get()).await, n);
    *client.origin() = serve(NEW.0, NEW.1);
    // What is fresh may still be the old one.
    assert_one_of(&[OLD, NEW], &ask(&mut client, get()).await, n);
    clock.advance(100);
    assert_one_of(&[NEW], &ask(&mut client, get()).await, n);
    assert_one_of(&[NEW], &ask(&mut client, get()).await, n);
    *client.origin() = serve(THIRD.0, THIRD.1);
    assert_eq!(client.request(get().with_method(Method::Put)).await.status(), 204, "operation {n}");
    for _ in 0..2 {
        // §4.4: what was invalidated is not used, whether or not the store could remove it.
        assert_one_of(&[THIRD], &ask(&mut client, get()).await, n);
    }
    client.store().hook().has_failed()
}

#[test]
fn whichever_operation_fails_the_answer_is_right() {
    let mut n = 0;
    while block_on(live(FailingStore::new(Ram::new(), n), n)) {
        n += 1;
        assert!(n < 500, "it never ends");
    }
    assert!(n > 20, "only {n} operations");
}

#[test]
fn from_whichever_operation_on_all_fail_the_answer_is_right() {
    for n in 0..40 {
        block_on(live(FailingStore::dying(Ram::new(), n), n));
    }
}

#[test]
fn a_failure_is_reported() {
    block_on(async {
        for (n, storing) in [(0, true), (2, false)] {
            let (mut client, origin, _) = client(HookedStore::<_, FailAt>::new(Ram::new(), n));
            origin.then(Response::ok(&[FRESH, TAG], "a"));
            let mut reply = client.request(get()).await;
            assert_eq!(crate::rest(&mut reply).await.as_deref(), Ok(&b"a"[..]));
            assert!(reply.report().store_failed, "operation {n}");
            let stored = matches!(reply.report().storing, larder::client::Storing::Stored(_));
            assert_eq!(stored, storing, "a search that fails keeps nothing from being stored");
        }
    });
}

#[test]
fn a_pair_that_cannot_be_freshened_is_used_and_validated_again() {
    block_on(async {
        let (mut client, origin, clock) = client(HookedStore::<_, FailAt>::new(Ram::new(), u64::MAX));
        origin.then(Response::ok(&[FRESH, TAG], "a"));
        crate::rest(&mut client.request(get()).await).await.unwrap();
        clock.advance(100);
        // The search takes two operations, then comes the update.
        client.store().hook().fail_after(2);
        origin.then(Response::not_modified(&[TAG, FRESH]));
        let mut reply = client.request(get()).await;
        assert_eq!((reply.status(), crate::rest(&mut reply).await.as_deref()), (200, Ok(&b"a"[..])));
        assert!(reply.report().store_failed);
        origin.then(Response::not_modified(&[TAG, FRESH]));
        assert_eq!(client.request(RequestHead::get(URI)).await.status(), 200);
        assert_eq!(origin.count(), 3);
    });
}

#[test]
fn what_the_caller_invalidates_is_not_used_even_if_the_store_fails_to_remove_it() {
    block_on(async {
        for fails in [false, true] {
            let (mut client, origin, _) = client(HookedStore::<_, FailAt>::new(Ram::new(), u64::MAX));
            origin.then(Response::ok(&[FRESH, TAG], "a"));
            for _ in 0..2 {
                let mut reply = client.request(get()).await;
                assert_eq!(crate::rest(&mut reply).await.as_deref(), Ok(&b"a"[..]));
            }
            if fails {
                client.store().hook().fail_after(0);
            }
            assert_eq!(client.invalidate(URI).await.is_err(), fails);
            origin.then(Response::ok(&[FRESH, TAG], "b"));
            let mut reply = client.request(get()).await;
            assert_eq!(crate::rest(&mut reply).await.as_deref(), Ok(&b"b"[..]), "{fails}");
        }
    });
}
