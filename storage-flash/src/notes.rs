//! Records of few octets: what is removed, joined, pinned, and what a newer head differs in.

use crate::append::{Laid, Needs, Source, Window};
use crate::crc::Crc32;
use crate::delta::DELTA_MAX;
use crate::header::{Header, Kind, LIST_MAX, list_len};
use crate::index::REMOVED;
use crate::log::Done;
use crate::pins::PINS_LEN;
use crate::records::List;
use crate::ring::Ring;
use crate::writer::{copy, encode_list};
use embedded_storage_async::nor_flash::NorFlash;
use larder::pair::PairId;
use larder::store::StoreError;

/// A record of few octets.
pub(crate) struct Small<'p> {
    pub(crate) kind: Kind,
    pub(crate) commits: bool,
    pub(crate) number: u32,
    /// Not of [`Kind::Pins`]: what that tells is known when it is written.
    pub(crate) payload: &'p [u8],
    /// What it is about: the first is its own.
    pub(crate) ids: &'p [PairId],
}

impl<'p> Small<'p> {
    /// One that says something of pairs: `ids`, the first of them its own.
    pub(crate) const fn note(kind: Kind, ids: &'p [PairId]) -> Self {
        Self { kind, commits: false, number: 0, payload: &[], ids }
    }
}

impl<F: NorFlash, const PAIRS: usize> Source<F, PAIRS> for Small<'_> {
    fn needs(&mut self, ring: &Ring<F, PAIRS>) -> Needs {
        let pins = self.kind == Kind::Pins;
        let payload = if pins { ring.catalog.told_pins_len() } else { self.payload.len() };
        let len = Header::LEN + payload + list_len(self.ids.len().saturating_sub(1));
        Needs { least: ring.log.geometry.padded(len as u32), marks: self.ids.len(), owner: None }
    }

    /// Nothing is written about pairs that are all gone.
    fn lay_out(
        &mut self,
        ring: &mut Ring<F, PAIRS>,
        _: u32,
        laid: &mut Laid,
        window: &mut Window,
    ) -> Done<()> {
        let (seq, pins) = (ring.log.seq, self.kind == Kind::Pins);
        let list = &mut laid.list;
        *list = ring.references(self.ids);
        let none = list.is_empty() && !pins;
        if none || (self.kind == Kind::Join && list.len() < self.ids.len()) {
            return Ok(());
        }
        let header = &mut laid.header;
        (header.kind, header.commits, header.number) = (self.kind, self.commits, self.number);
        header.reference = list.take_first().unwrap_or_default();
        window.fill(u8::MAX);
        let (front, rest) = window.split_at_mut_checked(Header::LEN).unwrap_or_default();
        let len = if pins { ring.catalog.tell_pinned(rest) } else { copy(self.payload, rest) };
        let (payload, rest) = rest.split_at_mut_checked(len).unwrap_or_default();
        (header.len, header.sum, header.count) = (len as u16, Crc32::of(seq, payload), list.len() as u8);
        copy(&header.encode(seq), front);
        encode_list(seq, list, rest);
        laid.len = ring.log.geometry.padded(header.record_len() as u32) as usize;
        Ok(())
    }

    fn octets<'w>(&'w mut self, laid: &Laid, from: usize, window: &'w mut Window) -> &'w [u8] {
        window.get(from..laid.len).unwrap_or_default()
    }
}

/// Octets of the longest payload and list.
const LONGEST: usize =
    if PINS_LEN > DELTA_MAX + list_len(LIST_MAX) { PINS_LEN } else { DELTA_MAX + list_len(LIST_MAX) };

const _: () = assert!((Header::LEN + LONGEST).next_multiple_of(32) <= size_of::<Window>());

/// What is to be written down of pairs, in this order.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Word<'p> {
    /// Which of them the index gave up, before something else is removed: after a reboot there would be
    /// room for them again.
    pub(crate) floor: bool,
    /// A record about pairs, the first of them its own; none, if there are none.
    pub(crate) note: Option<(Kind, &'p [PairId])>,
    /// Pairs that are gone with that: they are pinned no longer.
    pub(crate) gone: &'p [PairId],
    /// A pair of which something was written. If it, or one that is gone, is pinned, it is written down
    /// which pairs are.
    pub(crate) of: Option<PairId>,
    /// Whether that is to be written down in any case, and must not fail.
    pub(crate) pins: bool,
}

