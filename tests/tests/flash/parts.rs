//! Incomplete pairs on flash: joined ones, pinned ones, and what a reboot finds of them.
#![expect(clippy::single_range_in_vec_init, reason = "extents are lists of ranges, often of one")]

use crate::world::{mounted, rebooted, sample, view};
use larder::pair::PairId;
use larder::store::{PairStore, StoreError};
use larder_tests::block_on;
use larder_tests::nor::Nor;
use larder_tests::store_suite::{
    Kept, Sample, Stored, begin_part, check, extents, find_all, more, part, read_body, store,
};

/// Octets of the bodies.
const LEN: usize = 900;

type Store = crate::world::Store<1, 4, 4096>;

fn complete(s: &mut Store, id: PairId, sample: &Sample, from: usize) -> Stored {
    let writing = block_on(s.resume(id, from as u64)).expect("it can be completed");
    block_on(s.write(writing, &sample.body()[from..])).expect("room");
    assert_eq!(block_on(s.commit(writing, &[])), Ok(id));
    Stored { id, sample: sample.clone() }
}

#[test]
fn a_joined_pair_is_whole_after_a_reboot_whatever_was_joined_since() {
    let mut s = mounted(Nor::<1, 4, 4096>::new(16));
    let joined = sample("/joined", LEN);
    let [first, second] = [0..300, 300..600].map(|range| block_on(part(&mut s, &joined, range)));
    block_on(s.merge(first, second)).unwrap();
    let stored = complete(&mut s, first, &joined, 600);
    let mut joins = 0;
    for number in 0..12 {
        let other = sample(&format!("/{number}"), LEN);
        let [first, second] = [0..300, 300..600].map(|range| block_on(part(&mut s, &other, range)));
        joins += usize::from(block_on(s.merge(first, second)).is_ok());
        block_on(s.remove(first)).unwrap();
    }
    assert!(joins >= 7, "{joins} were joined since");
    assert_eq!(block_on(check(&mut s, &stored)), Kept::Whole);
    let mut s = rebooted(s);
    assert_eq!(block_on(check(&mut s, &stored)), Kept::Whole);
}

#[test]
fn parts_of_parts_are_kept_when_more_is_joined() {
    let mut s = mounted(Nor::<1, 4, 4096>::new(16));
    let joined = sample("/joined", LEN);
    let [a, b, c, d] =
        [0..200, 200..400, 400..600, 600..LEN].map(|range| block_on(part(&mut s, &joined, range)));
    block_on(s.merge(b, c)).unwrap();
    block_on(s.merge(a, b)).unwrap();
    assert_eq!(block_on(extents(&mut s, a)), [0..600]);
    block_on(s.merge(a, d)).unwrap();
    assert_eq!(block_on(extents(&mut s, a)), [0..LEN as u64]);
    let stored = complete(&mut s, a, &joined, LEN);
    assert_eq!(block_on(check(&mut s, &stored)), Kept::Whole);
    let mut s = rebooted(s);
    assert_eq!(block_on(check(&mut s, &stored)), Kept::Whole);
}

#[test]
fn what_is_written_to_a_pinned_part_is_pinned_too() {
    let mut s = mounted(Nor::<1, 4, 4096>::new(12));
    let pinned = sample("/pinned", LEN);
    let id = block_on(part(&mut s, &pinned, 0..300));
    let pin = block_on(s.pin(id)).unwrap();
    for number in 0..8 {
        block_on(store(&mut s, &sample(&format!("/{number}"), LEN)));
    }
    let stored = complete(&mut s, id, &pinned, 300);
    for number in 0..80 {
        block_on(store(&mut s, &sample(&format!("/{number}"), LEN)));
        assert_eq!(block_on(check(&mut s, &stored)), Kept::Whole, "{number}");
    }
    block_on(s.unpin(pin)).unwrap();
}

