//! Pairs while they are being written.

use super::{Kept, Sample, check, find_all, octets, store, try_store};
use larder::pair::{NewPair, PairKey};
use larder::store::{PairStore, StoreError};

/// §store contract: a writer is a handle, so two downloads go on side by side.
pub async fn two_writers_take_turns<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let samples = [Sample::new("/a", 1, 500), Sample::new("/b", 2, 300)];
    let writers =
        [samples[0].create(&mut s).await.expect("room"), samples[1].create(&mut s).await.expect("room")];
    let bodies = [samples[0].body(), samples[1].body()];
    for step in 0..10 {
        for (writing, body) in writers.iter().zip(&bodies) {
            let part = body.len() / 10;
            s.write(*writing, &body[step * part..][..part]).await.expect("room");
        }
    }
    let mut stored = Vec::new();
    for (writing, sample) in writers.into_iter().zip(samples).rev() {
        let id = s.commit(writing, &[]).await.expect("a commit");
        stored.push(super::Stored { id, sample });
    }
    for stored in &stored {
        assert_eq!(check(&mut s, stored).await, Kept::Whole);
    }
}

/// Nothing is visible, and the room is there again.
pub async fn abandon_leaves_nothing<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let before = s.health().await;
    for round in 0..50 {
        let sample = Sample::new("/a", round, 400);
        let writing = sample.create(&mut s).await.expect("room");
        s.write(writing, &sample.body()).await.expect("room");
        s.abandon(writing).await.expect("the medium");
        s.abandon(writing).await.expect("nothing happens the second time");
        assert!(find_all(&mut s, sample.key(), |_| ()).await.is_empty());
    }
    let after = s.health().await;
    assert_eq!((after.pairs, after.live), (before.pairs, before.live));
    let stored = store(&mut s, &Sample::new("/a", 99, 400)).await;
    assert_eq!(check(&mut s, &stored).await, Kept::Whole);
}

/// §4.4: what is being stored when its URI is invalidated must not become visible afterwards.
pub async fn invalidate_gives_up_what_is_being_written<S: PairStore>(make: &mut impl FnMut() -> S) {
    for octets in [10, 400, 3000] {
        let mut s = make();
        let (old, other) = (Sample::new("/a", 1, octets), Sample::new("/b", 2, 100));
        let writing = old.create(&mut s).await.expect("room");
        let beside = other.create(&mut s).await.expect("room");
        let body = old.body();
        s.write(writing, &body[..octets / 2]).await.expect("room");
        s.invalidate(old.key()).await.expect("the medium");
        assert!(matches!(s.write(writing, &body[octets / 2..]).await, Err(StoreError::Gone)));
        assert!(matches!(s.commit(writing, &[]).await, Err(StoreError::Gone)));
        assert!(find_all(&mut s, old.key(), |_| ()).await.is_empty());
        s.write(beside, &other.body()).await.expect("the other one goes on");
        let id = s.commit(beside, &[]).await.expect("a commit");
        assert_eq!(check(&mut s, &super::Stored { id, sample: other }).await, Kept::Whole);
    }
}

/// What was asked for before its key was invalidated is refused, by whatever way the key was written; what was asked
/// for since, and what has another key, is not.
pub async fn what_was_asked_for_before_an_invalidation_is_refused<S: PairStore>(
    make: &mut impl FnMut() -> S,
) {
    let mut s = make();
    for key in ["http://example.com/~a", "http://example.com:80/%7Ea"].map(PairKey::new) {
        let before = s.generation().await;
        s.invalidate(key).await.expect("the medium");
        let now = s.generation().await;
        for (path, asked, is_refused) in [
            ("/~a", Some(before), true),
            ("/~a", Some(now), false),
            ("/~a", None, false),
            ("/b", Some(before), false),
        ] {
            let sample = Sample::new(path, 1, 10);
            let created =
                sample.with_pair(async |pair| s.create(&NewPair { generation: asked, ..*pair }).await).await;
            match created {
                Err(StoreError::Invalidated) => assert!(is_refused, "{path} {asked:?}"),
                Ok(writing) => {
                    assert!(!is_refused, "{path} {asked:?}");
                    s.abandon(writing).await.expect("the medium");
                }
                Err(error) => panic!("{error:?}"),
            }
        }
    }
    assert!(find_all(&mut s, PairKey::new("http://example.com/~a"), |_| ()).await.is_empty());
}

/// After commit or abandon the handle means nothing, also when its slot is used again.
pub async fn a_stale_writer_gets_gone<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let sample = Sample { length_known: false, ..Sample::new("/a", 1, 100) };
    let abandoned = sample.create(&mut s).await.expect("room");
    s.abandon(abandoned).await.expect("the medium");
    assert!(matches!(s.write(abandoned, b"x").await, Err(StoreError::Gone)));
    // The slot is likely to be the same; the use of it is not.
    let again = sample.create(&mut s).await.expect("room");
    assert_ne!(abandoned, again);
    assert!(matches!(s.write(abandoned, b"x").await, Err(StoreError::Gone)));
    assert!(matches!(s.commit(abandoned, &[]).await, Err(StoreError::Gone)));
    s.abandon(abandoned).await.expect("nothing happens");
    s.write(again, b"x").await.expect("the new writer goes on");
    s.abandon(again).await.expect("the medium");
    let committed = sample.create(&mut s).await.expect("room");
    s.write(committed, &sample.body()).await.expect("room");
    let id = s.commit(committed, &[]).await.expect("a commit");
    let stored = super::Stored { id, sample: sample.clone() };
    let fresh = sample.create(&mut s).await.expect("room");
    for stale in [abandoned, committed] {
        assert_ne!(stale, fresh);
        assert!(matches!(s.write(stale, b"x").await, Err(StoreError::Gone)));
        assert!(matches!(s.commit(stale, &[id]).await, Err(StoreError::Gone)), "and replaces nothing");
        s.abandon(stale).await.expect("nothing happens");
    }
    assert_eq!(check(&mut s, &stored).await, Kept::Whole);
    s.write(fresh, &sample.body()).await.expect("a stale handle does nothing to the new writer");
    let id = s.commit(fresh, &[]).await.expect("a commit");
    assert_eq!(check(&mut s, &super::Stored { id, sample }).await, Kept::Whole);
}

