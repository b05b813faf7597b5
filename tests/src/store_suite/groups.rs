//! Cache groups (RFC 9875): cases for stores that remember which were invalidated.
//!
//! Those that do not implement it need not run them: to them everything in a group is invalid.

use super::{Sample, store, update};
use larder::pair::{Group, PairId};
use larder::store::PairStore;

/// Makes a test of every case, as [`store_suite!`](crate::store_suite!) does.
#[macro_export]
macro_rules! groups_suite {
    ($make:expr) => {
        $crate::groups_suite!(
            $make;
            what_was_written_before_is_invalid,
            a_writer_that_was_begun_before_is_invalid,
            what_is_freshened_afterwards_is_valid,
            many_groups_are_not_forgotten,
        );
    };
    ($make:expr; $($name:ident,)*) => {
        $(
            #[test]
            fn $name() {
                $crate::block_on($crate::store_suite::groups::$name(&mut $make));
            }
        )*
    };
}

/// Whether a pair that is in these groups is invalid.
pub async fn is_invalid<S: PairStore>(s: &mut S, id: PairId, groups: &[u32]) -> bool {
    let mut groups = groups.iter().map(|group| Group::new(*group));
    s.is_group_invalid(id, &mut groups).await.expect("the medium")
}

/// Invalidates a group.
pub async fn invalidate<S: PairStore>(s: &mut S, group: u32) {
    s.invalidate_group(Group::new(group)).await.expect("the medium");
}

/// §3: what is in the group, and nothing else.
pub async fn what_was_written_before_is_invalid<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let before = store(&mut s, &Sample::new("/a", 1, 30)).await;
    assert!(!is_invalid(&mut s, before.id, &[1, 2]).await);
    invalidate(&mut s, 1).await;
    let after = store(&mut s, &Sample::new("/b", 2, 30)).await;
    for (groups, invalid) in [(&[1][..], true), (&[2, 1], true), (&[2], false), (&[], false)] {
        assert_eq!(is_invalid(&mut s, before.id, groups).await, invalid, "{groups:?}");
        assert!(!is_invalid(&mut s, after.id, groups).await, "{groups:?}");
    }
    invalidate(&mut s, 1).await;
    assert!(is_invalid(&mut s, after.id, &[1]).await, "once more");
}

/// A response that was asked for before may be older than the invalidation, whether its head has left a
/// buffer by then or not. It may also be gone.
pub async fn a_writer_that_was_begun_before_is_invalid<S: PairStore>(make: &mut impl FnMut() -> S) {
    for (len, written) in [(10, 0), (10, 10), (1800, 0), (1800, 100), (1800, 1700)] {
        let mut s = make();
        let sample = Sample::new("/a", 1, len).in_groups("\"x\"");
        let writing = sample.with_pair(async |pair| s.create(pair).await).await.expect("room");
        let (before, after) = (&sample.body()[..written], &sample.body()[written..]);
        s.write(writing, before).await.expect("room");
        let group = Group::of(&sample.uri, "x");
        s.invalidate_group(group).await.expect("the medium");
        if s.write(writing, after).await.is_ok()
            && let Ok(id) = s.commit(writing, &[]).await
        {
            assert!(is_invalid(&mut s, id, &[group.number()]).await, "{len} {written}");
        }
        let again = store(&mut s, &sample).await;
        assert!(!is_invalid(&mut s, again.id, &[group.number()]).await, "{len} {written}");
    }
}

/// A validation ends it: `update` writes the head anew.
pub async fn what_is_freshened_afterwards_is_valid<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let mut one = store(&mut s, &Sample::new("/a", 1, 30)).await;
    let other = store(&mut s, &Sample::new("/b", 2, 30)).await;
    for version in 3..6 {
        invalidate(&mut s, 1).await;
        assert!(is_invalid(&mut s, one.id, &[1]).await);
        update(&mut s, &mut one, version).await.expect("room");
        assert!(!is_invalid(&mut s, one.id, &[1]).await);
        assert!(is_invalid(&mut s, other.id, &[1]).await);
    }
}

/// However many there are: more may be invalid than should be, but never less.
pub async fn many_groups_are_not_forgotten<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let before = store(&mut s, &Sample::new("/a", 1, 30)).await;
    for group in 0..100 {
        invalidate(&mut s, group).await;
    }
    let after = store(&mut s, &Sample::new("/b", 2, 30)).await;
    for group in 0..100 {
        assert!(is_invalid(&mut s, before.id, &[group]).await, "{group}");
        assert!(!is_invalid(&mut s, after.id, &[group]).await, "{group}");
    }
    assert!(!is_invalid(&mut s, before.id, &[]).await, "what is in no group stays");
}
