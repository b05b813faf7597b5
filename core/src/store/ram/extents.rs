//! The extents of bodies: which octets of a body are held, and where.

use super::blocks::{Blocks, Chain};
use core::ops::Range;
use heapless::Vec;

/// Extents of all bodies together, beyond the first of each.
pub(super) const EXTENTS_MAX: usize = 8;

/// A run of octets of a body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    /// Where in the body it begins.
    pub(super) start: usize,
    pub(super) chain: Chain,
}

impl Extent {
    pub(super) const EMPTY: Self = Self::at(0);

    /// One that begins at `start` and has no octets yet.
    pub(super) const fn at(start: usize) -> Self {
        Self { start, chain: Chain::EMPTY }
    }

    pub(super) const fn end(&self) -> usize {
        self.start + self.chain.len
    }

    fn has(&self, offset: usize) -> bool {
        (self.start..self.end()).contains(&offset)
    }
}

/// The further extents of bodies that have more than one.
#[derive(Debug)]
pub(super) struct Further(Vec<(u16, Extent), EXTENTS_MAX>);

impl Further {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Those of the pair in a slot, behind the `first` one.
    pub(super) fn of<'e>(&'e self, slot: usize, first: Option<&'e Extent>) -> Extents<'e> {
        Extents { first, further: &self.0, slot }
    }

    /// The one of the pair in `slot` that begins at `start`.
    pub(super) fn get_mut(&mut self, slot: usize, start: usize) -> Option<&mut Extent> {
        let is = |(owner, extent): &&mut (u16, Extent)| usize::from(*owner) == slot && extent.start == start;
        self.0.iter_mut().find(is).map(|(_, extent)| extent)
    }

    /// Whether there is room for one more.
    pub(super) fn has_room(&self) -> bool {
        !self.0.is_full()
    }

    /// Whether there was room.
    pub(super) fn push(&mut self, slot: usize, extent: Extent) -> bool {
        self.0.push((slot as u16, extent)).is_ok()
    }

    /// Takes one of those of the pair in `slot`.
    pub(super) fn take(&mut self, slot: usize) -> Option<Extent> {
        let at = self.0.iter().position(|(owner, _)| usize::from(*owner) == slot)?;
        Some(self.0.swap_remove(at).1)
    }

    /// Frees those of the pair in `slot`.
    pub(super) fn release<const BLOCKS: usize>(&mut self, slot: usize, blocks: &mut Blocks<BLOCKS>) {
        self.0.retain(|(owner, extent)| {
            let keep = usize::from(*owner) != slot;
            if !keep {
                blocks.free(extent.chain);
            }
            keep
        });
    }
}

/// The extents of the body in one slot.
#[derive(Clone)]
pub(super) struct Extents<'e> {
    first: Option<&'e Extent>,
    further: &'e [(u16, Extent)],
    slot: usize,
}

impl<'e> Iterator for Extents<'e> {
    type Item = &'e Extent;

    // The stores look through extents in many places.
    #[inline(never)]
    fn next(&mut self) -> Option<&'e Extent> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        while let [(owner, extent), rest @ ..] = self.further {
            self.further = rest;
            if usize::from(*owner) == self.slot {
                return Some(extent);
            }
        }
        None
    }
}

/// The run of held octets that ends behind `from`, without what lies before it.
pub(super) fn first_behind(extents: Extents<'_>, from: usize) -> Option<Range<usize>> {
    let behind = extents.clone().filter(|extent| extent.end() > from);
    let start = behind.map(|extent| extent.start.max(from)).min()?;
    let mut end = start;
    while let Some(next) = extents.clone().find(|extent| extent.has(end)) {
        end = next.end();
    }
    Some(start..end)
}

/// Where the octets begin that are held behind `offset`, or `complete`; `offset` itself if it is held.
pub(super) fn hole_end(extents: Extents<'_>, offset: usize, complete: usize) -> usize {
    first_behind(extents, offset).map_or(complete, |next| next.start.min(complete))
}

/// How many octets are held.
pub(super) fn held(extents: Extents<'_>) -> usize {
    let mut held = 0;
    let mut from = 0;
    while let Some(next) = first_behind(extents.clone(), from) {
        held += next.len();
        from = next.end;
    }
    held
}
