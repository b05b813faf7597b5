//! Incomplete pairs: what is kept of them, and how they are completed (§3.3, §3.4).
#![expect(clippy::single_range_in_vec_init, reason = "extents are lists of ranges, often of one")]

use super::sample::RECORD;
use super::{Kept, Sample, Stored, check, find_all, read_body};
use larder::pair::{NewPair, PairId, StoredBody};
use larder::store::{Found, PairStore, StoreError, Writing};
use std::ops::Range;

/// Octets of the bodies of these cases.
const LEN: usize = 900;

/// Begins a pair of which parts are kept, at `offset` of its body.
///
/// # Errors
/// Those of the store.
pub async fn begin_part<S: PairStore>(
    store: &mut S,
    sample: &Sample,
    offset: usize,
) -> Result<Writing, StoreError<S::Error>> {
    let new = async |pair: &NewPair<'_>| {
        store.create(&NewPair { resumable: true, offset: offset as u64, ..*pair }).await
    };
    sample.with_pair(new).await
}

/// Begins a pair of which parts are kept, at `offset` of its body.
async fn create<S: PairStore>(store: &mut S, sample: &Sample, offset: usize) -> Writing {
    begin_part(store, sample, offset).await.expect("the pair fits")
}

async fn write<S: PairStore>(store: &mut S, writing: Writing, sample: &Sample, range: Range<usize>) {
    for chunk in sample.body()[range].chunks(70) {
        store.write(writing, chunk).await.expect("room");
    }
}

/// A pair of which one part is stored.
///
/// # Panics
/// If the store refuses.
pub async fn part<S: PairStore>(store: &mut S, sample: &Sample, range: Range<usize>) -> PairId {
    let writing = create(store, sample, range.start).await;
    write(store, writing, sample, range).await;
    store.suspend(writing).await.expect("the medium works").expect("a part is kept")
}

/// Stores one more part.
///
/// # Panics
/// If the store refuses.
pub async fn more<S: PairStore>(store: &mut S, id: PairId, sample: &Sample, range: Range<usize>) {
    let writing = store.resume(id, range.start as u64).await.expect("it can be completed");
    write(store, writing, sample, range).await;
    let kept = store.suspend(writing).await.expect("the medium works");
    assert_eq!(kept, Some(id));
}

async fn head<S: PairStore>(store: &mut S, id: PairId) -> Option<Found> {
    store.head(id, &mut [0; RECORD]).await.expect("the medium works")
}

/// Which octets of a pair's body are held.
///
/// # Panics
/// If the pair is gone, or the extents are not in order.
pub async fn extents<S: PairStore>(store: &mut S, id: PairId) -> Vec<Range<u64>> {
    let mut extents = Vec::new();
    let mut from = 0;
    while let Some(next) = store.extent(id, from).await.expect("it is there") {
        assert!(next.start >= from && next.end > next.start, "{next:?} from {from}");
        from = next.end;
        extents.push(next);
    }
    extents
}

/// Every octet that is held is the sample's, whichever way it is read.
async fn assert_held<S: PairStore>(store: &mut S, id: PairId, sample: &Sample, expected: &[Range<u64>]) {
    assert_eq!(extents(store, id).await, expected);
    let held = expected.iter().map(|extent| extent.end - extent.start).sum();
    let found = head(store, id).await.expect("it is there");
    assert_eq!(found.body, StoredBody::part(Some(sample.len as u64), held));
    assert!(
        find_all(store, sample.key(), |pair| assert!(pair.id != id || !pair.body.is_whole()))
            .await
            .contains(&id)
    );
    let body = sample.body();
    for offset in 0..sample.len + 2 {
        let inside = expected.iter().find(|extent| extent.contains(&(offset as u64)));
        let mut buf = [0; 50];
        let read = store.read(id, offset as u64, &mut buf).await.expect("it is there");
        assert_eq!(read > 0, inside.is_some(), "at {offset}");
        let end = inside.map_or(offset, |extent| extent.end as usize);
        assert!(offset + read <= end, "{read} octets at {offset}");
        assert_eq!(buf[..read], body[offset.min(LEN)..][..read], "at {offset}");
    }
}

