//! Random operations with power cuts and reboots, against a plain map.

use crate::world::{Names, Op, Seen, Store, View, compare, mounted, rebooted, sample, unchanged, view};
use larder::pair::PairId;
use larder_tests::block_on;
use larder_tests::nor::{Nor, Tear};
use larder_tests::store_suite::Sample;
use std::collections::{BTreeMap, BTreeSet};

struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// What should be there: URI and version, by name.
type Map = BTreeMap<PairId, (String, u32)>;

#[test]
fn the_store_agrees_with_a_map_over_cuts_and_reboots() {
    for seed in 0..seeds() {
        run(mounted(Nor::<1, 4, 4096>::new(6)), seed, 150, &LENGTHS);
        run(mounted(Nor::<4, 8, 2048>::new(9)), 100_000 + seed, 150, &LENGTHS);
        let chances = mounted(Nor::<4, 8, 2048>::new(9)).with_second_chance(25 + 25 * (seed % 2) as u8);
        run(chances, 300_000 + seed, 150, &LENGTHS);
        run(mounted(Nor::<4, 32, 4096>::new(5).with_ecc()), 200_000 + seed, 150, &LENGTHS);
    }
    run(mounted(Nor::<1, 1, 256>::new(64)), 3000, 150, &LENGTHS);
    run(mounted(Nor::<1, 4, 131_072>::new(3)), 4000, 100, &LENGTHS);
}

#[test]
fn the_store_agrees_with_a_map_when_the_index_is_full() {
    let mut most = 0;
    for seed in 0..seeds() {
        most = most.max(run(mounted(Nor::<1, 4, 4096>::new(24)), 500_000 + seed, 400, &[0, 3, 30]));
        most = most.max(run(mounted(Nor::<4, 8, 2048>::new(48)), 600_000 + seed, 400, &[0, 3, 30]));
    }
    assert_eq!(most, 64, "the index was full");
}

