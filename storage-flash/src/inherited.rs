//! Pins of an earlier boot.

use crate::catalog::{Catalog, parts};
use crate::crc::Crc32;
use crate::footer::Mark;
use crate::header::{Header, Kind};
use crate::index::{Entry, PENDING};
use crate::joined::named;
use crate::log::Done;
use crate::pins::{Held, PINS_LEN, PINS_MAX, Written, decode_names, encode_names};
use crate::ring::Ring;
use embedded_storage_async::nor_flash::NorFlash;
use larder::pair::PairId;
use larder::store::StoreError;

impl<const PAIRS: usize> Catalog<PAIRS> {
    /// The sector numbered `seq` will be written: pins of an earlier boot hold its place once.
    pub(crate) fn release_inherited(&mut self, seq: u32) {
        while let Some(base) = self.pins.take_spent(&self.geometry, seq) {
            self.evict(base);
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
            && let Some(oldest) = self.oldest()
        {
            self.evict(self.at(oldest));
        }
        let address = self.address(head, head_unit);
        self.index.insert(Entry::unpacked(written.fingerprint, base, address, written.len));
    }

    /// Whether a mark in the sector numbered `seq` says something of a pinned pair, other than that it
    /// begins.
    pub(crate) fn is_of_pinned(&mut self, seq: u32, mark: &Mark) -> bool {
        let base = match mark.kind {
            Kind::Head | Kind::Join | Kind::Clear | Kind::Pins => None,
            _ => named(seq, mark).and_then(|name| self.base(PairId::new(name))),
        };
        base.is_some_and(|base| self.pins.has(base) && self.index.get(base).is_some())
    }

    /// All that was said of pinned pairs is known; some of them may be removed.
    pub(crate) fn inherited(&mut self) {
        self.pins_known = false;
        let index = &self.index;
        self.pins.retain(|base| index.iter().any(|entry| entry.base() == base));
    }

    /// A pair that is pinned is held up to the sector numbered `seq`, of which something of it is in.
    ///
    /// # Errors
    /// [`StoreError::NoRoom`]: these are too many sectors, or the ring has passed over its first one.
    pub(crate) fn stretch_pin(&mut self, id: PairId, seq: u32) -> Done<()> {
        let fits = self.base(id).is_none_or(|base| self.pins.stretch(&self.geometry, base, seq));
        if fits { Ok(()) } else { Err(StoreError::NoRoom) }
    }

    /// The pinned pairs: each one's name and entry, and the sector its body ends in.
    pub(crate) fn pinned(&self) -> impl Iterator<Item = (PairId, Entry, u32)> {
        self.pins.iter().filter_map(|held| {
            let entry = *self.index.iter().find(|entry| entry.base() == held.base)?;
            Some((self.id(held.base), entry, held.last))
        })
    }

    /// Octets that it takes to tell which pairs are pinned.
    pub(crate) fn told_pins_len(&self) -> usize {
        self.tell_pinned(&mut [0; PINS_LEN])
    }

    /// Tells which pairs are pinned, and whose bodies are parts of theirs. Answers how many octets that
    /// takes.
    pub(crate) fn tell_pinned(&self, octets: &mut [u8]) -> usize {
        let mut len = 0;
        for (id, entry, last) in self.pinned() {
            let written = Written::of(id, self.id(entry.newest()), last, &entry);
            written.encode(octets.get_mut(len..).unwrap_or_default());
            len += Written::LEN;
            len += encode_names(self.parts_of(id), octets.get_mut(len..).unwrap_or_default());
        }
        len
    }
}

impl<F: NorFlash, const PAIRS: usize> Ring<F, PAIRS> {
    /// The last record that tells the pins is what counts: those pairs are there though the ring may
    /// have passed over them. Answers the number of its sector; `None`: there is none, or it is damaged.
    pub(crate) async fn inherit_told(&mut self) -> Option<u32> {
        let geometry = self.log.geometry;
        let (seq, unit) = self.catalog.pins_at?;
        let at = u32::from(unit) * geometry.unit;
        if geometry.seq_at(geometry.position(seq), self.catalog.newest) != seq || at >= geometry.sector {
            return None;
        }
        let mut octets = [0; PINS_LEN];
        let header = self.header_at(seq, at).await.filter(|header| header.kind == Kind::Pins)?;
        let octets = octets.get_mut(..usize::from(header.len))?;
        self.log.read(seq, at + Header::LEN as u32, octets).await.ok()?;
        if Crc32::of(seq, octets) != header.sum {
            return None;
        }
        let mut pair = PairId::new(0);
        for octets in octets.chunks(Written::LEN) {
            if let Some(names) = decode_names(octets) {
                names.for_each(|name| self.catalog.add_joined(name.number(), pair.number()));
            } else if let Some(written) = Written::decode(octets) {
                pair = written.id;
                // If it was removed since, its place may have been written anew.
                let (first, unit) = parts(pair);
                let at = u32::from(unit) * geometry.unit;
                if at < geometry.sector && self.header_at(first, at).await.is_some() {
                    self.catalog.inherit(&written);
                }
            }
        }
        Some(seq)
    }

    /// What was written of incomplete pairs since it was told where their bodies end is pinned too.
    pub(crate) async fn extend_inherited(&mut self) {
        for number in 0..PINS_MAX {
            let Some((id, entry, _)) = self.catalog.pinned().nth(number) else {
                return;
            };
            if entry.has(PENDING)
                && let Some(last) = self.last_sector(id).await
            {
                self.catalog.pins.stretch(&self.log.geometry, entry.base(), last);
            }
        }
    }
}
