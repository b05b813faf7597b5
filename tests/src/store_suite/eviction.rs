//! A store under pressure: it forgets, and does not lie.

use super::{Kept, Sample, Stored, check, find_all, store, try_store};
use larder::store::{Maintained, PairStore, StoreError};

/// Stores pairs until the store must have evicted some.
async fn press<S: PairStore>(s: &mut S, first: u64) -> Vec<Stored> {
    let capacity = usize::try_from(s.health().await.capacity).expect("a length");
    let len = (capacity / 8).max(100);
    let mut stored = Vec::new();
    for seed in first..first + 24 {
        stored.push(store(s, &Sample::new(&format!("/press{seed}"), seed, len)).await);
    }
    stored
}

/// A pinned pair is there whatever comes; unpinned, it may go.
pub async fn pins_survive_pressure<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let stored = store(&mut s, &Sample::new("/a", 1, 300)).await;
    let pin = s.pin(stored.id).await.expect("a pin");
    press(&mut s, 100).await;
    assert_eq!(check(&mut s, &stored).await, Kept::Whole);
    s.unpin(pin).await.expect("the medium");
    press(&mut s, 200).await;
    assert_eq!(check(&mut s, &stored).await, Kept::Gone);
    s.unpin(pin).await.expect("nothing happens");
}

/// Two pins need two unpins.
pub async fn pins_add_up<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let stored = store(&mut s, &Sample::new("/a", 1, 300)).await;
    let pins = [s.pin(stored.id).await.expect("a pin"), s.pin(stored.id).await.expect("a pin")];
    s.unpin(pins[0]).await.expect("the medium");
    press(&mut s, 100).await;
    assert_eq!(check(&mut s, &stored).await, Kept::Whole);
    s.unpin(pins[1]).await.expect("the medium");
    press(&mut s, 200).await;
    assert_eq!(check(&mut s, &stored).await, Kept::Gone);
}

/// What is invalid goes, pinned or not: the reader is told.
pub async fn remove_takes_pinned_pairs_too<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let a = store(&mut s, &Sample::new("/a", 1, 300)).await;
    let b = store(&mut s, &Sample::new("/b", 2, 300)).await;
    s.pin(a.id).await.expect("a pin");
    s.pin(b.id).await.expect("a pin");
    s.remove(a.id).await.expect("the medium");
    s.invalidate(b.sample.key()).await.expect("the medium");
    for gone in [&a, &b] {
        assert_eq!(check(&mut s, gone).await, Kept::Gone);
    }
    let all = press(&mut s, 100).await;
    assert_eq!(check(&mut s, all.last().expect("one")).await, Kept::Whole, "their room is free again");
}

/// After every store, each earlier pair is whole or gone.
pub async fn pressure_never_corrupts_others<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let mut all: Vec<Stored> = Vec::new();
    for seed in 0..40 {
        let len = [700, 1, 0, 350, 129][seed as usize % 5];
        let stored = store(&mut s, &Sample::new(&format!("/{seed}"), seed, len)).await;
        assert_eq!(check(&mut s, &stored).await, Kept::Whole, "what was just stored");
        all.push(stored);
        let mut kept = Vec::new();
        for stored in all {
            if check(&mut s, &stored).await == Kept::Whole {
                kept.push(stored);
            }
        }
        all = kept;
        assert_eq!(s.health().await.pairs as usize, all.len());
    }
}

/// A reader that was half-way is told, once the pair went to make room.
pub async fn a_pair_evicted_meanwhile_is_gone_and_never_others_octets<S: PairStore>(
    make: &mut impl FnMut() -> S,
) {
    let mut s = make();
    let stored = store(&mut s, &Sample::new("/a", 1, 300)).await;
    let mut buf = [0; 50];
    let body = stored.sample.body();
    let mut offset = s.read(stored.id, 0, &mut buf).await.expect("there");
    for seed in 100..1000 {
        store(&mut s, &Sample::new("/other", seed, 200)).await;
        if seed % 4 > 0 {
            continue;
        }
        match s.read(stored.id, offset as u64, &mut buf).await {
            Ok(read) => {
                assert_eq!(buf[..read], body[offset..offset + read]);
                offset = (offset + read) % 250;
            }
            Err(StoreError::Gone) => return,
            Err(error) => panic!("{error:?}"),
        }
    }
    // A store may keep what is read so often; then it was right every time.
}

/// Oldest or least recently used first: what was stored last is there.
pub async fn what_was_used_last_stays_longest<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let all = press(&mut s, 0).await;
    let mut kept = Vec::new();
    for stored in &all {
        kept.push(check(&mut s, stored).await == Kept::Whole);
    }
    assert!(!kept[0], "there was pressure");
    assert!(kept.is_sorted(), "older ones went first: {kept:?}");
    assert_eq!(kept.last(), Some(&true));
}

/// Other pairs make room for it, or it is told; never a pair with holes.
pub async fn a_writer_under_pressure_is_whole_or_gone<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    for round in 0..6 {
        let sample = Sample::new("/slow", 1000 + round, 900);
        let Ok(writing) = sample.create(&mut s).await else {
            continue;
        };
        let mut gone = false;
        for (step, chunk) in sample.body().chunks(90).enumerate() {
            match s.write(writing, chunk).await {
                Ok(()) => assert!(!gone, "a writer that is gone stays gone"),
                Err(StoreError::Gone | StoreError::NoRoom) => gone = true,
                Err(error) => panic!("{error:?}"),
            }
            let quick = Sample::new(&format!("/quick{step}"), step as u64, 150 * round as usize);
            let _ = try_store(&mut s, &quick).await;
        }
        match s.commit(writing, &[]).await {
            Ok(id) => {
                assert!(!gone);
                assert_eq!(check(&mut s, &Stored { id, sample }).await, Kept::Whole);
            }
            Err(StoreError::Gone) => {
                let under_key = find_all(&mut s, sample.key(), |pair| sample.assert_is(pair)).await;
                assert!(under_key.len() <= round as usize, "nothing of it is visible");
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// The figures are those of what can be found.
pub async fn health_counts_pairs_and_evictions<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let empty = s.health().await;
    assert_eq!((empty.pairs, empty.live, empty.evictions, empty.failures), (0, 0, 0, 0));
    assert_eq!(empty.newest, None);
    let stored = store(&mut s, &Sample::new("/a", 1, 300)).await;
    let one = s.health().await;
    assert_eq!(one.pairs, 1);
    assert!(one.live >= 300 && one.live <= one.capacity);
    assert_eq!(one.newest, crate::MockClock::new().now().utc);
    s.remove(stored.id).await.expect("the medium");
    assert_eq!(s.health().await.pairs, 0);
    assert_eq!(s.health().await.evictions, 0, "removing is not evicting");
    press(&mut s, 0).await;
    let pressed = s.health().await;
    assert!(pressed.evictions > 0 && pressed.live <= pressed.capacity);
    assert!(pressed.pairs + pressed.evictions >= 24);
}

/// Housekeeping comes to an end, and what is stored stays.
pub async fn maintain_ends_and_loses_nothing<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let stored = store(&mut s, &Sample::new("/a", 1, 300)).await;
    let mut calls = 0;
    while s.maintain().await.expect("the medium") == Maintained::Worked {
        calls += 1;
        assert!(calls < 10_000, "it never ends");
    }
    assert_eq!(check(&mut s, &stored).await, Kept::Whole);
}
