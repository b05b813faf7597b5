//! Everything at once: writers turn by turn, pins, parts, wipes and second chances, futures that are dropped,
//! programs and erases that fail, power that is lost, and the store used on after each of them.

mod known;
mod ops;

use crate::world::{Store, View, mounted, rebooted, sample};
use larder::pair::PairId;
use larder::store::{Cursor, PairStore, StoreError, Writing};
use larder_tests::nor::{Nor, Tear};
use larder_tests::store_suite::Sample;
use larder_tests::{block_on, poll_times};
use ops::{Op, run};
use std::collections::BTreeSet;

struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        (!of.is_empty()).then(|| of[self.below(of.len())].clone())
    }
}

/// What is known of a pair. It is told by the versions of its heads: no two pairs have the same.
#[derive(Clone, Debug)]
struct Pair {
    sample: Sample,
    id: Option<PairId>,
    /// It was removed, or never completed: nobody finds it again.
    gone: bool,
    /// Nobody finds it until a reboot.
    hidden: bool,
    pinned: bool,
    /// It may be pinned: that was not taken back for sure.
    held: bool,
    /// The versions that its head may have.
    versions: BTreeSet<u32>,
    /// Those it is put in the place of, until it is known whether that was done.
    replaces: Vec<usize>,
}

#[derive(Clone, Debug)]
struct Open {
    writing: Writing,
    pair: usize,
    at: usize,
    resumable: bool,
}

struct Storm<const R: usize, const W: usize, const E: usize> {
    store: Store<R, W, E>,
    chance: u8,
    numbers: Numbers,
    pairs: Vec<Pair>,
    open: Vec<Open>,
    seen: View,
    version: u32,
    cursor: Option<(Sample, Cursor, BTreeSet<PairId>)>,
    readers: Vec<(PairId, Sample, usize)>,
    told: String,
}

impl<const R: usize, const W: usize, const E: usize> Storm<R, W, E> {
    fn new(store: Store<R, W, E>, chance: u8, seed: u64) -> Self {
        Self {
            store: store.with_second_chance(chance),
            chance,
            numbers: Numbers(seed),
            pairs: Vec::new(),
            open: Vec::new(),
            seen: View::new(),
            version: 0,
            cursor: None,
            readers: Vec::new(),
            told: String::new(),
        }
    }

