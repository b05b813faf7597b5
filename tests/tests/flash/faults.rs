//! Futures dropped at every await, programs and erases that fail, and flipped bits.

use crate::world::{
    Names, Op, Seen, Store, View, compare, end_writers, filler, mounted, parts_script, rebooted, sample,
    script, view, works_on,
};
use larder::pair::{PairId, PairKey};
use larder::store::PairStore;
use larder_tests::nor::Nor;
use larder_tests::store_suite::Sample;
use larder_tests::{block_on, poll_times};
use std::collections::BTreeSet;

#[test]
fn a_future_dropped_at_every_await_leaves_the_store_as_before_or_after() {
    let script = |large| {
        let mut ops = script(large);
        ops.extend([Op::Put(sample("/last", 300), vec![]), Op::Update(18, 2), Op::Wipe(17), Op::Clear]);
        ops
    };
    drop_everywhere(mounted(Nor::<1, 1, 4096>::new(4)), script(4096));
    drop_everywhere(mounted(Nor::<4, 8, 2048>::new(8)), script(2048));
    drop_everywhere(mounted(Nor::<4, 32, 4096>::new(4)), script(4096));
}

#[test]
fn a_future_dropped_while_parts_are_written_leaves_the_store_as_before_or_after_or_between() {
    drop_everywhere(mounted(Nor::<1, 1, 4096>::new(5)).with_second_chance(25), parts_script(1600));
    drop_everywhere(mounted(Nor::<4, 8, 2048>::new(9)), parts_script(2100));
    drop_everywhere(mounted(Nor::<4, 32, 131_072>::new(3)), parts_script(3000));
}

fn drop_everywhere<const R: usize, const W: usize, const E: usize>(mut store: Store<R, W, E>, ops: Vec<Op>) {
    let mut names = Names::default();
    let sectors = store.flash().image().len() / E;
    for op in filler(sectors, E) {
        block_on(names.run(&mut store, &op)).expect("the medium");
    }
    let mut before = view(&mut store);
    for op in ops {
        let mut done = store.clone();
        block_on(names.clone().run(&mut done, &op)).expect("the medium");
        let after = view(&mut done);
        for polls in 1.. {
            let mut dropped = store.clone();
            dropped.flash().yielding(true);
            let finished = poll_times(names.clone().run(&mut dropped, &op), polls).is_some();
            dropped.flash().yielding(false);
            // A pair being written is not found.
            end_writers(&mut dropped);
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
    let mut uris: Vec<_> = known.values().map(|pair| pair.uri.clone()).collect();
    uris.dedup();
    for uri in &uris {
        block_on(store.invalidate(PairKey::new(uri))).expect("the medium");
    }
    let seen = view(&mut rebooted(store));
    assert!(!seen.values().any(|pair| uris.contains(&pair.uri)), "{told}");
}

#[test]
fn a_program_or_erase_that_fails_costs_a_segment_and_nothing_else() {
    fail_everywhere(mounted(Nor::<1, 4, 4096>::new(5)), script(4096));
    fail_everywhere(mounted(Nor::<4, 8, 2048>::new(8)), script(2048));
    fail_everywhere(mounted(Nor::<4, 32, 131_072>::new(3)), script(20_000));
}

#[test]
fn a_program_or_erase_that_fails_while_parts_are_written_costs_a_segment_and_nothing_else() {
    fail_everywhere(mounted(Nor::<1, 1, 4096>::new(6)), parts_script(1600));
    fail_everywhere(mounted(Nor::<4, 8, 2048>::new(9)), parts_script(2100));
    fail_everywhere(mounted(Nor::<4, 32, 131_072>::new(3)), parts_script(9000));
}

fn fail_everywhere<const R: usize, const W: usize, const E: usize>(mut store: Store<R, W, E>, ops: Vec<Op>) {
    let mut names = Names::default();
    let sectors = store.flash().image().len() / E;
    for op in filler(sectors, E) {
        block_on(names.run(&mut store, &op)).expect("the medium");
    }
    for op in ops {
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
                check_names(&tried, op.grows(&names), &seen, result.is_ok(), &told);
                // What could not be removed for good is not found, but after a reboot.
                let removed = before.keys().filter(|id| result.is_err() && !after.contains_key(id));
                let removed: Vec<_> = removed.filter(|id| !seen.contains_key(id)).copied().collect();
                works_on(failing, &removed, &told);
            }
        }
        block_on(names.run(&mut store, &op)).expect("the medium");
    }
}

