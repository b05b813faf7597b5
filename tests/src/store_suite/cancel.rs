//! Futures dropped at every await: the store is sound afterwards.

use super::{Kept, Sample, Stored, begin_part, check, extents, find_all, part, store, update};
use crate::YieldingStore;
use crate::polls::poll_times;
use larder::pair::PairId;
use larder::store::{Cursor, PairStore};

/// Every method is polled 0, 1, 2, … times and dropped, until it gets done; after each, what was
/// committed is whole and what was being written is as if never begun.
///
/// The store is run as it is, and with awaits put in before and after every method, so that a store
/// whose futures are ready at once is tested as well.
pub async fn dropped_futures_leave_the_store_sound<S: PairStore>(make: &mut impl FnMut() -> S) {
    for polls in 0..200 {
        if drop_all(&mut make(), polls).await {
            break;
        }
        assert!(polls < 199, "the methods never get done");
    }
    for polls in 0..200 {
        if drop_all(&mut YieldingStore::new(make()), polls).await {
            break;
        }
        assert!(polls < 199, "the methods never get done");
    }
}

/// Drops every method after `polls` polls. Whether all of them were done by then.
async fn drop_all<S: PairStore>(s: &mut S, polls: usize) -> bool {
    let mut done = true;
    let mut kept = store(s, &Sample::new("/kept", 1, 200)).await;

    done &= drop_writes(s, polls).await;
    assert_eq!(check(s, &kept).await, Kept::Whole);

    done &= drop_lookups(s, &kept, polls).await;
    assert_eq!(check(s, &kept).await, Kept::Whole);

    done &= drop_parts(s, polls).await;
    assert_eq!(check(s, &kept).await, Kept::Whole);

    let before = kept.clone();
    match poll_times(update(s, &mut kept, 2), polls) {
        Some(updated) => updated.expect("room"),
        None => {
            done = false;
            // The old head or the new one.
            let new = Stored { sample: Sample { version: 2, ..before.sample.clone() }, ..before };
            let versions = versions(s, &new).await;
            assert!(versions == [1] || versions == [2], "{versions:?}");
            kept.sample.version = versions[0];
        }
    }
    assert_eq!(check(s, &kept).await, Kept::Whole);

    let gone = store(s, &Sample::new("/gone", 2, 100)).await;
    done &= poll_times(s.remove(gone.id), polls).is_some();
    check(s, &gone).await;
    done &= poll_times(s.invalidate(gone.sample.key()), polls).is_some();
    check(s, &gone).await;
    done &= poll_times(s.maintain(), polls).is_some();
    assert_eq!(check(s, &kept).await, Kept::Whole);
    done
}

async fn versions<S: PairStore>(s: &mut S, stored: &Stored) -> Vec<u32> {
    let mut versions = Vec::new();
    find_all(s, stored.sample.key(), |pair| {
        let version = pair.response.fields.get("x-version").and_then(|value| str::from_utf8(value).ok());
        versions.push(version.and_then(|text| text.parse().ok()).expect("a version"));
    })
    .await;
    versions
}

/// `create`, `write`, `commit` and `abandon`.
async fn drop_writes<S: PairStore>(s: &mut S, polls: usize) -> bool {
    let mut done = true;
    let sample = Sample::new("/new", 3, 300);
    done &= poll_times(sample.create(s), polls).is_some();
    let writing = sample.create(s).await.expect("room");
    match poll_times(s.write(writing, &sample.body()), polls) {
        Some(written) => written.expect("room"),
        None => {
            done = false;
            s.abandon(writing).await.expect("the medium");
            assert!(find_all(s, sample.key(), |_| ()).await.is_empty());
        }
    }
    // The one that was dropped may have left a slot: it is taken when it is needed.
    let writing = sample.create(s).await.expect("room");
    s.write(writing, &sample.body()).await.expect("room");
    if poll_times(s.commit(writing, &[]), polls).is_none() {
        done = false;
        s.abandon(writing).await.expect("the medium");
    }
    let mut found = Vec::new();
    for id in find_all(s, sample.key(), |pair| sample.assert_is(pair)).await {
        found.push(Stored { id, sample: sample.clone() });
    }
    assert!(found.len() <= 1);
    for stored in &found {
        assert_eq!(check(s, stored).await, Kept::Whole);
        s.remove(stored.id).await.expect("the medium");
    }
    let writing = sample.create(s).await.expect("room");
    done &= poll_times(s.abandon(writing), polls).is_some();
    assert!(find_all(s, sample.key(), |_| ()).await.is_empty());
    done
}

