//! Mishaps where the ring passes over pinned pairs, where a store is nearly full, and what is erased and told
//! then.

use crate::world::{Store, mounted, over, rebooted, sample, unchanged, view};
use larder::store::{Maintained, PairStore, StoreError};
use larder_storage_flash::Mounted;
use larder_tests::nor::{Nor, Tear};
use larder_tests::store_suite::{
    Kept, Sample, Stored, begin_part, check, find_all, part, store, try_store, update,
};
use larder_tests::{block_on, poll_times};

type Flash = Nor<1, 4, 4096>;

/// Stores pairs until the ring came round `laps` times.
fn lap<const R: usize, const W: usize>(s: &mut Store<R, W, 4096>, laps: u32) {
    let until = s.layout().newest + laps * s.layout().sectors;
    while s.layout().newest < until {
        block_on(store(s, &sample("/lap", 2900)));
    }
}

fn holds<const R: usize, const W: usize, const E: usize>(s: &mut Store<R, W, E>, octets: &[u8]) -> bool {
    s.flash().image().windows(octets.len()).any(|found| found == octets)
}

#[test]
fn a_wiped_pair_leaves_no_octet_though_the_ring_had_passed_over_it() {
    for freshened in [false, true] {
        let mut s = mounted(Flash::new(12));
        lap(&mut s, 1);
        let mut secret = block_on(store(&mut s, &sample("/secret", 5000)));
        let neighbour = block_on(store(&mut s, &sample("/pinned-too", 100)));
        block_on(s.pin(secret.id)).expect("room");
        lap(&mut s, 2);
        if freshened {
            block_on(update(&mut s, &mut secret, 2)).expect("room");
        }
        let young = block_on(store(&mut s, &sample("/young", 100)));
        assert_eq!(block_on(check(&mut s, &secret)), Kept::Whole);
        block_on(s.wipe(secret.id)).expect("the medium");
        assert!(!holds(&mut s, b"/secret") && !holds(&mut s, &secret.sample.body()[4000..4040]));
        assert_eq!(block_on(check(&mut s, &neighbour)), Kept::Gone, "it was passed over");
        assert_eq!(block_on(find_all(&mut s, young.sample.key(), |_| ())).len(), 1);
        for _ in 0..2 {
            assert_eq!(block_on(check(&mut s, &secret)), Kept::Gone);
            lap(&mut s, 1);
            s = rebooted(s);
        }
    }
}

#[test]
fn a_wiped_part_leaves_no_octet_of_what_was_cut_off() {
    let mut others = 0;
    for step in (0..2500).step_by(7) {
        let mut s = mounted(Flash::new(8));
        let secret = sample("/secret", 9000);
        let writing = block_on(begin_part(&mut s, &secret, 0)).expect("room");
        s.flash().cut_after(step, Tear::default());
        if secret.body().chunks(500).all(|chunk| block_on(s.write(writing, chunk)).is_ok()) {
            break;
        }
        let mut s = rebooted(s);
        let Some(id) = block_on(find_all(&mut s, secret.key(), |_| ())).first().copied() else {
            continue;
        };
        others += 1;
        block_on(s.wipe(id)).expect("the medium");
        for from in (0..9000 - 16).step_by(16) {
            assert!(
                !holds(&mut s, &secret.body()[from..from + 16]),
                "octet {from} after a cut in step {step}"
            );
        }
    }
    assert!(others > 200);
}

