//! Records of few octets: what is removed, joined, pinned, and what a newer head differs in.

use crate::crc::Crc32;
use crate::delta::DELTA_MAX;
use crate::header::{Header, Kind, LIST_MAX, list_len};
use crate::pins::PINS_LEN;
use crate::records::List;
use crate::ring::Ring;
use crate::writer::{copy, encode_list};
use embedded_storage_async::nor_flash::NorFlash;
use larder::pair::PairId;
use larder::store::StoreError;

/// A record of few octets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Small<'p> {
    pub(crate) kind: Kind,
    pub(crate) commits: bool,
    pub(crate) number: u32,
    pub(crate) payload: &'p [u8],
    /// Whether it is about no pair in particular.
    pub(crate) of_all: bool,
}

pub(crate) const CLEAR: Small<'static> = note(Kind::Clear);

/// A record without payload.
pub(crate) const fn note(kind: Kind) -> Small<'static> {
    Small { kind, commits: false, number: 0, payload: &[], of_all: false }
}

/// Octets of the longest such record, with what fills its last unit.
const SMALL_MAX: usize = (Header::LEN + LONGEST).next_multiple_of(32);

/// Octets of the longest payload and list.
const LONGEST: usize =
    if PINS_LEN > DELTA_MAX + list_len(LIST_MAX) { PINS_LEN } else { DELTA_MAX + list_len(LIST_MAX) };

impl<F: NorFlash, const PAIRS: usize> Ring<F, PAIRS> {
    pub(crate) fn references(&self, ids: &[PairId]) -> List {
        let mut list = List::new();
        for reference in ids.iter().filter_map(|id| self.catalog.reference(self.log.seq, *id)) {
            // Callers give at most as many as a record has room for.
            let _ = list.push(reference.0);
        }
        list
    }

    /// Appends a record that says something of pairs: `ids`, the first of them its own.
    pub(crate) async fn append_note(
        &mut self,
        kind: Kind,
        ids: &[PairId],
    ) -> Result<(), StoreError<F::Error>> {
        self.append_small(&note(kind), ids).await
    }

    /// Appends a record of few octets about pairs: `ids`, the first of them its own.
    pub(crate) async fn append_small(
        &mut self,
        small: &Small<'_>,
        ids: &[PairId],
    ) -> Result<(), StoreError<F::Error>> {
        let mut failed = false;
        loop {
            let listed = ids.len().saturating_sub(1);
            let len = Header::LEN + small.payload.len() + list_len(listed);
            self.reserve(self.log.geometry.padded(len as u32), ids.len(), None).await?;
            match self.put_small(small, ids).await {
                Ok(()) => return Ok(()),
                Err(_) if self.settle(true).await => return Ok(()),
                Err(error) if failed => return Err(StoreError::Medium(error)),
                Err(_) => failed = true,
            }
        }
    }

    /// As [`append_small`](Self::append_small), where there is room. Nothing is written about pairs
    /// that are all gone.
    pub(crate) async fn put_small(&mut self, small: &Small<'_>, ids: &[PairId]) -> Result<(), F::Error> {
        let seq = self.log.seq;
        let mut list = self.references(ids);
        let none = list.is_empty() && !small.of_all;
        if none || (small.kind == Kind::Join && list.len() < ids.len()) {
            return Ok(());
        }
        let reference = if list.is_empty() { 0 } else { list.remove(0) };
        let header = Header {
            kind: small.kind,
            commits: small.commits,
            count: list.len() as u8,
            number: small.number,
            len: small.payload.len() as u16,
            reference,
            sum: Crc32::of(seq, small.payload),
            inline: 0,
            inline_sum: 0,
            partial: false,
        };
        let mut octets = [u8::MAX; SMALL_MAX];
        let mut back = [0; list_len(LIST_MAX)];
        let back = if list.is_empty() { &[][..] } else { encode_list(seq, &list, &mut back) };
        let front = header.encode(seq);
        let mut at = 0;
        for part in [front.get(..Header::LEN).unwrap_or_default(), small.payload, back] {
            copy(part, octets.get_mut(at..).unwrap_or_default());
            at += part.len();
        }
        let len = self.log.geometry.padded(header.record_len() as u32) as usize;
        self.log.program(octets.get(..len).unwrap_or_default()).await?;
        self.landed(&header, Some(&list));
        Ok(())
    }

    /// Writes down which pairs the index gave up, before something else is removed: after a reboot
    /// there would be room for them again.
    pub(crate) async fn keep_floor(&mut self) -> Result<(), StoreError<F::Error>> {
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
    pub(crate) async fn tell_pin_of(&mut self, id: PairId) -> Result<(), StoreError<F::Error>> {
        // Room may have been made of the pair itself.
        let base = self.catalog.get(id).ok_or(StoreError::Gone)?.base();
        if self.catalog.pins.has(base) { self.tell_pins().await } else { Ok(()) }
    }

    /// Writes down which pairs are pinned.
    pub(crate) async fn tell_pins(&mut self) -> Result<(), StoreError<F::Error>> {
        let mut failed = false;
        loop {
            let len = Header::LEN + self.catalog.tell_pinned(&mut [0; PINS_LEN]);
            self.reserve(self.log.geometry.padded(len as u32), 1, None).await?;
            match self.put_pins().await {
                Ok(()) => return Ok(()),
                Err(_) if self.settle(true).await => return Ok(()),
                Err(error) if failed => return Err(StoreError::Medium(error)),
                Err(_) => failed = true,
            }
        }
    }

    /// As [`tell_pins`](Self::tell_pins), where there is room.
    pub(crate) async fn put_pins(&mut self) -> Result<(), F::Error> {
        let mut octets = [0; PINS_LEN];
        let len = self.catalog.tell_pinned(&mut octets);
        let payload = octets.get(..len).unwrap_or_default();
        self.put_small(&Small { payload, of_all: true, ..note(Kind::Pins) }, &[]).await
    }
}
