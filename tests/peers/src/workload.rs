//! The workload, the same for all.
//!
//! 64 pairs of 1,000 octets (fewer where a store cannot hold them) are stored again and again until ten
//! times the partition was written; on this *used store* pairs are looked up, missed, freshened, a large
//! body is stored, and the store is booted. A second store is over-filled: pairs of ever new names, the
//! oldest evicted, ten times the partition, of which the first lap is not counted.

use crate::chip::{Chip, Work};
use crate::subject::{Failed, Subject};
use larder_tests::workload::{BODY, HEAD, Load};

/// Sectors of the partition.
pub const SECTORS: usize = 64;

/// Octets of the partition.
pub const PARTITION: usize = SECTORS * 4096;

/// Octets of a pair.
pub const PAIR: usize = HEAD + BODY;

/// Pairs of the used store.
pub const PAIRS: usize = 64;

/// Octets of the large body.
pub const LARGE: usize = 128 * 1024;

/// The number of the pair with the large body.
const LARGE_NUMBER: usize = 700_000;

/// Look-ups of either kind.
const LOOK_UPS: usize = 1000;

/// Heads that are freshened: four for each pair.
const FRESHENED: usize = 256;

/// Freshenings of a single pair that are tried at the most.
pub const FRESHENED_MAX: usize = 10_000;

/// A mean over so many of what was measured.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mean {
    /// All of it together.
    pub all: Work,
    /// How often.
    pub times: usize,
    /// Milliseconds of the longest.
    pub worst_ms: f64,
}

impl Mean {
    /// Adds one.
    pub fn add(&mut self, work: Work) {
        self.all.reads += work.reads;
        self.all.octets_read += work.octets_read;
        self.all.pages += work.pages;
        self.all.octets_programmed += work.octets_programmed;
        self.all.erases += work.erases;
        self.times += 1;
        self.worst_ms = self.worst_ms.max(work.ms());
    }

    /// The mean of something that was counted.
    pub fn of(&self, count: impl Fn(&Work) -> u64) -> f64 {
        count(&self.all) as f64 / self.times as f64
    }

    /// Milliseconds.
    pub fn ms(&self) -> f64 {
        self.all.ms() / self.times as f64
    }
}

/// What was measured of a store.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Octets of RAM.
    pub ram: usize,
    /// Pairs of the used store.
    pub pairs: usize,
    /// A hit before its body is read.
    pub before_body: Mean,
    /// A hit with its body.
    pub hit: Mean,
    /// A miss.
    pub miss: Mean,
    /// A freshened head.
    pub freshening: Mean,
    /// A hit of a freshened pair before its body is read.
    pub freshened_before_body: Mean,
    /// A hit of a freshened pair with its body.
    pub freshened_hit: Mean,
    /// How often a pair was freshened before it was gone; at most [`FRESHENED_MAX`].
    pub freshenings: usize,
    /// Octets programmed for each octet of payload while the pairs of the used store were stored anew.
    pub polled_amplification: f64,
    /// Erases for 10^6 octets of that payload.
    pub polled_erases_per_mb: f64,
    /// Pairs put into a full store.
    pub overfill: Mean,
    /// Octets programmed for each octet of payload.
    pub amplification: f64,
    /// Erases for 10^6 octets of payload.
    pub erases_per_mb: f64,
    /// Erases of the sector that was erased most, over the mean.
    pub wear: f64,
    /// Erases of the sectors that were erased most and least.
    pub most_and_least: (u64, u64),
    /// Octets of pairs that are found when full, over those of the partition.
    pub live: f64,
    /// A hit with its body on the full store.
    pub full_hit: Mean,
    /// Boot to the first hit, its body included, of the used store.
    pub boot: Mean,
    /// The same of the full store.
    pub full_boot: Mean,
    /// Boot of the full store, without any look-up.
    pub full_boot_mount: Work,
    /// The large body: octets programmed for each octet of head and body.
    pub large_amplification: f64,
    /// Seconds.
    pub large_write_s: f64,
    /// Octets read for each octet of the body.
    pub large_read: f64,
}