#[test]
fn maintain_erases_once_whatever_it_moves() {
    let mut worked = 0;
    for padding in (0..400).step_by(10) {
        let mut s = mounted(Flash::new(6)).with_second_chance(50);
        lap(&mut s, 1);
        for version in 2..60 {
            let first = s.layout().newest;
            let mut stored = block_on(store(&mut s, &sample("/used", 600)));
            block_on(check(&mut s, &stored));
            if s.layout().newest == first {
                continue;
            }
            // Nothing is moved before a head is written anew.
            while s.layout().newest == first + 1 {
                stored.sample = Sample { padding, version, ..stored.sample };
                block_on(stored.sample.with_pair(async |pair| s.update(stored.id, pair).await))
                    .expect("room");
                let mut s = s.clone();
                let erases = s.wear().erases;
                worked += u32::from(block_on(s.maintain()) == Ok(Maintained::Worked));
                assert!(s.wear().erases <= erases + 1, "{version}, {padding} octets more");
            }
        }
    }
    assert!(worked > 40);
}

#[test]
fn maintain_leaves_what_is_being_written_alone_though_the_ring_passes_over_pins() {
    let mut s = mounted(Flash::new(10));
    lap(&mut s, 1);
    let pinned = block_on(store(&mut s, &sample("/pinned", 3000)));
    block_on(s.pin(pinned.id)).expect("room");
    let first = s.layout().newest;
    while s.layout().newest == first {
        block_on(store(&mut s, &sample("/next", 300)));
    }
    let id = block_on(part(&mut s, &sample("/large", 20_000), 0..2000));
    let writing = block_on(s.resume(id, 2000)).expect("it is there");
    let mut others = 0;
    while block_on(s.write(writing, &[])).is_ok() {
        let mut maintained = s.clone();
        block_on(maintained.maintain()).expect("the medium");
        assert_eq!(block_on(maintained.write(writing, &[])), Ok(()), "after {others} others");
        block_on(store(&mut s, &sample("/other", 300)));
        others += 1;
    }
    assert!(others > 40);
}

#[test]
fn a_cut_in_the_first_erase_of_small_units_leaves_a_blank_partition() {
    for tear in Tear::ALL {
        for step in 0..20 {
            let mut s = mounted(Nor::<1, 4, 256>::new(64));
            s.flash().cut_after(step, tear);
            if block_on(try_store(&mut s, &sample("/a", 10))).is_ok() {
                break;
            }
            let mut flash = s.into_flash();
            flash.restore_power();
            let mut s = over(flash);
            let found = block_on(s.mount()).expect("the medium");
            assert!(
                matches!(found, Mounted::Blank | Mounted::Ready),
                "{found:?} after {tear:?} in step {step}"
            );
        }
    }
}

#[test]
fn a_pinned_part_costs_no_more_to_look_at_as_time_goes_by() {
    let mut s = mounted(Flash::new(8));
    let [id, other] = ["/a", "/b"].map(|path| block_on(part(&mut s, &sample(path, 9000), 0..900)));
    block_on(s.pin(id)).expect("room");
    lap(&mut s, 1);
    let cost = |s: &mut Store<1, 4, 4096>| {
        s.flash().reset_counts();
        assert!(block_on(s.head(id, &mut [0; 2048])).expect("the medium").is_some());
        s.flash().counts().reads
    };
    let once = cost(&mut s);
    lap(&mut s, 20);
    let later = cost(&mut s);
    assert!(later <= once + 16, "{later} reads, and {once} at first");
    assert!(block_on(s.extent(other, 0)).is_err());
}

#[test]
fn pairs_that_are_pinned_and_freshened_leave_room_for_others() {
    for sectors in [6, 8, 10, 12] {
        let mut s = mounted(Flash::new(sectors));
        let mut pinned = Vec::new();
        for number in 0..4 {
            let stored = block_on(store(&mut s, &sample(&format!("/pinned{number}"), 300)));
            if block_on(s.pin(stored.id)).is_ok() {
                pinned.push(stored);
            }
            block_on(store(&mut s, &sample("/between", 2900)));
        }
        assert!(!pinned.is_empty());
        for round in 2..40 {
            for stored in &mut pinned {
                let _ = block_on(update(&mut s, stored, round));
                block_on(store(&mut s, &sample("/between", 2900)));
            }
            let [a, b] = ["/a", "/b"].map(|path| block_on(store(&mut s, &sample(path, 100))));
            for stored in pinned.iter().chain([&a, &b]) {
                assert_eq!(
                    block_on(check(&mut s, stored)),
                    Kept::Whole,
                    "{sectors} {round} {}",
                    stored.sample.uri
                );
            }
            block_on(s.remove(a.id)).expect("the medium");
            assert_eq!(block_on(check(&mut s, &a)), Kept::Gone);
            if round % 9 == 0 {
                s = rebooted(s);
                for stored in &pinned {
                    block_on(s.pin(stored.id)).expect("it is pinned still");
                }
            }
        }
    }
}

