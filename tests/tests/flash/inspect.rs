//! Looking at a partition record by record.

use crate::world::{Names, Op, Store, filler, mounted, over, rebooted, sample, view};
use larder::pair::{NewPair, PairId};
use larder::store::PairStore;
use larder_storage_flash::{RecordCursor, RecordInfo, RecordKind, RecordState, SectorState};
use larder_tests::block_on;
use larder_tests::nor::{Nor, Tear};
use larder_tests::store_suite::{Sample, octets, store};
use std::collections::{BTreeMap, BTreeSet};

fn records<const R: usize, const W: usize, const E: usize>(s: &mut Store<R, W, E>) -> Vec<RecordInfo> {
    let mut cursor = RecordCursor::new();
    let mut records = Vec::new();
    while let Some(record) = block_on(s.next_record(&mut cursor)) {
        records.push(record);
        assert!(records.len() < 100_000, "the walk does not end");
    }
    records
}

fn states<const R: usize, const W: usize, const E: usize>(s: &mut Store<R, W, E>) -> Vec<SectorState> {
    let sectors = s.layout().sectors;
    (0..sectors).map(|position| block_on(s.sector(position)).expect("it is there").state).collect()
}

#[test]
fn the_walk_finds_exactly_what_was_stored() {
    exactly(mounted(Nor::<1, 1, 4096>::new(6)));
    exactly(mounted(Nor::<4, 8, 2048>::new(12)));
    exactly(mounted(Nor::<1, 16, 8192>::new(4)));
    exactly(mounted(Nor::<4, 32, 131_072>::new(3)));
}

fn exactly<const R: usize, const W: usize, const E: usize>(s: Store<R, W, E>) {
    let mut s = s;
    let layout = s.layout();
    let mut names = Names::default();
    let mut ops = filler(layout.sectors as usize, E);
    ops.extend([
        Op::Put(sample("/one", 60), vec![]),
        Op::Put(Sample { length_known: false, ..sample("/two", 3000) }, vec![]),
        Op::Update(10, 2),
        Op::Update(10, 3),
        Op::Remove(9),
        Op::Put(sample("/three", 700), vec![8]),
        Op::Abandon(sample("/none", 1300)),
        Op::PutBoth(sample("/left", 1300), sample("/right", 1700)),
    ]);
    for op in &ops {
        block_on(names.run(&mut s, op)).expect("the medium");
    }
    // Too much changes for a delta.
    let (id, two) = names.0[11].clone();
    let two = Sample { padding: 400, version: 2, ..two };
    block_on(two.with_pair(async |pair| s.update(id, pair).await)).expect("the medium");
    for mut s in [s.clone(), rebooted(s)] {
        let found = view(&mut s);
        let all = records(&mut s);
        let mut ends = BTreeMap::new();
        let mut bodies: BTreeMap<_, Vec<u8>> = BTreeMap::new();
        let mut heads = BTreeSet::new();
        for record in &all {
            let end = ends.insert(record.position, record.at + record.len).unwrap_or(layout.header);
            assert!(record.at >= end && record.at + record.len <= layout.sector, "{record:?}");
            assert!(!matches!(record.state, RecordState::Damaged | RecordState::CutOff), "{record:?}");
            let Some(id) = record.pair.filter(|_| record.found) else {
                continue;
            };
            assert!(found.contains_key(&id), "{record:?} is of a pair that is not there");
            // A delta needs the first head.
            let is_head = record.head > 0 && record.kind != RecordKind::Delta;
            if record.state == RecordState::Live && is_head {
                assert!(heads.insert(id), "{id:?} has two heads");
            }
        }
        assert_eq!(heads, found.keys().copied().collect(), "every pair has a head");
        // In the order they were written in, the fragments make the body.
        let mut of_bodies: Vec<_> = all.iter().filter(|record| record.found && record.octets > 0).collect();
        of_bodies.sort_by_key(|record| (record.seq, record.at));
        for record in of_bodies {
            let body = bodies.entry(record.pair.expect("it has one")).or_default();
            assert_eq!(body.len(), record.body_offset as usize, "{record:?}");
            let at = (record.position * layout.sector + record.body_at) as usize;
            body.extend_from_slice(&s.flash().image()[at..at + record.octets as usize]);
        }
        for (id, seen) in &found {
            let body: Vec<u8> = seen.body.runs.iter().flat_map(|(_, octets)| octets.clone()).collect();
            assert_eq!(bodies.get(id).cloned().unwrap_or_default(), body, "the body of {}", seen.uri);
        }
        let kinds = |kind, state| all.iter().filter(|r| r.kind == kind && r.state == state).count();
        assert_eq!(kinds(RecordKind::Delta, RecordState::Live), 1);
        assert_eq!(kinds(RecordKind::Delta, RecordState::Superseded), 1);
        assert_eq!(kinds(RecordKind::Fresh, RecordState::Live), 1);
        assert_eq!(kinds(RecordKind::Head, RecordState::Superseded), 1);
        assert_eq!(kinds(RecordKind::End, RecordState::Live), 1);
        assert_eq!(kinds(RecordKind::Remove, RecordState::Live), 1);
    }
}

