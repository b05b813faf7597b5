//! Reading bodies.
//!
//! A fragment of a body is checked before an octet of it is given: in one pass if the caller's
//! buffer takes it whole, else by reading it twice.

use crate::catalog::name;
use crate::crc::Crc32;
use crate::extents::Extents;
use crate::header::{Header, Kind, UNKNOWN};
use crate::index::{Newest, PENDING};
use crate::log::{Done, PAGE};
use crate::reader::owner;
use crate::ring::Ring;
use embedded_storage_async::nor_flash::NorFlash;
use larder::pair::PairId;
use larder::store::StoreError;

/// A fragment of a body: where the last read was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) id: PairId,
    /// A pair whose fragments count as its own.
    also: Option<PairId>,
    /// Octets of the complete body, or [`UNKNOWN`].
    pub(crate) total: u32,
    /// The fragment's first octet, and how many it has.
    pub(crate) start: u32,
    pub(crate) len: u32,
    /// Where it lies.
    pub(crate) seq: u32,
    pub(crate) at: u32,
    sum: u32,
    /// Where its record begins, and the next one.
    record: u32,
    next: u32,
    checked: bool,
}

impl Place {
    const fn end(&self) -> u32 {
        self.start + self.len
    }

    const fn has(&self, offset: u32) -> bool {
        self.start <= offset && offset < self.end()
    }
}

impl<F: NorFlash, const PAIRS: usize> Ring<F, PAIRS> {
    /// Reads of a body; see [`PairStore::read`](larder::store::PairStore::read).
    pub(crate) async fn read_body(&mut self, id: PairId, offset: u64, buf: &mut [u8]) -> Done<usize> {
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
        let whole = !self.catalog.get(id)?.has(PENDING);
        let known = self.places.get(id);
        let mut from_start = known.is_none();
        let mut place = match known {
            Some(place) => place,
            None => self.first_fragment(id).await?,
        };
        let Some(offset) = u32::try_from(offset).ok().filter(|offset| *offset < place.total) else {
            self.places.set(place);
            return Some(0);
        };
        let mut damaged = false;
        loop {
            if place.has(offset) {
                if let Some(read) = self.read_fragment(&mut place, offset, buf).await {
                    return Some(read);
                }
                damaged = true;
            }
            // Where a program failed, the fragment was written again.
            place = match self.next_fragment(&place).await {
                Some(next) => next,
                None if !from_start => {
                    from_start = true;
                    self.first_fragment(id).await?
                }
                None if whole => return None,
                // It may have been told that the octet is held: nothing else told so is to be believed.
                None if damaged && self.extents(id).await?.has(offset) => return None,
                None => return Some(0),
            };
        }
    }

    /// Reads of a fragment that has the octet `offset`; `None` if it is damaged.
    async fn read_fragment(&mut self, place: &mut Place, offset: u32, buf: &mut [u8]) -> Option<usize> {
        let skip = offset - place.start;
        let want = ((place.len - skip) as usize).min(buf.len());
        let buf = buf.get_mut(..want)?;
        let at_once = !place.checked && skip == 0 && want == place.len as usize;
        if !at_once && !place.checked {
            place.checked = self.sum_of(place.seq, place.at, place.len).await == Some(place.sum);
        }
        if at_once || place.checked {
            let read = self.log.read(place.seq, place.at + skip, buf).await;
            if read.is_ok() && (place.checked || Crc32::of(place.seq, buf) == place.sum) {
                place.checked = true;
                self.places.set(*place);
                return Some(want);
            }
            buf.fill(0);
        }
        None
    }

    /// The beginning of a body, behind its first head. It may have no octets.
    pub(crate) async fn first_fragment(&mut self, id: PairId) -> Option<Place> {
        let entry = *self.catalog.get(id)?;
        let (seq, at) = self.catalog.place(entry.base());
        let header = self.header_at(seq, at).await.filter(|header| header.kind == Kind::Head)?;
        let total = if entry.kind() == Newest::First { header.number } else { self.total(id).await?.total };
        Some(self.beginning(id, total, seq, at, &header))
    }

    /// The beginning of a body whose first head is at `at`.
    pub(crate) fn beginning(&self, id: PairId, total: u32, seq: u32, at: u32, header: &Header) -> Place {
        Place {
            id,
            also: None,
            total,
            start: 0,
            len: u32::from(header.inline),
            seq,
            at: at + header.header_len() as u32 + u32::from(header.len),
            sum: header.inline_sum,
            record: at,
            next: at + self.log.geometry.padded(header.record_len() as u32),
            checked: header.inline == 0,
        }
    }

    /// The next fragment of the same body on flash, wherever in the body it belongs.
    pub(crate) async fn next_fragment(&mut self, place: &Place) -> Option<Place> {
        let (mut seq, mut at) = (place.seq, place.next);
        loop {
            let header;
            (seq, at, header) = self.next_header(seq, at).await?;
            if let Some(found) = self.fragment(place, seq, at, &header) {
                return Some(found);
            }
            at += self.log.geometry.padded(header.record_len() as u32);
        }
    }

