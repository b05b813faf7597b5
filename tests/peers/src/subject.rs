//! What a store must do to be measured.

use crate::chip::Chip;
use larder_tests::workload::Load;
use std::fmt::{self, Debug};

/// A store on a [`Chip`] of 64 sectors of 4 KiB, used as a cache uses it.
///
/// The bench tells which pairs are to be evicted and when: what it costs a store to know its oldest
/// pair, or which pairs it has, is not counted. Stores that evict by themselves are told nothing.
pub trait Subject: Sized {
    /// Its column's title.
    const NAME: &'static str;

    /// Pairs of 1,000 octets that it is asked to keep at a time; before one more is put, the oldest is
    /// evicted. `None`: it evicts by itself.
    const PAIRS: Option<usize>;

    /// Pairs of 1,000 octets that it is asked to keep beside a body of 128 KiB.
    const BESIDE_LARGE: usize = 64;

    /// Octets of RAM it keeps from one operation to the next, buffers of single operations not
    /// included.
    const RAM: usize;

    /// Whether words may be programmed again, as the store needs it.
    const SECOND_WRITES: bool = true;

    /// A new store.
    fn format(chip: Chip) -> Result<Self, Failed>;

    /// The store that is there.
    fn mount(chip: Chip) -> Result<Self, Failed>;

    /// Stores a pair in place of the one with its number, if there is one, and evicts others. The body
    /// comes in chunks of 1 KiB. Durable when it returns.
    fn put(&mut self, load: &Load, evicted: &[usize]) -> Result<(), Failed>;

    /// Removes a pair.
    fn remove(&mut self, number: usize) -> Result<(), Failed>;

    /// Looks a pair up: its head, read and understood. Heads that make no sense are no pairs.
    fn find(&mut self, number: usize) -> Result<Option<Load>, Failed>;

    /// Reads the body of the pair that was found last, in pieces of the store's choice, and hands them to
    /// `take`.
    fn read(&mut self, found: &Load, take: impl FnMut(&[u8])) -> Result<(), Failed>;

    /// Writes the head of a pair anew; its body stays (a 304).
    fn freshen(&mut self, load: &Load) -> Result<(), Failed>;
}

/// Why a store did not do what it was asked.
#[derive(Clone, Debug)]
pub enum Failed {
    /// There is no room.
    Full,
    /// A head was found, and a body that is not its own.
    Torn,
    /// It panicked.
    Panicked,
    /// Anything else, in the store's words.
    Other(String),
}

impl Failed {
    /// Any error but want of room.
    pub fn other(error: impl Debug) -> Self {
        Self::Other(format!("{error:?}"))
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "there is no room",
            Self::Torn => "a head was found, and a body that is not its own",
            Self::Panicked => "it panicked",
            Self::Other(told) => told,
        })
    }
}

/// Four octets that tell a URI, or a part of what is stored under it, from others.
pub fn fingerprint(number: usize, part: usize) -> u32 {
    (number as u32).wrapping_mul(1000).wrapping_add(part as u32).wrapping_mul(0x9e37_79b1) | 1
}
