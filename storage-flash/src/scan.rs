//! Walking the records of a segment that has no footer, as the one has that was being written when
//! power was lost.

use crate::FlashStore;
use crate::crc::{Crc32, flipped_bit};
use crate::header::{Header, LIST_MAX, is_blank};
use crate::log::PAGE;
use crate::records::List;
use embedded_storage_async::nor_flash::NorFlash;

/// A part of a segment that is in the first writer's buffer.
#[derive(Clone, Copy, Default)]
struct Window {
    from: u32,
    len: u32,
}

impl<F: NorFlash, const PAIRS: usize, const WRITERS: usize, const BUFFER: usize>
    FlashStore<F, PAIRS, WRITERS, BUFFER>
{
    /// Walks the records of a segment without footer. Answers where they end; `None` if nothing may
    /// be appended there.
    pub(crate) async fn scan(&mut self, seq: u32, segment: u32, begin: u32, newest: bool) -> Option<u32> {
        let geometry = self.ring.log.geometry;
        let mut window = Window::default();
        let mut at = begin;
        let mut last: Option<(u32, Header)> = None;
        let end = segment + geometry.segment;
        let blank = loop {
            let here = self.header_in(&mut window, seq, at, end).await;
            if let Ok(Some(header)) = here {
                if let Some((at, header)) = last.replace((at, header)) {
                    self.note_found(seq, at, &header, newest).await;
                }
                at += geometry.padded(header.record_len() as u32);
                continue;
            }
            // After a reboot, writing went on at the next page.
            let page = (at + 1).next_multiple_of(PAGE);
            let gap = (page.min(end) - at.min(end)).min(Header::LEN as u32);
            let gap = self.window(&mut window, seq, at, gap, end).await.is_some_and(is_blank);
            if !gap || !matches!(self.header_in(&mut window, seq, page, end).await, Ok(Some(_))) {
                break gap && here.is_ok();
            }
            at = page;
        };
        let Some((from, header)) = last else {
            return blank.then_some(at);
        };
        // With nothing behind it, the last one may have been cut.
        if blank && !self.was_finished(&mut window, seq, from, &header).await {
            return None;
        }
        self.note_found(seq, from, &header, newest).await;
        blank.then_some(at)
    }

    /// The header at `at`; `Ok(None)` if it is blank there, an error if it is anything else.
    async fn header_in(
        &mut self,
        window: &mut Window,
        seq: u32,
        at: u32,
        end: u32,
    ) -> Result<Option<Header>, ()> {
        let mut len = end.saturating_sub(at).min(Header::HEAD_LEN as u32);
        if len < Header::LEN as u32 {
            return Ok(None);
        }
        if self.window(window, seq, at, len, end).await.is_none() {
            // What follows a short header may be torn.
            len = Header::LEN as u32;
        }
        let octets = self.window(window, seq, at, len, end).await.ok_or(())?;
        if octets.get(..Header::LEN).is_some_and(is_blank) {
            return Ok(None);
        }
        let header = Header::decode_mending(seq, octets).ok_or(())?;
        let fits = at + header.record_len() as u32 <= end && usize::from(header.count) <= LIST_MAX;
        if fits { Ok(Some(header)) } else { Err(()) }
    }

    /// `len` octets at `at` of a segment that ends at `end`, by way of the first writer's buffer.
    async fn window(&mut self, window: &mut Window, seq: u32, at: u32, len: u32, end: u32) -> Option<&[u8]> {
        let buffer = &mut self.writers.first_mut()?.buffer;
        if at < window.from || at + len > window.from + window.len {
            *window = Window { from: at, len: (end - at).min(BUFFER as u32 / 4 * 4) };
            let octets = buffer.get_mut(..window.len as usize)?;
            if self.ring.log.read(seq, at, octets).await.is_err() {
                // Of all this only a part may be unreadable.
                window.len = len;
                let octets = buffer.get_mut(..len as usize)?;
                if self.ring.log.read(seq, at, octets).await.is_err() {
                    window.len = 0;
                    return None;
                }
            }
        }
        let from = (at - window.from) as usize;
        buffer.get(from..from + len as usize)
    }

    /// Whether the last record of a segment was written to its end: all its octets are there, but
    /// for one bit that was flipped since.
    async fn was_finished(&mut self, window: &mut Window, seq: u32, at: u32, header: &Header) -> bool {
        let last_unit = at + self.ring.log.geometry.whole(header.record_len() as u32 - 1);
        let mut from = at + header.header_len() as u32;
        for (len, sum) in [(header.len, header.sum), (header.inline, header.inline_sum)] {
            let len = u32::from(len);
            let found = self.sum_in(window, seq, from, len).await;
            if len > 0 && found != Some(sum) {
                let Some(bit) = found.and_then(|found| flipped_bit(found ^ sum, len * 8)) else {
                    return false;
                };
                // In the last unit, a bit that is still set may not have been programmed.
                let (octet, mask) = (from + bit / 8, 1 << (bit % 8));
                let mut now = [0];
                let read = self.ring.log.read(seq, octet, &mut now).await;
                if read.is_err() || (octet >= last_unit && now[0] & mask != 0) {
                    return false;
                }
            }
            from += len;
        }
        self.ring.list_at(seq, at, header).await.is_some()
    }

    async fn sum_in(&mut self, window: &mut Window, seq: u32, from: u32, len: u32) -> Option<u32> {
        let end = self.ring.log.geometry.segment_end(from.saturating_sub(1));
        if len as usize > BUFFER {
            return self.ring.sum_of(seq, from, len).await;
        }
        self.window(window, seq, from, len, end).await.map(|octets| Crc32::of(seq, octets))
    }

    async fn note_found(&mut self, seq: u32, at: u32, header: &Header, newest: bool) {
        let list = self.ring.list_at(seq, at, header).await.unwrap_or(List::new(0));
        self.ring.note(seq, at, header, &list, newest);
    }
}
