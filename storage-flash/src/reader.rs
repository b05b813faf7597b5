//! Reading heads and bodies.
//!
//! A fragment of a body is checked before an octet of it is given: in one pass if the caller's
//! buffer takes it whole, else by reading it twice.

use crate::catalog::{name, parts};
use crate::crc::Crc32;
use crate::header::{Header, Kind, Reference, UNKNOWN};
use crate::health::count;
use crate::index::{ENDED, Entry, RECENT};
use crate::log::PAGE;
use crate::ring::Ring;
use embedded_storage_async::nor_flash::NorFlash;
use larder::pair::{PairId, StoredBody, record};
use larder::store::{Found, StoreError};

/// A fragment of a body: where the last read was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) id: PairId,
    /// Octets of the body.
    pub(crate) total: u32,
    /// The fragment's first octet, and how many it has.
    start: u32,
    len: u32,
    /// Where it lies.
    pub(crate) seq: u32,
    at: u32,
    sum: u32,
    /// Where the next record begins.
    next: u32,
    checked: bool,
}

impl<F: NorFlash, const PAIRS: usize> Ring<F, PAIRS> {
    /// Copies the record of a pair; `None` if it is gone, damaged (then it is forgotten), or does
    /// not fit. One read, two if the buffer has no room for a header beside the record, and one
    /// more for a body whose length was not known when its head was written.
    pub(crate) async fn load(&mut self, id: PairId, record: &mut [u8]) -> Option<Found> {
        let entry = *self.catalog.get(id)?;
        if record.len() < entry.len() as usize {
            return None;
        }
        let found = self.load_entry(id, &entry, record).await;
        if found.is_none() {
            self.forget(id);
        }
        found
    }

    async fn load_entry(&mut self, id: PairId, entry: &Entry, record: &mut [u8]) -> Option<Found> {
        let len = entry.len() as usize;
        let first = entry.has(ENDED) || entry.newest() == entry.base();
        let (seq, at) = self.catalog.place(if first { entry.base() } else { entry.newest() });
        let header_len = if first { Header::HEAD_LEN } else { Header::LEN };
        let step = self.log.geometry.read as usize;
        let whole = (header_len + len).next_multiple_of(step);
        let header;
        if let Some(octets) = record.get_mut(..whole) {
            self.log.read(seq, at, octets).await.ok()?;
            header = Header::decode_mending(seq, octets.get(..header_len)?)?;
            octets.copy_within(header_len..header_len + len, 0);
        } else {
            let mut octets = [0; Header::HEAD_LEN];
            let octets = octets.get_mut(..header_len)?;
            self.log.read(seq, at, octets).await.ok()?;
            header = Header::decode_mending(seq, octets)?;
            self.log.read(seq, at + header_len as u32, record.get_mut(..len)?).await.ok()?;
        }
        let octets = record.get_mut(..len)?;
        let is_it = match header.kind {
            Kind::Head => first && header.reference == entry.fingerprint(),
            Kind::Fresh => !first && self.names(seq, &header, id),
            _ => false,
        };
        if !is_it || usize::from(header.len) != len || Crc32::of(seq, octets) != header.sum {
            return None;
        }
        let total = if entry.has(ENDED) { self.end_of(id, entry).await? } else { header.number };
        if total == UNKNOWN {
            return None;
        }
        if first && self.places.get(id).is_none() {
            self.places.set(self.beginning(id, total, seq, at, &header));
        }
        if !entry.has(RECENT) {
            record::mark_earlier_boot(octets);
        }
        Some(Found { id, len, body: StoredBody::whole(u64::from(total)) })
    }

    /// Whether a record in the sector numbered `seq` is one of the pair called `id`.
    fn names(&self, seq: u32, header: &Header, id: PairId) -> bool {
        let reference = Reference(header.reference);
        let base = seq.checked_sub(u32::from(reference.back()));
        base.is_some_and(|base| name(base, reference.unit()) == id)
    }

    /// Octets of a body whose length was not known when its head was written.
    async fn end_of(&mut self, id: PairId, entry: &Entry) -> Option<u32> {
        let (seq, at) = self.catalog.place(entry.newest());
        let header = self.header_at(seq, at).await?;
        let is_it = header.kind == Kind::End && self.names(seq, &header, id);
        is_it.then_some(header.number + u32::from(header.len))
    }

    /// Octets of the body of a pair.
    pub(crate) async fn total(&mut self, id: PairId) -> Option<u32> {
        let entry = *self.catalog.get(id)?;
        if entry.has(ENDED) {
            return self.end_of(id, &entry).await;
        }
        let (seq, at) = self.catalog.place(entry.newest());
        let header = self.header_at(seq, at).await?;
        let is_it = match header.kind {
            Kind::Head => header.reference == entry.fingerprint(),
            Kind::Fresh => self.names(seq, &header, id),
            _ => false,
        };
        (is_it && header.number != UNKNOWN).then_some(header.number)
    }