#[test]
fn what_is_joined_to_a_pinned_part_is_pinned_too() {
    let mut s = mounted(Nor::<1, 4, 4096>::new(12));
    let pinned = sample("/pinned", LEN);
    let id = block_on(part(&mut s, &pinned, 0..300));
    let pin = block_on(s.pin(id)).unwrap();
    for number in 0..8 {
        block_on(store(&mut s, &sample(&format!("/{number}"), LEN)));
    }
    let other = block_on(part(&mut s, &pinned, 300..LEN));
    block_on(s.merge(id, other)).unwrap();
    let stored = complete(&mut s, id, &pinned, LEN);
    for number in 0..80 {
        block_on(store(&mut s, &sample(&format!("/{number}"), LEN)));
        assert_eq!(block_on(check(&mut s, &stored)), Kept::Whole, "{number}");
    }
    block_on(s.unpin(pin)).unwrap();
}

#[test]
fn a_merge_that_evicts_the_older_part_joins_nothing_else() {
    let evicted: usize = (0..6).map(|shift| merge_at_every_place(1 + 7 * shift)).sum();
    assert!(evicted > 0, "the older part was never evicted by the merge");
}

fn is_there(s: &mut Store, id: PairId) -> bool {
    block_on(s.head(id, &mut [0; 2048])).unwrap().is_some()
}

/// Merges two parts in each state of a sector that fills up, until the older one is gone. How often a
/// merge evicted it.
fn merge_at_every_place(shift: usize) -> usize {
    let mut s = mounted(Nor::<1, 4, 4096>::new(4));
    let (one, other) = (sample("/one", LEN), sample("/other", LEN));
    let into = block_on(part(&mut s, &one, 0..200));
    for number in 0..2 {
        block_on(store(&mut s, &sample(&format!("/{number}"), 4096)));
    }
    let from = block_on(part(&mut s, &one, 400..500));
    let victim = block_on(part(&mut s, &other, 600..LEN));
    let mut evicted = 0;
    for version in 2.. {
        if !is_there(&mut s, into) {
            break;
        }
        let mut merged = s.clone();
        let result = block_on(merged.merge(into, from));
        let lost = !is_there(&mut merged, into);
        evicted += usize::from(lost);
        let remains = if lost { from } else { into };
        block_on(merged.remove(victim)).unwrap();
        let expected = if lost { vec![400..500] } else { vec![0..200, 400..500] };
        for mut seen in [merged.clone(), rebooted(merged)] {
            if is_there(&mut seen, remains) {
                assert_eq!(block_on(extents(&mut seen, remains)), expected, "{version}: {result:?}");
            }
        }
        // A few octets at a time.
        let other = Sample { version, padding: shift, ..other.clone() };
        block_on(other.with_pair(async |pair| s.update(victim, pair).await)).unwrap();
    }
    evicted
}

#[test]
fn more_extents_than_can_be_kept_are_refused() {
    let mut s = mounted(Nor::<1, 4, 4096>::new(12));
    let one = sample("/one", LEN);
    let id = block_on(part(&mut s, &one, 0..20));
    for number in 1..20 {
        let from = number * 40;
        let writing = match block_on(s.resume(id, from as u64)) {
            Ok(writing) => writing,
            Err(error) => {
                assert_eq!(error, StoreError::NoRoom);
                break;
            }
        };
        block_on(s.write(writing, &one.body()[from..from + 20])).unwrap();
        block_on(s.suspend(writing)).unwrap();
        assert_eq!(block_on(extents(&mut s, id)).len(), number + 1, "what was suspended is kept");
    }
    let held = block_on(extents(&mut s, id));
    let other = block_on(part(&mut s, &one, LEN - 10..LEN));
    assert_eq!(block_on(s.merge(id, other)), Err(StoreError::NoRoom));
    assert_eq!(block_on(extents(&mut s, id)), held, "both stay as they were");
    assert_eq!(block_on(extents(&mut s, other)), [LEN as u64 - 10..LEN as u64]);
}

#[test]
fn the_largest_body_fits_with_second_chances_too() {
    let mut s = mounted(Nor::<1, 4, 4096>::new(8)).with_second_chance(50);
    let most = s.body_max() as usize;
    for number in 0..80 {
        let stored = block_on(store(&mut s, &sample(&format!("/{number}"), 300)));
        block_on(check(&mut s, &stored));
    }
    let stored = block_on(store(&mut s, &sample("/largest", most)));
    assert_eq!(block_on(check(&mut s, &stored)), Kept::Whole);
}

