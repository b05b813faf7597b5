//! Cache groups (RFC 9875) on flash: nothing of them is written, and nothing is forgotten.

use crate::world::{Store, mounted, over, rebooted};
use larder::pair::{Group, PairId};
use larder::store::{Cursor, PairStore};
use larder_tests::block_on;
use larder_tests::nor::Nor;
use larder_tests::store_suite::{Sample, store, update};

type Flash = Store<1, 4, 4096>;

const GROUP: &str = "\"x\"";

fn group() -> Group {
    Group::of("http://example.com/", "x")
}

/// Whether the pair of `sample` is invalid; `None` if there is none.
fn is_invalid(s: &mut Flash, sample: &Sample) -> Option<bool> {
    block_on(async {
        let mut record = [0; 2048];
        let found = s.find(sample.key(), &mut Cursor::new(), &mut record).await.expect("the medium")?;
        let pair = found.view(&record).expect("a record");
        Some(s.is_group_invalid(found.id, &mut pair.groups()).await.expect("the medium"))
    })
}

fn invalidate(s: &mut Flash) {
    block_on(s.invalidate_group(group())).expect("the medium");
}

#[test]
fn rfc9875_after_a_reboot_what_is_in_a_group_is_validated_once() {
    let (inside, outside) = (Sample::new("/a", 1, 100).in_groups(GROUP), Sample::new("/b", 2, 100));
    let mut s = mounted(Nor::new(8));
    let mut stored = block_on(store(&mut s, &inside));
    block_on(store(&mut s, &outside));
    invalidate(&mut s);
    for turn in 0..3 {
        s = rebooted(s);
        assert_eq!((is_invalid(&mut s, &inside), is_invalid(&mut s, &outside)), (Some(true), Some(false)));
        block_on(update(&mut s, &mut stored, 2 + turn)).expect("room");
        assert_eq!(is_invalid(&mut s, &inside), Some(false));
        let new = Sample::new(&format!("/new/{turn}"), 3, 100).in_groups(GROUP);
        block_on(store(&mut s, &new));
        assert_eq!(is_invalid(&mut s, &new), Some(false), "what is stored since then is not");
    }
}

#[test]
fn rfc9875_an_invalidation_writes_nothing() {
    let mut s: Flash = mounted(Nor::new(8));
    block_on(store(&mut s, &Sample::new("/a", 1, 100).in_groups(GROUP)));
    let before = s.flash().image().to_vec();
    (0..100).for_each(|_| invalidate(&mut s));
    assert!(s.flash().image() == before);
}

#[test]
fn rfc9875_a_second_chance_does_not_make_an_invalid_pair_valid() {
    for is_read_on in [true, false] {
        let sample = Sample::new("/a", 1, 100).in_groups(GROUP);
        let mut s = over::<1, 4, 4096>(Nor::new(4)).with_second_chance(50);
        block_on(s.mount()).expect("the medium");
        let first = block_on(store(&mut s, &sample)).id;
        if is_read_on {
            invalidate(&mut s);
        }
        let mut moved: Option<PairId> = None;
        for turn in 0..60 {
            // Found, so that it is moved when its sector goes.
            match is_invalid(&mut s, &sample) {
                Some(invalid) => assert_eq!(invalid, is_read_on),
                None => break,
            }
            let found = block_on(s.find(sample.key(), &mut Cursor::new(), &mut [0; 2048]));
            moved = found.expect("the medium").map(|found| found.id).filter(|id| *id != first);
            block_on(store(&mut s, &Sample::new(&format!("/{turn}"), turn, 900)));
        }
        assert_eq!(moved.is_some(), !is_read_on, "the valid one is moved");
    }
}