/// Keeps a part of a body.
async fn part(s: &mut Store<1, 4, 4096>, sample: &Sample, range: core::ops::Range<usize>) -> PairId {
    let offset = range.start as u64;
    let begun =
        sample.with_pair(async |pair| s.create(&NewPair { resumable: true, offset, ..*pair }).await).await;
    let writing = begun.expect("the pair fits");
    s.write(writing, &sample.body()[range]).await.expect("room");
    s.suspend(writing).await.expect("the medium").expect("a part is kept")
}

#[test]
fn parts_of_a_body_are_those_of_the_pair_they_were_made_a_part_of() {
    let mut s = mounted(Nor::<1, 4, 4096>::new(6));
    let sample = sample("/parts", 5000);
    let older = block_on(part(&mut s, &sample, 0..1000));
    let younger = block_on(part(&mut s, &sample, 3000..4500));
    let held_by = |s: &mut Store<1, 4, 4096>, id| {
        let all = records(s);
        let parts = all.iter().filter(|record| record.found && record.pair == Some(id));
        let mut held: Vec<_> = parts
            .filter(|record| record.octets > 0)
            .map(|record| {
                let at = (record.position * 4096 + record.body_at) as usize;
                let octets = &s.flash().image()[at..at + record.octets as usize];
                assert_eq!(octets, &sample.body()[record.body_offset as usize..][..octets.len()]);
                record.body_offset..record.body_offset + record.octets
            })
            .collect();
        held.sort_by_key(|part| part.start);
        (held.first().map(|part| part.start), held.iter().map(|part| part.len()).sum::<usize>())
    };
    assert_eq!(held_by(&mut s, older), (Some(0), 1000));
    assert_eq!(held_by(&mut s, younger), (Some(3000), 1500));
    block_on(s.merge(older, younger)).expect("room");
    for mut s in [s.clone(), rebooted(s)] {
        assert_eq!(held_by(&mut s, older), (Some(0), 2500));
        assert_eq!(held_by(&mut s, younger), (None, 0));
        let all = records(&mut s);
        let is_live_head =
            |record: &&RecordInfo| record.kind == RecordKind::Head && record.state == RecordState::Live;
        assert_eq!(all.iter().filter(is_live_head).count(), 1);
    }
}

#[test]
fn a_walk_over_one_sector_is_a_part_of_the_whole_walk() {
    let mut s = mounted(Nor::<1, 4, 4096>::new(4));
    for number in 0..20 {
        block_on(store(&mut s, &sample(&format!("/{number}"), 500)));
    }
    let all = records(&mut s);
    let mut parts = Vec::new();
    for position in 0..4 {
        let mut cursor = RecordCursor::sector(position);
        while let Some(record) = block_on(s.next_record(&mut cursor)) {
            assert_eq!(record.position, position);
            parts.push(record);
        }
    }
    assert_eq!(parts, all);
    assert!(block_on(s.next_record(&mut RecordCursor::sector(4))).is_none());
    assert!(block_on(s.sector(4)).is_none());
}

#[test]
fn sectors_tell_what_became_of_them() {
    let mut s = mounted(Nor::<1, 4, 4096>::new(6));
    assert_eq!(states(&mut s), [SectorState::Blank; 6]);
    assert_eq!(s.layout().head, Some((0, 0)));
    let first = block_on(store(&mut s, &sample("/first", 900)));
    let (position, at) = s.layout().head.expect("it takes pairs");
    assert_eq!(position, 0);
    assert_eq!(block_on(s.sector(0)).expect("it is there").seq, Some(6));
    let last = records(&mut s).into_iter().next_back().expect("a record");
    assert_eq!(last.at + last.len, at, "writing goes on behind the last record");

    let pin = block_on(s.pin(first.id)).expect("there is room");
    for number in 0..12 {
        block_on(store(&mut s, &sample(&format!("/{number}"), 2000)));
    }
    assert_eq!(states(&mut s)[0], SectorState::Held);
    assert!(records(&mut s).iter().any(|record| record.pair == Some(first.id) && record.found));
    block_on(s.unpin(pin)).expect("the medium");
    assert_eq!(states(&mut s)[0], SectorState::PassedOver);
    assert!(!records(&mut s).iter().any(|record| record.position == 0 && record.found));

    block_on(s.maintain()).expect("the medium");
    assert_eq!(states(&mut s).iter().filter(|state| **state == SectorState::Prepared).count(), 1);
    let smaller = s.into_flash().image()[..5 * 4096].to_vec();
    let mut s = mounted(Nor::<1, 4, 4096>::with_image(&smaller));
    assert!(states(&mut s).contains(&SectorState::Misplaced));
    let mut s = over(Nor::<1, 4, 4096>::with_image(&octets(3, 5 * 4096)));
    block_on(s.mount()).expect("mounting never fails");
    assert_eq!(states(&mut s), [SectorState::Other; 5]);
    assert_eq!((s.layout().head, records(&mut s).len()), (None, 0));
}