#[test]
fn a_dropped_write_and_abandon_leave_nothing_of_a_part() {
    for polls in 0..40 {
        let mut s = mounted(Nor::<1, 4, 4096>::new(8));
        let one = sample("/one", 3000);
        let writing = block_on(begin_part(&mut s, &one, 0)).unwrap();
        s.flash().yielding(true);
        let done = larder_tests::poll_times(s.write(writing, &one.body()[..2500]), polls);
        s.flash().yielding(false);
        block_on(s.abandon(writing)).unwrap();
        assert_eq!(view(&mut s).len(), 0, "{polls}");
        assert_eq!(view(&mut rebooted(s)).len(), 0, "{polls} and a reboot");
        if done.is_some() {
            break;
        }
    }
}

#[test]
fn a_part_reads_the_same_after_a_reboot() {
    let mut s = mounted(Nor::<1, 4, 4096>::new(8));
    let one = sample("/one", LEN);
    let id = block_on(part(&mut s, &one, 0..300));
    block_on(more(&mut s, id, &one, 500..700));
    let mut s = rebooted(s);
    assert_eq!(block_on(extents(&mut s, id)), [0..300, 500..700]);
    assert_eq!(block_on(read_body(&mut s, id, 64)).unwrap(), one.body()[..300]);
}

#[test]
fn a_part_whose_octets_turn_out_damaged_is_gone() {
    let mut s = mounted(Nor::<1, 4, 4096>::new(8));
    let one = sample("/one", LEN);
    let id = block_on(part(&mut s, &one, 0..300));
    block_on(more(&mut s, id, &one, 500..700));
    let damaged = s.flash().image().windows(50).position(|octets| *octets == one.body()[100..150]).unwrap();
    s.flash().flip(damaged * 8);
    assert_eq!(block_on(s.read(id, 350, &mut [0; 64])), Ok(0), "it is not held, and said so");
    assert_eq!(block_on(extents(&mut s, id)), [0..300, 500..700], "nothing was read of it");
    assert_eq!(block_on(s.read(id, 120, &mut [0; 64])), Err(StoreError::Gone));
    assert!(!is_there(&mut s, id));
}

#[test]
fn a_part_with_no_octets_is_not_found() {
    let one = sample("/one", LEN);
    for (sample, offset) in [(Sample { padding: 1500, ..one.clone() }, 0), (one, 300)] {
        let mut s = mounted(Nor::<1, 4, 4096>::new(8));
        block_on(begin_part(&mut s, &sample, offset)).unwrap();
        let mut s = rebooted(s);
        assert_eq!(view(&mut s).len(), 0, "from {offset} on");
        assert_eq!(block_on(find_all(&mut s, sample.key(), |_| ())), [], "from {offset} on");
        assert_eq!(block_on(s.health()).pairs, 0, "from {offset} on");
    }
}

#[test]
fn wiping_a_joined_pair_leaves_no_head_of_the_other_part() {
    let mut s = mounted(Nor::<1, 4, 4096>::new(16));
    let joined = sample("/joined", LEN);
    let [first, second] = [0..300, 300..600].map(|range| block_on(part(&mut s, &joined, range)));
    block_on(store(&mut s, &sample("/other", 9000)));
    let younger = Sample { version: 2, padding: 400, ..joined };
    block_on(younger.with_pair(async |pair| s.update(second, pair).await)).unwrap();
    block_on(store(&mut s, &sample("/another", 9000)));
    let young = block_on(store(&mut s, &sample("/young", 10)));
    block_on(s.merge(first, second)).unwrap();
    block_on(s.wipe(first)).unwrap();
    assert!(!s.flash().image().windows(7).any(|octets| octets == b"/joined"));
    assert_eq!(block_on(check(&mut rebooted(s), &young)), Kept::Whole, "it is younger than all of that");
}
