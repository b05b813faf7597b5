//! The blocks that heads and bodies lie in, chained.

/// Octets of a block: the unit in which RAM is given to heads and bodies.
pub const BLOCK: usize = 128;

/// A row of blocks that belong together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain {
    pub(super) first: u16,
    pub(super) last: u16,
    pub(super) len: usize,
    /// Where the last read ended, so that the next one need not begin at the first block.
    pub(super) place: Place,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Number of the block within its chain.
    pub(super) number: usize,
    pub(super) block: u16,
}

impl Place {
    pub(super) const START: Self = Self { number: 0, block: NONE };
}

pub(super) const NONE: u16 = u16::MAX;

impl Chain {
    pub(super) const EMPTY: Self = Self { first: NONE, last: NONE, len: 0, place: Place::START };

    pub(super) const fn blocks(&self) -> usize {
        self.len.div_ceil(BLOCK)
    }
}

/// The blocks, and which follows which.
#[derive(Debug)]
pub(super) struct Blocks<const BLOCKS: usize> {
    pub(super) octets: [[u8; BLOCK]; BLOCKS],
    pub(super) next: [u16; BLOCKS],
    /// The first block of those given back.
    pub(super) free: u16,
    /// Blocks from here on were never used.
    pub(super) fresh: u16,
}

impl<const BLOCKS: usize> Blocks<BLOCKS> {
    pub(super) const fn new() -> Self {
        Self { octets: [[0; BLOCK]; BLOCKS], next: [NONE; BLOCKS], free: NONE, fresh: 0 }
    }

    fn take(&mut self) -> Option<u16> {
        let block = if self.free == NONE {
            let fresh = self.fresh;
            if usize::from(fresh) >= BLOCKS {
                return None;
            }
            self.fresh += 1;
            fresh
        } else {
            let block = self.free;
            self.free = *self.next.get(usize::from(block))?;
            block
        };
        *self.next.get_mut(usize::from(block))? = NONE;
        Some(block)
    }

    /// Gives a whole chain back.
    #[inline(never)]
    pub(super) fn free(&mut self, chain: Chain) {
        if chain.first == NONE {
            return;
        }
        if let Some(next) = self.next.get_mut(usize::from(chain.last)) {
            *next = self.free;
            self.free = chain.first;
        }
    }

    /// Appends some of `octets` to the chain, up to the end of a block. 0: there is no room.
    pub(super) fn append(&mut self, chain: &mut Chain, octets: &[u8]) -> usize {
        let used = chain.len % BLOCK;
        if used == 0 {
            let Some(block) = self.take() else {
                return 0;
            };
            if let Some(next) = self.next.get_mut(usize::from(chain.last)) {
                *next = block;
            } else {
                chain.first = block;
            }
            chain.last = block;
        }
        let block = self.octets.get_mut(usize::from(chain.last));
        let room = block.and_then(|block| block.get_mut(used..)).unwrap_or_default();
        let taken = copy(octets, room);
        chain.len += taken;
        taken
    }

    /// Reads from `offset` on, beginning the search at `place`. Answers where it ended and how much
    /// was read.
    pub(super) fn read(&self, chain: Chain, place: Place, offset: usize, buf: &mut [u8]) -> (Place, usize) {
        let number = offset / BLOCK;
        let mut place = place;
        if place.block == NONE || place.number > number {
            place = Place { number: 0, block: chain.first };
        }
        let mut read = 0;
        while read < buf.len() && offset.saturating_add(read) < chain.len {
            let at = offset + read;
            while place.number < at / BLOCK {
                place.block = self.next.get(usize::from(place.block)).copied().unwrap_or(NONE);
                place.number += 1;
            }
            let end = (chain.len - (at - at % BLOCK)).min(BLOCK);
            let Some(block) = self.octets.get(usize::from(place.block)) else {
                break;
            };
            let octets = block.get(at % BLOCK..end).unwrap_or_default();
            read += copy(octets, buf.get_mut(read..).unwrap_or_default());
        }
        (place, read)
    }
}

/// Copies as much of `from` as `to` has room for.
fn copy(from: &[u8], to: &mut [u8]) -> usize {
    let len = from.len().min(to.len());
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
    len
}
