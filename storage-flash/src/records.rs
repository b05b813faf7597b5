//! Records as they lie on flash: their headers, their checksums, and what became of one whose program
//! was cut short while the power stayed.

use crate::crc::{Crc32, mend};
use crate::few::Few;
use crate::header::{Header, Kind, LIST_MAX, list_len};
use crate::health::count;
use crate::log::GLANCE;
use crate::ring::Ring;
use embedded_storage_async::nor_flash::NorFlash;

/// The pairs that a record replaces or removes.
pub(crate) type List = Few<u32, LIST_MAX>;

impl<F: NorFlash, const PAIRS: usize> Ring<F, PAIRS> {
    /// Finds out what became of a record whose program failed or was given up, and gives the rest
    /// of its segment up. Whether the record is whole. `owned`: its writer goes on.
    pub(crate) async fn settle(&mut self, owned: bool) -> bool {
        if self.catalog.looking_at.take().is_some() {
            // A mount was dropped: what it had found by then may have been removed since.
            self.catalog.index.clear();
            self.catalog.pins.clear();
            self.catalog.told = self.catalog.floor;
        }
        let Some(at) = self.log.in_flight else {
            return false;
        };
        let seq = self.log.seq;
        let found = self.whole_record(seq, at).await;
        self.log.in_flight = None;
        if let Some((header, list)) = &found {
            // It is read from here on, also if closing the segment is given up.
            let end = at + self.log.geometry.padded(header.record_len() as u32);
            self.log.at = self.log.at.max(end);
            self.note(seq, at, header, list, true);
            if header.kind == Kind::Head && !header.commits && !header.partial && !owned {
                let unit = self.log.geometry.unit_at(at);
                self.catalog.index.remove(self.catalog.address(seq, unit));
            }
        }
        count(&mut self.log.wear.abandoned);
        self.close_segment(false).await;
        found.is_some()
    }

    /// The record at `at`, if every octet of it is as it was written.
    pub(crate) async fn whole_record(&mut self, seq: u32, at: u32) -> Option<(Header, List)> {
        let header = self.header_at(seq, at).await?;
        let mut from = at + header.header_len() as u32;
        for (len, sum) in [(header.len, header.sum), (header.inline, header.inline_sum)] {
            if len > 0 && self.sum_of(seq, from, u32::from(len)).await? != sum {
                return None;
            }
            from += u32::from(len);
        }
        let list = self.list_at(seq, at, &header).await?;
        Some((header, list))
    }

    /// The header of the record at `at`, if the record ends within its segment. One flipped bit is
    /// mended.
    pub(crate) async fn header_at(&mut self, seq: u32, at: u32) -> Option<Header> {
        let end = self.log.geometry.segment_end(at);
        let mut octets = [u8::MAX; Header::HEAD_LEN];
        let len = ((end - at) as usize).min(Header::HEAD_LEN);
        let octets = octets.get_mut(..len)?;
        if self.log.read(seq, at, octets).await.is_err() {
            // What follows a short header may be torn.
            octets.fill(u8::MAX);
            self.log.read(seq, at, octets.get_mut(..Header::LEN)?).await.ok()?;
        }
        let header = Header::decode_mending(seq, octets)?;
        (at + header.record_len() as u32 <= end && usize::from(header.count) <= LIST_MAX).then_some(header)
    }

    /// The checksum of octets of a sector.
    pub(crate) async fn sum_of(&mut self, seq: u32, from: u32, len: u32) -> Option<u32> {
        let mut sum = Crc32::new(seq);
        let mut buf = [0; GLANCE];
        let (mut at, end) = (from, from + len);
        while at < end {
            let buf = buf.get_mut(..(end - at).min(GLANCE as u32) as usize)?;
            self.log.read(seq, at, buf).await.ok()?;
            sum = sum.with(buf);
            at += buf.len() as u32;
        }
        Some(sum.value())
    }

    /// The pairs that the record at `at` removes beside its own.
    pub(crate) async fn list_at(&mut self, seq: u32, at: u32, header: &Header) -> Option<List> {
        if header.count == 0 {
            return Some(List::new(0));
        }
        let mut octets = [0; list_len(LIST_MAX)];
        let octets = octets.get_mut(..header.list_len())?;
        let from = at + (header.record_len() - header.list_len()) as u32;
        self.log.read(seq, from, octets).await.ok()?;
        let valid = |octets: &[u8]| {
            octets
                .split_last_chunk::<4>()
                .is_some_and(|(list, sum)| Crc32::of(seq, list) == u32::from_le_bytes(*sum))
        };
        if !mend(octets, &valid) {
            return None;
        }
        let mut list = List::new(0);
        for reference in octets.as_chunks::<4>().0.iter().take(usize::from(header.count)) {
            list.push(u32::from_le_bytes(*reference));
        }
        Some(list)
    }
}
