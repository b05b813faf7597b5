//! Pins of an earlier boot.

use crate::catalog::{Catalog, parts};
use crate::index::Entry;
use crate::pins::{Held, Written};
use larder::pair::PairId;

impl<const PAIRS: usize> Catalog<PAIRS> {
    /// The sector numbered `seq` will be written: pins of an earlier boot hold its place once.
    pub(crate) fn release_inherited(&mut self, seq: u32) {
        while let Some(base) = self.pins.take_spent(&self.geometry, seq) {
            if let Some(entry) = self.index.remove(base) {
                self.evictions = self.evictions.saturating_add(u32::from(entry.is_visible()));
            }
        }
    }

    /// A pair that was pinned before the last reboot is held once more; it is there though the ring may
    /// have passed over it.
    pub(crate) fn inherit(&mut self, written: &Written) {
        let (first, unit) = parts(written.id);
        let (head, head_unit) = parts(written.newest);
        let units = u64::from(self.units());
        let newest = self.newest;
        let sound = u64::from(unit) < units
            && u64::from(head_unit) < units
            && first >= self.geometry.sectors
            && [head, written.last].iter().all(|seq| (first..=newest).contains(seq))
            && written.last - first < self.geometry.sectors;
        if !sound {
            return;
        }
        let base = self.address(first, unit);
        // What is older than that was passed over, or will be next.
        let there = self.base(written.id).is_some() && written.id.number() > self.floor;
        let until = newest + self.geometry.sectors;
        let held = Held { base, pins: 0, first, last: written.last, head, until };
        if there && self.index.get(base).is_none() {
            return;
        }
        if !self.pins.insert(held) || self.index.get(base).is_some_and(|_| there) {
            return;
        }
        // Whatever else begins there is of a sector that was given up.
        self.index.remove(base);
        if self.index.is_full()
            && let Some((_, oldest)) = self.oldest()
        {
            self.drop_entry(&oldest);
        }
        let address = self.address(head, head_unit);
        self.index.insert(Entry::unpacked(written.fingerprint, base, address, written.len));
    }

    /// The pinned pairs: each one's name, that of its newest head, the sector its body ends in, and its
    /// entry.
    pub(crate) fn pinned(&self) -> impl Iterator<Item = (PairId, PairId, u32, Entry)> {
        self.pins.iter().filter_map(|held| {
            let entry = *self.index.iter().find(|entry| entry.base() == held.base)?;
            Some((self.id(held.base), self.id(entry.newest()), held.last, entry))
        })
    }
}