    fn choose(&mut self, most: usize) -> Op {
        let visible: Vec<usize> = (0..self.pairs.len())
            .filter(|at| self.pairs[*at].id.is_some_and(|id| self.seen.contains_key(&id)))
            .collect();
        let is_part = |at: &usize| !self.seen[&self.pairs[*at].id.expect("seen")].body.committed;
        let parts: Vec<usize> = visible.iter().copied().filter(is_part).collect();
        let pinned: Vec<usize> = visible.iter().copied().filter(|at| self.pairs[*at].pinned).collect();
        let n = &mut self.numbers;
        let path = format!("/{}", n.below(14));
        self.version += 1;
        loop {
            let (any, writer) = (n.one(&visible), n.below(self.open.len().max(1)));
            let writes = !self.open.is_empty();
            return match n.below(40) {
                0..9 => {
                    // Its body follows from its path, and so does the length.
                    let digits = path.bytes().fold(0, |all, digit| all * 7 + usize::from(digit));
                    let len = [0, 30, 300, 900, 1500, 4000, most][digits % 7];
                    let padding = [0, 0, 0, 500, 1000][n.below(5)];
                    let known = n.below(4) > 0;
                    let new =
                        Sample { version: self.version, padding, length_known: known, ..sample(&path, len) };
                    let from = [None, None, Some(0), Some(n.below(len + 1))][n.below(4)];
                    Op::Create(new, from)
                }
                9..18 if writes => Op::Write(writer, [10, 100, 700, 3000, 9000][n.below(5)]),
                18..22 if writes => {
                    let replaces = (0..n.below(3)).filter_map(|_| n.one(&visible)).collect::<BTreeSet<_>>();
                    let own = self.open[writer].pair;
                    Op::Commit(writer, replaces.into_iter().filter(|at| *at != own).collect())
                }
                22 if writes => Op::Abandon(writer),
                23 | 24 if writes => Op::Suspend(writer),
                25 | 26 if !parts.is_empty() => {
                    let part = n.one(&parts).expect("a part");
                    let seen = &self.seen[&self.pairs[part].id.expect("seen")];
                    let ends: Vec<_> = seen.body.runs.iter().map(|(from, run)| from + run.len()).collect();
                    Op::Resume(part, n.one(&ends).unwrap_or(0))
                }
                27 | 28 if parts.len() > 1 => {
                    let (one, other) = (n.one(&parts).expect("one"), n.one(&parts).expect("another"));
                    if one == other || self.pairs[one].sample.uri != self.pairs[other].sample.uri {
                        continue;
                    }
                    Op::Merge(one, other)
                }
                29..32 if any.is_some() => {
                    Op::Update(any.expect("one"), self.version, [0, 0, 0, 700][n.below(4)])
                }
                32 if any.is_some() => Op::Remove(any.expect("one")),
                33 => Op::Invalidate(path),
                34 | 35 => Op::Maintain,
                // Pins add up.
                36 if any.is_some_and(|at| !self.pairs[at].held) => Op::Pin(any.expect("one")),
                37 | 38 if !pinned.is_empty() => Op::Unpin(n.one(&pinned).expect("one")),
                39 if any.is_some() && n.below(5) == 0 => Op::Wipe(any.expect("one")),
                39 if n.below(30) == 0 => Op::Clear,
                _ => continue,
            };
        }
    }

    /// Does an operation, with or without a mishap, and looks at what came of it.
    fn step(&mut self, number: usize, seed: u64, most: usize, mishaps: usize) {
        let op = self.choose(most);
        let n = &mut self.numbers;
        let mishap = n.below(100);
        let (cut, dropped, fails) = match mishap {
            _ if mishap >= mishaps => (None, None, 0),
            m if m % 3 == 0 => (Some(n.below(80) as u64), None, 0),
            m if m % 3 == 1 => (None, Some(1 + n.below(30)), 0),
            _ => (None, None, 1 + n.below(4)),
        };
        self.told =
            format!("seed {seed}, step {number}, {op:?}, cut {cut:?}, dropped {dropped:?}, {fails} fail");
        if let Some(steps) = cut {
            // Not what cannot be seen, as half of a head's first word: it may come twice at one place.
            self.store.flash().cut_after(steps, Tear::ALL[[0, 2, 3][n.below(3)]]);
        }
        for _ in 0..fails {
            let (after, at) = (n.below(2) == 0, n.below(5) as u64);
            if after { self.store.flash().fail_after(at) } else { self.store.flash().fail(at) }
        }
        let (pairs, open) = (self.pairs.clone(), self.open.clone());
        let done = match dropped {
            None => Some(block_on(run(&mut self.store, &op, &pairs, &open))),
            Some(polls) => {
                self.store.flash().yielding(true);
                let done = poll_times(run(&mut self.store, &op, &pairs, &open), polls);
                self.store.flash().yielding(false);
                done
            }
        };
        let off = self.store.flash().is_off();
        self.store.flash().restore_power();
        let done = done.filter(|_| !off);
        self.note(&op, done);
        let rests = off || self.numbers.below(25) == 0;
        if rests {
            if !off {
                // What is known is what the next boot finds.
                self.look(&op, false);
            }
            self.reboot(&op);
        } else {
            self.look(&op, false);
        }
        self.read_on();
    }

