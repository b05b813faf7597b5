//! Pinned pairs, where power fails more than once.

use crate::world::{Names, Op, Store, mounted, rebooted, sample, view};
use larder_tests::block_on;
use larder_tests::nor::{Nor, Tear};

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

/// Cuts `op` once in each step, and a put after the reboot once in each step. What was seen of the pinned
/// pair after the first reboot is seen after the second.
fn cut_twice(store: &Store<1, 4, 4096>, names: &Names, op: &Op) {
    let pinned = names.0[0].0;
    let again = Op::Put(sample("/again", 400), vec![]);
    let run = |store: &mut Store<1, 4, 4096>, op: &Op| block_on(names.clone().run(store, op)).is_ok();
    for step in 0.. {
        let mut cut = store.clone();
        cut.flash().cut_after(step, Tear::ALL[step as usize % 5]);
        if run(&mut cut, op) {
            assert!(step > 0, "{op:?} writes");
            return;
        }
        let cut = rebooted(cut);
        let seen = |mut store| Some(view(&mut store).remove(&pinned)?.version);
        let was = seen(cut.clone());
        for second in 0.. {
            let mut cut = cut.clone();
            cut.flash().cut_after(second, Tear::ALL[second as usize % 5]);
            if run(&mut cut, &again) {
                break;
            }
            assert_eq!(seen(rebooted(cut)), was, "{op:?}, cut in step {step}, then in step {second}");
        }
    }
}

#[test]
fn what_was_said_last_of_a_pinned_pair_holds_though_power_fails_twice() {
    let (mut store, mut names) = passing_over();
    // Until there is no room any more for what tells the pins again.
    for number in 0..14 {
        cut_twice(&store, &names, &Op::Update(0, 2));
        cut_twice(&store, &names, &Op::UpdateLarge(0, 2, 300));
        cut_twice(&store, &names, &Op::Remove(0));
        let op = Op::Put(sample(&format!("/small{number}"), 40), vec![]);
        block_on(names.run(&mut store, &op)).expect("power");
    }
}
