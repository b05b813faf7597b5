//! The end of the log: where records are appended.
//!
//! What is being programmed is noted before and struck off after. If the note is still there when
//! the next operation begins, its future was dropped or its program failed: what lies there is read
//! back, and the segment is given up.

use crate::footer::{FOOTER_MAX, Marks};
use crate::geometry::Geometry;
use crate::header::{Header, SectorHeader, is_blank};
use crate::health::{Wear, count};
use crate::writer::copy;
use embedded_storage_async::nor_flash::{ErrorType, NorFlash, NorFlashError as _};
use larder::store::StoreError;

/// Octets of a program page: after a reboot nothing is appended to a page that was begun before.
pub(crate) const PAGE: u32 = 256;

/// Octets of the longest least read.
const WORD: usize = 4;

/// Octets looked at together where nothing is kept of them.
pub(crate) const GLANCE: usize = 128;

/// The flash, and where it is written next.
#[derive(Clone, Debug)]
pub(crate) struct Log<F: ErrorType> {
    pub(crate) flash: F,
    pub(crate) geometry: Geometry,
    /// The key of the fingerprints.
    pub(crate) seed: u32,
    /// The sector being written.
    pub(crate) seq: u32,
    /// The sector to be opened next.
    pub(crate) next: u32,
    /// Whether the sector being written has a segment left.
    pub(crate) open: bool,
    /// Where the segment being written begins, in octets of the sector.
    pub(crate) segment: u32,
    /// Where the next record begins.
    pub(crate) at: u32,
    pub(crate) marks: Marks,
    /// Whether the rest of the segment is known to be blank.
    pub(crate) verified: bool,
    /// Whether the sector was erased since mounting.
    pub(crate) erased: bool,
    /// Where a segment that was begun before the last reboot ends: it gets no footer, as one may
    /// have been begun.
    pub(crate) limit: Option<u32>,
    /// Whether the segment's footer was begun.
    pub(crate) closing: bool,
    /// Whether the next sector is erased already.
    pub(crate) prepared: bool,
    /// Whether it was so before the last reboot: something may have been begun in it.
    pub(crate) prepared_before: bool,
    /// Where the record begins that is being programmed.
    pub(crate) in_flight: Option<u32>,
    pub(crate) wear: Wear,
    /// Why the flash failed, until the caller is told: it does not go through the futures within.
    pub(crate) error: Kept<F>,
}

/// An error of the flash that the caller was not told yet. A clone of the store has none.
#[derive(Debug)]
pub(crate) struct Kept<F: ErrorType>(Option<F::Error>);

impl<F: ErrorType> Kept<F> {
    pub(crate) fn take(&mut self) -> Option<F::Error> {
        self.0.take()
    }
}

impl<F: ErrorType> Clone for Kept<F> {
    fn clone(&self) -> Self {
        Self(None)
    }
}

/// The flash failed; [`Log::error`] tells why.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failed;

/// What the store answers itself.
pub(crate) type Done<T> = Result<T, StoreError<Failed>>;

impl<F: NorFlash> Log<F> {
    pub(crate) fn new(flash: F, geometry: Geometry) -> Self {
        Self {
            flash,
            geometry,
            seed: 0,
            seq: 0,
            next: geometry.sectors,
            open: false,
            segment: 0,
            at: 0,
            marks: Marks::default(),
            verified: false,
            erased: false,
            limit: None,
            closing: false,
            prepared: false,
            prepared_before: false,
            in_flight: None,
            wear: Wear::default(),
            error: Kept(None),
        }
    }

    /// Nothing is written; the next sector to be opened is the one numbered `next`.
    pub(crate) fn reset(&mut self, next: u32) {
        self.seq = next.wrapping_sub(1);
        self.next = next;
        self.open = false;
        self.prepared = false;
        self.prepared_before = false;
        self.in_flight = None;
        self.closing = false;
        self.limit = None;
        self.marks.clear();
    }

    /// Octets of the header of a sector, with what fills its last unit.
    pub(crate) const fn header_len(&self) -> u32 {
        self.geometry.padded(SectorHeader::LEN as u32)
    }

