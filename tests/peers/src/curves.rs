//! larder alone, on partitions of any size.

use crate::chip::{Chip, Work};
use crate::print::{header, ms, number, row};
use crate::subject::Failed;
use crate::subjects::larder::Larder;
use crate::workload::{Dice, Mean, PAIR};
use larder_tests::nor::Tear;
use larder_tests::workload::Load;

/// Erases that a sector stands.
const CYCLES: f64 = 100_000.0;

/// Minutes of a year.
const MINUTES: f64 = 365.25 * 24.0 * 60.0;

/// Times a pair is fetched anew since the ring lapped it.
const LAPS: u32 = 2;

/// Look-ups of either kind.
const LOOK_UPS: usize = 256;

/// What was measured on a partition.
struct Curve {
    octets: usize,
    /// Pairs that the index has room for.
    room: usize,
    ram: usize,
    pairs: usize,
    boot: Work,
    hit: Mean,
    miss: Mean,
    /// Erases for a pair that is stored.
    stored: f64,
    /// Erases for a poll that is answered 304.
    freshened: f64,
    /// Polls until a pair must be fetched anew.
    polls: f64,
}

/// Prints the tables.
///
/// # Errors
/// Those of the store.
pub fn tables() -> Result<(), Failed> {
    let curves = [
        curve::<64>(64 << 10)?,
        curve::<256>(256 << 10)?,
        curve::<1024>(1 << 20)?,
        curve::<4096>(4 << 20)?,
        curve::<16384>(16 << 20)?,
    ];
    println!("larder, full of pairs of 1,000 octets, by the size of the partition (sectors of 4 KiB):\n");
    sizes(&curves[1..]);
    println!("Power cuts on sectors of 128 KiB (words of 32 octets):\n");
    large_sectors()?;
    println!("How large a partition? One poll per minute; sectors that stand 100,000 erases:\n");
    lives(&curves);
    Ok(())
}

fn sizes(curves: &[Curve]) {
    header("", curves.iter().map(|curve| size(curve.octets)));
    let cells = |title: &str, cell: &dyn Fn(&Curve) -> String| row(title, curves.iter().map(cell));
    cells("boot: reads", &|curve| number(curve.boot.reads as f64));
    cells("boot: reads for each 4 KiB", &|curve| {
        format!("{:.2}", curve.boot.reads as f64 * 4096.0 / curve.octets as f64)
    });
    cells("boot: octets read", &|curve| number(curve.boot.octets_read as f64));
    cells("boot: ms", &|curve| ms(curve.boot.ms()));
    cells("reads of a hit before its body", &|curve| number(curve.hit.of(|work| work.reads)));
    cells("reads of a miss", &|curve| number(curve.miss.of(|work| work.reads)));
    cells("pairs", &|curve| number(curve.pairs as f64));
    cells("RAM of the store, octets", &|curve| number(curve.ram as f64));
    cells("RAM for each pair it has room for", &|curve| {
        format!("{:.1}", curve.ram as f64 / curve.room as f64)
    });
    println!();
}

fn lives(curves: &[Curve]) {
    header(
        "partition",
        [
            "pairs of 1,000 octets",
            "RAM of the index (12 octets a pair)",
            "RAM of the store",
            "years, stored anew each time",
            "years, answered 304 each time",
            "304s until it is fetched anew",
        ]
        .into_iter()
        .map(str::to_owned),
    );
    for curve in curves {
        let years = |erases: f64| number((curve.octets / 4096) as f64 * CYCLES / erases / MINUTES);
        let cells = [
            number(curve.pairs as f64),
            number(12.0 * curve.room as f64),
            number(curve.ram as f64),
            years(curve.stored),
            years(curve.freshened),
            number(curve.polls),
        ];
        row(&size(curve.octets), cells.into_iter());
    }
    println!();
}

fn size(octets: usize) -> String {
    if octets < 1 << 20 { format!("{} KiB", octets >> 10) } else { format!("{} MiB", octets >> 20) }
}

/// Fills a partition, laps it once more, and measures.
fn curve<const ROOM: usize>(octets: usize) -> Result<Curve, Failed> {
    eprintln!("larder on {} ...", size(octets));
    let chip = Chip::<4, 4096>::strict(octets / 4096);
    let mut store = Larder::<ROOM>::on(chip.handle())?;
    let lap = octets / PAIR;
    (0..lap).try_for_each(|number| store.store(&Load::new(number)).map(|_| ()))?;
    let (work, done) =
        chip.measure(|| (lap..3 * lap).try_for_each(|number| store.store(&Load::new(number)).map(|_| ())));
    done?;
    let stored = work.erases as f64 / (2 * lap) as f64;
    let mut pairs = 0;
    for number in lap..3 * lap {
        pairs += usize::from(store.look_up(number)?.is_some());
    }
    let (mut hit, mut miss, mut dice) = (Mean::default(), Mean::default(), Dice::new());
    for number in 0..LOOK_UPS {
        let (work, found) = chip.measure(|| store.look_up(3 * lap - 1 - dice.below(pairs)));
        found?.ok_or_else(|| Failed::other("a miss"))?;
        hit.add(work);
        let (work, found) = chip.measure(|| store.look_up(900_000 + number));
        assert!(found?.is_none());
        miss.add(work);
    }
    drop(store);
    let (boot, mounted) = chip.measure(|| Larder::<ROOM>::on(chip.handle()));
    let (freshened, polls) = polled(&mut mounted?, &chip, 3 * lap)?;
    Ok(Curve {
        octets,
        room: ROOM,
        ram: Larder::<ROOM>::OCTETS,
        pairs,
        boot,
        hit,
        miss,
        stored,
        freshened,
        polls,
    })
}

