//! Records of few octets: what is removed, joined, pinned, and what a newer head differs in.

use crate::append::{Laid, Needs, Source};
use crate::catalog::Catalog;
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
    /// What it is, and what it says beside its pairs.
    header: Header,
    /// Not of [`Kind::Pins`]: what that tells is known when it is written.
    payload: &'p [u8],
    /// What it is about: the first is its own.
    ids: &'p [PairId],
    octets: [u8; SMALL_MAX],
}

impl<'p> Small<'p> {
    pub(crate) const fn new(header: Header, payload: &'p [u8], ids: &'p [PairId]) -> Self {
        Self { header, payload, ids, octets: [0; SMALL_MAX] }
    }

    /// One that says something of pairs: `ids`, the first of them its own.
    pub(crate) const fn note(kind: Kind, ids: &'p [PairId]) -> Self {
        Self::new(Header::of(kind, 0), &[], ids)
    }

    /// Lays the payload out; answers how many octets it has.
    fn pay<const PAIRS: usize>(&mut self, catalog: &Catalog<PAIRS>) -> usize {
        let to = self.octets.get_mut(Header::LEN..).unwrap_or_default();
        match self.header.kind {
            Kind::Pins => catalog.tell_pinned(to),
            _ => copy(self.payload, to),
        }
    }
}

impl<F: NorFlash, const PAIRS: usize> Source<F, PAIRS> for Small<'_> {
    fn needs(&mut self, ring: &Ring<F, PAIRS>) -> Needs {
        let listed = self.ids.len().saturating_sub(1);
        let len = Header::LEN + self.pay(&ring.catalog) + list_len(listed);
        Needs { least: ring.log.geometry.padded(len as u32), marks: self.ids.len(), owner: None }
    }

    /// Nothing is written about pairs that are all gone.
    fn lay_out(&mut self, ring: &mut Ring<F, PAIRS>, _: u32, laid: &mut Laid) -> Done<()> {
        let (seq, kind) = (ring.log.seq, self.header.kind);
        let list = &mut laid.list;
        *list = ring.references(self.ids);
        let none = list.is_empty() && kind != Kind::Pins;
        if none || (kind == Kind::Join && list.len() < self.ids.len()) {
            return Ok(());
        }
        self.octets.fill(u8::MAX);
        let len = self.pay(&ring.catalog);
        let (front, rest) = self.octets.split_at_mut_checked(Header::LEN).unwrap_or_default();
        let (payload, rest) = rest.split_at_mut_checked(len).unwrap_or_default();
        let reference = list.take_first().unwrap_or_default();
        let (sum, count) = (Crc32::of(seq, payload), list.len() as u8);
        laid.header = Header { count, len: len as u16, reference, sum, ..self.header };
        copy(&laid.header.encode(seq), front);
        encode_list(seq, list, rest);
        laid.len = ring.log.geometry.padded(laid.header.record_len() as u32) as usize;
        Ok(())
    }

    fn octets(&mut self, laid: &Laid, from: usize) -> &[u8] {
        self.octets.get(from..laid.len).unwrap_or_default()
    }
}

/// Octets of the longest such record, with what fills its last unit.
const SMALL_MAX: usize = (Header::LEN + LONGEST).next_multiple_of(32);

/// Octets of the longest payload and list.
const LONGEST: usize =
    if PINS_LEN > DELTA_MAX + list_len(LIST_MAX) { PINS_LEN } else { DELTA_MAX + list_len(LIST_MAX) };

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
        small.lay_out(self, 0, &mut laid)?;
        Ok(self.put(&mut small, &laid).await?)
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

    /// Something was written of a pair: if it is pinned, that is written down anew.
    pub(crate) async fn tell_pin_of(&mut self, id: PairId) -> Done<()> {
        // Room may have been made of the pair itself.
        let base = self.catalog.get(id).ok_or(StoreError::Gone)?.base();
        if self.catalog.pins.has(base) { self.tell_pins().await } else { Ok(()) }
    }

    /// Writes down which pairs are pinned.
    pub(crate) async fn tell_pins(&mut self) -> Done<()> {
        self.append_note(Kind::Pins, &[]).await
    }
}
