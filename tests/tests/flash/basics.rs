//! Pairs survive reboots.

use crate::world::{Names, Op, View, mounted, over, rebooted, sample, unchanged, view};
use larder::store::{Cursor, PairStore, StoreError};
use larder_storage_flash::{FlashStore, Mounted};
use larder_tests::block_on;
use larder_tests::nor::Nor;
use larder_tests::store_suite::{Kept, Sample, Stored, check, find_all, store, try_store, update};

#[test]
fn a_pair_is_there_after_a_reboot_and_its_uptime_is_not() {
    let mut s = mounted(Nor::<1, 4, 4096>::new(8));
    let short = block_on(store(&mut s, &sample("/short", 600)));
    let long = block_on(store(&mut s, &Sample { length_known: false, ..sample("/long", 9000) }));
    let empty = block_on(store(&mut s, &sample("/empty", 0)));
    let mut s = rebooted(s);
    for stored in [&short, &long, &empty] {
        assert_eq!(block_on(check(&mut s, stored)), Kept::Whole);
        let mut record = [0; 2048];
        let found = block_on(s.head(stored.id, &mut record)).unwrap().unwrap();
        assert_eq!(found.view(&record).unwrap().received.uptime, None, "it was another boot's");
    }
    let new = block_on(store(&mut s, &sample("/new", 10)));
    let mut record = [0; 2048];
    let found = block_on(s.head(new.id, &mut record)).unwrap().unwrap();
    assert!(found.view(&record).unwrap().received.uptime.is_some());
}

#[test]
fn an_update_keeps_the_name_over_a_reboot_and_drops_the_uptime() {
    let mut s = mounted(Nor::<4, 4, 4096>::new(8));
    let mut stored = block_on(store(&mut s, &sample("/a", 3000)));
    let other = block_on(store(&mut s, &sample("/b", 3)));
    block_on(update(&mut s, &mut stored, 2)).unwrap();
    let mut s = rebooted(s);
    assert_eq!(block_on(check(&mut s, &stored)), Kept::Whole);
    block_on(update(&mut s, &mut stored, 3)).unwrap();
    block_on(s.remove(other.id)).unwrap();
    let mut s = rebooted(s);
    assert_eq!(block_on(check(&mut s, &stored)), Kept::Whole);
    assert_eq!(block_on(check(&mut s, &other)), Kept::Gone);
}

#[test]
fn filled_ten_times_over_the_youngest_pairs_are_there_and_reboots_change_nothing() {
    fill::<1, 1, 4096>(16);
    fill::<4, 4, 4096>(16);
    fill::<4, 8, 2048>(16);
    fill::<1, 4, 256>(128);
    fill::<4, 32, 131_072>(4);
}

#[test]
fn the_largest_body_fits_from_any_place_and_one_octet_more_is_refused() {
    largest(mounted(Nor::<1, 1, 4096>::new(4)));
    largest(mounted(Nor::<4, 8, 2048>::new(8)));
    largest(mounted(Nor::<4, 32, 131_072>::new(3)));
    largest(mounted(Nor::<1, 4, 256>::new(64)));
}

fn largest<const R: usize, const W: usize, const E: usize>(mut s: crate::world::Store<R, W, E>) {
    let most = s.body_max() as usize;
    for round in 0..6 {
        block_on(store(&mut s, &sample(&format!("/{round}"), 37 + 411 * round)));
        let known = Sample { length_known: round % 2 == 0, ..sample("/largest", most) };
        let stored = block_on(store(&mut s, &known));
        assert_eq!(block_on(check(&mut s, &stored)), Kept::Whole, "round {round}");
        s = rebooted(s);
        assert_eq!(block_on(check(&mut s, &stored)), Kept::Whole, "round {round}, after a reboot");
        assert!(block_on(try_store(&mut s, &sample("/more", most + 1))).is_err());
        let unknown = Sample { length_known: false, ..sample("/more", most + 1) };
        assert!(block_on(try_store(&mut s, &unknown)).is_err());
        assert_eq!(block_on(find_all(&mut s, unknown.key(), |_| ())), []);
    }
}