/// A chip as the store needs it.
pub fn chip<S: Subject>() -> Chip {
    if S::SECOND_WRITES { Chip::new(SECTORS) } else { Chip::strict(SECTORS) }
}

/// Pseudo-random numbers, always the same.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// New ones.
    pub const fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end
    }
}

/// Finds a pair and reads its body; `None` if it is not there. Answers the work before the body too.
///
/// # Errors
/// Those of the store; [`Failed::Torn`] if the body is not the head's.
pub fn hit<S: Subject>(store: &mut S, chip: &Chip, number: usize) -> Result<Option<(Load, Work)>, Failed> {
    let (before, found) = chip.measure(|| store.find(number));
    let Some(found) = found? else { return Ok(None) };
    let mut body = Vec::new();
    store.read(&found, |octets| body.extend_from_slice(octets))?;
    if body == found.body() { Ok(Some((found, before))) } else { Err(Failed::Torn) }
}

/// Measures `S`.
///
/// # Errors
/// Those of the store: then it cannot do the workload.
pub fn measure<S: Subject>() -> Result<Figures, Failed> {
    let mut figures =
        Figures { ram: S::RAM, pairs: S::PAIRS.unwrap_or(PAIRS).min(PAIRS), ..Figures::default() };
    let (mut store, chip) = used::<S>(figures.pairs)?;
    let (payload, work) = (rounds(figures.pairs) * figures.pairs * PAIR, chip.work());
    figures.polled_amplification = work.octets_programmed as f64 / payload as f64;
    figures.polled_erases_per_mb = work.erases as f64 * 1e6 / payload as f64;
    let mut dice = Dice::new();
    for _ in 0..LOOK_UPS {
        let number = dice.below(figures.pairs);
        let (work, found) = chip.measure(|| hit(&mut store, &chip, number));
        let (_, before) = found?.ok_or_else(|| Failed::other(format!("{}: a miss", S::NAME)))?;
        figures.before_body.add(before);
        figures.hit.add(work);
    }
    for number in 0..LOOK_UPS {
        let (work, found) = chip.measure(|| store.find(900_000 + number));
        assert!(found?.is_none(), "{}", S::NAME);
        figures.miss.add(work);
    }
    drop(store);
    figures.boot = boots::<S>(&chip, 0..figures.pairs)?;
    freshen::<S>(&chip, &mut figures)?;
    large::<S>(&chip, &mut figures)?;
    overfill::<S>(&mut figures)?;
    Ok(figures)
}

/// How often so many pairs are stored to write ten times the partition.
const fn rounds(pairs: usize) -> usize {
    (10 * PARTITION / PAIR).div_ceil(pairs)
}

/// A store whose `pairs` were stored until ten times the partition was written.
pub fn used<S: Subject>(pairs: usize) -> Result<(S, Chip), Failed> {
    let chip = chip::<S>();
    let mut store = S::format(chip.handle())?;
    for version in 0..rounds(pairs) as u32 {
        for number in 0..pairs {
            store.put(&Load { version, ..Load::new(number) }, &[])?;
        }
    }
    Ok((store, chip))
}

/// Boots once for each of the pairs, to the hit that follows.
fn boots<S: Subject>(chip: &Chip, numbers: impl Iterator<Item = usize>) -> Result<Mean, Failed> {
    let mut boots = Mean::default();
    for number in numbers {
        let chip = chip.snapshot();
        let (work, found) = chip.measure(|| hit(&mut S::mount(chip.handle())?, &chip, number));
        found?.ok_or_else(|| Failed::other(format!("{}: a miss after boot", S::NAME)))?;
        boots.add(work);
    }
    Ok(boots)
}