#[test]
fn a_write_that_was_cut_off_is_told_from_damage() {
    let mut s = mounted(Nor::<1, 4, 4096>::new(4));
    let first = block_on(store(&mut s, &sample("/first", 500)));
    s.flash().cut_after(60, Tear::ALL[1]);
    assert!(block_on(sample("/second", 300).create(&mut s)).is_ok());
    let _ = block_on(larder_tests::store_suite::try_store(&mut s, &sample("/second", 300)));
    assert!(s.flash().is_off());
    let mut s = rebooted(s);
    let all = records(&mut s);
    let state_of = |all: &[RecordInfo]| all.iter().map(|record| record.state).collect::<Vec<_>>();
    assert_eq!(state_of(&all), [RecordState::Live, RecordState::CutOff]);

    let mut flash = s.into_flash();
    flash.flip((all[0].at as usize + 100) * 8);
    let mut s = mounted(flash);
    let all = records(&mut s);
    assert_eq!(state_of(&all), [RecordState::Damaged, RecordState::CutOff]);
    assert_eq!((all[0].pair, all[0].found), (Some(first.id), true), "it is not known before it is read");
}

#[test]
fn every_flipped_bit_of_a_record_is_named() {
    let mut s = mounted(Nor::<1, 4, 2048>::new(4));
    for number in 0..6 {
        block_on(store(&mut s, &sample(&format!("/{number}"), 300)));
    }
    let mut names = Names::default();
    block_on(names.run(&mut s, &Op::Put(sample("/a", 40), vec![]))).expect("the medium");
    block_on(names.run(&mut s, &Op::Remove(0))).expect("the medium");
    let whole = records(&mut s);
    let flash = s.into_flash();
    for record in &whole {
        let begin = record.position * 2048 + record.at;
        // The last unit may be filled up with octets that mean nothing.
        for bit in (begin * 8..(begin + record.len - 3) * 8).step_by(5) {
            let mut flash = flash.clone();
            flash.flip(bit as usize);
            let mut s = over(flash);
            block_on(s.mount()).expect("mounting never fails");
            let named = records(&mut s)
                .iter()
                .any(|record| record.mended || matches!(record.state, RecordState::Damaged));
            assert!(named, "bit {bit} of {record:?}");
        }
    }
}

#[test]
fn a_walk_over_anything_ends() {
    let mut s = mounted(Nor::<1, 4, 2048>::new(6));
    for number in 0..30 {
        block_on(store(&mut s, &sample(&format!("/{number}"), 100 + 70 * (number % 9))));
    }
    let image = s.into_flash().image().to_vec();
    for seed in 0..300 {
        let noise = octets(seed, 64);
        let number =
            |at: usize, end: usize| (usize::from(noise[at]) * 251 + usize::from(noise[at + 1])) * 7919 % end;
        let mut image = image.clone();
        for round in 0..4 {
            let len = 1 << number(round * 8, 12);
            let end = image.len() - len;
            let (from, to) = (number(round * 8 + 2, end), number(round * 8 + 4, end));
            match number(round * 8 + 6, 3) {
                0 => image.copy_within(from..from + len, to),
                1 => image[to..to + len].fill(0xff),
                _ => image[to..to + len].copy_from_slice(&octets(seed + 1, len)),
            }
        }
        let mut s = over(Nor::<1, 4, 2048>::with_image(&image));
        block_on(s.mount()).expect("mounting never fails");
        s.flash().reset_counts();
        let all = records(&mut s);
        let reads = s.flash().counts().reads;
        assert!(reads < 20_000, "{reads} reads, seed {seed}");
        assert!(all.iter().all(|record| record.len > 0 && record.at + record.len <= 2048), "seed {seed}");
        assert_eq!(states(&mut s).len(), 6);
    }
}

#[test]
fn an_image_taken_for_one_with_larger_words_mounts_all_the_same() {
    let mut s = mounted(Nor::<1, 4, 4096>::new(8));
    let mut names = Names::default();
    for number in 0..60 {
        block_on(names.run(&mut s, &Op::Put(sample(&format!("/{number}"), 400), vec![])))
            .expect("the medium");
        if number % 3 == 2 {
            block_on(names.run(&mut s, &Op::Update(number, 2))).expect("the medium");
            block_on(names.run(&mut s, &Op::Remove(number - 1))).expect("the medium");
        }
    }
    let image = s.into_flash().image().to_vec();
    let mut s = over(Nor::<1, 32, 4096>::with_image(&image));
    block_on(s.mount()).expect("mounting never fails");
    records(&mut s);
    view(&mut s);
}