/// The new pair is there and those it stands for are not; not before.
pub async fn commit_replaces<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let old = store(&mut s, &Sample::new("/a", 1, 50)).await;
    let variant = store(&mut s, &Sample::new("/a", 2, 50).variant("x")).await;
    let other = store(&mut s, &Sample::new("/a", 3, 50).variant("y")).await;
    let sample = Sample { version: 2, ..Sample::new("/a", 4, 60) };
    let writing = sample.create(&mut s).await.expect("room");
    s.write(writing, &sample.body()).await.expect("room");
    assert_eq!(check(&mut s, &old).await, Kept::Whole);
    let id = s.commit(writing, &[old.id, variant.id]).await.expect("a commit");
    assert_eq!(check(&mut s, &old).await, Kept::Gone);
    assert_eq!(check(&mut s, &variant).await, Kept::Gone);
    assert_eq!(check(&mut s, &other).await, Kept::Whole);
    assert_eq!(check(&mut s, &super::Stored { id, sample }).await, Kept::Whole);
}

/// Somebody else was quicker.
pub async fn replacing_what_is_gone_already_is_no_error<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let old = store(&mut s, &Sample::new("/a", 1, 50)).await;
    let sample = Sample::new("/a", 2, 60);
    let writing = sample.create(&mut s).await.expect("room");
    s.write(writing, &sample.body()).await.expect("room");
    s.remove(old.id).await.expect("the medium");
    let id = s.commit(writing, &[old.id, old.id]).await.expect("a commit");
    assert_eq!(check(&mut s, &super::Stored { id, sample }).await, Kept::Whole);
}

/// Writers that nobody abandons do not fill the store for ever.
pub async fn a_forgotten_writer_gives_its_room_back<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let mut forgotten = Vec::new();
    for round in 0..60 {
        let sample = Sample::new("/a", round, 300);
        if let Ok(writing) = sample.create(&mut s).await
            && s.write(writing, &sample.body()[..200]).await.is_ok()
        {
            forgotten.push(writing);
        }
    }
    let stored = store(&mut s, &Sample::new("/b", 99, 300)).await;
    assert_eq!(check(&mut s, &stored).await, Kept::Whole);
    assert!(find_all(&mut s, Sample::new("/a", 0, 0).key(), |_| ()).await.is_empty());
    for writing in forgotten {
        s.abandon(writing).await.expect("the medium");
    }
    assert_eq!(check(&mut s, &stored).await, Kept::Whole);
}

/// A length that no eviction makes room for is refused at once.
pub async fn too_large_a_body_is_refused_and_nothing_is_lost<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let stored = store(&mut s, &Sample::new("/a", 1, 50)).await;
    let capacity = usize::try_from(s.health().await.capacity).expect("a length");
    for len in [capacity + 1, capacity * 2, usize::MAX >> 1] {
        let refused = Sample::new("/b", 2, len).create(&mut s).await;
        assert!(matches!(refused, Err(StoreError::BodyTooLarge)), "{len}: {refused:?}");
    }
    assert_eq!(check(&mut s, &stored).await, Kept::Whole);
}

/// The writer is abandoned then, and nothing of the pair is visible.
pub async fn too_large_a_body_of_unknown_length_is_refused_on_the_way<S: PairStore>(
    make: &mut impl FnMut() -> S,
) {
    let mut s = make();
    let capacity = usize::try_from(s.health().await.capacity).expect("a length");
    let sample = Sample { length_known: false, ..Sample::new("/a", 1, 0) };
    let writing = sample.create(&mut s).await.expect("room");
    let chunk = octets(1, 256);
    let mut written = 0;
    let error = loop {
        match s.write(writing, &chunk).await {
            Ok(()) => written += chunk.len(),
            Err(error) => break error,
        }
        assert!(written <= capacity, "more is written than there is room for");
    };
    assert!(matches!(error, StoreError::BodyTooLarge | StoreError::NoRoom), "{error:?}");
    assert!(matches!(s.write(writing, b"x").await, Err(StoreError::Gone)));
    assert!(matches!(s.commit(writing, &[]).await, Err(StoreError::Gone)));
    assert!(find_all(&mut s, sample.key(), |_| ()).await.is_empty());
    let stored = store(&mut s, &Sample::new("/b", 2, 300)).await;
    assert_eq!(check(&mut s, &stored).await, Kept::Whole);
}

/// Refused whole, and the old head stays when it was an update.
pub async fn too_large_a_head_is_refused<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let mut stored = store(&mut s, &Sample::new("/a", 1, 50)).await;
    // Longer than a record can say.
    let huge = Sample { padding: 70_000, ..stored.sample.clone() };
    let refused = try_store(&mut s, &huge).await;
    assert!(matches!(refused, Err(StoreError::HeadTooLarge)), "{refused:?}");
    stored.sample.padding = 70_000;
    let refused = super::update(&mut s, &mut stored, 2).await;
    assert!(matches!(refused, Err(StoreError::HeadTooLarge)), "{refused:?}");
    stored.sample.padding = 0;
    assert_eq!(check(&mut s, &stored).await, Kept::Whole);
}