    /// Reads from the octet `at` of the sector numbered `seq`. Of any alignment: what begins or ends within
    /// a least read is read beside `buf`.
    pub(crate) async fn read(&mut self, seq: u32, at: u32, buf: &mut [u8]) -> Result<(), Failed> {
        let (mut address, mut rest) = (self.geometry.address(seq) + at, buf);
        while !rest.is_empty() {
            let mut word = [0; WORD];
            let to = match Self::in_place(address, rest.len()) {
                0 => word.get_mut(..F::READ_SIZE).unwrap_or_default(),
                whole => rest.get_mut(..whole).unwrap_or_default(),
            };
            if let Err(error) = self.flash.read(address - Self::skip(address) as u32, to).await {
                return Err(self.failed(error, |wear| &mut wear.read_failures));
            }
            // Worked out anew, not kept: that is known when this is compiled, if the part is read by octets.
            let mut len = Self::in_place(address, rest.len());
            if len == 0 {
                let octets = word.get(Self::skip(address)..F::READ_SIZE).unwrap_or_default();
                len = octets.len().min(rest.len());
                copy(octets, rest);
            }
            address += len as u32;
            rest = rest.get_mut(len..).unwrap_or_default();
        }
        Ok(())
    }

    /// Octets of a least read before `address`.
    const fn skip(address: u32) -> usize {
        // Powers of two.
        address as usize & (F::READ_SIZE - 1)
    }

    /// How many of `len` octets at `address` are whole least reads.
    const fn in_place(address: u32, len: usize) -> usize {
        if Self::skip(address) == 0 { len & !(F::READ_SIZE - 1) } else { 0 }
    }

    /// The flash failed: that is counted.
    fn failed(&mut self, error: F::Error, counter: fn(&mut Wear) -> &mut u32) -> Failed {
        count(counter(&mut self.wear));
        self.wear.last_error = Some(error.kind());
        self.error.0 = Some(error);
        Failed
    }

    /// What a caller of the store is told of what went wrong.
    pub(crate) fn told<T>(&mut self, done: Done<T>) -> Result<T, StoreError<F::Error>> {
        done.map_err(|error| match error {
            // There is an error where the flash failed.
            StoreError::Medium(Failed) => self.error.take().map_or(StoreError::Gone, StoreError::Medium),
            StoreError::Gone => StoreError::Gone,
            StoreError::HeadTooLarge => StoreError::HeadTooLarge,
            StoreError::BodyTooLarge => StoreError::BodyTooLarge,
            StoreError::NoRoom => StoreError::NoRoom,
            StoreError::Invalidated => StoreError::Invalidated,
            StoreError::NotMounted => StoreError::NotMounted,
        })
    }

    /// As [`told`](Self::told): of what can go wrong where nothing is asked for, only the medium is left.
    #[inline(never)]
    pub(crate) fn medium<T>(&mut self, done: Done<T>) -> Result<(), F::Error> {
        match (done, self.error.take()) {
            (Err(StoreError::Medium(Failed)), Some(error)) => Err(error),
            _ => Ok(()),
        }
    }

    /// Whether all octets from `from` to `to` of the sector are blank, as far as can be read.
    pub(crate) async fn is_blank(&mut self, seq: u32, from: u32, to: u32) -> bool {
        let mut at = from;
        let mut buf = [0; GLANCE];
        while at < to {
            let len = (to - at).min(GLANCE as u32);
            let buf = buf.get_mut(..len as usize).unwrap_or_default();
            if self.read(seq, at, buf).await.is_err() || !is_blank(buf) {
                return false;
            }
            at += len;
        }
        true
    }

    /// Where the footer will begin if `more` marks come.
    #[inline(never)]
    fn footer_at(&self, more: usize) -> u32 {
        let end = self.segment + self.geometry.segment;
        let len = self.marks.footer_len(more).unwrap_or_default();
        end - self.geometry.padded(len as u32)
    }

    /// Octets of room for a record that makes `marks` marks. 0 if the segment is over.
    pub(crate) async fn room(&mut self, marks: usize) -> u32 {
        if !self.open || self.closing {
            return 0;
        }
        if !self.verified {
            let end = self.segment + self.geometry.segment;
            if !self.is_blank(self.seq, self.at, end).await {
                // Something was begun here before the last reboot.
                count(&mut self.wear.abandoned);
                self.leave_segment();
                return 0;
            }
            self.verified = true;
        }
        let mut end = self.limit.unwrap_or(self.footer_at(marks));
        if self.ends_without_footer(marks) {
            end -= self.geometry.padded(Header::LEN as u32);
        }
        end.saturating_sub(self.at)
    }

    /// Whether the segment is the last of its sector.
    pub(crate) const fn is_last_segment(&self) -> bool {
        self.open && self.segment + self.geometry.segment >= self.geometry.sector
    }