/// `find`, `head`, `read`, `pin` and `unpin`.
async fn drop_lookups<S: PairStore>(s: &mut S, kept: &Stored, polls: usize) -> bool {
    let mut done = true;
    let mut record = [0; super::sample::RECORD];
    let mut cursor = Cursor::new();
    done &= poll_times(s.find(kept.sample.key(), &mut cursor, &mut record), polls).is_some();
    done &= poll_times(s.head(kept.id, &mut record), polls).is_some();
    done &= poll_times(s.read(kept.id, 5, &mut [0; 50]), polls).is_some();
    match poll_times(s.pin(kept.id), polls) {
        Some(pin) => {
            let pin = pin.expect("a pin");
            done &= poll_times(s.unpin(pin), polls).is_some();
        }
        None => done = false,
    }
    done
}

/// `suspend`, `resume`, `extent` and `merge`, and the commit of what was resumed.
async fn drop_parts<S: PairStore>(s: &mut S, polls: usize) -> bool {
    let mut done = true;
    let sample = Sample::new("/part", 4, 300);
    let writing = begin_part(s, &sample, 0).await.expect("room");
    s.write(writing, &sample.body()[..200]).await.expect("room");
    if poll_times(s.suspend(writing), polls).is_none() {
        done = false;
        // It has happened, or it happens now.
        let _ = s.suspend(writing).await;
    }
    assert_held_is_right(s, &sample).await;
    s.invalidate(sample.key()).await.expect("the medium");

    let id = part(s, &sample, 0..200).await;
    done &= poll_times(s.extent(id, 0), polls).is_some();
    match poll_times(s.resume(id, 200), polls) {
        Some(writing) => {
            let writing = writing.expect("it can be completed");
            s.write(writing, &sample.body()[200..]).await.expect("room");
            if poll_times(s.commit(writing, &[]), polls).is_none() {
                done = false;
                let _ = s.suspend(writing).await;
            }
        }
        None => done = false,
    }
    assert_held_is_right(s, &sample).await;
    s.invalidate(sample.key()).await.expect("the medium");

    let (into, from) = (part(s, &sample, 0..100).await, part(s, &sample, 100..200).await);
    done &= poll_times(s.merge(into, from), polls).is_some();
    assert_held_is_right(s, &sample).await;
    s.invalidate(sample.key()).await.expect("the medium");
    assert!(find_all(s, sample.key(), |_| ()).await.is_empty());
    done
}

/// Of every pair under the sample's key, whole or not, each octet that is held is the sample's.
async fn assert_held_is_right<S: PairStore>(s: &mut S, sample: &Sample) {
    let body = sample.body();
    let found: Vec<PairId> = find_all(s, sample.key(), |pair| sample.assert_is(pair)).await;
    for id in found {
        for extent in extents(s, id).await {
            let mut at = extent.start;
            while at < extent.end {
                let mut buf = [0; 64];
                let read = s.read(id, at, &mut buf).await.expect("it is held");
                assert!(read > 0 && at + read as u64 <= extent.end, "{read} octets at {at} of {extent:?}");
                assert_eq!(buf[..read], body[at as usize..][..read], "at {at}");
                at += read as u64;
            }
        }
    }
}
