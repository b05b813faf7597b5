//! Mishaps: features that seldom meet, flash that fails in the middle of an operation and then goes on, and
//! futures that are dropped there.

use crate::world::{Store, mounted, over, rebooted, sample};
use larder::store::{Maintained, PairStore, StoreError};
use larder_storage_flash::FlashStore;
use larder_tests::nor::{Nor, NorError, Tear};
use larder_tests::store_suite::{Kept, Sample, Stored, check, find_all, part, store, try_store};
use larder_tests::{block_on, poll_times};

type Flash = Nor<1, 4, 4096>;

/// The padding of a sample that makes a head of about `len` octets.
fn with_head(path: &str, len: usize, body: usize) -> Sample {
    Sample { padding: len - 250, ..sample(path, body) }
}

#[test]
fn a_head_that_has_no_room_beside_the_pins_is_refused_and_costs_no_pair() {
    let mut s = mounted(Nor::<1, 4, 2048>::new(12));
    let pinned = block_on(store(&mut s, &sample("/pinned", 100)));
    block_on(s.pin(pinned.id)).expect("room");
    let mut refused = 0;
    for len in (1700..2000).step_by(10) {
        let other = block_on(store(&mut s, &sample("/other", 100)));
        s.flash().yielding(true);
        let large = with_head("/large", len, 100);
        let done = poll_times(try_store(&mut s, &large), 20_000);
        s.flash().yielding(false);
        let done =
            done.unwrap_or_else(|| panic!("a head of {len} octets is looked for room for without end"));
        match done {
            Ok(stored) => assert_eq!(block_on(check(&mut s, &stored)), Kept::Whole),
            Err(error) => {
                assert_eq!(error, StoreError::HeadTooLarge);
                assert_eq!(block_on(check(&mut s, &other)), Kept::Whole);
                refused += 1;
            }
        }
        assert_eq!(block_on(check(&mut s, &pinned)), Kept::Whole);
    }
    assert!(refused > 0 && refused < 25, "{refused} were refused");
}

#[test]
fn the_largest_head_fits_whatever_the_buffer_and_replaces_others() {
    for len in (3500..4050).step_by(4) {
        large_head(Flash::new(4), len);
        large_head(Nor::<4, 32, 4096>::new(4), len);
        large_head(Nor::<1, 4, 2048>::new(4), len - 2048);
    }
}

fn large_head<const R: usize, const W: usize, const E: usize>(flash: Nor<R, W, E>, len: usize) {
    let octets = flash.image().len() as u32;
    let mut s: FlashStore<_, 16, 1, 4096> = FlashStore::new(flash, 0..octets, 7).expect("it works");
    block_on(s.mount()).expect("the medium");
    for count in [0, 7] {
        let replaced: Vec<_> = (0..count).map(|_| block_on(store(&mut s, &sample("/old", 5))).id).collect();
        let large = with_head("/large", len, 500);
        s.flash().yielding(true);
        let done = async {
            let writing = large.create(&mut s).await?;
            s.write(writing, &large.body()).await?;
            s.commit(writing, &replaced).await
        };
        let done = poll_times(done, 20_000);
        s.flash().yielding(false);
        let mut record = [0; 4100];
        match done.unwrap_or_else(|| panic!("a head of {len} octets is looked for room for without end")) {
            Ok(id) => assert!(block_on(s.head(id, &mut record)).expect("the medium").is_some()),
            Err(error) => assert_eq!(error, StoreError::HeadTooLarge),
        }
    }
}

#[test]
fn what_tells_the_pins_is_not_programmed_where_something_was_begun() {
    let mut s = mounted(Flash::new(8));
    let pinned = block_on(store(&mut s, &sample("/pinned", 100)));
    block_on(s.pin(pinned.id)).expect("room");
    assert_eq!(block_on(s.maintain()), Ok(Maintained::Worked));
    s = rebooted(s);
    let first = s.layout().newest;
    let mut cuts = 0;
    while cuts == 0 {
        let before = s.clone();
        block_on(store(&mut s, &sample("/other", 900)));
        if s.layout().newest == first {
            continue;
        }
        // The sector that was erased ahead is begun. Not the tear that cannot be seen: it may come twice at
        // one place.
        for tear in &Tear::ALL[..4] {
            for step in 0.. {
                let mut cut = before.clone();
                cut.flash().cut_after(step, *tear);
                if block_on(try_store(&mut cut, &sample("/other", 900))).is_ok() {
                    break;
                }
                cuts += 1;
                let mut cut = rebooted(cut);
                for turn in 0..6 {
                    block_on(store(&mut cut, &sample(&format!("/{turn}"), 900)));
                    assert_eq!(block_on(check(&mut cut, &pinned)), Kept::Whole, "{step} {tear:?}");
                }
            }
        }
    }
    assert!(cuts > 50, "{cuts}");
}

