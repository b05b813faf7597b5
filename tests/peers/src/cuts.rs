//! What power cuts cost.
//!
//! 24 pairs are stored anew and freshened without end on a used store, and power is lost 200 times, half
//! of the cuts in an erase and half in a word that is being programmed. After each the store is mounted
//! and every pair is looked up: it must be what was stored or freshened last, or, if the cut hit just
//! that, what was there before. A pair that is not is counted and stored anew; a store that does not
//! mount, or does not take it, is formatted.
//!
//! A cut may be *tidy*: what was programmed is whole words, and what was erased is the front of the
//! sector. So do the tests of sequential-storage simulate it. Or it is any of the patterns of
//! `larder_tests::nor::Tear`: a sector may also be blank at its back, scattered, or all zeroes (parts
//! program before they erase), and the last word may be half there, or spent though it looks blank.
//!
//! 200 cuts are few: that none costs a pair here is no proof.

use crate::chip::Chip;
use crate::subject::{Failed, Subject};
use crate::workload::{Dice, Mean, hit, used};
use larder_tests::nor::Tear;
use larder_tests::workload::Load;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};

/// Power cuts.
pub const CUTS: usize = 200;

/// Pairs.
const PAIRS: usize = 24;

/// What became of a store.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cuts {
    /// Pairs that were not found.
    pub lost: usize,
    /// Pairs that were found as they were before.
    pub older: usize,
    /// Heads with a body that was not theirs.
    pub torn: usize,
    /// Times the store did not mount, or refused to work on.
    pub broken: usize,
    /// Boot to the first look-up after a cut.
    pub boot: Mean,
}

struct Run<S> {
    store: S,
    chip: Chip,
    tears: &'static [Tear],
    stored: Vec<Load>,
    /// What was being stored when power was lost.
    pending: Option<Load>,
    versions: u32,
    steps: usize,
    dice: Dice,
    cuts: Cuts,
}

/// Loses power again and again.
///
/// # Errors
/// Those of a new store.
pub fn cut<S: Subject>(tears: &'static [Tear]) -> Result<Cuts, Failed> {
    let (mut store, chip) = used::<S>(PAIRS)?;
    let mut stored = Vec::new();
    for number in 0..PAIRS {
        stored.extend(hit(&mut store, &chip, number)?.map(|(load, _)| load));
    }
    let (dice, cuts) = (Dice::new(), Cuts::default());
    let mut run =
        Run { store, chip, tears, stored, pending: None, versions: 1_000_000, steps: 0, dice, cuts };
    for _ in 0..CUTS {
        run = run.once()?;
    }
    Ok(run.cuts)
}

impl<S: Subject> Run<S> {
    fn once(mut self) -> Result<Self, Failed> {
        let tear = self.tears[self.dice.below(self.tears.len())];
        if self.dice.below(2) == 0 {
            self.chip.cut_in_erase(self.dice.below(4) as u64, tear);
        } else {
            self.chip.cut_after_words(self.dice.below(2000) as u64, tear);
        }
        let refused = self.work_until_cut().is_err();
        let Self { store, chip, .. } = self;
        drop(store);
        chip.restore_power();
        let number = self.dice.below(PAIRS);
        let (work, mounted) = chip.measure(|| {
            let mut store = S::mount(chip.handle())?;
            // Whether it is found is seen below.
            let _ = hit(&mut store, &chip, number);
            Ok::<_, Failed>(store)
        });
        let mut cuts = self.cuts;
        let store = match mounted {
            Ok(store) if !refused => {
                cuts.boot.add(work);
                store
            }
            _ => {
                cuts.broken += 1;
                format(&chip, &mut self.stored)?
            }
        };
        let mut run = Self { store, chip, cuts, ..self };
        if run.verify().is_err() {
            run.cuts.broken += 1;
            let Self { store, chip, .. } = run;
            drop(store);
            run.store = format(&chip, &mut run.stored)?;
            run.chip = chip;
        }
        run.pending = None;
        Ok(run)
    }

    /// Stores and freshens until power is lost.
    ///
    /// # Errors
    /// If the store refuses though power is there.
    fn work_until_cut(&mut self) -> Result<(), Failed> {
        loop {
            self.steps += 1;
            let number = self.steps % PAIRS;
            let mut load = self.stored[number];
            // Two rounds of bodies, one of heads: a ring forgets what is only ever freshened.
            let done = if self.steps / PAIRS % 3 == 2 {
                load.freshened += 1;
                lose_power(|| self.store.freshen(&load))
            } else {
                self.versions += 1;
                load = Load { version: self.versions, ..Load::new(number) };
                lose_power(|| self.store.put(&load, &[]))
            };
            if self.chip.is_off() {
                self.pending = Some(load);
                return Ok(());
            }
            done?;
            self.stored[number] = load;
        }
    }

    /// Looks every pair up, and stores those anew that are not as they should be.
    ///
    /// # Errors
    /// If the store does not take them.
    fn verify(&mut self) -> Result<(), Failed> {
        for number in 0..PAIRS {
            let pending = self.pending.filter(|load| load.number == number);
            match hit(&mut self.store, &self.chip, number) {
                Ok(Some((load, _))) if load == self.stored[number] || Some(load) == pending => {
                    self.stored[number] = load;
                    continue;
                }
                Ok(Some(_)) => self.cuts.older += 1,
                Err(Failed::Torn) => self.cuts.torn += 1,
                _ => self.cuts.lost += 1,
            }
            self.versions += 1;
            self.stored[number] = Load { version: self.versions, ..Load::new(number) };
            self.store.put(&self.stored[number], &[])?;
        }
        Ok(())
    }
}

/// A new store that holds the pairs.
fn format<S: Subject>(chip: &Chip, stored: &mut [Load]) -> Result<S, Failed> {
    let mut store = S::format(chip.handle())?;
    stored.iter().try_for_each(|load| store.put(load, &[]))?;
    Ok(store)
}

thread_local! {
    /// Whether this thread does what power may be lost in.
    static LOSING: Cell<bool> = const { Cell::new(false) };
}

/// Does what power may be lost in. An error if it panicked, as ekv does where the flash fails: a device
/// without power does not mind.
pub fn lose_power(task: impl FnOnce() -> Result<(), Failed>) -> Result<(), Failed> {
    LOSING.set(true);
    let done = panic::catch_unwind(AssertUnwindSafe(task));
    LOSING.set(false);
    done.unwrap_or(Err(Failed::Panicked))
}

/// Panics are not told where power may be lost.
pub fn hush_panics() {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |told| {
        if !LOSING.get() {
            hook(told);
        }
    }));
}