    fn reboot(&mut self, op: &Op) {
        let store = std::mem::replace(&mut self.store, mounted(Nor::new(8 * 4096 / E.min(4096) * 4)));
        self.store = rebooted(store).with_second_chance(self.chance);
        self.open.clear();
        self.pairs.iter_mut().for_each(|pair| pair.hidden = false);
        self.look(op, true);
        for at in 0..self.pairs.len() {
            if self.pairs[at].pinned && !self.pairs[at].gone {
                let done = block_on(self.store.pin(self.pairs[at].id.expect("seen")));
                // What was to fail before may fail now.
                let failed = matches!(done, Err(StoreError::Medium(_)));
                assert!(done.is_ok() || failed, "{done:?}: pinned before, {}", self.told);
                self.pairs[at].pinned = !failed;
            }
        }
        self.look(op, false);
    }

    /// A search and readers go on where they were, whatever was done since.
    fn read_on(&mut self) {
        let n = &mut self.numbers;
        let (sample, cursor, ids) = self
            .cursor
            .get_or_insert_with(|| (sample(&format!("/{}", n.below(14)), 0), Cursor::new(), BTreeSet::new()));
        match block_on(self.store.find(sample.key(), cursor, &mut [0; 4096])).expect("the medium") {
            Some(found) => {
                assert!(ids.insert(found.id), "found twice: {}", self.told);
                let pair = self.pairs.iter().find(|pair| pair.id == Some(found.id));
                let of = pair.unwrap_or_else(|| panic!("unknown: {}", self.told)).sample.clone();
                assert_eq!(of.uri, sample.uri, "{}", self.told);
                self.readers.push((found.id, of, 0));
            }
            None => self.cursor = None,
        }
        let told = &self.told;
        self.readers.retain_mut(|(id, sample, at)| {
            let mut buf = [0; 177];
            match block_on(self.store.read(*id, *at as u64, &mut buf)) {
                Ok(0) => false,
                Ok(read) => {
                    let right = octets_of(sample, *at + read);
                    assert!(buf[..read] == right[*at..], "{id:?} at {at}: {told}");
                    *at += read;
                    true
                }
                Err(_) => false,
            }
        });
    }
}

fn octets_of(of: &Sample, len: usize) -> Vec<u8> {
    Sample { len, ..of.clone() }.body()
}

fn storm<const R: usize, const W: usize, const E: usize>(
    flash: Nor<R, W, E>,
    chance: u8,
    seed: u64,
    steps: usize,
    most: usize,
    mishaps: usize,
) {
    let mut storm = Storm::new(mounted(flash), chance, seed);
    for number in 0..steps {
        storm.step(number, seed, most, mishaps);
    }
}

/// Storms of each kind: 3, or as many as `LARDER_SEEDS` in the environment says.
fn seeds() -> u64 {
    std::env::var("LARDER_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(3)
}

#[test]
fn nothing_is_lost_comes_back_or_is_wrong_whatever_goes_on_at_once() {
    let first: u64 = std::env::var("LARDER_FIRST").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    for seed in first..first + seeds() {
        for mishaps in [0, 30] {
            storm(Nor::<1, 4, 4096>::new(8), 0, seed, 400, 3000, mishaps);
            storm(Nor::<4, 8, 2048>::new(10), 50, 10_000 + seed, 400, 2500, mishaps);
            storm(Nor::<1, 1, 256>::new(64), 25, 20_000 + seed, 400, 2500, mishaps);
            storm(Nor::<4, 32, 4096>::new(6).with_ecc(), 0, 30_000 + seed, 400, 2500, mishaps);
            storm(Nor::<1, 4, 8192>::new(4), 50, 40_000 + seed, 400, 5000, mishaps);
            storm(Nor::<4, 32, 131_072>::new(3), 25, 50_000 + seed, 400, 60_000, mishaps);
            storm(Nor::<2, 2, 4096>::new(3), 0, 60_000 + seed, 400, 2500, mishaps);
        }
    }
}

#[test]
fn a_record_that_was_settled_is_read_though_closing_its_segment_was_given_up() {
    storm(Nor::<1, 4, 8192>::new(4), 50, 40_018, 400, 5000, 30);
}