impl<'p> Word<'p> {
    /// A record about pairs, the first of them its own.
    pub(crate) const fn note(kind: Kind, ids: &'p [PairId]) -> Self {
        Self { floor: false, note: Some((kind, ids)), gone: &[], of: None, pins: false }
    }

    /// Pairs are removed, pinned or not.
    pub(crate) const fn removal(ids: &'p [PairId]) -> Self {
        Self { floor: true, gone: ids, ..Self::note(Kind::Remove, ids) }
    }
}

impl<F: NorFlash, const PAIRS: usize> Ring<F, PAIRS> {
    pub(crate) fn references(&self, ids: &[PairId]) -> List {
        let mut list = List::new(0);
        for reference in ids.iter().filter_map(|id| self.catalog.reference(self.log.seq, *id)) {
            // Callers give at most as many as a record has room for.
            list.push(reference.0);
        }
        list
    }

    /// Programs a record that says something of pairs where there is room for it.
    pub(crate) async fn put_note(&mut self, kind: Kind, ids: &[PairId]) -> Done<()> {
        let mut small = Small::note(kind, ids);
        let mut laid = Laid::new();
        let mut window = [0; size_of::<Window>()];
        small.lay_out(self, 0, &mut laid, &mut window)?;
        Ok(self.put(&mut small, &laid, &mut window).await?)
    }

    /// Writes down what is to be said of pairs.
    ///
    /// # Errors
    /// [`StoreError::Gone`]: room was made of the pair of which something was written.
    pub(crate) async fn say(&mut self, word: &Word<'_>) -> Done<()> {
        // One place that appends, for up to three records: of the floor, the note, whatever its kind, and the pins.
        for turn in [Kind::Clear, Kind::Remove, Kind::Pins] {
            let floor = [PairId::new(self.catalog.floor)];
            let (kind, ids) = match (turn, word.note) {
                (Kind::Clear, _) if word.floor && self.has_untold_floor() => (turn, &floor[..]),
                (Kind::Remove, Some((kind, ids))) if !ids.is_empty() => (kind, ids),
                (Kind::Pins, _) if self.changes_pins(word) => (turn, &[][..]),
                _ => continue,
            };
            let said = self.append(&mut Small::note(kind, ids)).await;
            // What was said of pinned pairs counts without that: it stands behind what tells them.
            if said.is_err() && (turn != Kind::Pins || word.pins) {
                if let Some((Kind::Remove, ids)) = word.note {
                    self.hide(ids);
                }
                return said.map(|_| ());
            }
        }
        match word.of {
            Some(id) if self.catalog.get(id).is_none() => Err(StoreError::Gone),
            _ => Ok(()),
        }
    }

    /// Pairs could not be removed: nobody finds them any more, and to remove them can be tried again.
    fn hide(&mut self, ids: &[PairId]) {
        for id in ids {
            if let Some(entry) = self.catalog.get(*id) {
                entry.set(REMOVED, true);
            }
        }
    }

    /// Whether it must be written down which pairs the index gave up.
    fn has_untold_floor(&mut self) -> bool {
        let floor = self.catalog.floor;
        let untold = floor > self.catalog.told;
        if untold && !self.is_alive(PairId::new(floor)) {
            self.catalog.told = floor;
            return false;
        }
        untold
    }

    /// Takes back the pins of pairs that are gone. Whether it must be written down anew which pairs are
    /// pinned.
    fn changes_pins(&mut self, word: &Word<'_>) -> bool {
        let mut any = word.pins;
        for id in word.gone {
            if let Some(base) = self.catalog.base(*id)
                && self.catalog.pins.remove(base).is_some()
            {
                any = true;
                // One that the ring has passed over was not named by the record that removes it.
                self.catalog.index.remove(base);
                self.places.clear();
            }
        }
        let base = word.of.and_then(|id| self.catalog.get(id)).map(|entry| entry.base());
        any || base.is_some_and(|base| self.catalog.pins.has(base))
    }
}