/// What was put last is there, if nothing failed.
fn check_names(names: &Names, part: Option<&str>, seen: &View, well: bool, told: &str) {
    for (id, Seen { uri, .. }) in seen.iter().filter(|(_, pair)| part != Some(&pair.uri)) {
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
    let sector = |id: &PairId| id.number() >> 16;
    let oldest = whole.keys().filter(|id| Some(sector(id)) == whole.keys().map(sector).min()).count();
    let flash = store.into_flash();
    for from in (0..flash.image().len()).step_by(32) {
        for len in [8, 200, 2048] {
            let mut ruined = flash.clone();
            ruined.ruin(from..(from + len).min(flash.image().len()));
            let mut store = mounted(ruined);
            let seen = view(&mut store);
            for (id, pair) in &seen {
                let right = &whole[id];
                assert_eq!((&right.uri, &right.body), (&pair.uri, &pair.body), "{len} octets at {from}");
            }
            // Where the sector written last cannot be written on, the oldest one goes.
            let gone = !seen.contains_key(whole.keys().next().expect("a pair"));
            let lost = (whole.len() - seen.len()).saturating_sub(if gone { oldest } else { 0 });
            assert!(lost <= 1 + len.div_ceil(300), "{lost} pairs lost to {len} octets at {from}");
            works_on(store, &[], &format!("{len} octets at {from} cannot be read"));
        }
    }
}

#[test]
fn every_flipped_bit_of_parts_and_changed_heads_costs_octets_and_never_changes_any() {
    let mut store = mounted(Nor::<1, 4, 2048>::new(4));
    let mut names = Names::default();
    for op in [
        Op::Put(sample("/whole", 300), vec![]),
        Op::Part(sample("/joined", 900), 0..300),
        Op::Part(sample("/joined", 900), 300..500),
        Op::Part(sample("/part", 900), 100..400),
        Op::More(3, 600..800),
        Op::Update(0, 2),
        Op::Update(3, 2),
        Op::Merge(1, 2),
        Op::Finish(1, 500, vec![]),
        Op::Update(1, 3),
        Op::Put(sample("/last", 20), vec![]),
    ] {
        block_on(names.run(&mut store, &op)).expect("the medium");
    }
    let flash = store.into_flash();
    let mut store = mounted(flash.clone());
    let whole = view(&mut store);
    assert_eq!(whole.len(), 4, "{:?}", whole.values().map(|pair| &pair.uri).collect::<Vec<_>>());
    assert_eq!(whole[&names.0[3].0].body.runs.len(), 2);
    let (mut lost, mut older, mut less) = (0, 0, 0);
    for bit in 0..flash.image().len() * 8 {
        let mut flipped = flash.clone();
        flipped.flip(bit);
        // That the octets are the right ones is looked at by `view`.
        let seen = view(&mut mounted(flipped));
        for (id, pair) in &seen {
            let right = whole.get(id).unwrap_or_else(|| panic!("bit {bit}: {} was removed", pair.uri));
            assert!(right.uri == pair.uri && right.body.covers(&pair.body), "bit {bit}: {}", pair.uri);
            assert!(pair.body.committed <= right.body.committed, "bit {bit}: {} is complete", pair.uri);
            older += u32::from(right.version != pair.version);
            less += u32::from(right.body != pair.body);
        }
        assert!(seen.len() + 1 >= whole.len(), "bit {bit}: {} of {} are left", seen.len(), whole.len());
        lost += whole.len() - seen.len();
    }
    println!(
        "{lost} pairs lost, {older} heads older, {less} bodies shorter to {} flips",
        flash.image().len() * 8
    );
    assert!(older < 8, "{older} heads are of an older version");
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
    assert!(whole.len() >= 6, "{:?}", whole.values().map(|pair| &pair.uri).collect::<Vec<_>>());
    let sector = |id: &PairId| id.number() >> 16;
    let oldest = whole.keys().filter(|id| sector(id) == whole.keys().map(sector).min().unwrap_or(0)).count();
    let (mut lost, mut older) = (0, 0);
    for bit in 0..flash.image().len() * 8 {
        let mut flipped = flash.clone();
        flipped.flip(bit);
        let mut store = mounted(flipped);
        let seen = view(&mut store);
        for (id, pair) in &seen {
            let right = whole.get(id).unwrap_or_else(|| panic!("bit {bit}: {} was removed", pair.uri));
            assert!((&right.uri, &right.body) == (&pair.uri, &pair.body), "bit {bit}: {} is wrong", pair.uri);
            // The end of what was written last looks as if it had been cut.
            older += u32::from(right.version != pair.version);
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
