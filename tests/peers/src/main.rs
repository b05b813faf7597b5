//! Flash stores side by side: counted operations, modelled time, and no clock.
//!
//! ```sh
//! tests/peers/run             # every table, in Markdown
//! tests/peers/run --check     # and fails where larder exceeds its limits
//! tests/peers/run --larder    # larder alone
//! ```
//!
//! # What is measured
//!
//! A SPI NOR flash of 64 sectors of 4 KiB with words of 4 octets, simulated ([`chip`]): it counts reads,
//! programs (by pages of 256 octets) and erases. Milliseconds follow from the counts: 45 for an erase, 0.7
//! for a page, 10 µs for a read and 10 MB/s. What the processor does meanwhile is not in them. The
//! [`workload`], the power [`cuts`] in a row and those at single [`steps`] are the same for all and say
//! themselves what they do; pairs are a head of 400 octets and a body of 600, as a client of HTTP would
//! store them. How much code each store takes is measured by programs of their own, in `code/`.
//!
//! # How a pair is stored
//!
//! The newest release of each store is used as its documentation says, through an adapter of its own in
//! `subjects/`, which says how. None of them is a cache, so some choices had to be made. They are
//! made so that the store looks best in most rows:
//!
//! * A pair is one item (value, file). Hits are cheapest so, most pairs fit, and a cut cannot leave
//!   the head of one version beside the body of another. The price is paid in one row: a 304 writes the
//!   body again. So the second table has head and body apart, where a 304 writes the head alone.
//! * Keys are fingerprints of four octets; the URI lies in the head, to be compared. Nothing is charged
//!   for collisions.
//! * Which pair is the oldest, and how many there are, the bench tells for nothing. How many pairs a store
//!   is given is as many as it can hold in the long run: one page or a few blocks below the number at
//!   which it fails or, with ekv, at which its write amplification doubles.
//! * Words may be programmed twice, as SPI NOR parts allow and sequential-storage needs for removing.
//!   larder runs on a flash that panics at a second write.
//! * Large bodies are cut as it suits the store, and read in one pass where it has such a thing: an
//!   iterator, a cursor, an open file.
//! * Caches and buffers have room for all there is. The row "RAM" has what a store keeps between two
//!   operations; buffers of single operations (1 to 4 KiB for all) are not in it. larder's has the buffers
//!   of two bodies that are written turn by turn.
//! * "Before the body": a store that reads an item at once has read the body too.
//!
//! Where others are better the tables show it. A ring that evicts in the order of writing, as larder and the
//! queue, forgets a pair one lap after its body was stored, however often it was freshened: see the
//! row of the 304s; larder runs without second chances, its option against that. And ratios of wear near
//! one tell little: a sector is erased 10 times or 9.

mod check;
mod chip;
mod curves;
mod cuts;
mod print;
mod steps;
mod subject;
mod subjects;
mod workload;

use larder_tests::nor::Tear;
use print::Column;
use std::process::ExitCode;
use std::{slice, thread};
use subject::{Failed, Subject};
use subjects::ekv::Ekv;
use subjects::larder::Larder;
use subjects::littlefs::LittleFs;
use subjects::map::{KeyPointers, Map, NoCache};
use subjects::queue::Queue;

fn main() -> ExitCode {
    let asked: Vec<_> = std::env::args().skip(1).collect();
    if let Some(unknown) = asked.iter().find(|word| !["--check", "--larder"].contains(&word.as_str())) {
        eprintln!("{unknown}: only --check and --larder are known, see tests/peers/src/main.rs");
        return ExitCode::FAILURE;
    }
    cuts::hush_panics();
    let exceeded = match tables(asked.iter().any(|word| word == "--larder")) {
        Ok(larder) => check::exceeded(&larder),
        Err(failed) => {
            eprintln!("a store cannot do the workload: {failed}");
            return ExitCode::FAILURE;
        }
    };
    for limit in &exceeded {
        eprintln!("a limit is exceeded: {limit}");
    }
    let failed = !exceeded.is_empty() && asked.iter().any(|word| word == "--check");
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Prints all tables; answers larder's column.
fn tables(alone: bool) -> Result<Column, Failed> {
    let larder = column::<Larder>()?;
    if alone {
        print::columns(slice::from_ref(&larder));
    } else {
        let all = measured(&[
            column::<Map<NoCache, false>>,
            column::<Map<KeyPointers, false>>,
            column::<Queue<false>>,
            column::<Ekv<false>>,
            column::<LittleFs<false>>,
            column::<Map<NoCache, true>>,
            column::<Map<KeyPointers, true>>,
            column::<Queue<true>>,
            column::<Ekv<true>>,
            column::<LittleFs<true>>,
        ])?;
        let (together, apart) = all.split_at(all.len() / 2);
        println!("A pair as one item; 64 sectors of 4 KiB, pairs of 400 + 600 octets:\n");
        print::columns(&[slice::from_ref(&larder), together].concat());
        println!("The same, but head and body stored apart:\n");
        print::columns(&[slice::from_ref(&larder), apart].concat());
    }
    curves::tables()?;
    Ok(larder)
}

/// Measures stores side by side, each on a thread of its own.
fn measured(stores: &[fn() -> Result<Column, Failed>]) -> Result<Vec<Column>, Failed> {
    thread::scope(|scope| {
        let threads: Vec<_> = stores.iter().map(|store| scope.spawn(store)).collect();
        let columns = threads.into_iter().map(|thread| thread.join().map_err(|_| Failed::Panicked)?);
        columns.collect()
    })
}

fn column<S: Subject>() -> Result<Column, Failed> {
    eprintln!("{} ...", S::NAME);
    let (tidy, all) = (&Tear::ALL[..1], &Tear::ALL[..]);
    Ok(Column {
        name: S::NAME,
        figures: workload::measure::<S>()?,
        cuts: [cuts::cut::<S>(tidy)?, cuts::cut::<S>(all)?],
        steps: [steps::cut::<S>(tidy)?, steps::cut::<S>(all)?],
    })
}