async fn assert_whole<S: PairStore>(store: &mut S, id: PairId, sample: &Sample) {
    let kept = check(store, &Stored { id, sample: sample.clone() }).await;
    assert_eq!(kept, Kept::Whole);
}

async fn assert_gone<S: PairStore>(store: &mut S, id: PairId, sample: &Sample) {
    let kept = check(store, &Stored { id, sample: sample.clone() }).await;
    assert_eq!(kept, Kept::Gone);
}

/// §3.3: what arrived before the connection was lost is kept, if it is worth keeping.
///
/// # Panics
/// If the store breaks its contract, as all cases.
pub async fn a_suspended_body_is_kept_as_far_as_it_goes<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut store = make();
    let sample = Sample::new("/a", 1, LEN);
    for cut in [1, 127, 128, 500, LEN - 1, LEN] {
        let id = part(&mut store, &sample, 0..cut).await;
        assert_held(&mut store, id, &sample, &[0..cut as u64]).await;
        store.remove(id).await.expect("the medium works");
        assert_gone(&mut store, id, &sample).await;
    }
}

/// Of a pair that is not worth it nothing is kept.
///
/// # Panics
/// If the store breaks its contract.
pub async fn a_pair_that_is_not_resumable_is_given_up<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut store = make();
    let sample = Sample::new("/a", 1, LEN);
    let writing = sample.create(&mut store).await.expect("the pair fits");
    write(&mut store, writing, &sample, 0..500).await;
    assert!(matches!(store.suspend(writing).await, Ok(None)));
    assert!(find_all(&mut store, sample.key(), |_| ()).await.is_empty());
    assert!(matches!(store.commit(writing, &[]).await, Err(StoreError::Gone)));
    assert!(matches!(store.suspend(writing).await, Err(StoreError::Gone)));
}

/// What is missing is written, and then it is a pair like any other.
///
/// # Panics
/// If the store breaks its contract.
pub async fn a_resumed_body_is_completed<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut store = make();
    let sample = Sample::new("/a", 1, LEN);
    for cut in [1, 128, 450, LEN] {
        let id = part(&mut store, &sample, 0..cut).await;
        let writing = store.resume(id, cut as u64).await.expect("it can be completed");
        write(&mut store, writing, &sample, cut..LEN).await;
        assert_eq!(store.commit(writing, &[]).await.ok(), Some(id));
        assert_whole(&mut store, id, &sample).await;
        let again = store.resume(id, 0).await;
        assert!(matches!(again, Err(StoreError::Gone)), "a whole pair is not resumed");
    }
}

/// Parts of a body are stored in any order.
///
/// # Panics
/// If the store breaks its contract.
pub async fn holes_are_filled_in_any_order<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut store = make();
    let sample = Sample::new("/a", 1, LEN);
    let id = part(&mut store, &sample, 600..700).await;
    assert_held(&mut store, id, &sample, &[600..700]).await;
    more(&mut store, id, &sample, 100..200).await;
    assert_held(&mut store, id, &sample, &[100..200, 600..700]).await;
    more(&mut store, id, &sample, 200..300).await;
    more(&mut store, id, &sample, 700..LEN).await;
    assert_held(&mut store, id, &sample, &[100..300, 600..LEN as u64]).await;
    more(&mut store, id, &sample, 0..100).await;
    assert_held(&mut store, id, &sample, &[0..300, 600..LEN as u64]).await;
    let writing = store.resume(id, 300).await.expect("it can be completed");
    write(&mut store, writing, &sample, 300..600).await;
    assert_eq!(store.commit(writing, &[]).await.ok(), Some(id));
    assert_whole(&mut store, id, &sample).await;
}