#[test]
fn a_merge_that_evicts_the_younger_part_joins_nothing_and_says_so() {
    let mut refused = 0;
    for padding in 0..60 {
        let mut s = mounted(Flash::new(8));
        lap(&mut s, 1);
        let one = sample("/one", 3000);
        let into = block_on(part(&mut s, &one, 0..500));
        block_on(s.pin(into)).expect("room");
        let first = s.layout().newest;
        while s.layout().newest == first {
            block_on(store(&mut s, &sample("/next", 300)));
        }
        let from = block_on(part(&mut s, &one, 1000..1500));
        let turn = s.layout().newest + s.layout().sectors;
        while s.layout().newest + 1 < turn - 1 {
            block_on(store(&mut s, &sample("/other", 2900)));
        }
        let mut version = 0;
        while block_on(s.extent(from, 0)).is_ok() {
            let mut merged = s.clone();
            let done = block_on(merged.merge(into, from));
            let joined = block_on(merged.extent(into, 500)).expect("it is pinned").is_some();
            assert_eq!(done.is_ok(), joined, "{done:?}");
            refused += u32::from(done == Err(StoreError::Gone));
            version += 1;
            let last = Sample { version, padding, ..sample("/last", 10) };
            block_on(store(&mut s, &last));
        }
    }
    assert!(refused > 0);
}

#[test]
fn a_flipped_bit_makes_no_pair_younger_than_it_is() {
    let mut s = mounted(Nor::<1, 4, 2048>::new(4));
    let mut fresh = block_on(store(&mut s, &sample("/fresh", 20)));
    let mut delta = block_on(store(&mut s, &sample("/delta", 20)));
    block_on(store(&mut s, &sample("/plain", 20)));
    let padded = Sample { version: 2, padding: 300, ..fresh.sample.clone() };
    block_on(padded.with_pair(async |pair| s.update(fresh.id, pair).await)).expect("room");
    block_on(update(&mut s, &mut delta, 3)).expect("room");
    fresh.sample = padded;
    let flash = s.into_flash();
    let newest = block_on(mounted(flash.clone()).health()).newest;
    assert!(newest.is_some());
    for bit in 0..flash.image().len() * 8 {
        let mut flipped = flash.clone();
        flipped.flip(bit);
        let mut s = mounted(flipped);
        assert!(block_on(s.health()).newest <= newest, "bit {bit}");
    }
}

#[test]
fn a_pair_takes_its_first_head_too_where_the_newest_one_tells_what_differs() {
    let mut s = mounted(Flash::new(8));
    let mut stored = block_on(store(&mut s, &sample("/a", 1000)));
    let live = block_on(s.health()).live;
    block_on(update(&mut s, &mut stored, 2)).expect("room");
    let now = block_on(s.health()).live;
    assert!(now > live && now < live + 200, "{now} octets, {live} before");
    assert_eq!(view(&mut s).len(), 1);
    let _: &Stored = &stored;
}

/// A full store with pairs that are pinned, one of which the ring has passed over, and others.
fn pinned() -> (Store<1, 4, 4096>, [Stored; 2]) {
    let mut s = mounted(Flash::new(12));
    let passed = block_on(store(&mut s, &sample("/passed", 600)));
    block_on(s.pin(passed.id)).expect("room");
    lap(&mut s, 2);
    let recent = block_on(store(&mut s, &sample("/recent", 600)));
    block_on(s.pin(recent.id)).expect("room");
    (s, [passed, recent])
}