/// A store whose next programs and erases fail, with these two pairs, of which one is incomplete.
fn failing() -> (Store<1, 4, 4096>, [Stored; 2]) {
    let mut s = mounted(Flash::new(8));
    let whole = block_on(store(&mut s, &sample("/whole", 100)));
    let sample = sample("/part", 900);
    let id = block_on(part(&mut s, &sample, 0..300));
    (0..8).for_each(|number| s.flash().fail(number));
    (s, [whole, Stored { id, sample }])
}

#[test]
fn what_is_removed_is_not_found_though_the_flash_fails() {
    for again in [false, true] {
        let (mut s, [whole, part]) = failing();
        assert_eq!(block_on(s.remove(whole.id)), Err(NorError::Injected));
        assert_eq!(block_on(find_all(&mut s, whole.sample.key(), |_| ())), []);
        assert_eq!(block_on(check(&mut s, &whole)), Kept::Gone);
        assert_eq!(block_on(find_all(&mut s, part.sample.key(), |_| ())), [part.id]);
        assert_eq!(block_on(s.health()).pairs, 1);
        gone_for_good(s, &whole, again, async |s| s.remove(whole.id).await);

        let (mut s, [whole, _]) = failing();
        assert_eq!(block_on(s.invalidate(whole.sample.key())), Err(NorError::Injected));
        assert_eq!(block_on(find_all(&mut s, whole.sample.key(), |_| ())), []);
        gone_for_good(s, &whole, again, async |s| s.invalidate(whole.sample.key()).await);

        let (mut s, [_, part]) = failing();
        let writing = block_on(s.resume(part.id, 300)).expect("it is there");
        assert_eq!(block_on(s.abandon(writing)), Err(NorError::Injected));
        assert_eq!(block_on(find_all(&mut s, part.sample.key(), |_| ())), [], "it is given up all the same");
        gone_for_good(s, &part, again, async |s| s.remove(part.id).await);
    }
}

/// Whether what could not be removed is found after a reboot is up to whether that was tried again.
fn gone_for_good(
    s: Store<1, 4, 4096>,
    stored: &Stored,
    again: bool,
    remove: impl AsyncFn(&mut Store<1, 4, 4096>) -> Result<(), NorError>,
) {
    let mut s = works_again(s);
    assert_eq!(block_on(find_all(&mut s, stored.sample.key(), |_| ())), []);
    if again {
        assert_eq!(block_on(remove(&mut s)), Ok(()));
    }
    let mut s = rebooted(s);
    let found = block_on(find_all(&mut s, stored.sample.key(), |_| ()));
    assert_eq!(found.is_empty(), again, "{found:?}");
}

/// Tries to store until nothing fails any more.
fn works_again(mut s: Store<1, 4, 4096>) -> Store<1, 4, 4096> {
    while block_on(try_store(&mut s, &sample("/in-vain", 100))).is_err() {}
    s
}

#[test]
fn a_store_whose_mount_was_dropped_finds_nothing() {
    let mut s = mounted(Flash::new(4));
    let removed = block_on(store(&mut s, &sample("/removed", 100)));
    let kept = block_on(store(&mut s, &sample("/kept", 5000)));
    block_on(s.remove(removed.id)).expect("the medium");
    let flash = s.into_flash();
    let mut polls = 0;
    loop {
        polls += 1;
        let mut s = over(flash.clone());
        s.flash().yielding(true);
        let mounted = poll_times(s.mount(), polls).is_some();
        s.flash().yielding(false);
        if mounted {
            break;
        }
        for sample in [&removed.sample, &kept.sample] {
            assert_eq!(block_on(find_all(&mut s, sample.key(), |_| ())), [], "{polls}");
            assert_eq!(block_on(s.invalidate(sample.key())), Ok(()));
        }
        assert_eq!(block_on(check(&mut s, &kept)), Kept::Gone, "{polls}");
        assert_eq!(block_on(s.health()).pairs, 0, "{polls}");
        block_on(s.remove(kept.id)).expect("the medium");
        assert!(block_on(s.pin(kept.id)).is_err());
        assert_eq!(s.flash().image(), flash.image(), "nothing is written, {polls}");
    }
    assert!(polls > 3);
}