#[test]
fn sixteen_mebibytes_are_used_to_their_end() {
    let mut s = mounted(Nor::<1, 4, 4096>::new(4096));
    for number in 0..150 {
        block_on(store(&mut s, &sample(&format!("/{number}"), 120_000)));
    }
    assert!(s.flash().image().chunks(4096).all(|sector| sector[0] == b'L'));
    let before = view(&mut s);
    assert_eq!(before.len(), 64, "as many as the index holds");
    let mut flash = s.into_flash();
    flash.reset_counts();
    let mut s = mounted(flash);
    let reads = s.flash().counts().reads;
    assert!(reads <= 4096 + 16, "{reads} reads to boot");
    assert_eq!(view(&mut s), before);
}

fn fill<const R: usize, const W: usize, const E: usize>(units: usize) {
    let mut s = mounted(Nor::<R, W, E>::new(units));
    let mut stored = 0;
    let mut number = 0;
    let mut last = None;
    while stored < 10 * units * E {
        let len = [600, 2000, 40, 0, 5000, 1300][number % 6].min(units * E / 8);
        let known = number % 4 > 0;
        let sample = Sample { length_known: known, ..sample(&format!("/{number}"), len) };
        last = Some(block_on(store(&mut s, &sample)));
        stored += len + 200;
        number += 1;
        if number % 37 == 0 {
            let before = view(&mut s);
            s = rebooted(s);
            unchanged(&before, &view(&mut s), "a reboot");
        }
    }
    assert_eq!(block_on(check(&mut s, &last.unwrap())), Kept::Whole);
    let seen = view(&mut s);
    assert!(seen.len() >= 8, "{} pairs are left", seen.len());
    assert_eq!(block_on(s.health()).pairs as usize, seen.len());
}

#[test]
fn nothing_removed_comes_back_when_the_index_was_full() {
    // More pairs than the index holds, on a flash that has room for all of them.
    let mut s = mounted(Nor::<1, 4, 4096>::new(32));
    let mut names = Names::default();
    for number in 0..80 {
        block_on(names.run(&mut s, &Op::Put(sample(&format!("/{}", number % 70), 20), vec![]))).unwrap();
    }
    let before = view(&mut s);
    assert_eq!(before.len(), 64);
    let mut s = rebooted(s);
    unchanged(&before, &view(&mut s), "a reboot");
    for number in 75..80 {
        block_on(names.run(&mut s, &Op::Remove(number))).unwrap();
    }
    block_on(names.run(&mut s, &Op::Invalidate("/3".to_owned()))).unwrap();
    let before = view(&mut s);
    let mut s = rebooted(s);
    assert_eq!(view(&mut s), before, "what the index gave up stays given up");
}

#[test]
fn a_device_that_sleeps_between_polls_wears_no_more_for_what_it_erased_ahead() {
    let mut s = mounted(Nor::<1, 4, 4096>::new(8));
    let mut stored = block_on(store(&mut s, &Sample { padding: 200, ..sample("/a", 100) }));
    s.flash().reset_counts();
    for version in 2..200 {
        if block_on(update(&mut s, &mut stored, version)).is_err() {
            // It was the oldest of all.
            stored = block_on(store(&mut s, &stored.sample));
        }
        block_on(s.maintain()).unwrap();
        let before = view(&mut s);
        s = rebooted(s);
        unchanged(&before, &view(&mut s), &format!("version {version}"));
    }
    // A head of 340 octets and half a program page each time, eight to a sector.
    let erases = s.flash().counts().all_erases();
    assert!(erases <= 198 / 6, "{erases} erases");
}

