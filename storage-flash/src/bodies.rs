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
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        let mut at = self.places.get(id);
        let (mut from_start, mut damaged) = (false, false);
        loop {
            let place = match &mut at {
                Some(place) => place,
                none => {
                    from_start = true;
                    none.insert(self.first_fragment(id).await?)
                }
            };
            if offset >= place.total {
                self.places.set(*place);
                return Some(0);
            }
            if place.has(offset) {
                if let Some(read) = self.read_fragment(place, offset, buf).await {
                    return Some(read);
                }
                damaged = true;
            }
            // Where a program failed, the fragment was written again.
            if !self.next_fragment(place).await {
                if from_start {
                    break;
                }
                at = None;
            }
        }
        // It may have been told that the octet is held: nothing else told so is to be believed.
        let lost = whole || (damaged && self.extents(id, None).await?.has(offset));
        if lost { None } else { Some(0) }
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

    /// Goes on to the next fragment of the same body on flash, wherever in the body it belongs. Whether
    /// there is one.
    pub(crate) async fn next_fragment(&mut self, place: &mut Place) -> bool {
        let (mut seq, mut at) = (place.seq, place.next);
        while let Some(header) = self.next_header(&mut seq, &mut at).await {
            let next = at + self.log.geometry.padded(header.record_len() as u32);
            if self.enter_fragment(place, seq, at, next, &header).is_some() {
                return true;
            }
            at = next;
        }
        false
    }

    /// Goes on to the first record that begins at or behind `at`, where a record ends. Answers its header.
    async fn next_header(&mut self, seq: &mut u32, at: &mut u32) -> Option<Header> {
        let geometry = self.log.geometry;
        let mut end = geometry.segment_end(at.saturating_sub(1));
        let mut skipped = false;
        loop {
            if *at + Header::LEN as u32 > end {
                skipped = false;
                *at = end;
                if *at >= geometry.sector {
                    *seq = self.sector_behind(*seq);
                    *at = self.log.header_len();
                }
                end = geometry.segment_end(*at);
            }
            if (*seq, *at) >= (self.log.seq, self.log.at) {
                return None;
            }
            if let Some(header) = self.header_at(*seq, *at).await {
                return Some(header);
            }
            // Writing may have gone on at the next page after a reboot, or it left the segment.
            let page = (*at + 1).next_multiple_of(PAGE);
            let gap = page.min(end).min(*at + Header::LEN as u32);
            skipped = !skipped && page < end && self.log.is_blank(*seq, *at, gap).await;
            *at = if skipped { page } else { end };
        }
    }

    /// The number of the sector behind the one numbered `seq` that may have records of the same pair. What the
    /// ring has come round to and no pin holds is not there any more.
    fn sector_behind(&self, seq: u32) -> u32 {
        let next = seq + 1;
        if self.catalog.base(name(next, 0)).is_some() {
            return next;
        }
        next.max((self.log.seq + 1).saturating_sub(self.log.geometry.sectors))
    }

    /// Makes `place` what the record from `at` to `next` has of its body, if that is anything.
    fn enter_fragment(&self, place: &mut Place, seq: u32, at: u32, next: u32, header: &Header) -> Option<()> {
        let mut skip = header.header_len() as u32;
        let (owner, start, len, sum) = match header.kind {
            Kind::Body | Kind::End => (owner(seq, header)?, header.number, header.len, header.sum),
            Kind::Head => {
                skip += u32::from(header.len);
                (name(seq, self.log.geometry.unit_at(at)), 0, header.inline, header.inline_sum)
            }
            _ => return None,
        };
        let is_part = |of| self.catalog.is_part(owner, of);
        if len == 0 || !(is_part(place.id) || place.also.is_some_and(is_part)) {
            return None;
        }
        (place.start, place.len, place.sum, place.checked) = (start, u32::from(len), sum, false);
        (place.seq, place.at, place.record, place.next) = (seq, at + skip, at, next);
        Some(())
    }

    /// Where the body of a pair ends: the number of its last sector.
    pub(crate) async fn last_sector(&mut self, id: PairId) -> Option<u32> {
        let pending = self.catalog.get(id)?.has(PENDING);
        let mut place = self.first_fragment(id).await?;
        let (mut held, mut last) = (Extents::new(), place.seq);
        held.add(place.start, place.end());
        while pending || !held.is_whole_with(0, 0, place.total) {
            if !self.next_fragment(&mut place).await {
                if pending {
                    break;
                }
                return None;
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
        while let Some(header) = self.next_header(&mut seq, &mut at).await {
            let of = match header.kind {
                Kind::Head => Some(name(seq, self.log.geometry.unit_at(at))),
                Kind::Body | Kind::End | Kind::Fresh | Kind::Delta => owner(seq, &header),
                _ => None,
            };
            if of.is_some_and(|of| self.catalog.is_part(of, id)) {
                last = last.max(seq);
            }
            at += self.log.geometry.padded(header.record_len() as u32);
        }
        Some(last)
    }

    /// Which octets of a body are held. `None` if the pair is gone or its first head damaged. Those of the
    /// pair `also` count as its own.
    ///
    /// A fragment that the next one follows is not read for that: if a read finds it damaged, the pair
    /// is forgotten.
    pub(crate) async fn extents(&mut self, id: PairId, also: Option<PairId>) -> Option<Extents> {
        let mut extents = Extents::new();
        let mut place = Place { also, ..self.first_fragment(id).await? };
        loop {
            let Place { seq, at, len, sum, start, next, .. } = place;
            let more = self.next_fragment(&mut place).await;
            // A record that another one follows was written to its end; others may have been cut.
            let followed = more && place.seq == seq && place.record == next;
            if followed || len == 0 || self.sum_of(seq, at, len).await == Some(sum) {
                extents.add(start, start + len);
            }
            if !more {
                return Some(extents);
            }
        }
    }

    /// The first extent behind `from`; see [`PairStore::extent`](larder::store::PairStore::extent).
    pub(crate) async fn extent_behind(&mut self, id: PairId, from: u64) -> Option<Option<(u32, u32)>> {
        let from = u32::try_from(from).unwrap_or(UNKNOWN);
        if self.catalog.get(id)?.has(PENDING) {
            return Some(self.extents(id, None).await?.first_behind(from));
        }
        let total = self.total(id).await?.total;
        Some((from < total).then_some((from, total)))
    }
}
