//! Pins: sectors that the ring passes over.
//!
//! Pins live in RAM and end with the boot. A sector that the ring passed over is past its turn: a
//! mount after that does not look at it, so nothing it holds can come back, and what hides
//! something in it need not be kept longer.

use crate::geometry::Geometry;
use heapless::Vec;

/// Most pairs that are pinned at a time.
pub const PINS_MAX: usize = 4;

/// A pinned pair and where it lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    /// Address of its first head.
    pub(crate) base: u32,
    pub(crate) pins: u16,
    /// The sectors from its first head to the end of its body.
    pub(crate) first: u32,
    pub(crate) last: u32,
    /// The sector of its newest head.
    pub(crate) head: u32,
}

impl Held {
    /// The number of the sector at `position` if it is one of this pair's.
    fn seq_at(&self, geometry: &Geometry, position: u32) -> Option<u32> {
        let ahead = (position + geometry.sectors - geometry.position(self.first)) % geometry.sectors;
        let seq = self.first + ahead;
        if seq <= self.last {
            return Some(seq);
        }
        (geometry.position(self.head) == position).then_some(self.head)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Pins(Vec<Held, PINS_MAX>);

impl Pins {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// The number of the sector at `position` if a pin holds it.
    pub(crate) fn seq_at(&self, geometry: &Geometry, position: u32) -> Option<u32> {
        self.0.iter().find_map(|held| held.seq_at(geometry, position))
    }

    /// Whether the pair at `base` is pinned.
    pub(crate) fn has(&self, base: u32) -> bool {
        self.0.iter().any(|held| held.base == base)
    }

    pub(crate) fn get(&mut self, base: u32) -> Option<&mut Held> {
        self.0.iter_mut().find(|held| held.base == base)
    }

    /// Whether there was room.
    pub(crate) fn insert(&mut self, held: Held) -> bool {
        self.0.push(held).is_ok()
    }

    pub(crate) fn remove(&mut self, base: u32) -> Option<Held> {
        let at = self.0.iter().position(|held| held.base == base)?;
        Some(self.0.swap_remove(at))
    }

    /// How many sectors are held.
    pub(crate) fn sectors(&self, geometry: &Geometry) -> u32 {
        (0..geometry.sectors).filter(|position| self.seq_at(geometry, *position).is_some()).count() as u32
    }
}