/// Whether a pair that was put first is there after the ring came round twice.
fn outlives_laps(s: &mut Store<1, 4, 4096>, stored: &Stored) -> bool {
    for number in 0..80 {
        block_on(store(s, &sample(&format!("/lap{number}"), 900)));
    }
    block_on(check(s, stored)) == Kept::Whole
}

#[test]
fn a_pin_that_was_not_taken_holds_nothing_for_long() {
    for polls in 1.. {
        let mut s = mounted(Flash::new(8));
        let stored = block_on(store(&mut s, &sample("/a", 100)));
        s.flash().yielding(true);
        let pin = poll_times(s.pin(stored.id), polls);
        s.flash().yielding(false);
        if let Some(pin) = pin {
            block_on(s.unpin(pin.expect("room"))).expect("the medium");
            assert!(!outlives_laps(&mut s, &stored));
            assert!(polls > 2);
            break;
        }
        let mut pinned = s.clone();
        let pin = block_on(pinned.pin(stored.id)).expect("room");
        let mut again = rebooted(pinned.clone());
        assert!(outlives_laps(&mut pinned, &stored), "{polls}");
        for number in 0..10 {
            block_on(store(&mut again, &sample(&format!("/{number}"), 2900)));
        }
        assert_eq!(
            block_on(check(&mut again, &stored)),
            Kept::Whole,
            "it was pinned over the reboot, {polls}"
        );
        block_on(pinned.unpin(pin)).expect("the medium");
        assert!(!outlives_laps(&mut pinned, &stored), "it was pinned once, {polls}");
        assert!(!outlives_laps(&mut s, &stored), "nobody can take the pin back, {polls}");
    }
    let mut s = mounted(Flash::new(8));
    let stored = block_on(store(&mut s, &sample("/a", 100)));
    let until = s.flash().operations() + 40;
    (0..40).for_each(|number| s.flash().fail(number));
    assert_eq!(block_on(s.pin(stored.id)), Err(StoreError::Medium(NorError::Injected)));
    while s.flash().operations() < until {
        let _ = block_on(try_store(&mut s, &sample("/in-vain", 100)));
    }
    block_on(store(&mut s, &sample("/again", 100)));
    assert!(!outlives_laps(&mut s, &stored), "it was refused");
}

#[test]
fn a_pinned_pair_whose_removal_was_dropped_holds_no_sector() {
    for polls in 1.. {
        let mut s = mounted(Flash::new(16));
        let pinned = [0, 1, 2, 3].map(|number| {
            let stored = block_on(store(&mut s, &sample(&format!("/{number}"), 300)));
            block_on(s.pin(stored.id)).expect("room");
            stored
        });
        s.flash().yielding(true);
        let done = poll_times(s.remove(pinned[0].id), polls);
        s.flash().yielding(false);
        if block_on(check(&mut s, &pinned[0])) == Kept::Gone {
            let stored = block_on(store(&mut s, &sample("/new", 300)));
            assert!(block_on(s.pin(stored.id)).is_ok(), "it is pinned still, {polls}");
        }
        if done.is_some() {
            assert!(polls > 2);
            break;
        }
    }
}

#[test]
fn maintain_never_erases_the_sector_being_written_though_all_others_fail() {
    let mut s = mounted(Nor::<1, 4, 4096>::new(3));
    let stored = block_on(store(&mut s, &sample("/a", 600)));
    for failures in [3, 1, 0] {
        (0..failures).for_each(|number| s.flash().fail(number));
        let _ = block_on(s.maintain());
        assert_eq!(block_on(check(&mut s, &stored)), Kept::Whole);
        assert_eq!(block_on(check(&mut rebooted(s.clone()), &stored)), Kept::Whole);
    }
}