fn freshen<S: Subject>(chip: &Chip, figures: &mut Figures) -> Result<(), Failed> {
    let chip = chip.snapshot();
    let mut store = S::mount(chip.handle())?;
    // What is found at boot is not part of it.
    let mut loads = Vec::new();
    for number in 0..figures.pairs {
        loads.extend(hit(&mut store, &chip, number)?.map(|(load, _)| load));
    }
    for at in 0..FRESHENED {
        let load = &mut loads[at % figures.pairs];
        load.freshened += 1;
        let (work, done) = chip.measure(|| store.freshen(load));
        done?;
        figures.freshening.add(work);
    }
    for load in &loads {
        let (work, found) = chip.measure(|| hit(&mut store, &chip, load.number));
        let (found, before) = found?.ok_or_else(|| Failed::other("a freshened pair is gone"))?;
        assert_eq!(found, *load, "{}", S::NAME);
        figures.freshened_before_body.add(before);
        figures.freshened_hit.add(work);
    }
    let mut load = Load { version: 5_000_000, ..Load::new(0) };
    store.put(&load, &[])?;
    while figures.freshenings < FRESHENED_MAX {
        load.freshened += 1;
        // Looking costs the bench time.
        let look = load.freshened.is_multiple_of(32);
        if store.freshen(&load).is_err() || (look && hit(&mut store, &chip, 0)?.is_none()) {
            break;
        }
        figures.freshenings += 1;
    }
    Ok(())
}

fn large<S: Subject>(chip: &Chip, figures: &mut Figures) -> Result<(), Failed> {
    let chip = chip.snapshot();
    let mut store = S::mount(chip.handle())?;
    let load = Load { len: LARGE, ..Load::new(LARGE_NUMBER) };
    // The room is made before.
    for number in S::BESIDE_LARGE..figures.pairs {
        store.remove(number)?;
    }
    let (work, stored) = chip.measure(|| store.put(&load, &[]));
    stored?;
    figures.large_write_s = work.ms() / 1000.0;
    figures.large_amplification = work.octets_programmed as f64 / (LARGE + HEAD) as f64;
    let (all, found) = chip.measure(|| hit(&mut store, &chip, LARGE_NUMBER));
    let (found, before) = found?.ok_or_else(|| Failed::other("the large body is gone"))?;
    assert_eq!(found, load);
    figures.large_read = (all - before).octets_read as f64 / LARGE as f64;
    Ok(())
}

fn overfill<S: Subject>(figures: &mut Figures) -> Result<(), Failed> {
    let chip = chip::<S>();
    let mut store = S::format(chip.handle())?;
    let lap = PARTITION / PAIR;
    let mut erases = Vec::new();
    for number in 0..10 * lap {
        let evicted = S::PAIRS.and_then(|pairs| number.checked_sub(pairs));
        let (work, done) = chip.measure(|| store.put(&Load::new(number), evicted.as_slice()));
        done?;
        if number + 1 == lap {
            erases = chip.erases();
        } else if number >= lap {
            figures.overfill.add(work);
        }
    }
    let payload = figures.overfill.times * PAIR;
    figures.amplification = figures.overfill.all.octets_programmed as f64 / payload as f64;
    figures.erases_per_mb = figures.overfill.all.erases as f64 * 1e6 / payload as f64;
    let erases: Vec<_> = chip.erases().iter().zip(erases).map(|(after, before)| after - before).collect();
    let most = erases.iter().max().copied().unwrap_or_default();
    figures.most_and_least = (most, erases.iter().min().copied().unwrap_or_default());
    figures.wear = (most * SECTORS as u64) as f64 / erases.iter().sum::<u64>() as f64;
    let mut live = Vec::new();
    for number in 9 * lap..10 * lap {
        let (work, found) = chip.measure(|| hit(&mut store, &chip, number));
        if found?.is_some() {
            live.push(number);
            figures.full_hit.add(work);
        }
    }
    figures.live = (live.len() * PAIR) as f64 / PARTITION as f64;
    drop(store);
    let again = chip.snapshot();
    let (work, mounted) = again.measure(|| S::mount(again.handle()));
    mounted?;
    figures.full_boot_mount = work;
    figures.full_boot = boots::<S>(&chip, live.into_iter().step_by(4))?;
    Ok(())
}