    /// The first record that begins at or behind `at`, where a record ends: where it is, and its header.
    async fn next_header(&mut self, seq: u32, at: u32) -> Option<(u32, u32, Header)> {
        let geometry = self.log.geometry;
        let (mut seq, mut at) = (seq, at);
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
            if let Some(header) = self.header_at(seq, at).await {
                return Some((seq, at, header));
            }
            // Writing may have gone on at the next page after a reboot, or it left the segment.
            let page = (at + 1).next_multiple_of(PAGE);
            let gap = page.min(end).min(at + Header::LEN as u32);
            let goes_on = page < end
                && self.log.is_blank(seq, at, gap).await
                && self.header_at(seq, page).await.is_some();
            at = if goes_on { page } else { end };
        }
    }

    /// What the record at `at` has of the body that `place` is of.
    fn fragment(&self, place: &Place, seq: u32, at: u32, header: &Header) -> Option<Place> {
        let next = at + self.log.geometry.padded(header.record_len() as u32);
        let (owner, start, len, sum, skip) = match header.kind {
            Kind::Body | Kind::End => {
                (owner(seq, header)?, header.number, header.len, header.sum, Header::LEN as u32)
            }
            Kind::Head => {
                let id = name(seq, self.log.geometry.unit_at(at));
                (id, 0, header.inline, header.inline_sum, Header::HEAD_LEN as u32 + u32::from(header.len))
            }
            _ => return None,
        };
        let is_part = |of| self.catalog.is_part(owner, of);
        if len == 0 || !(is_part(place.id) || place.also.is_some_and(is_part)) {
            return None;
        }
        let (len, at, record) = (u32::from(len), at + skip, at);
        Some(Place { start, len, seq, at, sum, record, next, checked: false, ..*place })
    }

    /// Where the body of a pair ends: the number of its last sector.
    pub(crate) async fn last_sector(&mut self, id: PairId) -> Option<u32> {
        let pending = self.catalog.get(id)?.has(PENDING);
        let mut place = self.first_fragment(id).await?;
        let (mut held, mut last) = (Extents::new(), place.seq);
        held.add(place.start, place.end());
        while pending || !held.is_whole_with(0, 0, place.total) {
            match self.next_fragment(&place).await {
                Some(next) => place = next,
                None if pending => break,
                None => return None,
            }
            held.add(place.start, place.end());
            last = last.max(place.seq);
        }
        Some(last)
    }

    /// Where the youngest record lies that has octets of a pair, or of what was joined to it: the number
    /// of its sector.
    pub(crate) async fn last_record(&mut self, id: PairId) -> Option<u32> {
        let place = self.first_fragment(id).await?;
        let (mut seq, mut at, mut last) = (place.seq, place.next, place.seq);
        while let Some((found, begin, header)) = self.next_header(seq, at).await {
            let of = match header.kind {
                Kind::Head => Some(name(found, self.log.geometry.unit_at(begin))),
                Kind::Body | Kind::End | Kind::Fresh | Kind::Delta => owner(found, &header),
                _ => None,
            };
            if of.is_some_and(|of| self.catalog.is_part(of, id)) {
                last = last.max(found);
            }
            (seq, at) = (found, begin + self.log.geometry.padded(header.record_len() as u32));
        }
        Some(last)
    }

    /// Which octets of a body are held. `None` if the pair is gone or its first head damaged.
    ///
    /// A fragment that the next one follows is not read for that: if a read finds it damaged, the pair
    /// is forgotten.
    pub(crate) async fn extents(&mut self, id: PairId) -> Option<Extents> {
        let place = self.first_fragment(id).await?;
        Some(self.extents_from(place).await)
    }

    /// The extents of what begins at `place`.
    async fn extents_from(&mut self, place: Place) -> Extents {
        let mut extents = Extents::new();
        let mut place = place;
        loop {
            let next = self.next_fragment(&place).await;
            // A record that another one follows was written to its end; others may have been cut.
            let followed = next.is_some_and(|next| next.seq == place.seq && next.record == place.next);
            let (seq, at, len) = (place.seq, place.at, place.len);
            if followed || len == 0 || self.sum_of(seq, at, len).await == Some(place.sum) {
                extents.add(place.start, place.end());
            }
            match next {
                Some(next) => place = next,
                None => return extents,
            }
        }
    }

    /// Whether the extents of two pairs can be told apart as those of one. `None`: one is gone.
    pub(crate) async fn fit_together(&mut self, into: PairId, from: PairId) -> Option<bool> {
        self.first_fragment(from).await?;
        let place = Place { also: Some(from), ..self.first_fragment(into).await? };
        Some(!self.extents_from(place).await.overflowed())
    }

    /// The first extent behind `from`; see [`PairStore::extent`](larder::store::PairStore::extent).
    pub(crate) async fn extent_behind(&mut self, id: PairId, from: u64) -> Option<Option<(u32, u32)>> {
        let from = u32::try_from(from).unwrap_or(UNKNOWN);
        if self.catalog.get(id)?.has(PENDING) {
            return Some(self.extents(id).await?.first_behind(from));
        }
        let total = self.total(id).await?.total;
        Some((from < total).then_some((from, total)))
    }
}