    /// Whether the sector will have no footer at its end if `more` marks come: what the next one
    /// takes the place of is then told by a record, for which there is room.
    pub(crate) fn ends_without_footer(&self, more: usize) -> bool {
        self.is_last_segment() && (self.limit.is_some() || self.marks.footer_len(more).is_none())
    }

    /// Goes on in a segment that was begun before the last reboot and whose records end at `at`;
    /// `None`: it is over. The program page that was begun is left as it is.
    pub(crate) fn resume_at(&mut self, at: Option<u32>) {
        let limit = self.footer_at(0);
        match at.map(|at| (at + 1).next_multiple_of(PAGE)) {
            Some(page) if page < limit => {
                self.at = page;
                self.limit = Some(limit);
            }
            _ => self.leave_segment(),
        }
    }

    /// Programs whole units, behind what was programmed last.
    ///
    /// The first program of a record sets [`in_flight`](Self::in_flight); whoever knows that the
    /// record is whole takes it back.
    pub(crate) async fn program(&mut self, octets: &[u8]) -> Result<(), Failed> {
        if self.in_flight.is_none() {
            self.in_flight = Some(self.at);
        }
        let address = self.geometry.address(self.seq) + self.at;
        if let Err(error) = self.flash.write(address, octets).await {
            return Err(self.failed(error, |wear| &mut wear.program_failures));
        }
        self.wear.programmed += octets.len() as u64;
        self.at += octets.len() as u32;
        Ok(())
    }

    /// Writes the segment's footer, if it can have one, and goes on to the next segment.
    ///
    /// Never fails: a footer is only a shortcut. `ahead`: how many numbers on the next sector is, if
    /// this is the last segment.
    pub(crate) async fn close_segment(&mut self, ahead: u16) {
        let at = self.footer_at(0);
        let end = self.segment + self.geometry.segment;
        let begun = self.at > self.segment && (self.segment > 0 || self.at > self.header_len());
        if self.open
            && begun
            && self.verified
            && self.limit.is_none()
            && !self.closing
            && at >= self.at
            && at < end
        {
            self.closing = true;
            let mut footer = [0; FOOTER_MAX];
            let footer = footer.get_mut(..(end - at) as usize).unwrap_or_default();
            if self.marks.encode(self.seq, ahead, footer).is_some() {
                let written = self.flash.write(self.geometry.address(self.seq) + at, footer).await;
                match written {
                    Ok(()) => self.wear.programmed += footer.len() as u64,
                    Err(_) => count(&mut self.wear.program_failures),
                }
            }
        }
        self.leave_segment();
    }

    /// Goes on to the next segment of the sector, if there is one.
    #[inline(never)]
    pub(crate) fn leave_segment(&mut self) {
        self.segment += self.geometry.segment;
        self.at = self.segment;
        self.open = self.open && self.segment < self.geometry.sector;
        self.marks.clear();
        self.closing = false;
        self.limit = None;
        self.verified = self.erased;
    }

    /// Erases the sector numbered `seq` and writes its header.
    pub(crate) async fn prepare(&mut self, seq: u32) -> Result<(), Failed> {
        self.erase(seq).await?;
        let mut header = [u8::MAX; 32];
        for (to, from) in header.iter_mut().zip(SectorHeader { seq, seed: self.seed }.encode()) {
            *to = from;
        }
        let header = header.get(..self.header_len() as usize).unwrap_or_default();
        if let Err(error) = self.flash.write(self.geometry.address(seq), header).await {
            return Err(self.failed(error, |wear| &mut wear.program_failures));
        }
        self.wear.programmed += header.len() as u64;
        Ok(())
    }

    /// Erases the sector numbered `seq`.
    pub(crate) async fn erase(&mut self, seq: u32) -> Result<(), Failed> {
        let address = self.geometry.address(seq);
        count(&mut self.wear.erases);
        if let Err(error) = self.flash.erase(address, address + self.geometry.sector).await {
            return Err(self.failed(error, |wear| &mut wear.erase_failures));
        }
        Ok(())
    }

    /// Goes on to the sector numbered `seq`, which is erased and has its header.
    pub(crate) fn enter(&mut self, seq: u32) {
        self.seq = seq;
        self.next = seq + 1;
        self.prepared = false;
        self.open = true;
        self.segment = 0;
        self.at = self.header_len();
        self.marks.clear();
        self.verified = true;
        self.erased = true;
        self.closing = false;
        self.limit = None;
        self.in_flight = None;
        self.wear.laps = self.geometry.laps(seq);
        if core::mem::take(&mut self.prepared_before) {
            (self.verified, self.erased) = (false, false);
            self.resume_at(Some(self.at));
        }
    }
}
