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
        let (mut at, end) = (begin, segment + geometry.segment);
        let mut last: Option<(u32, Header)> = None;
        let mut skipped = None;
        loop {
            let here = self.header_in(&mut window, seq, at, end).await;
            let (mut blank, found) = (here.is_ok(), here.ok().flatten());
            match (&found, skipped.take()) {
                (Some(_), _) => {}
                (None, Some(before)) => (at, blank) = before,
                (None, None) => {
                    // After a reboot, writing went on at the next page.
                    let page = (at + 1).next_multiple_of(PAGE);
                    let gap = (page.min(end) - at.min(end)).min(Header::LEN as u32);
                    if self.window(&mut window, seq, at, gap, gap, end).await.is_some_and(is_blank) {
                        skipped = Some((at, blank));
                        at = page;
                        continue;
                    }
                    blank = false;
                }
            }
            if let Some((from, header)) = last.take() {
                // With nothing behind it, the last one may have been cut.
                let may_be_cut = found.is_none() && blank;
                if may_be_cut && !self.was_finished(&mut window, seq, from, &header).await {
                    return None;
                }
                let list = self.ring.list_at(seq, from, &header).await.unwrap_or(List::new(0));
                self.ring.note(seq, from, &header, &list, newest);
            }
            let Some(header) = found else {
                return blank.then_some(at);
            };
            last = Some((at, header));
            at += geometry.padded(header.record_len() as u32);
        }
    }

    /// The header at `at`; `Ok(None)` if it is blank there, an error if it is anything else.
    async fn header_in(
        &mut self,
        window: &mut Window,
        seq: u32,
        at: u32,
        end: u32,
    ) -> Result<Option<Header>, ()> {
        let least = Header::LEN as u32;
        let len = end.saturating_sub(at).min(Header::HEAD_LEN as u32);
        if len < least {
            return Ok(None);
        }
        // What follows a short header may be torn.
        let octets = self.window(window, seq, at, len, least, end).await.ok_or(())?;
        if octets.get(..Header::LEN).is_some_and(is_blank) {
            return Ok(None);
        }
        let header = Header::decode_mending(seq, octets).ok_or(())?;
        let fits = at + header.record_len() as u32 <= end && usize::from(header.count) <= LIST_MAX;
        if fits { Ok(Some(header)) } else { Err(()) }
    }

    /// `len` octets at `at` of a segment that ends at `end`, or the first `least` if the others cannot be
    /// read, by way of the first writer's buffer.
    async fn window(
        &mut self,
        window: &mut Window,
        seq: u32,
        at: u32,
        len: u32,
        least: u32,
        end: u32,
    ) -> Option<&[u8]> {
        let buffer = &mut self.writers.first_mut()?.buffer;
        if at < window.from || at + len > window.from + window.len {
            // Of all that there is room for, only a part may be unreadable.
            for len in [(end - at).min(BUFFER as u32 / 4 * 4), len, least] {
                *window = Window { from: at, len };
                if self.ring.log.read(seq, at, buffer.get_mut(..len as usize)?).await.is_ok() {
                    break;
                }
                window.len = 0;
            }
        }
        let from = at - window.from;
        let to = (from + len).min(window.len);
        buffer.get(from as usize..to as usize).filter(|octets| octets.len() >= least as usize)
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
        self.window(window, seq, from, len, len, end).await.map(|octets| Crc32::of(seq, octets))
    }
}
