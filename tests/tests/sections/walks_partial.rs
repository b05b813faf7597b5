//! The arrows of the diagram in `state/mod.rs` that are about partial content, without client and store.

use crate::walks::{FRESH, TAG, URI, at, now, request, stored};
use larder::head::{Method, RequestHead};
use larder::options::AllowStale;
use larder::pair::{PairId, StoredBody, StoredPair};
use larder::state::{Candidates, Combined, Extents, IdleClient, IdleNext, MissNext, Serving, UpdateNext};
use larder::time::ReceivedAt;
use larder::{Answer, CacheOptions, Reason};
use larder_tests::Kept;
use larder_tests::heads::{response, text};
use std::ops::{ControlFlow, Range};

/// Ten octets with a strong validator, of which some are held.
fn part<'k>(kept: &'k Kept, id: u64, held: u64) -> StoredPair<'k> {
    StoredPair { id: PairId::new(id), body: StoredBody::part(Some(10), held), ..kept.pair() }
}

fn extents(from: u64, first: Range<u64>, second: Option<Range<u64>>) -> Extents {
    Extents { from, first: Some(first), second }
}

#[test]
fn idle_client_to_cache_miss_to_combining_to_from_cache() {
    let kept = stored(&[FRESH, TAG]);
    let options = CacheOptions::PRIVATE;
    let mut scratch = Candidates::new();
    let mut selecting = IdleClient::new(&options).select(RequestHead::get(URI), now(5), &mut scratch);
    let pair = part(&kept, 7, 6);
    assert_eq!(selecting.wants_extents(&pair), Some(0));
    selecting.offer_part(&pair, &extents(0, 0..4, Some(8..10)));
    let IdleNext::CacheMiss(miss) = selecting.finish() else { panic!("it is incomplete") };
    assert_eq!((miss.reason(), miss.outdated()), (Reason::Incomplete, None));
    let sent = [("Range", "bytes=4-7"), ("If-Range", "\"1\"")];
    assert_eq!(text(miss.outgoing().fields), sent.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let lines = [TAG, ("Content-Range", "bytes 4-7/10"), ("X", "new")];
    let next = miss.next(response(206, &lines), at());
    let MissNext::Combining(state) = next else { panic!("{next:?}") };
    assert_eq!((state.id(), state.response().status), (Some(PairId::new(7)), 206));
    assert_eq!((state.part().first, state.part().last), (4, 7));
    assert_eq!(state.replaces().count(), 0);
    let new = state.freshened(&pair);
    assert_eq!((new.status, new.length, new.resumable), (200, Some(10), true));
    assert_eq!(new.fields.get("content-length"), Some(&b"10"[..]));
    assert_eq!((new.fields.get("x"), new.fields.get("content-range")), (Some(&b"new"[..]), None));
    let Some(served) = state.next() else { panic!("it is a candidate") };
    assert_eq!(
        (served.serving(), served.answer(), served.status(200)),
        (Serving::Completed, Answer::Whole, 200)
    );
}

#[test]
fn cache_miss_to_cache_miss_when_the_response_does_not_continue_the_part() {
    let kept = stored(&[FRESH, TAG]);
    let options = CacheOptions::PRIVATE;
    let mut scratch = Candidates::new();
    let mut selecting = IdleClient::new(&options).select(RequestHead::get(URI), now(5), &mut scratch);
    selecting.offer_part(&part(&kept, 7, 4), &extents(0, 0..4, None));
    let IdleNext::CacheMiss(miss) = selecting.finish() else { panic!("it is incomplete") };
    let next = miss.next(response(416, &[]), at());
    let MissNext::CacheMiss(again) = next else { panic!("{next:?}") };
    assert_eq!((again.reason(), again.outdated()), (Reason::DoesNotContinue, Some(PairId::new(7))));
    assert!(text(again.outgoing().fields).is_empty());
    assert!(matches!(again.next(response(206, &[]), at()), MissNext::CouldNotBeStored(_)), "not once more");
}

#[test]
fn cache_miss_to_from_cache_when_the_origin_fails_while_a_part_is_completed() {
    let old = stored(&[FRESH, ("ETag", "\"0\"")]);
    let kept = stored(&[FRESH, TAG]);
    let newer = StoredPair {
        received: ReceivedAt { utc: now(50).utc, uptime: Some(now(50).uptime), ..kept.pair().received },
        ..part(&kept, 8, 4)
    };
    let options = CacheOptions { allow_stale: AllowStale::OnError, ..CacheOptions::PRIVATE };
    let mut scratch = Candidates::new();
    let mut selecting = IdleClient::new(&options).select(RequestHead::get(URI), now(100), &mut scratch);
    selecting.offer(&old.pair());
    selecting.offer_part(&newer, &extents(0, 0..4, None));
    let IdleNext::CacheMiss(miss) = selecting.finish() else { panic!("the newer one is completed") };
    let next = miss.next(response(503, &[]), at());
    let MissNext::FromCache(state) = next else { panic!("{next:?}") };
    assert_eq!((state.id(), state.serving()), (PairId::new(7), Serving::StaleOnError));
}

#[test]
fn idle_client_to_partial_update_to_from_cache_cache_miss_and_need_revalidation() {
    let kept = stored(&[FRESH, TAG]);
    let ranged = [("Range", "bytes=2-7")];
    for (lines, seconds, combined) in [
        (&[][..], 5, Combined::Whole),
        (&[], 5, Combined::Part(extents(0, 0..9, None))),
        (&ranged, 5, Combined::Part(extents(2, 2..9, None))),
        (&ranged, 100, Combined::Part(extents(2, 2..9, None))),
        (&[], 5, Combined::Failed),
    ] {
        let options = CacheOptions::PRIVATE;
        let mut scratch = Candidates::new();
        let asked = request(Method::Get, lines);
        let mut selecting = IdleClient::new(&options).select(asked, now(seconds), &mut scratch);
        for (id, held) in [(8, 0..5), (7, 5..9)] {
            let pair = part(&kept, id, 5);
            let Some(from) = selecting.wants_extents(&pair) else { panic!("it is incomplete") };
            selecting.offer_part(&pair, &extents(from, held.start.max(from)..held.end, None));
        }
        let ControlFlow::Continue(state) = selecting.finish().decided() else { panic!("two parts") };
        assert_eq!(state.oldest(), Some(PairId::new(7)));
        assert!(state.others().eq([PairId::new(8)]));
        assert_eq!((state.complete(), state.wants_extents()), (10, if lines.is_empty() { 0 } else { 2 }));
        assert_eq!(state.combined(&part(&kept, 8, 5)).length, Some(10));
        let next = state.next(combined.clone());
        match (combined, next) {
            (Combined::Whole, UpdateNext::FromCache(state)) => {
                assert_eq!((state.id(), state.answer()), (PairId::new(7), Answer::Whole));
            }
            (Combined::Part(_), UpdateNext::CacheMiss(miss)) if lines.is_empty() => {
                assert_eq!(miss.outgoing().fields.get("range"), Some(&b"bytes=9-"[..]));
            }
            (Combined::Part(_), UpdateNext::FromCache(state)) if seconds == 5 => {
                assert_eq!((state.id(), state.content()), (PairId::new(7), Some((2, Some(6)))));
            }
            (Combined::Part(_), UpdateNext::NeedRevalidation(need)) if seconds == 100 => {
                assert_eq!(need.outgoing().fields.get("if-none-match"), Some(&b"\"1\""[..]));
            }
            (Combined::Failed, UpdateNext::CacheMiss(miss)) => {
                assert_eq!(miss.outgoing().fields.get("range"), Some(&b"bytes=0-4"[..]), "by one of them");
            }
            (combined, next) => panic!("{combined:?}: {next:?}"),
        }
    }
}