    /// Reads of a body; see [`PairStore::read`](larder::store::PairStore::read).
    pub(crate) async fn read_body(
        &mut self,
        id: PairId,
        offset: u64,
        buf: &mut [u8],
    ) -> Result<usize, StoreError<F::Error>> {
        self.catalog.get(id).ok_or(StoreError::Gone)?;
        if buf.is_empty() {
            return Ok(0);
        }
        let read = self.try_read(id, offset, buf).await;
        if read.is_none() {
            self.forget(id);
        }
        read.ok_or(StoreError::Gone)
    }

    async fn try_read(&mut self, id: PairId, offset: u64, buf: &mut [u8]) -> Option<usize> {
        let mut place = match self.places.get(id) {
            Some(place) if u64::from(place.start) <= offset => place,
            _ => self.first_fragment(id).await?,
        };
        let Some(offset) = u32::try_from(offset).ok().filter(|offset| *offset < place.total) else {
            self.places.set(place);
            return Some(0);
        };
        while offset >= place.start + place.len {
            let behind = place.start + place.len;
            place = self.fragment_from(&place, behind).await?;
        }
        loop {
            let skip = offset - place.start;
            let want = ((place.len - skip) as usize).min(buf.len());
            let buf = buf.get_mut(..want)?;
            let at_once = !place.checked && skip == 0 && want == place.len as usize;
            if !at_once && !place.checked {
                place.checked = self.sum_of(place.seq, place.at, place.len).await == Some(place.sum);
            }
            if at_once || place.checked {
                let read = self.log.read(place.seq, place.at + skip, buf).await;
                let good = read.is_ok() && (place.checked || Crc32::of(place.seq, buf) == place.sum);
                if good {
                    place.checked = true;
                    self.places.set(place);
                    return Some(want);
                }
                buf.fill(0);
            }
            // Where a program failed, the fragment was written again.
            let start = place.start;
            place = self.fragment_from(&place, start).await?;
            if offset >= place.start + place.len {
                return None;
            }
        }
    }

    /// The beginning of a body, behind its first head. It may have no octets.
    async fn first_fragment(&mut self, id: PairId) -> Option<Place> {
        let entry = *self.catalog.get(id)?;
        let (seq, at) = self.catalog.place(entry.base());
        let header = self.header_at(seq, at).await.filter(|header| header.kind == Kind::Head)?;
        let plain = !entry.has(ENDED) && entry.newest() == entry.base();
        let total = if plain { header.number } else { self.total(id).await? };
        Some(self.beginning(id, total, seq, at, &header))
    }

    /// The beginning of a body whose first head is at `at`.
    fn beginning(&self, id: PairId, total: u32, seq: u32, at: u32, header: &Header) -> Place {
        Place {
            id,
            total,
            start: 0,
            len: u32::from(header.inline),
            seq,
            at: at + header.header_len() as u32 + u32::from(header.len),
            sum: header.inline_sum,
            next: at + self.log.geometry.padded(header.record_len() as u32),
            checked: header.inline == 0,
        }
    }

    /// The next fragment behind `place` that begins with the octet `start` of the body.
    async fn fragment_from(&mut self, place: &Place, start: u32) -> Option<Place> {
        let geometry = self.log.geometry;
        let (mut seq, mut at) = (place.seq, place.next);
        let mut end = geometry.segment_end(at.saturating_sub(1));
        loop {
            if at + Header::LEN as u32 > end {
                at = end;
                if at >= geometry.sector {
                    seq += 1;
                    at = self.log.header_len();
                }
                end = geometry.segment_end(at);
            }
            if seq > self.log.seq || (seq == self.log.seq && at >= self.log.at) {
                return None;
            }
            let Some(header) = self.header_at(seq, at).await else {
                // Writing may have gone on at the next page after a reboot, or it left the segment.
                let page = (at + 1).next_multiple_of(PAGE);
                let gap = page.min(end).min(at + Header::LEN as u32);
                let goes_on = page < end
                    && self.log.is_blank(seq, at, gap).await
                    && self.header_at(seq, page).await.is_some();
                at = if goes_on { page } else { end };
                continue;
            };
            let ours = matches!(header.kind, Kind::Body | Kind::End) && self.names(seq, &header, place.id);
            let next = at + geometry.padded(header.record_len() as u32);
            if ours && header.number == start {
                let (len, sum) = (u32::from(header.len), header.sum);
                let at = at + Header::LEN as u32;
                return Some(Place { start, len, seq, at, sum, next, checked: false, ..*place });
            }
            at = next;
        }
    }

    /// Where the body of a pair ends: the number of its last sector.
    pub(crate) async fn last_sector(&mut self, id: PairId) -> Option<u32> {
        let mut place = self.first_fragment(id).await?;
        while place.start + place.len < place.total {
            let behind = place.start + place.len;
            place = self.fragment_from(&place, behind).await?;
        }
        Some(place.seq)
    }

    /// A pair is damaged: it is not found any more.
    fn forget(&mut self, id: PairId) {
        count(&mut self.log.wear.damaged);
        self.places.clear();
        if let Some(base) = self.catalog.base(id) {
            self.catalog.index.remove(base);
            self.catalog.pins.remove(base);
        }
    }

    /// Whether the sector of a pair's first head is still there.
    pub(crate) fn is_alive(&self, id: PairId) -> bool {
        self.catalog.base(id).is_some() && parts(id).0 <= self.catalog.newest
    }
}
