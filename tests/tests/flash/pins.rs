//! Pinned pairs, after reboots and where power fails more than once.
#![expect(clippy::single_range_in_vec_init, reason = "extents are lists of ranges, often of one")]

use crate::world::{Names, Op, Store, mounted, rebooted, sample, view};
use larder::store::{PairStore, StoreError};
use larder_tests::block_on;
use larder_tests::nor::{Nor, Tear};
use larder_tests::store_suite::{Kept, Stored, check, extents, part, store};

type Flash = Nor<1, 4, 4096>;

/// A full store whose first pair is pinned, and is next to be passed over; and its pairs.
fn passing_over() -> (Store<1, 4, 4096>, Names) {
    let mut store = mounted(Flash::new(7));
    let mut names = Names::default();
    let mut run = |op: Op| block_on(names.run(&mut store, &op)).expect("power");
    run(Op::Put(sample("/pinned", 600), vec![]));
    run(Op::Pin(0));
    for number in 0..7 {
        run(Op::Put(sample(&format!("/{number}"), 3000), vec![]));
    }
    (store, names)
}

/// Cuts `op` once in each step, and a put after the reboot once in each step if `op` was done. What was
/// seen of the pinned pair after the first reboot is seen after the second.
fn cut_twice(store: &Store<1, 4, 4096>, names: &Names, op: &Op) -> usize {
    let again = Op::Put(sample("/again", 400), vec![]);
    let run = |store: &mut Store<1, 4, 4096>, op: &Op| block_on(names.clone().run(store, op)).is_ok();
    let seen = |mut store| Some(view(&mut store).remove(&names.0[0].0)?.version);
    let before = seen(store.clone());
    let mut cuts = 0;
    for step in 0.. {
        let mut cut = store.clone();
        cut.flash().cut_after(step, Tear::ALL[step as usize % 5]);
        // That it cannot be told again is no error: what was done stands behind what tells it.
        if run(&mut cut, op) && !cut.flash().is_off() {
            return cuts;
        }
        let cut = rebooted(cut);
        let was = seen(cut.clone());
        if was == before {
            continue;
        }
        for second in 0.. {
            let mut cut = cut.clone();
            cut.flash().cut_after(second, Tear::ALL[second as usize % 5]);
            if run(&mut cut, &again) {
                break;
            }
            assert_eq!(seen(rebooted(cut)), was, "{op:?}, cut in step {step}, then in step {second}");
            cuts += 1;
        }
    }
    cuts
}

#[test]
fn what_was_said_last_of_a_pinned_pair_holds_though_power_fails_twice() {
    let (mut store, mut names) = passing_over();
    // Until there is no room any more for what tells the pins again.
    for number in 0..5 {
        for op in [Op::Update(0, 2), Op::UpdateLarge(0, 2, 300), Op::Remove(0)] {
            assert!(cut_twice(&store, &names, &op) > 0, "{op:?} was not done before it was told");
        }
        let op = Op::Put(sample(&format!("/small{number}"), 200), vec![]);
        block_on(names.run(&mut store, &op)).expect("power");
    }
}

#[test]
fn a_pinned_pair_of_joined_parts_outlives_laps_and_reboots() {
    for (whole, held) in [(false, [0..700]), (true, [0..900])] {
        let mut s = mounted(Flash::new(14));
        let pinned = sample("/pinned", 900);
        let [a, b, c, d] = [0..200, 200..400, 400..600, 600..700].map(|range| {
            block_on(store(&mut s, &sample("/between", 900)));
            block_on(part(&mut s, &pinned, range))
        });
        block_on(s.merge(b, c)).expect("room");
        block_on(s.merge(a, b)).expect("room");
        block_on(s.pin(a)).expect("room");
        block_on(s.merge(a, d)).expect("room");
        if whole {
            let writing = block_on(s.resume(a, 700)).expect("room");
            block_on(s.write(writing, &pinned.body()[700..])).expect("room");
            assert_eq!(block_on(s.commit(writing, &[])), Ok(a));
        }
        for number in 0..120 {
            block_on(store(&mut s, &sample(&format!("/{number}"), 900)));
            assert_eq!(block_on(extents(&mut s, a)), held, "{number}");
            let stored = Stored { id: a, sample: pinned.clone() };
            assert!(!whole || block_on(check(&mut s, &stored)) == Kept::Whole, "{number}");
            if number % 15 == 14 {
                s = rebooted(s);
                block_on(s.pin(a)).expect("it is pinned still");
            }
        }
    }
}

#[test]
fn a_pinned_part_that_the_ring_has_passed_over_gets_no_longer() {
    let mut s = mounted(Flash::new(8));
    let (pinned, paused) = (sample("/pinned", 9000), sample("/paused", 9000));
    let id = block_on(part(&mut s, &pinned, 0..900));
    block_on(s.pin(id)).expect("room");
    let id_of_paused = block_on(part(&mut s, &paused, 0..900));
    block_on(s.pin(id_of_paused)).expect("room");
    let writing = block_on(s.resume(id_of_paused, 900)).expect("it is there");
    for number in 0..60 {
        let stored = block_on(store(&mut s, &sample(&format!("/{number}"), 900)));
        assert_eq!(block_on(check(&mut s, &stored)), Kept::Whole, "{number}");
    }
    assert_eq!(block_on(s.resume(id, 900)), Err(StoreError::NoRoom));
    let later = block_on(part(&mut s, &pinned, 900..1800));
    assert_eq!(block_on(s.merge(id, later)), Err(StoreError::NoRoom));
    let written = block_on(s.write(writing, &paused.body()[900..]));
    assert_eq!(written, Err(StoreError::NoRoom));
    for id in [id, id_of_paused] {
        assert_eq!(block_on(extents(&mut s, id)), [0..900], "what was pinned is there");
    }
    let stored = block_on(store(&mut s, &sample("/other", 900)));
    assert_eq!(block_on(check(&mut s, &stored)), Kept::Whole, "others are stored as before");
}
