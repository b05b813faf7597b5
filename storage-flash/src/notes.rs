//! Records of few octets: what is removed, joined, pinned, and what a newer head differs in.

use crate::append::{Laid, Needs, Source, Window};
use crate::crc::Crc32;
use crate::delta::DELTA_MAX;
use crate::header::{Header, Kind, LIST_MAX, list_len};
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

impl<F: NorFlash, const PAIRS: usize> Ring<F, PAIRS> {
    pub(crate) fn references(&self, ids: &[PairId]) -> List {
        let mut list = List::new(0);
        for reference in ids.iter().filter_map(|id| self.catalog.reference(self.log.seq, *id)) {
            // Callers give at most as many as a record has room for.
            list.push(reference.0);
        }
        list
    }

    /// Appends a record that says something of pairs: `ids`, the first of them its own.
    pub(crate) async fn append_note(&mut self, kind: Kind, ids: &[PairId]) -> Done<()> {
        self.append(&mut Small::note(kind, ids)).await.map(|_| ())
    }

    /// Programs such a record where there is room for it.
    pub(crate) async fn put_note(&mut self, kind: Kind, ids: &[PairId]) -> Done<()> {
        let mut small = Small::note(kind, ids);
        let mut laid = Laid::new();
        let mut window = [0; size_of::<Window>()];
        small.lay_out(self, 0, &mut laid, &mut window)?;
        Ok(self.put(&mut small, &laid, &mut window).await?)
    }

    /// Writes down which pairs the index gave up, before something else is removed: after a reboot
    /// there would be room for them again.
    pub(crate) async fn keep_floor(&mut self) -> Done<()> {
        let floor = self.catalog.floor;
        if floor > self.catalog.told {
            if self.is_alive(PairId::new(floor)) {
                self.append_note(Kind::Clear, &[PairId::new(floor)]).await?;
            }
            self.catalog.told = floor;
        }
        Ok(())
    }

    /// Removes pairs, pinned or not.
    pub(crate) fn remove_all<'s>(&'s mut self, ids: &'s [PairId]) -> impl Future<Output = Done<()>> + 's {
        self.say(Kind::Remove, ids, ids, None)
    }

    /// Appends a record about pairs: `ids`, the first of them its own. Those that are `gone` with it are
    /// pinned no longer; of the one called `of` something is written.
    pub(crate) async fn say(
        &mut self,
        kind: Kind,
        ids: &[PairId],
        gone: &[PairId],
        of: Option<PairId>,
    ) -> Done<()> {
        self.keep_floor().await?;
        if !ids.is_empty() {
            self.append_note(kind, ids).await?;
        }
        self.tell_pins(gone, of).await
    }

    /// Takes the pins of pairs back that are `gone`, and writes down anew which pairs are pinned, if one of
    /// those was, or the one called `of` is, of which something was written.
    ///
    /// # Errors
    /// [`StoreError::Gone`]: room was made of that one.
    pub(crate) async fn tell_pins(&mut self, gone: &[PairId], of: Option<PairId>) -> Done<()> {
        let mut any = false;
        for id in gone {
            if let Some(base) = self.catalog.base(*id)
                && self.catalog.pins.remove(base).is_some()
            {
                any = true;
                // One that the ring has passed over was not named by the record that removes it.
                self.catalog.index.remove(base);
                self.places.clear();
            }
        }
        let base = of.and_then(|id| self.catalog.get(id)).map(|entry| entry.base());
        if any || base.is_some_and(|base| self.catalog.pins.has(base)) {
            self.append_note(Kind::Pins, &[]).await?;
        }
        match of {
            Some(id) if self.catalog.get(id).is_none() => Err(StoreError::Gone),
            _ => Ok(()),
        }
    }
}