/// Runs of each kind: 12, or as many as `LARDER_SEEDS` in the environment says.
fn seeds() -> u64 {
    std::env::var("LARDER_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(12)
}

/// Octets of the bodies.
const LENGTHS: [usize; 6] = [0, 20, 300, 900, 1500, 4000];

fn run<const R: usize, const W: usize, const E: usize>(
    mut store: Store<R, W, E>,
    seed: u64,
    length: usize,
    lengths: &[usize],
) -> usize {
    let mut most = 0;
    let mut numbers = Numbers(seed);
    let mut names = Names::default();
    let mut map = Map::new();
    let mut before = View::new();
    let mut removed = BTreeSet::new();
    for step in 0..length {
        let op = random(&mut numbers, &names, lengths);
        let told = format!("seed {seed}, step {step}, {op:?}");
        let mut done = store.clone();
        let begun = done.flash().steps();
        let mut done_names = names.clone();
        block_on(done_names.run(&mut done, &op)).expect("power");
        let after = view(&mut done);
        let steps = done.flash().steps() - begun;
        let mut done_map = map.clone();
        note(&mut done_map, &op, &names, &done_names, &after);
        moved(&mut done_map, &op, &mut done_names, &map, &after);
        assert!(!before.keys().any(|id| removed.contains(id)), "what was removed is back: {told}");
        let gone: Vec<_> = map.keys().filter(|id| !done_map.contains_key(id)).copied().collect();
        agree(&mut done_map, &after, &told);
        most = most.max(after.len());
        match numbers.below(4) {
            0 if steps > 0 => {
                // Not the tear that cannot be seen: it may come twice at one place.
                let tear = Tear::ALL[numbers.below(4)];
                store.flash().cut_after(numbers.below(steps as usize) as u64, tear);
                let _ = block_on(names.clone().run(&mut store, &op));
                store = rebooted(store);
                let seen = view(&mut store);
                compare(&op, &names, &before, &after, &seen, &[], &told);
                // What came of the operation is what the map holds from here on.
                map.retain(|id, _| seen.contains_key(id));
                for (id, Seen { uri, version, .. }) in &seen {
                    map.insert(*id, (uri.clone(), *version));
                    if !names.0.iter().any(|(known, _)| known == id) {
                        let len = seen[id].body.complete.unwrap_or(seen[id].body.held());
                        let path = uri.strip_prefix("http://example.com").expect("a sample's");
                        names.0.push((*id, sample(path, len)));
                    }
                }
                before = seen;
            }
            1 => {
                removed.extend(gone);
                store = rebooted(done);
                before = view(&mut store);
                unchanged(&after, &before, &told);
                (names, map) = (done_names, done_map);
                map.retain(|id, _| before.contains_key(id));
            }
            _ => {
                removed.extend(gone);
                store = done;
                (names, map, before) = (done_names, done_map, after);
            }
        }
    }
    most
}

fn random(numbers: &mut Numbers, names: &Names, lengths: &[usize]) -> Op {
    let path = format!("/{}", numbers.below(30));
    let len = lengths[numbers.below(lengths.len())];
    let new = Sample { length_known: numbers.below(3) > 0, ..sample(&path, len) };
    let count = names.0.len();
    if count < 3 {
        return Op::Put(new, vec![]);
    }
    let recent = count - 1 - numbers.below(count.min(12));
    if numbers.below(4) == 0 {
        return random_part(numbers, names, new, recent);
    }
    match numbers.below(20) {
        0..7 => Op::Put(new, vec![]),
        7..9 => Op::Put(new, vec![recent]),
        9..13 => Op::Update(recent, 2 + numbers.below(1000) as u32),
        13 if numbers.below(2) == 0 => Op::UpdateLarge(recent, 2 + numbers.below(1000) as u32, 500),
        13 => Op::Remove(recent),
        14 => Op::Invalidate(path),
        15 => Op::Abandon(new),
        16 => Op::Maintain,
        17 => Op::PutBoth(new, sample("/both", 700)),
        18 if numbers.below(8) == 0 => Op::Clear,
        18 => Op::Put(Sample { padding: 1000, ..new }, vec![]),
        _ if numbers.below(8) == 0 => Op::Wipe(recent),
        _ => Op::Remove(recent),
    }
}

/// What is done to an incomplete pair. That it may be refused is no matter.
fn random_part(numbers: &mut Numbers, names: &Names, new: Sample, recent: usize) -> Op {
    let new = Sample { length_known: true, ..new };
    let known = names.0[recent].1.len;
    let from = numbers.below(known + 1);
    match numbers.below(9) {
        0..3 => {
            let (a, b) = (numbers.below(new.len + 1), numbers.below(new.len + 1));
            Op::Part(new, a.min(b)..a.max(b))
        }
        3 => Op::Whole(new, vec![recent]),
        4 => Op::More(recent, from..known),
        5 => Op::Finish(recent, from, vec![]),
        6 => {
            let same = |other: &usize| names.0[*other].1 == names.0[recent].1;
            Op::Merge((0..recent).rev().find(same).unwrap_or(0), recent)
        }
        7 => Op::AbandonPart(new),
        _ => Op::AbandonMore(recent, from),
    }
}

/// Does to the map what `op` does to the store.
fn note(map: &mut Map, op: &Op, names: &Names, after: &Names, seen: &View) {
    for (id, sample) in &after.0[names.0.len()..] {
        map.insert(*id, (sample.uri.clone(), sample.version));
    }
    match op {
        Op::Put(_, replaces) | Op::Whole(_, replaces) if after.0.len() > names.0.len() => {
            for old in replaces {
                map.remove(&names.0[*old].0);
            }
        }
        // Whether it was one that could be given up is not known.
        Op::Merge(_, pair) | Op::AbandonMore(pair, _) if !seen.contains_key(&names.0[*pair].0) => {
            map.remove(&names.0[*pair].0);
        }
        Op::Update(pair, version) | Op::UpdateLarge(pair, version, _) => {
            if let Some(known) = map.get_mut(&names.0[*pair].0) {
                known.1 = *version;
            }
        }
        Op::Remove(pair) => drop(map.remove(&names.0[*pair].0)),
        Op::Wipe(pair) => {
            let id = names.0[*pair].0;
            if map.contains_key(&id) {
                map.retain(|other, _| *other > id);
            }
        }
        Op::Invalidate(path) => map.retain(|_, (uri, _)| *uri != sample(path, 0).uri),
        Op::Clear => map.clear(),
        _ => {}
    }
}

/// A wipe erases all up to the end of the pair; short pairs are moved first, to other names. So are those
/// that get a second chance.
fn moved(map: &mut Map, op: &Op, names: &mut Names, before: &Map, seen: &View) {
    let wiped = if let Op::Wipe(pair) = op { Some(names.0[*pair].0) } else { None };
    let mut old: Vec<_> =
        before.iter().filter(|(id, _)| Some(**id) != wiped && !seen.contains_key(id)).collect();
    for (id, Seen { uri, version, .. }) in seen {
        if map.contains_key(id) {
            continue;
        }
        let same = |(_, known): &(&PairId, &(String, u32))| known.0 == *uri && known.1 == *version;
        if let Some(at) = old.iter().position(same) {
            let (from, known) = old.remove(at);
            map.remove(from);
            map.insert(*id, known.clone());
            for name in names.0.iter_mut().filter(|(name, _)| name == from) {
                name.0 = *id;
            }
        }
    }
}

/// All that is seen is in the map, and what is missing is older than all that is seen.
fn agree(map: &mut Map, seen: &View, told: &str) {
    for (id, Seen { uri, version, .. }) in seen {
        assert_eq!(map.get(id), Some(&(uri.clone(), *version)), "{told}");
    }
    if let Some(oldest) = seen.keys().next() {
        for id in map.keys().filter(|id| !seen.contains_key(id)) {
            assert!(id < oldest, "{:?} is lost though older ones are there: {told}", map[id]);
        }
    }
    map.retain(|id, _| seen.contains_key(id));
}