#[test]
fn a_store_with_pins_is_cleared_whole_or_not_at_all() {
    let (s, stored) = pinned();
    let before = view(&mut s.clone());
    let mut outcomes = [0; 2];
    let mut see = |mut s: Store<1, 4, 4096>, told: &str| {
        for stored in &stored {
            let _ = block_on(s.pin(stored.id));
        }
        let seen = view(&mut s);
        // The oldest sector may have gone.
        let all = stored.iter().all(|stored| seen.contains_key(&stored.id)) && seen.len() + 6 > before.len();
        assert!(seen.is_empty() || all, "{} of {} are there: {told}", seen.len(), before.len());
        outcomes[usize::from(seen.is_empty())] += 1;
        let there = !seen.is_empty();
        lap(&mut s, 2);
        for mut s in [s.clone(), rebooted(s)] {
            for stored in &stored {
                assert_eq!(block_on(check(&mut s, stored)) == Kept::Whole, there, "{told}");
            }
        }
    };
    for polls in 1.. {
        let mut dropped = s.clone();
        dropped.flash().yielding(true);
        let done = poll_times(dropped.clear(), polls).is_some();
        dropped.flash().yielding(false);
        see(dropped.clone(), &format!("dropped at await {polls}"));
        see(rebooted(dropped), &format!("dropped at await {polls}, and a reboot"));
        if done {
            break;
        }
    }
    for step in 0.. {
        let mut cut = s.clone();
        cut.flash().cut_after(step, Tear::ALL[step as usize % 5]);
        if block_on(cut.clear()).is_ok() {
            break;
        }
        see(rebooted(cut), &format!("cut in step {step}"));
    }
    assert!(outcomes.iter().all(|count| *count > 10), "{outcomes:?}");
}

#[test]
fn a_pair_that_replaces_a_pinned_one_is_there_or_was_refused_whatever_fails() {
    let (s, [_, old]) = pinned();
    let new = sample("/new", 600);
    for first in 0..6 {
        for count in 1..6 {
            let mut s = s.clone();
            let writing = block_on(new.create(&mut s)).expect("room");
            block_on(s.write(writing, &new.body())).expect("room");
            (first..first + count).for_each(|number| s.flash().fail(number));
            let done = block_on(s.commit(writing, &[old.id]));
            let told = format!("{done:?}, {count} fail from {first} on");
            for _ in 0..2 {
                let found = block_on(find_all(&mut s, new.key(), |_| ())).len();
                let kept = block_on(check(&mut s, &old)) == Kept::Whole;
                assert_eq!((found, kept), (usize::from(done.is_ok()), done.is_err()), "{told}");
                let mut freshened = s.clone();
                (0..count).for_each(|number| freshened.flash().fail(first + number));
                let mut other = old.clone();
                if kept {
                    let done = block_on(update(&mut freshened, &mut other, 2));
                    other.sample.version = if done.is_ok() { 2 } else { 1 };
                    assert_eq!(block_on(check(&mut freshened, &other)), Kept::Whole, "{told}, then {done:?}");
                }
                s = rebooted(s);
            }
        }
    }
}

#[test]
fn what_lies_where_a_pinned_pair_was_that_is_removed_is_there_after_a_reboot() {
    let mut s = mounted(Flash::new(8));
    for number in 0..3 {
        let pinned = block_on(store(&mut s, &sample("/pinned", 600)));
        block_on(s.pin(pinned.id)).expect("room");
        lap(&mut s, number);
        block_on(s.remove(pinned.id)).expect("the medium");
        for number in 0..40 {
            block_on(store(&mut s, &sample(&format!("/{number}"), 600)));
            let before = view(&mut s);
            unchanged(&before, &view(&mut rebooted(s.clone())), &format!("pair {number}"));
        }
    }
}
