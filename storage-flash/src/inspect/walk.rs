//! Walking the records of a partition, one at a time.

use super::{RecordInfo, RecordKind, RecordState, SectorState};
use crate::catalog::name;
use crate::crc::flipped_bit;
use crate::footer::{self, FOOTER_MAX, MARK_LEN, Mark};
use crate::header::{Header, Kind, UNKNOWN, is_blank};
use crate::index::Newest;
use crate::log::{GLANCE, PAGE};
use crate::reader::owner;
use crate::ring::Ring;
use embedded_storage_async::nor_flash::NorFlash;
use larder::pair::PairId;

/// Where a walk over the records stands.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RecordCursor {
    position: u32,
    /// The first sector that is not walked any more.
    last: u32,
    /// The number of the sector, once it was begun.
    seq: Option<u32>,
    segment: u32,
    at: u32,
    /// Where the records of the segment end: its footer, if it has one.
    end: u32,
}

impl RecordCursor {
    /// Before the first record of the partition.
    pub const fn new() -> Self {
        Self { position: 0, last: u32::MAX, seq: None, segment: 0, at: 0, end: 0 }
    }

    /// Before the first record of the sector at `position`; the walk ends with it.
    pub const fn sector(position: u32) -> Self {
        Self { position, last: position.saturating_add(1), ..Self::new() }
    }
}

impl Default for RecordCursor {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: NorFlash, const PAIRS: usize> Ring<F, PAIRS> {
    /// See [`FlashStore::next_record`](crate::FlashStore::next_record).
    pub(super) async fn next_record(&mut self, cursor: &mut RecordCursor) -> Option<RecordInfo> {
        let geometry = self.log.geometry;
        loop {
            let Some(seq) = cursor.seq else {
                if cursor.position >= cursor.last {
                    return None;
                }
                let sector = self.sector(cursor.position).await?;
                cursor.seq = sector.seq.filter(|_| sector.state != SectorState::Misplaced);
                match cursor.seq {
                    Some(seq) => self.begin_segment(cursor, seq, 0).await,
                    None => cursor.position += 1,
                }
                continue;
            };
            if cursor.segment >= geometry.sector {
                cursor.position += 1;
                cursor.seq = None;
            } else if cursor.at < cursor.end {
                if let Some(record) = self.record_at(cursor, seq).await {
                    return Some(record);
                }
            } else {
                let (at, end) = (cursor.end, cursor.segment + geometry.segment);
                self.begin_segment(cursor, seq, end).await;
                if at < end {
                    let state = if self.counts(seq) { RecordState::Live } else { RecordState::Dead };
                    return Some(self.no_record(seq, at, end - at, RecordKind::Footer, state));
                }
            }
        }
    }

    async fn begin_segment(&mut self, cursor: &mut RecordCursor, seq: u32, segment: u32) {
        let geometry = self.log.geometry;
        cursor.segment = segment;
        cursor.at = if segment == 0 { self.log.header_len() } else { segment };
        cursor.end = segment + geometry.segment;
        let mut octets = [0; FOOTER_MAX];
        if segment < geometry.sector
            && let Some(footer) = self.footer_in(seq, segment, &mut octets).await
            && footer.seq == seq
        {
            cursor.end -= geometry.padded((footer.marks.len() + footer::TRAILER_LEN) as u32);
        }
    }

    fn counts(&self, seq: u32) -> bool {
        let state = self.turn_of(self.log.geometry.position(seq), seq);
        matches!(state, SectorState::Written | SectorState::Held)
    }

    /// What begins where the cursor stands, and moves it on. `None`: nothing but blank octets.
    async fn record_at(&mut self, cursor: &mut RecordCursor, seq: u32) -> Option<RecordInfo> {
        let (at, end) = (cursor.at, cursor.end);
        let header = self.header_at(seq, at).await;
        if let Some(header) = header.filter(|header| at + header.record_len() as u32 <= end) {
            cursor.at = at + self.log.geometry.padded(header.record_len() as u32);
            return Some(self.describe(seq, at, &header, end).await);
        }
        // After a reboot, writing went on at the next page.
        let page = (at + 1).next_multiple_of(PAGE);
        let gap = page.min(end).min(at + Header::LEN as u32);
        if page < end && self.log.is_blank(seq, at, gap).await && self.header_at(seq, page).await.is_some() {
            cursor.at = page;
            return None;
        }
        cursor.at = self.marked_behind(cursor, seq).await.unwrap_or(end);
        let (first, behind) = self.used(seq, at, cursor.at).await?;
        let torn = first == at && behind - first <= TORN_MAX && cursor.at == end;
        let state = if torn { RecordState::CutOff } else { RecordState::Damaged };
        Some(self.no_record(seq, first, behind - first, RecordKind::Unknown, state))
    }

    /// Where the next record begins that the footer of the segment tells of.
    async fn marked_behind(&mut self, cursor: &RecordCursor, seq: u32) -> Option<u32> {
        let unit = self.log.geometry.unit;
        let mut octets = [0; FOOTER_MAX];
        let footer = self.footer_in(seq, cursor.segment, &mut octets).await?;
        let marks = footer.marks.chunks(MARK_LEN).filter_map(Mark::decode);
        let begins = marks.map(|mark| u32::from(mark.at) * unit);
        begins.filter(|begin| *begin > cursor.at && *begin < cursor.end).min()
    }

