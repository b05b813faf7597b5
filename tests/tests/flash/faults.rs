//! Futures dropped at every await, programs and erases that fail, and flipped bits.

use crate::world::{
    Names, Op, Store, View, compare, filler, mounted, rebooted, sample, script, view, works_on,
};
use larder::pair::{PairId, PairKey};
use larder::store::PairStore;
use larder_tests::nor::Nor;
use larder_tests::store_suite::Sample;
use larder_tests::{block_on, poll_times};
use std::collections::BTreeSet;

#[test]
fn a_future_dropped_at_every_await_leaves_the_store_as_before_or_after() {
    drop_everywhere(mounted(Nor::<1, 1, 4096>::new(4)), 4096);
    drop_everywhere(mounted(Nor::<4, 8, 2048>::new(8)), 2048);
    drop_everywhere(mounted(Nor::<4, 32, 4096>::new(4)), 4096);
}

fn drop_everywhere<const R: usize, const W: usize, const E: usize>(mut store: Store<R, W, E>, large: usize) {
    let mut names = Names::default();
    let sectors = store.flash().image().len() / E;
    for op in filler(sectors, E) {
        block_on(names.run(&mut store, &op)).expect("the medium");
    }
    let mut before = view(&mut store);
    let mut ops = script(large);
    ops.extend([Op::Put(sample("/last", 300), vec![]), Op::Update(18, 2), Op::Wipe(17), Op::Clear]);
    for op in ops {
        let mut done = store.clone();
        block_on(names.clone().run(&mut done, &op)).expect("the medium");
        let after = view(&mut done);
        for polls in 1.. {
            let mut dropped = store.clone();
            dropped.flash().yielding(true);
            let finished = poll_times(names.clone().run(&mut dropped, &op), polls).is_some();
            dropped.flash().yielding(false);
            let seen = view(&mut dropped);
            let told = format!("{op:?} dropped at its await {polls}");
            compare(&op, &names, &before, &after, &seen, &[], &told);
            invalidated(dropped.clone(), &before, &told);
            // The same boot goes on, and what it knows is what the next one finds.
            works_on(dropped, &[], &told);
            if finished {
                break;
            }
        }
        block_on(names.run(&mut store, &op)).expect("the medium");
        before = view(&mut store);
    }
}

/// What is invalidated stays so over a reboot, whether the store still knew it or not.
fn invalidated<const R: usize, const W: usize, const E: usize>(
    store: Store<R, W, E>,
    known: &View,
    told: &str,
) {
    let mut store = store;
    let mut uris: Vec<_> = known.values().map(|pair| pair.0.clone()).collect();
    uris.dedup();
    for uri in &uris {
        block_on(store.invalidate(PairKey::new(uri))).expect("the medium");
    }
    let seen = view(&mut rebooted(store));
    assert!(!seen.values().any(|pair| uris.contains(&pair.0)), "{told}");
}

#[test]
fn a_program_or_erase_that_fails_costs_a_segment_and_nothing_else() {
    fail_everywhere(mounted(Nor::<1, 4, 4096>::new(5)), 4096);
    fail_everywhere(mounted(Nor::<4, 8, 2048>::new(8)), 2048);
    fail_everywhere(mounted(Nor::<4, 32, 131_072>::new(3)), 20_000);
}

fn fail_everywhere<const R: usize, const W: usize, const E: usize>(mut store: Store<R, W, E>, large: usize) {
    let mut names = Names::default();
    let sectors = store.flash().image().len() / E;
    for op in filler(sectors, E) {
        block_on(names.run(&mut store, &op)).expect("the medium");
    }
    for op in script(large) {
        let before = view(&mut store);
        let begun = store.flash().operations();
        let mut done = store.clone();
        block_on(names.clone().run(&mut done, &op)).expect("the medium");
        let operations = done.flash().operations() - begun;
        let after = view(&mut done);
        for number in 0..operations {
            for (after_all, twice) in [(false, false), (true, false), (false, true), (true, true)] {
                let told = format!("{op:?}, {number} of {operations} fails {after_all} {twice}");
                let mut failing = store.clone();
                let flash = failing.flash();
                for number in number..=number + u64::from(twice) {
                    if after_all { flash.fail_after(number) } else { flash.fail(number) }
                }
                let mut tried = names.clone();
                let result = block_on(tried.run(&mut failing, &op));
                assert!(twice || result.is_ok(), "once is tried again: {told}");
                let wear = failing.wear();
                assert!(wear.program_failures + wear.erase_failures > 0, "it shows: {told}");
                let seen = view(&mut failing);
                let lost = before.keys().filter(|id| after.contains_key(id) && !seen.contains_key(id));
                let sectors: BTreeSet<_> = lost.map(|id| id.number() >> 16).collect();
                assert!(sectors.len() <= 1, "the pairs of one more sector are lost: {sectors:?} {told}");
                check_names(&tried, &seen, result.is_ok(), &told);
                works_on(failing, &[], &told);
            }
        }
        block_on(names.run(&mut store, &op)).expect("the medium");
    }
}