#[test]
fn a_partition_of_another_size_holds_nothing_and_nothing_old_comes_back() {
    let mut s = mounted(Nor::<1, 4, 4096>::new(8));
    for number in 0..60 {
        block_on(store(&mut s, &sample(&format!("/{number}"), 900)));
    }
    let image = s.into_flash().image().to_vec();
    for sectors in [5, 6, 7] {
        let mut s = mounted(Nor::<1, 4, 4096>::with_image(&image[..sectors * 4096]));
        let mut all = view(&mut s);
        for number in 0..40 {
            block_on(store(&mut s, &sample(&format!("/new{number}"), 700)));
            all.extend(view(&mut s));
            let before = view(&mut s);
            s = rebooted(s);
            unchanged(&before, &view(&mut s), &format!("{sectors} sectors, pair {number}"));
        }
    }
}

#[test]
fn pins_leave_room_and_are_refused_before_there_is_none() {
    let mut s = mounted(Nor::<1, 4, 4096>::new(8));
    let mut pinned = Vec::new();
    let refused = loop {
        let stored = block_on(store(&mut s, &sample(&format!("/{}", pinned.len()), 3000)));
        match block_on(s.pin(stored.id)) {
            Ok(pin) => pinned.push((stored, pin)),
            Err(error) => break error,
        }
    };
    assert_eq!(refused, StoreError::NoRoom);
    assert!(pinned.len() >= 3, "{} pairs are pinned", pinned.len());
    for number in 0..100 {
        let stored = block_on(store(&mut s, &sample(&format!("/other{number}"), 2000)));
        assert_eq!(block_on(check(&mut s, &stored)), Kept::Whole);
    }
    for (stored, _) in &pinned {
        assert_eq!(block_on(check(&mut s, stored)), Kept::Whole, "the ring passed over it");
    }
    for (stored, pin) in pinned {
        block_on(s.unpin(pin)).unwrap();
        assert_eq!(block_on(check(&mut s, &stored)), Kept::Gone, "its turn is long over");
    }
    let before = view(&mut s);
    let mut s = rebooted(s);
    unchanged(&before, &view(&mut s), "a reboot");
}

#[test]
fn a_firmware_with_smaller_buffers_reads_what_one_with_larger_ones_wrote() {
    let flash = Nor::<4, 4, 4096>::new(16);
    let mut s: FlashStore<_, 16, 2, 4096> = FlashStore::new(flash, 0..65_536, 7).unwrap();
    block_on(s.mount()).unwrap();
    let stored = block_on(store(&mut s, &Sample { padding: 1500, ..sample("/a", 20_000) }));
    let mut s: FlashStore<_, 16, 1, 512> = FlashStore::new(s.into_flash(), 0..65_536, 8).unwrap();
    assert_eq!(block_on(s.mount()), Ok(Mounted::Ready));
    assert_eq!(block_on(check(&mut s, &stored)), Kept::Whole);
    let next = block_on(store(&mut s, &Sample { padding: 1500, ..sample("/b", 20_000) }));
    let mut s: FlashStore<_, 16, 2, 4096> = FlashStore::new(s.into_flash(), 0..65_536, 9).unwrap();
    block_on(s.mount()).unwrap();
    for stored in [stored, next] {
        assert_eq!(block_on(check(&mut s, &stored)), Kept::Whole);
    }
}

#[test]
fn clear_and_wipe_leave_no_octet_of_what_they_removed() {
    let mut s = mounted(Nor::<1, 4, 4096>::new(8));
    let old = block_on(store(&mut s, &sample("/old", 900)));
    let secret = block_on(store(&mut s, &sample("/secret", 5000)));
    let young = block_on(store(&mut s, &sample("/young", 9000)));
    block_on(s.wipe(secret.id)).unwrap();
    assert_eq!(block_on(check(&mut s, &old)), Kept::Gone, "it was older");
    assert_eq!(block_on(check(&mut s, &secret)), Kept::Gone);
    assert!(!s.flash().image().windows(7).any(|octets| octets == b"/secret"));
    let mut s = rebooted(s);
    assert_eq!(block_on(check(&mut s, &secret)), Kept::Gone);
    let _ = young;
    let kept = block_on(store(&mut s, &sample("/kept", 500)));
    block_on(s.clear()).unwrap();
    assert_eq!(block_on(check(&mut s, &kept)), Kept::Gone);
    assert!(!s.flash().image().windows(6).any(|octets| octets == b"/young"));
    let mut s = rebooted(s);
    assert_eq!(view(&mut s), View::new());
    block_on(store(&mut s, &sample("/new", 500)));
}

