//! Power cuts spread over all that a store writes.
//!
//! On a used store of 24 pairs, twelve operations follow each other: pairs are stored anew, and every third
//! time one is freshened. Each is done again and again from the same beginning, and power is lost in it: at
//! 64 of the words that it programs, evenly spread, and in each of its erases, there in every pattern that
//! is asked for. A cut does harm if the store does not mount then, if any pair is not as it was or, the one
//! that was being written, as it was to be, or if the next pair is refused.

use crate::chip::Chip;
use crate::cuts::lose_power;
use crate::subject::{Failed, Subject};
use crate::workload::{hit, used};
use larder_tests::nor::Tear;
use larder_tests::workload::Load;

/// Pairs.
const PAIRS: usize = 24;

/// Operations.
const OPERATIONS: usize = 12;

/// Words of an operation that power is lost at.
const WORDS: u64 = 64;

/// How many cuts there were, and how many did harm.
#[derive(Clone, Copy, Debug, Default)]
pub struct Steps {
    /// All.
    pub cuts: usize,
    /// Those that did harm.
    pub harmful: usize,
}

/// Where power is lost.
#[derive(Clone, Copy, Debug)]
enum At {
    /// After so many steps.
    Word(u64),
    /// In the erase after so many.
    Erase(u64),
}

/// Loses power throughout, in one of `tears` by turns.
///
/// # Errors
/// Those of a store whose power is not lost.
pub fn cut<S: Subject>(tears: &[Tear]) -> Result<Steps, Failed> {
    let (store, mut chip) = used::<S>(PAIRS)?;
    drop(store);
    let mut stored = everything::<S>(&chip)?;
    let mut steps = Steps::default();
    for operation in 0..OPERATIONS {
        let old = stored[operation * 5 % PAIRS];
        let new = if operation % 3 == 2 {
            Load { freshened: old.freshened + 1, ..old }
        } else {
            Load { version: 1_000_000 + operation as u32, freshened: 0, ..old }
        };
        let whole = chip.snapshot();
        let mut store = S::mount(whole.handle())?;
        let begun = (whole.steps(), whole.work().erases);
        run(&mut store, &new)?;
        drop(store);
        let (words, erases) = (whole.steps() - begun.0, whole.work().erases - begun.1);
        let words = (0..words).step_by(words.div_ceil(WORDS).max(1) as usize);
        for (tear, word) in tears.iter().cycle().zip(words) {
            steps.add(harms::<S>(&chip, &stored, new, At::Word(word), *tear));
        }
        for erase in 0..erases {
            for tear in tears {
                steps.add(harms::<S>(&chip, &stored, new, At::Erase(erase), *tear));
            }
        }
        stored[new.number] = new;
        chip = whole;
    }
    Ok(steps)
}

impl Steps {
    fn add(&mut self, harm: bool) {
        self.cuts += 1;
        self.harmful += usize::from(harm);
    }
}

fn run<S: Subject>(store: &mut S, load: &Load) -> Result<(), Failed> {
    if load.freshened > 0 { store.freshen(load) } else { store.put(load, &[]) }
}

/// All pairs, in the order of their numbers.
fn everything<S: Subject>(chip: &Chip) -> Result<Vec<Load>, Failed> {
    let mut store = S::mount(chip.handle())?;
    (0..PAIRS).map(|number| Ok(hit(&mut store, chip, number)?.ok_or(Failed::Torn)?.0)).collect()
}

/// Whether a cut while `new` is written does harm.
fn harms<S: Subject>(chip: &Chip, stored: &[Load], new: Load, at: At, tear: Tear) -> bool {
    let chip = chip.snapshot();
    let Ok(mut store) = S::mount(chip.handle()) else { return true };
    match at {
        At::Word(word) => chip.cut_after_words(word, tear),
        At::Erase(erase) => chip.cut_in_erase(erase, tear),
    }
    // Whether it is told does not matter.
    let _ = lose_power(|| run(&mut store, &new));
    drop(store);
    assert!(chip.is_off(), "{}: power is lost at {at:?}", S::NAME);
    chip.restore_power();
    let Ok(found) = everything::<S>(&chip) else { return true };
    let right = found.iter().zip(stored).all(|(load, was)| load == was || *load == new);
    let next = Load { version: 2_000_000, ..Load::new(0) };
    let works_on = || {
        let mut store = S::mount(chip.handle())?;
        store.put(&next, &[])?;
        Ok::<_, Failed>(hit(&mut store, &chip, 0)?.map(|(load, _)| load) == Some(next))
    };
    !(right && works_on().unwrap_or(false))
}
