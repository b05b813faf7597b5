//! Power is lost at every step of every operation.

use crate::world::{
    Names, Op, Seen, Store, View, compare, filler, look_up, mounted, only_gathered_octets_are_lost,
    parts_script, rebooted, sample, script, unchanged, view, works_on,
};
use larder::pair::PairId;
use larder_tests::block_on;
use larder_tests::nor::{Nor, Tear};

#[test]
fn single_octets_and_sectors_of_4_kib() {
    cut_everywhere(mounted(Nor::<1, 1, 4096>::new(4)), &script(1100), 10);
}

#[test]
fn words_of_4_and_sectors_of_4_kib() {
    cut_everywhere(mounted(Nor::<4, 4, 4096>::new(4)), &script(4096), 2);
}

#[test]
fn words_of_8_and_sectors_of_2_kib() {
    cut_everywhere(mounted(Nor::<4, 8, 2048>::new(8)), &script(2048), 2);
}

#[test]
fn words_of_16_and_sectors_of_8_kib() {
    cut_everywhere(mounted(Nor::<1, 16, 8192>::new(3)), &script(6000), 2);
}

#[test]
fn words_of_4_and_units_of_256_octets_erased_together() {
    cut_everywhere(mounted(Nor::<1, 4, 256>::new(64)), &script(2048), 5);
}

#[test]
fn words_of_8_with_error_correction() {
    cut_everywhere(mounted(Nor::<4, 8, 2048>::new(8).with_ecc()), &script(2048), 2);
}

#[test]
fn words_of_32_and_sectors_of_128_kib() {
    cut_everywhere(mounted(Nor::<4, 32, 131_072>::new(3)), &script(20_000), 5);
}

#[test]
fn words_of_32_with_error_correction() {
    cut_everywhere(mounted(Nor::<4, 32, 4096>::new(4).with_ecc()), &script(4096), 1);
}

#[test]
fn clear_and_wipe() {
    let script = [Op::Put(sample("/one", 60), vec![]), Op::Update(10, 2), Op::Wipe(7), Op::Clear];
    cut_everywhere(mounted(Nor::<1, 4, 4096>::new(6)), &script, 1);
}

#[test]
fn pinned_pairs_and_the_ring_passing_over_them() {
    let large = |path| Op::Put(sample(path, 5000), vec![]);
    let script = [
        Op::Pin(3),
        large("/a"),
        Op::Update(3, 2),
        large("/b"),
        large("/c"),
        large("/d"),
        large("/e"),
        Op::Remove(3),
        large("/f"),
    ];
    cut_everywhere(mounted(Nor::<1, 4, 4096>::new(7)), &script, 5);
}

#[test]
fn a_pinned_pair_of_joined_parts_and_the_ring_passing_over_it() {
    let large = |path| Op::Put(sample(path, 5000), vec![]);
    let script = [
        Op::Part(sample("/pinned", 2000), 0..500),
        Op::Pin(10),
        Op::Part(sample("/pinned", 2000), 1000..2000),
        Op::Merge(10, 11),
        large("/a"),
        Op::Finish(10, 500, vec![]),
        large("/b"),
        large("/c"),
        large("/d"),
        Op::Update(10, 2),
        large("/e"),
        large("/f"),
    ];
    cut_everywhere(mounted(Nor::<1, 4, 4096>::new(9)), &script, 5);
}

#[test]
fn the_first_pair_of_a_blank_partition() {
    let store = mounted(Nor::<1, 4, 4096>::new(4));
    let op = Op::Put(sample("/one", 60), vec![]);
    cut_op(&store, &Names::default(), &op, &View::new(), &[], 1);
}

#[test]
fn parts_in_single_octets_and_sectors_of_4_kib() {
    cut_everywhere(mounted(Nor::<1, 1, 4096>::new(5)), &parts_script(1600), 25);
}

#[test]
fn parts_in_words_of_8_and_sectors_of_2_kib() {
    cut_everywhere(mounted(Nor::<4, 8, 2048>::new(9)), &parts_script(2100), 5);
}

#[test]
fn parts_in_words_of_32_and_sectors_of_128_kib() {
    cut_everywhere(mounted(Nor::<4, 32, 131_072>::new(3)), &parts_script(9000), 10);
}

#[test]
fn parts_in_words_of_32_with_error_correction() {
    cut_everywhere(mounted(Nor::<4, 32, 4096>::new(5).with_ecc()), &parts_script(2500), 2);
}

#[test]
fn second_chances_in_single_octets_and_sectors_of_4_kib() {
    let store = mounted(Nor::<1, 1, 4096>::new(5));
    cut_everywhere(store.with_second_chance(25), &chances_script(), 20);
}

#[test]
fn second_chances_in_words_of_8_and_sectors_of_2_kib() {
    let store = mounted(Nor::<4, 8, 2048>::new(8));
    cut_everywhere(store.with_second_chance(50), &chances_script(), 5);
}

#[test]
fn second_chances_in_words_of_32_and_sectors_of_128_kib() {
    let store = mounted(Nor::<4, 32, 131_072>::new(3));
    let large = |path| Op::Put(sample(path, 90_000), vec![]);
    let mut script = chances_script();
    script.splice(0..0, [large("/a"), large("/b"), large("/c")]);
    cut_everywhere(store.with_second_chance(25), &script, 100);
}