/// Octets that are held already are not stored again, nor are those behind the next extent.
///
/// # Panics
/// If the store breaks its contract.
pub async fn a_writer_fills_one_hole<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut store = make();
    let sample = Sample::new("/a", 1, LEN);
    let id = part(&mut store, &sample, 300..400).await;
    // Octets of another body must not show where the first ones are held.
    let other = Sample::new("/a", 2, LEN).body();
    let writing = store.resume(id, 350).await.expect("it can be resumed");
    store.write(writing, &other[350..LEN]).await.expect("room");
    assert_eq!(store.suspend(writing).await.ok(), Some(Some(id)));
    assert_held(&mut store, id, &sample, &[300..400]).await;
    let writing = store.resume(id, 200).await.expect("it can be resumed");
    write(&mut store, writing, &sample, 200..300).await;
    store.write(writing, &other[300..LEN]).await.expect("room");
    assert_eq!(store.commit(writing, &[]).await.ok(), Some(id));
    assert_held(&mut store, id, &sample, &[200..400]).await;
}

/// A commit does not make whole what is not.
///
/// # Panics
/// If the store breaks its contract.
pub async fn a_commit_with_octets_missing_replaces_nothing<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut store = make();
    let old = super::store(&mut store, &Sample::new("/a", 9, 40)).await;
    let sample = Sample::new("/a", 1, LEN);
    let writing = create(&mut store, &sample, 0).await;
    write(&mut store, writing, &sample, 0..600).await;
    let id = store.commit(writing, &[old.id]).await.expect("room");
    assert_held(&mut store, id, &sample, &[0..600]).await;
    assert_eq!(check(&mut store, &old).await, Kept::Whole);
    let writing = store.resume(id, 600).await.expect("it can be completed");
    write(&mut store, writing, &sample, 600..LEN).await;
    assert_eq!(store.commit(writing, &[old.id]).await.ok(), Some(id));
    assert_whole(&mut store, id, &sample).await;
    assert_eq!(check(&mut store, &old).await, Kept::Gone);
}

/// While it is being written a pair is not found; by its name it can be read.
///
/// # Panics
/// If the store breaks its contract.
pub async fn a_pair_being_resumed_is_not_found<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut store = make();
    let sample = Sample::new("/a", 1, LEN);
    let id = part(&mut store, &sample, 0..500).await;
    let writing = store.resume(id, 500).await.expect("it can be completed");
    write(&mut store, writing, &sample, 500..600).await;
    assert!(find_all(&mut store, sample.key(), |_| ()).await.is_empty());
    assert!(matches!(store.resume(id, 500).await, Err(StoreError::Gone)), "one writer at a time");
    let body = read_body(&mut store, id, 64).await.expect("it is there");
    assert!(body.len() >= 500 && body[..] == sample.body()[..body.len()]);
    assert_eq!(store.suspend(writing).await.ok(), Some(Some(id)));
    assert_held(&mut store, id, &sample, &[0..600]).await;
    let stale = store.write(writing, b"x").await;
    assert!(matches!(stale, Err(StoreError::Gone)), "a writer that has ended means nothing");
}

/// To abandon is to give up all of it.
///
/// # Panics
/// If the store breaks its contract.
pub async fn abandon_gives_an_incomplete_pair_up<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut store = make();
    let sample = Sample::new("/a", 1, LEN);
    let id = part(&mut store, &sample, 0..500).await;
    let writing = store.resume(id, 500).await.expect("it can be completed");
    write(&mut store, writing, &sample, 500..LEN).await;
    store.abandon(writing).await.expect("the medium works");
    assert_gone(&mut store, id, &sample).await;
    let writing = create(&mut store, &sample, 0).await;
    write(&mut store, writing, &sample, 0..LEN).await;
    store.abandon(writing).await.expect("the medium works");
    assert!(find_all(&mut store, sample.key(), |_| ()).await.is_empty());
}

