//! Finding, updating and removing pairs.

use super::sample::RECORD;
use super::{Kept, Sample, check, find_all, store, update};
use larder::pair::{PairId, PairKey};
use larder::store::{Cursor, PairStore, StoreError};

/// Before commit nothing finds a pair.
pub async fn a_pair_is_invisible_until_commit<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let sample = Sample::new("/a", 1, 300);
    let writing = sample.create(&mut s).await.expect("room");
    s.write(writing, &sample.body()).await.expect("room");
    assert!(find_all(&mut s, sample.key(), |_| ()).await.is_empty());
    let id = s.commit(writing, &[]).await.expect("a commit");
    assert_eq!(find_all(&mut s, sample.key(), |_| ()).await, [id]);
}

/// It is found once, and under no other key.
pub async fn a_pair_is_found_once_and_only_under_its_key<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let a = store(&mut s, &Sample::new("/a", 1, 10)).await;
    let b = store(&mut s, &Sample::new("/b", 2, 10)).await;
    assert_eq!(find_all(&mut s, a.sample.key(), |pair| a.sample.assert_is(pair)).await, [a.id]);
    assert_eq!(find_all(&mut s, b.sample.key(), |pair| b.sample.assert_is(pair)).await, [b.id]);
    for other in ["http://example.com/", "http://example.com/A", "http://example.org/a", "/a", ""] {
        assert!(find_all(&mut s, PairKey::new(other), |_| ()).await.is_empty(), "{other}");
    }
    let mut cursor = Cursor::new();
    let mut record = [0; RECORD];
    while s.find(a.sample.key(), &mut cursor, &mut record).await.expect("the medium").is_some() {}
    let after = s.find(a.sample.key(), &mut cursor, &mut record).await.expect("the medium");
    assert_eq!(after, None, "after the end it answers the same again");
}

/// URIs that are equivalent find the same pair (RFC 9110 §4.2.3).
pub async fn equivalent_uris_are_one_key<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let stored = store(&mut s, &Sample::new("/~a?q=%2f", 1, 10)).await;
    for uri in ["HTTP://EXAMPLE.com:80/~a?q=%2F", "http://example.com/%7Ea?q=%2f#part"] {
        assert_eq!(find_all(&mut s, PairKey::new(uri), |_| ()).await, [stored.id], "{uri}");
    }
    assert!(find_all(&mut s, PairKey::new("http://example.com/~a?q=/"), |_| ()).await.is_empty());
    s.invalidate(PairKey::new("http://example.com:/%7ea?q=%2F")).await.expect("the medium");
    assert_eq!(check(&mut s, &stored).await, Kept::Gone);
}

/// Variants lie side by side, each whole.
pub async fn several_variants_lie_under_one_key<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let mut all = Vec::new();
    for (seed, variant) in ["de", "en", "fr"].into_iter().enumerate() {
        all.push(store(&mut s, &Sample::new("/a", seed as u64, 40).variant(variant)).await);
    }
    let mut found = find_all(&mut s, all[0].sample.key(), |_| ()).await;
    found.sort_unstable();
    let mut expected: Vec<PairId> = all.iter().map(|stored| stored.id).collect();
    expected.sort_unstable();
    assert_eq!(found, expected);
    for stored in &all {
        assert_eq!(check(&mut s, stored).await, Kept::Whole);
    }
}

/// What is stored comes back: lines, nominated lines, flags, time.
pub async fn a_record_is_the_pair_again<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let plain = Sample::new("/a", 1, 3);
    for sample in [
        plain.clone(),
        plain.clone().variant("x"),
        plain.clone().variant(""),
        Sample { authorized: true, ..plain.clone() },
        Sample { padding: 700, ..plain.clone() },
        Sample { length_known: false, ..plain },
    ] {
        let stored = store(&mut s, &sample).await;
        assert_eq!(check(&mut s, &stored).await, Kept::Whole);
        s.remove(stored.id).await.expect("the medium");
    }
}

