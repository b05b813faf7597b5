//! Records of few octets: what is removed, joined, pinned, and what a newer head differs in.

use crate::crc::Crc32;
use crate::delta::DELTA_MAX;
use crate::header::{Header, Kind, LIST_MAX, list_len};
use crate::log::{Done, Failed};
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
    /// Not of [`PINS`]: what that tells is known when it is written.
    pub(crate) payload: &'p [u8],
}

pub(crate) const CLEAR: Small<'static> = note(Kind::Clear);

/// Which pairs are pinned.
pub(crate) const PINS: Small<'static> = note(Kind::Pins);

/// A record without payload.
pub(crate) const fn note(kind: Kind) -> Small<'static> {
    Small { kind, commits: false, number: 0, payload: &[] }
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
        self.append_small(&note(kind), ids).await
    }

    /// Appends a record of few octets about pairs: `ids`, the first of them its own.
    pub(crate) async fn append_small(&mut self, small: &Small<'_>, ids: &[PairId]) -> Done<()> {
        let mut failed = false;
        loop {
            let listed = ids.len().saturating_sub(1);
            let payload = match small.kind {
                Kind::Pins => self.catalog.tell_pinned(&mut [0; PINS_LEN]),
                _ => small.payload.len(),
            };
            let len = Header::LEN + payload + list_len(listed);
            self.reserve(self.log.geometry.padded(len as u32), ids.len(), None).await?;
            if self.put_small(small, ids).await.is_ok() || self.settle(true).await {
                return Ok(());
            }
            if core::mem::replace(&mut failed, true) {
                return Err(Failed.into());
            }
        }
    }

    /// As [`append_small`](Self::append_small), where there is room. Nothing is written about pairs
    /// that are all gone.
    pub(crate) async fn put_small(&mut self, small: &Small<'_>, ids: &[PairId]) -> Result<(), Failed> {
        let seq = self.log.seq;
        let mut list = self.references(ids);
        let none = list.is_empty() && small.kind != Kind::Pins;
        if none || (small.kind == Kind::Join && list.len() < ids.len()) {
            return Ok(());
        }
        let reference = list.take_first().unwrap_or_default();
        let mut octets = [u8::MAX; SMALL_MAX];
        let (front, rest) = octets.split_at_mut_checked(Header::LEN).unwrap_or_default();
        let len = match small.kind {
            Kind::Pins => self.catalog.tell_pinned(rest),
            _ => copy(small.payload, rest),
        };
        let (payload, rest) = rest.split_at_mut_checked(len).unwrap_or_default();
        let header = Header {
            kind: small.kind,
            commits: small.commits,
            count: list.len() as u8,
            number: small.number,
            len: len as u16,
            reference,
            sum: Crc32::of(seq, payload),
            inline: 0,
            inline_sum: 0,
            partial: false,
        };
        copy(&header.encode(seq), front);
        encode_list(seq, &list, rest);
        let len = self.log.geometry.padded(header.record_len() as u32) as usize;
        self.log.program(octets.get(..len).unwrap_or_default()).await?;
        self.landed(&header, Some(&list));
        Ok(())
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
        self.append_small(&PINS, &[]).await
    }
}