/// §4.4 is for incomplete pairs too.
///
/// # Panics
/// If the store breaks its contract.
pub async fn invalidate_takes_incomplete_pairs<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut store = make();
    let sample = Sample::new("/a", 1, LEN);
    let id = part(&mut store, &sample, 0..500).await;
    store.invalidate(sample.key()).await.expect("the medium works");
    assert_gone(&mut store, id, &sample).await;
    let id = part(&mut store, &sample, 0..500).await;
    let writing = store.resume(id, 500).await.expect("it can be completed");
    store.invalidate(sample.key()).await.expect("the medium works");
    assert!(matches!(store.write(writing, b"x").await, Err(StoreError::Gone)));
    assert_gone(&mut store, id, &sample).await;
}

/// A head is written anew, the extents stay; and it tells the length that was not known.
///
/// # Panics
/// If the store breaks its contract.
pub async fn update_of_an_incomplete_pair_keeps_its_extents<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut store = make();
    let sample = Sample { length_known: false, ..Sample::new("/a", 1, LEN) };
    let id = part(&mut store, &sample, 0..500).await;
    let found = head(&mut store, id).await.expect("it is there");
    assert_eq!(found.body, StoredBody::part(None, 500));
    assert!(matches!(store.resume(id, 500).await, Err(StoreError::Gone)), "its length is not known");
    let sample = Sample { version: 2, length_known: true, ..sample };
    sample.with_pair(async |pair| store.update(id, pair).await).await.expect("room");
    assert_held(&mut store, id, &sample, &[0..500]).await;
    let sample = Sample { version: 3, ..sample };
    sample.with_pair(async |pair| store.update(id, pair).await).await.expect("room");
    let writing = store.resume(id, 500).await.expect("it can be completed");
    write(&mut store, writing, &sample, 500..LEN).await;
    assert_eq!(store.commit(writing, &[]).await.ok(), Some(id));
    assert_whole(&mut store, id, &sample).await;
}

/// §3.4: two parts of one representation become one pair.
///
/// # Panics
/// If the store breaks its contract.
pub async fn merged_parts_are_one_body<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut store = make();
    let sample = Sample::new("/a", 1, LEN);
    for (a, b) in
        [(0..500, 500..LEN), (500..LEN, 0..500), (0..500, 400..LEN), (0..LEN, 0..200), (0..200, 0..LEN)]
    {
        let first = part(&mut store, &sample, a).await;
        let second = part(&mut store, &sample, b).await;
        assert!(matches!(store.merge(second, first).await, Err(StoreError::Gone)), "into the older one");
        store.merge(first, second).await.expect("room");
        assert_held(&mut store, first, &sample, &[0..LEN as u64]).await;
        assert_gone(&mut store, second, &sample).await;
        let writing = store.resume(first, LEN as u64).await.expect("it can be completed");
        assert_eq!(store.commit(writing, &[]).await.ok(), Some(first));
        assert_whole(&mut store, first, &sample).await;
        store.remove(first).await.expect("the medium works");
        assert_gone(&mut store, first, &sample).await;
    }
}

/// Merged parts that leave holes can be completed.
///
/// # Panics
/// If the store breaks its contract.
pub async fn merged_parts_with_holes_are_completed<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut store = make();
    let sample = Sample::new("/a", 1, LEN);
    let first = part(&mut store, &sample, 100..300).await;
    let second = part(&mut store, &sample, 700..800).await;
    more(&mut store, second, &sample, 400..500).await;
    store.merge(first, second).await.expect("room");
    assert_held(&mut store, first, &sample, &[100..300, 400..500, 700..800]).await;
    more(&mut store, first, &sample, 0..100).await;
    more(&mut store, first, &sample, 300..400).await;
    more(&mut store, first, &sample, 500..700).await;
    let writing = store.resume(first, 800).await.expect("it can be completed");
    write(&mut store, writing, &sample, 800..LEN).await;
    assert_eq!(store.commit(writing, &[]).await.ok(), Some(first));
    assert_whole(&mut store, first, &sample).await;
    let other = Sample::new("/a", 1, LEN + 1);
    let third = part(&mut store, &sample, 0..100).await;
    let fourth = part(&mut store, &other, 100..200).await;
    assert!(matches!(store.merge(third, fourth).await, Err(StoreError::Gone)), "of another length");
    assert_held(&mut store, third, &sample, &[0..100]).await;
}