/// What was put last is there, if nothing failed.
fn check_names(names: &Names, seen: &View, well: bool, told: &str) {
    for (id, (uri, _, _)) in seen {
        let (_, sample) =
            names.0.iter().find(|(name, _)| name == id).unwrap_or_else(|| panic!("{uri}: {told}"));
        assert_eq!(sample.uri, *uri, "{told}");
    }
    assert!(!well || !seen.is_empty(), "{told}");
}

#[test]
fn octets_that_cannot_be_read_are_a_damaged_record_and_mounting_never_fails() {
    let mut store = mounted(Nor::<4, 8, 2048>::new(6).with_ecc());
    let mut names = Names::default();
    for number in 0..14 {
        let put = Op::Put(sample(&format!("/{number}"), 80 * number), vec![]);
        block_on(names.run(&mut store, &put)).expect("the medium");
    }
    block_on(names.run(&mut store, &Op::Update(12, 2))).expect("the medium");
    let whole = view(&mut store);
    let flash = store.into_flash();
    for from in (0..flash.image().len()).step_by(32) {
        for len in [8, 200, 2048] {
            let mut ruined = flash.clone();
            ruined.ruin(from..(from + len).min(flash.image().len()));
            let mut store = mounted(ruined);
            let seen = view(&mut store);
            for (id, pair) in &seen {
                let right = &whole[id];
                assert_eq!((&right.0, &right.2), (&pair.0, &pair.2), "{len} octets at {from}");
            }
            let lost = whole.len() - seen.len();
            assert!(lost <= 1 + len.div_ceil(300), "{lost} pairs lost to {len} octets at {from}");
            works_on(store, &[], &format!("{len} octets at {from} cannot be read"));
        }
    }
}

#[test]
fn every_flipped_bit_costs_at_most_what_it_hits() {
    let mut store = mounted(Nor::<1, 4, 2048>::new(5));
    let mut names = Names::default();
    let mut ops: Vec<_> =
        (0..9).map(|number| Op::Put(sample(&format!("/{number}"), 100 + 90 * number), vec![])).collect();
    ops.extend([
        Op::Update(5, 2),
        Op::Remove(7),
        Op::Put(sample("/6", 30), vec![6]),
        Op::Update(8, 3),
        Op::Put(Sample { length_known: false, ..sample("/9", 1300) }, vec![]),
        Op::Update(8, 4),
    ]);
    for op in &ops {
        block_on(names.run(&mut store, op)).expect("the medium");
    }
    let flash = store.into_flash();
    let mut store = mounted(flash.clone());
    let whole = view(&mut store);
    assert!(whole.len() >= 6, "{:?}", whole.values().map(|pair| &pair.0).collect::<Vec<_>>());
    let sector = |id: &PairId| id.number() >> 16;
    let oldest = whole.keys().filter(|id| sector(id) == whole.keys().map(sector).min().unwrap_or(0)).count();
    let (mut lost, mut older) = (0, 0);
    for bit in 0..flash.image().len() * 8 {
        let mut flipped = flash.clone();
        flipped.flip(bit);
        let mut store = mounted(flipped);
        let seen = view(&mut store);
        for (id, pair) in &seen {
            let right = whole.get(id).unwrap_or_else(|| panic!("bit {bit}: {} was removed", pair.0));
            assert!((&right.0, &right.2) == (&pair.0, &pair.2), "bit {bit}: {} is wrong", pair.0);
            // The end of what was written last looks as if it had been cut.
            older += u32::from(right.1 != pair.1);
        }
        // What is written last may look as if it had been cut; then the oldest sector goes.
        let gone = !seen.contains_key(whole.keys().next().expect("a pair"));
        let most = 1 + if gone { oldest } else { 0 };
        assert!(seen.len() + most >= whole.len(), "bit {bit}: {} of {} are left", seen.len(), whole.len());
        lost += whole.len() - seen.len();
        if bit % 61 == 0 {
            works_on(store, &[], &format!("bit {bit}"));
        }
    }
    assert!(older < 32, "{older} heads are of an older version");
    println!("{lost} pairs lost, {older} heads older to {} flips", flash.image().len() * 8);
    drop(rebooted(mounted(flash)));
}