/// Erases for a poll that is answered 304, over [`LAPS`], and how many polls a pair stands: one that
/// the ring lapped is fetched anew.
fn polled<const ROOM: usize>(
    store: &mut Larder<ROOM>,
    chip: &Chip,
    number: usize,
) -> Result<(f64, f64), Failed> {
    let mut load = Load::new(number);
    store.store(&load)?;
    let (mut polls, mut fetched) = (0, 0);
    let (work, done) = chip.measure(|| {
        while fetched < LAPS {
            polls += 1;
            load.freshened += 1;
            if store.look_up(number)?.is_some() && store.freshened(&load).is_ok() {
                continue;
            }
            fetched += 1;
            store.store(&load)?;
        }
        Ok(())
    });
    done?;
    Ok((work.erases as f64 / f64::from(polls), f64::from(polls) / f64::from(LAPS)))
}

/// Sectors of the partition whose sectors are large.
const SECTORS: usize = 16;

/// Octets of a large sector.
const SECTOR: usize = 128 << 10;

/// Cuts, of which every fourth hits an erase.
const CUTS: usize = 16;

/// Pairs the index has room for: more than fit.
const ROOM: usize = 2304;

type OnLarge = Larder<ROOM, 32, SECTOR>;

/// What 16 cuts cost: the octets given up, and the pairs.
fn large_sectors() -> Result<(), Failed> {
    eprintln!("larder on sectors of 128 KiB ...");
    let chip = Chip::<32, SECTOR>::strict(SECTORS);
    let mut store = OnLarge::on(chip.handle())?;
    let begun = 2 * SECTORS * SECTOR / PAIR;
    (0..begun).try_for_each(|number| store.store(&Load::new(number)).map(|_| ()))?;
    drop(store);
    let (cut, uncut) = (chip.snapshot(), chip);
    let mut store = OnLarge::on(cut.handle())?;
    let (mut number, mut dice) = (begun, Dice::new());
    let mut last = None;
    for at in 0..CUTS {
        let tear = Tear::ALL[at % Tear::ALL.len()];
        if at % 4 == 3 {
            cut.cut_in_erase(0, tear);
        } else {
            cut.cut_after_words(dice.below(800) as u64, tear);
        }
        while let Ok(id) = store.store(&Load::new(number)) {
            (number, last) = (number + 1, Some(id));
        }
        assert!(cut.is_off(), "only power may be lost");
        drop(store);
        cut.restore_power();
        store = OnLarge::on(cut.handle())?;
        // Whether it was stored nobody was told.
        number += usize::from(store.look_up(number)?.is_some());
    }
    let last = store.store(&Load::new(number)).or(last.ok_or(Failed::Full))?;
    let found = found(&mut store, number)?;
    let lost = number + 1 - found[0] - found.len();
    let mut store = OnLarge::on(uncut.handle())?;
    let mut whole = store.store(&Load::new(begun))?;
    for number in begun + 1..=number {
        whole = store.store(&Load::new(number))?;
    }
    let given_up = position(last) - position(whole);
    header("16 power cuts, on 16 sectors of 128 KiB", ["".to_owned()].into_iter());
    let cell = |title: &str, value: usize| row(title, [number_of(value)].into_iter());
    cell("pairs stored meanwhile", number + 1 - begun);
    cell("octets of flash given up", given_up);
    cell("for each cut", given_up / CUTS);
    cell("if each cut cost a sector", CUTS * SECTOR);
    cell("pairs that would have fitted there", given_up / PAIR);
    cell("pairs lost that were not the oldest", lost);
    println!();
    Ok(())
}

fn number_of(value: usize) -> String {
    number(value as f64)
}

/// The numbers of all pairs that are found, up to `last`.
fn found(store: &mut OnLarge, last: usize) -> Result<Vec<usize>, Failed> {
    let mut found = Vec::new();
    for number in 0..=last {
        if store.look_up(number)?.is_some() {
            store.read_body(|_| ())?;
            found.push(number);
        }
    }
    Ok(found)
}

/// How far the ring was written when a pair was begun, in octets: see FORMAT.md on names.
fn position(id: larder::pair::PairId) -> usize {
    let (sector, unit) = (id.number() >> 16, id.number() & 0xffff);
    sector as usize * SECTOR + unit as usize * 32
}