/// More than fits, so that what was found before is moved on; and a wipe, which moves its neighbours.
fn chances_script() -> Vec<Op> {
    let mut script: Vec<_> = (0..14)
        .map(|number| Op::Put(sample(&format!("/chance{number}"), 200 + 90 * number), vec![]))
        .collect();
    let number = 10;
    script.splice(
        6..6,
        [Op::Maintain, Op::Update(number + 3, 2), Op::Put(sample("/chance4", 3), vec![number + 4])],
    );
    script.extend([
        Op::Part(sample("/part", 1500), 0..1200),
        Op::Wipe(number + 14),
        Op::Put(sample("/large", 2000), vec![]),
    ]);
    script
}

/// Fills the store, then cuts every operation of `script` at each step; of the ways to tear, each
/// step gets one in `of`, turn by turn. With `LARDER_CUTS=full` in the environment, each gets all.
fn cut_everywhere<const R: usize, const W: usize, const E: usize>(
    mut store: Store<R, W, E>,
    script: &[Op],
    of: usize,
) {
    let full = std::env::var_os("LARDER_CUTS").is_some_and(|cuts| cuts == "full");
    let of = if full { 1 } else { of };
    let mut names = Names::default();
    let sector = E.max(2048);
    let sectors = store.flash().image().len() / sector;
    for op in filler(sectors, sector) {
        block_on(names.run(&mut store, &op)).expect("power");
    }
    let mut cuts = 0;
    let mut pinned = Vec::new();
    let mut before = view(&mut store);
    for op in script {
        look_up(&mut store, &names);
        cuts += cut_op(&store, &names, op, &before, &pinned, of);
        block_on(names.run(&mut store, op)).expect("power");
        if let Op::Pin(pair) = op {
            pinned.push(names.0[*pair].0);
        }
        before = view(&mut store);
        let removed = script.iter().any(|op| matches!(op, Op::Remove(_) | Op::Clear));
        assert!(removed || pinned.iter().all(|id| before.contains_key(id)), "pinned pairs stay");
    }
    println!("{cuts} cuts");
    store = rebooted(store);
    unchanged(&before, &view(&mut store), "and without any cut");
}

/// Cuts `op` at each of its steps. `before`: what was there. Answers how many cuts that were.
fn cut_op<const R: usize, const W: usize, const E: usize>(
    store: &Store<R, W, E>,
    names: &Names,
    op: &Op,
    before: &View,
    pinned: &[PairId],
    of: usize,
) -> u64 {
    let mut done = store.clone();
    let begun = done.flash().steps();
    block_on(names.clone().run(&mut done, op)).expect("power");
    let after = view(&mut done);
    let steps = done.flash().steps() - begun;
    let mut cuts = 0;
    for step in 0..steps {
        for (number, tear) in Tear::ALL.into_iter().enumerate() {
            if !(step as usize + number).is_multiple_of(of) {
                continue;
            }
            cuts += 1;
            let mut cut = store.clone();
            cut.flash().cut_after(step, tear);
            let mut tried = names.clone();
            let lost = block_on(tried.run(&mut cut, op));
            assert!(cut.flash().is_off(), "{op:?} has {steps} steps, not {step}: {lost:?}");
            let mut cut = rebooted(cut);
            let seen = view(&mut cut);
            let told = format!("{op:?}, step {step} of {steps}, {tear:?}");
            // What is left to be written down of pins may fail: all that was asked for is there.
            let is_there = |(id, pair): (&PairId, &Seen)| !pinned.contains(id) || seen.get(id) == Some(pair);
            let done = !pinned.is_empty() && after.iter().all(is_there);
            assert!(lost.is_err() || done, "it was said to be done: {told}");
            compare(op, names, before, &after, &seen, pinned, &told);
            still_there(pinned, &after, &seen, &told);
            only_gathered_octets_are_lost(&tried, before, &seen, &told);
            if cuts % 7 == 0 {
                cut = cut_again(cut, &seen, pinned, step, &told);
            }
            works_on(cut, pinned, &told);
        }
    }
    cuts
}

/// Pins outlive a loss of power.
fn still_there(pinned: &[PairId], expected: &View, seen: &View, told: &str) {
    for id in pinned.iter().filter(|id| expected.contains_key(id)) {
        assert!(seen.contains_key(id), "{id:?} was pinned and is lost: {told}");
    }
}

/// Loses power once more, in the first operation after the reboot.
fn cut_again<const R: usize, const W: usize, const E: usize>(
    store: Store<R, W, E>,
    before: &View,
    pinned: &[PairId],
    number: u64,
    told: &str,
) -> Store<R, W, E> {
    let mut cut = store.clone();
    let mut done = store;
    let op = Op::Put(sample("/again", 400), vec![]);
    let begun = done.flash().steps();
    block_on(Names::default().run(&mut done, &op)).expect("power");
    let after = view(&mut done);
    let step = number * 31 % (done.flash().steps() - begun);
    // Not the tear that cannot be seen: it may have been there before.
    let tear = Tear::ALL[number as usize % 4];
    cut.flash().cut_after(step, tear);
    let _ = block_on(Names::default().run(&mut cut, &op));
    let mut cut = rebooted(cut);
    let told = format!("{told}, and again in step {step}, {tear:?}");
    let seen = view(&mut cut);
    compare(&op, &Names::default(), before, &after, &seen, pinned, &told);
    still_there(pinned, before, &seen, &told);
    cut
}
