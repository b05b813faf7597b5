//! Instructions and allocations of single decisions, beside the crate http-cache-semantics.
//!
//! `cargo bench -p larder-benches --bench instructions` runs every case under callgrind, which counts
//! the same on every run, and prints one table. It needs valgrind.

mod cases;
mod larder_cases;
mod semantics_cases;

use std::alloc::{GlobalAlloc, Layout, System};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts allocations on the way to the system's allocator.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: both calls go to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One row of the table.
struct Row {
    what: &'static str,
    larder: &'static str,
    peer: &'static str,
    /// The peer's name, where it is another one.
    peer_name: &'static str,
    /// Most instructions, in hundredths of the peer's.
    limit: u64,
}

const ROWS: [Row; 5] = [
    Row {
        what: "store decision",
        larder: "store_larder",
        peer: "store_semantics",
        peer_name: "http-cache-semantics",
        limit: 24,
    },
    Row {
        what: "fresh hit",
        larder: "hit_larder",
        peer: "hit_semantics",
        peer_name: "http-cache-semantics",
        limit: 46,
    },
    Row {
        what: "stale, conditional request",
        larder: "stale_larder",
        peer: "stale_semantics",
        peer_name: "http-cache-semantics",
        limit: 39,
    },
    Row {
        what: "304, freshening",
        larder: "freshen_larder",
        peer: "freshen_semantics",
        peer_name: "http-cache-semantics",
        limit: 27,
    },
    Row {
        what: "octets to verdict",
        larder: "octets_larder",
        peer: "octets_httparse",
        peer_name: "httparse alone",
        limit: 196,
    },
];

fn main() {
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    match args.next().as_deref() {
        Some("--case") => {
            let case = args.next().unwrap_or_default();
            // Once to warm up, once counted.
            cases::run(&case);
            let before = ALLOCATIONS.load(Ordering::Relaxed);
            cases::run(&case);
            println!(
                "allocations {}",
                ALLOCATIONS.load(Ordering::Relaxed) - before - cases::preparation(&case)
            );
        }
        _ => table(),
    }
}

fn table() {
    println!(
        "| decision | larder: instructions | allocations | peer: instructions | allocations | peer | share |"
    );
    println!("|---|---|---|---|---|---|---|");
    let mut failed = false;
    for row in ROWS {
        let (ours, our_allocations) = measure(row.larder);
        let (theirs, their_allocations) = measure(row.peer);
        let share = ours * 100 / theirs.max(1);
        println!(
            "| {} | {ours} | {our_allocations} | {theirs} | {their_allocations} | {} | {share} % |",
            row.what, row.peer_name
        );
        failed |= share > row.limit || our_allocations > 0;
    }
    if failed {
        eprintln!("a limit is exceeded");
        std::process::exit(1);
    }
}

/// Instructions and allocations of one case.
fn measure(case: &str) -> (u64, u64) {
    let program = std::env::current_exe().expect("a path of this program");
    let native = Command::new(&program).args(["--case", case]).output().expect("this program runs");
    let allocations = number_after(&native.stdout, "allocations ");
    let counted = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(format!("--toggle-collect=counted_{case}"))
        .arg(&program)
        .args(["--case", case])
        .output()
        .expect("valgrind is installed");
    // Two runs are counted.
    (number_after(&counted.stderr, "Collected : ") / 2, allocations)
}

fn number_after(output: &[u8], label: &str) -> u64 {
    let text = String::from_utf8_lossy(output);
    let found = text.lines().find_map(|line| line.split_once(label));
    let digits =
        found.and_then(|(_, rest)| rest.split_whitespace().next()).and_then(|word| word.parse().ok());
    digits.unwrap_or_else(|| panic!("no {label:?} in: {text}"))
}