    /// The units between two octets of a sector that are not blank, from the first to the last.
    /// What cannot be read is not blank.
    async fn used(&mut self, seq: u32, from: u32, to: u32) -> Option<(u32, u32)> {
        let unit = self.log.geometry.unit;
        let mut found: Option<(u32, u32)> = None;
        let mut at = from;
        while at < to {
            let mut octets = [0; GLANCE];
            let len = (to - at).min(GLANCE as u32);
            let octets = octets.get_mut(..len as usize)?;
            let read = self.log.read(seq, at, octets).await;
            for (begin, unit_octets) in (at..).step_by(unit as usize).zip(octets.chunks(unit as usize)) {
                if read.is_err() || !is_blank(unit_octets) {
                    let first = found.map_or(begin, |(first, _)| first);
                    found = Some((first, (begin + unit).min(to)));
                }
            }
            at += len;
        }
        found
    }

    fn no_record(&self, seq: u32, at: u32, len: u32, kind: RecordKind, state: RecordState) -> RecordInfo {
        RecordInfo {
            seq,
            position: self.log.geometry.position(seq),
            at,
            len,
            kind,
            state,
            pair: None,
            found: false,
            commits: false,
            head: 0,
            octets: 0,
            body_offset: 0,
            body_at: 0,
            complete: None,
            removes: 0,
            mended: false,
        }
    }

    async fn describe(&mut self, seq: u32, at: u32, header: &Header, end: u32) -> RecordInfo {
        let geometry = self.log.geometry;
        let address = self.catalog.address(seq, geometry.unit_at(at));
        let pair = match header.kind {
            Kind::Head => Some(name(seq, geometry.unit_at(at))),
            Kind::Pins => None,
            _ => owner(seq, header),
        };
        let len = geometry.padded(header.record_len() as u32);
        let mut info = self.no_record(seq, at, len, kind_of(header.kind), RecordState::Dead);
        let body = at + header.header_len() as u32;
        match header.kind {
            Kind::Head | Kind::Fresh | Kind::Delta => {
                info.head = header.len.into();
                info.octets = header.inline.into();
                info.body_at = body + info.head;
                info.complete = (header.number != UNKNOWN).then_some(header.number);
            }
            Kind::Body | Kind::End => {
                info.octets = header.len.into();
                info.body_offset = header.number;
                info.body_at = body;
                let ends = header.kind == Kind::End;
                info.complete = ends.then_some(header.number + u32::from(header.len));
            }
            _ => {}
        }
        // What removes a pair names it as it was.
        let of_a_body = !matches!(header.kind, Kind::Remove | Kind::Clear);
        info.pair = pair.map(|id| if of_a_body { PairId::new(self.catalog.root(id.number())) } else { id });
        info.commits = header.commits;
        info.removes = header.count;
        info.found = info.pair.is_some_and(|id| self.catalog.get(id).is_some());
        info.mended = self.is_mended(seq, at, header).await;
        info.state = if self.whole_record(seq, at).await.is_none() {
            let behind = at + len;
            let last = behind >= end || self.log.is_blank(seq, behind, end).await;
            let cut = last && !self.is_flipped(seq, at, header).await;
            if cut { RecordState::CutOff } else { RecordState::Damaged }
        } else {
            self.state_of(header.kind, address, &info)
        };
        info
    }

    /// What became of a record that is whole.
    fn state_of(&mut self, kind: Kind, address: u32, info: &RecordInfo) -> RecordState {
        let hides = matches!(kind, Kind::Remove | Kind::Clear);
        if hides && info.pair.is_some_and(|id| self.catalog.base(id).is_some()) || kind == Kind::Pins {
            return RecordState::Live;
        }
        let Some(entry) = info.pair.and_then(|id| self.catalog.get(id)).filter(|_| !hides) else {
            return RecordState::Dead;
        };
        let counts = match kind {
            // That of a pair whose body became a part of another's has no head any more.
            Kind::Head => entry.base() == address && entry.kind() != Newest::Fresh,
            Kind::Fresh | Kind::Delta => entry.newest() == address,
            _ => true,
        };
        if counts { RecordState::Live } else { RecordState::Superseded }
    }

    /// Whether the header at `at` can be read only since one flipped bit is mended.
    async fn is_mended(&mut self, seq: u32, at: u32, header: &Header) -> bool {
        let mut octets = [0; Header::HEAD_LEN];
        let octets = octets.get_mut(..header.header_len()).unwrap_or_default();
        self.log.read(seq, at, octets).await.is_ok() && Header::decode(seq, octets).is_none()
    }

    /// Whether what is wrong with the record is one flipped bit.
    async fn is_flipped(&mut self, seq: u32, at: u32, header: &Header) -> bool {
        let mut from = at + header.header_len() as u32;
        for (len, sum) in [(header.len, header.sum), (header.inline, header.inline_sum)] {
            let len = u32::from(len);
            let found = self.sum_of(seq, from, len).await.unwrap_or(sum);
            if len > 0 && found != sum {
                return flipped_bit(found ^ sum, len * 8).is_some();
            }
            from += len;
        }
        false
    }
}

/// Most octets of what is left of a record whose header was being programmed when power was lost.
const TORN_MAX: u32 = 32;

fn kind_of(kind: Kind) -> RecordKind {
    match kind {
        Kind::Head => RecordKind::Head,
        Kind::Body => RecordKind::Body,
        Kind::End => RecordKind::End,
        Kind::Fresh => RecordKind::Fresh,
        Kind::Delta => RecordKind::Delta,
        Kind::Remove => RecordKind::Remove,
        Kind::Clear => RecordKind::Clear,
        Kind::Join => RecordKind::Join,
        Kind::Pins => RecordKind::Pins,
    }
}