/// A record too large for the caller's buffer hides no other pair.
pub async fn a_record_that_does_not_fit_is_passed_over<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let large = Sample { padding: 600, ..Sample::new("/a", 1, 10) };
    let before = store(&mut s, &Sample::new("/a", 2, 10)).await;
    let large = store(&mut s, &large).await;
    let after = store(&mut s, &Sample::new("/a", 3, 10)).await;
    let mut record = [0; 500];
    assert_eq!(s.head(large.id, &mut record).await.expect("the medium"), None);
    let mut cursor = Cursor::new();
    let mut found = Vec::new();
    while let Some(next) = s.find(large.sample.key(), &mut cursor, &mut record).await.expect("the medium") {
        found.push(next.id);
    }
    found.sort_unstable();
    let mut expected = [before.id, after.id];
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(check(&mut s, &large).await, Kept::Whole);
}

/// §3.2: a head is written anew, in a longer or a shorter form; the body and the name stay.
pub async fn update_keeps_body_and_id<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let other = store(&mut s, &Sample::new("/b", 7, 200)).await;
    let mut stored = store(&mut s, &Sample::new("/a", 1, 300)).await;
    for (version, padding) in [(2, 300), (3, 0), (4, 90), (5, 90)] {
        stored.sample.padding = padding;
        update(&mut s, &mut stored, version).await.expect("room");
        assert_eq!(check(&mut s, &stored).await, Kept::Whole);
    }
    assert_eq!(check(&mut s, &other).await, Kept::Whole);
}

/// What is gone is not brought back.
pub async fn update_of_a_pair_that_is_gone_is_gone<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let mut stored = store(&mut s, &Sample::new("/a", 1, 30)).await;
    s.remove(stored.id).await.expect("the medium");
    assert!(matches!(update(&mut s, &mut stored, 2).await, Err(StoreError::Gone)));
    assert_eq!(check(&mut s, &stored).await, Kept::Gone);
}

/// Removing is for one pair, and may be repeated.
pub async fn remove_is_for_one_pair_and_once_is_enough<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let a = store(&mut s, &Sample::new("/a", 1, 30)).await;
    let b = store(&mut s, &Sample::new("/a", 2, 30)).await;
    for _ in 0..2 {
        s.remove(a.id).await.expect("the medium");
        assert_eq!(check(&mut s, &a).await, Kept::Gone);
        assert_eq!(check(&mut s, &b).await, Kept::Whole);
    }
}

/// §4.4: every variant goes, other URIs stay.
pub async fn invalidate_removes_every_variant_and_nothing_else<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let one = store(&mut s, &Sample::new("/a", 1, 30).variant("1")).await;
    let two = store(&mut s, &Sample::new("/a", 2, 30).variant("2")).await;
    let long = format!("/{}", "long".repeat(200));
    let other = store(&mut s, &Sample::new(&long, 3, 30)).await;
    s.invalidate(PairKey::new("http://example.com/nothing")).await.expect("the medium");
    s.invalidate(one.sample.key()).await.expect("the medium");
    assert_eq!(check(&mut s, &one).await, Kept::Gone);
    assert_eq!(check(&mut s, &two).await, Kept::Gone);
    assert_eq!(check(&mut s, &other).await, Kept::Whole);
    s.invalidate(other.sample.key()).await.expect("the medium");
    assert_eq!(check(&mut s, &other).await, Kept::Gone);
}

/// A name never means another pair.
pub async fn ids_are_never_used_again<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let mut seen = Vec::new();
    for round in 0..20 {
        let stored = store(&mut s, &Sample::new("/a", round, 20)).await;
        assert!(!seen.contains(&stored.id));
        for old in &seen {
            assert_eq!(s.head(*old, &mut [0; RECORD]).await.expect("the medium"), None);
        }
        seen.push(stored.id);
        s.remove(stored.id).await.expect("the medium");
    }
}