#[test]
fn somebody_elses_data_and_another_version_are_left_alone_until_the_caller_formats() {
    let mut image = vec![0xff; 16 * 4096];
    image[..4096].copy_from_slice(&larder_tests::store_suite::octets(1, 4096));
    foreign(&image, None);
    image[..4096].fill(0xff);
    image[5 * 4096 + 100..][..3000].copy_from_slice(&larder_tests::store_suite::octets(1, 3000));
    foreign(&image, Some(()));
    let other: Vec<u8> = larder_tests::store_suite::octets(9, 16 * 4096);
    foreign(&other, None);
}

fn foreign(image: &[u8], unseen: Option<()>) {
    let mut s = over(Nor::<1, 4, 4096>::with_image(image));
    let found = block_on(s.mount()).unwrap();
    if unseen.is_some() {
        // Data that touches neither end of a sector is not looked for.
        assert_eq!(found, Mounted::Blank);
        return;
    }
    assert_eq!(found, Mounted::Foreign { version: None });
    assert!(block_on(sample("/a", 5).create(&mut s)).is_err());
    let mut cursor = Cursor::new();
    assert!(block_on(s.find(sample("/a", 5).key(), &mut cursor, &mut [0; 999])).unwrap().is_none());
    assert_eq!(s.flash().image(), image, "nothing is written");
    assert_eq!(s.flash().counts().all_erases(), 0);
    block_on(s.format()).unwrap();
    let stored = block_on(store(&mut s, &sample("/a", 5)));
    let mut s = rebooted(s);
    assert_eq!(block_on(check(&mut s, &stored)), Kept::Whole);
}

#[test]
fn a_look_at_a_pair_earns_it_no_second_chance_and_a_client_that_reads_it_does() {
    let survives = |look: &dyn Fn(&mut crate::world::Store<1, 4, 4096>, &Stored)| {
        let mut s = mounted(Nor::<1, 4, 4096>::new(8)).with_second_chance(50);
        let mut stored = block_on(store(&mut s, &sample("/looked-at", 300)));
        block_on(update(&mut s, &mut stored, 2)).unwrap();
        for number in 0..80 {
            let id = block_on(find_all(&mut s.clone(), stored.sample.key(), |_| ())).first().copied();
            let Some(id) = id else { return false };
            look(&mut s, &Stored { id, ..stored.clone() });
            block_on(store(&mut s, &sample(&format!("/{number}"), 900)));
        }
        true
    };
    assert!(!survives(&|s, _| assert!(block_on(s.health()).pairs > 0)));
    assert!(!survives(&|s, _| assert!(!view(s).is_empty())));
    assert!(survives(&|s, stored| assert!(block_on(s.head(stored.id, &mut [0; 2048])).unwrap().is_some())));
    assert!(survives(&|s, stored| assert!(!block_on(find_all(s, stored.sample.key(), |_| ())).is_empty())));
}

#[test]
fn how_young_a_freshened_pair_is_is_known_while_all_writers_are_at_work() {
    let mut s = mounted(Nor::<1, 4, 4096>::new(8));
    let mut stored = block_on(store(&mut s, &sample("/a", 300)));
    block_on(update(&mut s, &mut stored, 2)).unwrap();
    let mut record = [0; 2048];
    let found = block_on(s.head(stored.id, &mut record)).unwrap().unwrap();
    let utc = found.view(&record).unwrap().received.utc;
    assert!(utc.is_some());
    let writers = [0; 2].map(|_| block_on(sample("/b", 5).create(&mut s)).unwrap());
    assert_eq!(block_on(s.health()).newest, utc);
    for writing in writers {
        assert_eq!(block_on(s.write(writing, &[7])), Ok(()), "it was at work");
    }
}
