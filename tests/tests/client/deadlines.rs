//! An origin that accepts and never answers, and a caller whose patience ends.

use crate::{FRESH, Ram, TAG, client, get, rest};
use larder::CacheOptions;
use larder::Reason;
use larder::client::{BodyError, Call, Failure, Outcome, Step, Storing};
use larder::options::AllowStale;
use larder_tests::{Response, after_polls, block_on};

#[test]
fn a_hanging_origin_ends_in_504() {
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        origin.then(Response::hangs());
        let reply = client.call(Call::new(get()).until(after_polls(5))).await;
        assert_eq!((reply.status(), reply.report().outcome), (504, Outcome::GatewayTimeout));
        assert_eq!(reply.failure(), Some(&Failure::DeadlinePassed));
        assert_eq!(reply.report().walked, [Step::IdleClient, Step::CacheMiss, Step::GatewayTimeout]);
        drop(reply);
        assert!(!origin.is_reusable(), "its answer may still come");
        origin.then(Response::ok(&[FRESH], "a"));
        assert_eq!(client.request(get()).await.status(), 200);
        assert_eq!(origin.connections(), 2);
    });
}

#[test]
fn a_hanging_origin_leads_to_a_stale_answer_where_one_is_allowed() {
    for (said, option, status) in [
        ("max-age=60, stale-if-error=1000", AllowStale::Never, 200),
        ("max-age=60", AllowStale::OnError, 200),
        ("max-age=60", AllowStale::Never, 504),
        ("max-age=60, stale-if-error=1000, must-revalidate", AllowStale::OnError, 504),
    ] {
        block_on(async {
            let (mut client, origin, clock) = client(Ram::new());
            *client.options_mut() = CacheOptions { allow_stale: option, ..CacheOptions::PRIVATE };
            origin.then(Response::ok(&[("Cache-Control", said), TAG], "old"));
            rest(&mut client.request(get()).await).await.unwrap();
            clock.advance(100);
            origin.then(Response::hangs());
            let mut reply = client.call(Call::new(get()).until(after_polls(3))).await;
            assert_eq!(reply.status(), status, "{said}");
            assert_eq!(reply.failure(), Some(&Failure::DeadlinePassed));
            if status == 200 {
                assert_eq!(reply.report().outcome, Outcome::StaleOnError);
                assert_eq!(rest(&mut reply).await.as_deref(), Ok(&b"old"[..]));
            }
        });
    }
}

#[test]
fn a_deadline_that_has_passed_already_still_answers_from_the_store() {
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        origin.then(Response::ok(&[FRESH], "a"));
        rest(&mut client.request(get()).await).await.unwrap();
        let reply = client.call(Call::new(get()).until(core::future::ready(()))).await;
        assert_eq!((reply.status(), reply.report().outcome), (200, Outcome::Hit));
    });
}

#[test]
fn a_body_that_stalls_ends_with_the_deadline_and_is_not_stored() {
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        origin.then(Response::new(200).with(&[FRESH]).chunk(b"first").stalls());
        let mut reply = client.request(get()).await;
        assert_eq!(reply.read_until(&mut [0; 9], after_polls(3)).await, Ok(5));
        assert_eq!(reply.read_until(&mut [0; 9], after_polls(3)).await, Err(BodyError::DeadlinePassed));
        assert_eq!(reply.report().storing, Storing::No(Reason::CutOff));
        assert!(reply.read(&mut [0; 9]).await.is_err());
        drop(reply);
        assert!(!origin.is_reusable());
        assert_eq!(client.health().await.pairs, 0);
    });
}

#[test]
fn a_deadline_holds_for_the_second_request_too() {
    block_on(async {
        let (mut client, origin, clock) = client(Ram::new());
        origin.then(Response::ok(&[FRESH, TAG], "a"));
        rest(&mut client.request(get()).await).await.unwrap();
        clock.advance(100);
        origin.then(Response::not_modified(&[("ETag", "\"other\"")]));
        origin.then(Response::hangs());
        let reply = client.call(Call::new(get()).until(after_polls(9))).await;
        assert_eq!((reply.status(), reply.failure()), (504, Some(&Failure::DeadlinePassed)));
    });
}

#[test]
fn what_answers_at_once_is_not_kept_by_a_deadline_that_is_due() {
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        origin.then(Response::ok(&[FRESH], "a"));
        let reply = client.call(Call::new(get()).until(core::future::ready(()))).await;
        assert_eq!(reply.status(), 200, "the answer is looked at first");
    });
}
