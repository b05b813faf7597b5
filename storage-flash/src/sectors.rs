//! Sectors and segments: how room is made, and what is given up for it.

use crate::catalog::{name, parts};
use crate::footer::{MARK_LEN, TRAILER_LEN};
use crate::header::{Header, Kind};
use crate::health::count;
use crate::log::Done;
use crate::notes::Word;
use crate::ring::Ring;
use embedded_storage_async::nor_flash::NorFlash;
use larder::pair::PairId;
use larder::store::StoreError;

impl<F: NorFlash, const PAIRS: usize> Ring<F, PAIRS> {
    /// Octets of room for a record that makes `marks` marks: at least `least`, in this segment or
    /// in one that is opened for it. `owner`: a pair that must not be evicted for it.
    ///
    /// # Errors
    /// [`StoreError::HeadTooLarge`]: no segment has that room.
    pub(crate) async fn reserve(&mut self, least: u32, marks: usize, owner: Option<PairId>) -> Done<u32> {
        if least > self.most_room(marks) {
            // However many sectors are opened for it.
            return Err(StoreError::HeadTooLarge);
        }
        loop {
            let room = self.log.room(marks).await;
            if room >= least {
                return Ok(room);
            }
            if self.log.open {
                self.close_segment(true).await;
            } else {
                self.open_sector(owner).await?;
            }
        }
    }

    /// Octets of room that a segment has at most for a record that makes `marks` marks.
    pub(crate) fn most_room(&self, marks: usize) -> u32 {
        let geometry = &self.log.geometry;
        let (mut marks, mut front) = (marks, 0);
        // Where a sector is one segment, that has what sectors begin with.
        if geometry.segments() == 1 {
            front = self.log.header_len();
            if !self.catalog.pins.is_empty() {
                marks += 1;
                front += geometry.padded((Header::LEN + self.catalog.told_pins_len()) as u32);
            }
        }
        geometry.segment - front - geometry.padded((marks * MARK_LEN + TRAILER_LEN) as u32)
    }

    /// Opens the next sector. What lies there is evicted.
    pub(crate) async fn open_sector(&mut self, owner: Option<PairId>) -> Done<()> {
        if !self.log.prepared {
            self.prepare_sector(owner).await?;
        }
        self.log.enter(self.log.next);
        self.catalog.newest = self.log.seq;
        // Where that fails, or something may have been begun before the last reboot, the sector before this one
        // tells them.
        if !self.catalog.pins.is_empty() && self.log.verified && self.put_note(Kind::Pins, &[]).await.is_err()
        {
            self.log.in_flight = None;
            self.log.leave_segment();
        }
        Ok(())
    }

    /// Erases the next sector that is not held, and writes its header. One that fails twice is
    /// skipped, once.
    pub(crate) async fn prepare_sector(&mut self, owner: Option<PairId>) -> Done<()> {
        let geometry = self.log.geometry;
        let mut held = 0;
        let mut failures = 0;
        let mut failure = None;
        loop {
            let seq = self.log.next;
            if self.catalog.pins.holds(&geometry, seq) {
                self.give_up(seq);
                self.log.next += 1;
                held += 1;
                if held >= geometry.sectors {
                    return Err(StoreError::NoRoom);
                }
                continue;
            }
            // All others were skipped: what is being written is not erased ahead of time.
            if self.log.open && seq == self.log.seq + geometry.sectors {
                return Err(failure.map_or(StoreError::NoRoom, StoreError::Medium));
            }
            if owner.is_some_and(|owner| parts(owner).0 + geometry.sectors == seq) {
                return Err(failure.map_or(StoreError::BodyTooLarge, StoreError::Medium));
            }
            let floor = self.give_up(seq);
            match self.log.prepare(seq).await {
                Ok(()) => {
                    self.log.prepared = true;
                    self.catalog.told = self.catalog.told.max(floor);
                    return Ok(());
                }
                Err(error) => {
                    failures += 1;
                    if failures % 2 == 0 {
                        count(&mut self.log.wear.skipped);
                        self.log.next += 1;
                    }
                    if failures > 2 {
                        return Err(StoreError::Medium(error));
                    }
                    failure = Some(error);
                }
            }
        }
    }

    /// Forgets what begins in the sector that the one numbered `seq` takes the place of. Answers
    /// the name up to which nothing is left.
    fn give_up(&mut self, seq: u32) -> u64 {
        self.catalog.release_inherited(seq);
        self.forget_sector(seq, self.log.geometry.sectors)
    }

    /// Forgets what begins in the sector `back` sectors before the one numbered `seq`, as far as it
    /// is not pinned. Answers the name up to which nothing is left; until the sector is erased, a
    /// reboot would find it again.
    pub(crate) fn forget_sector(&mut self, seq: u32, back: u32) -> u64 {
        let geometry = &self.log.geometry;
        let last = (geometry.units() - 1) as u16;
        self.catalog.drop_position(geometry.position(seq));
        self.places.clear();
        // The first sector is the one numbered as there are sectors.
        let old = seq.checked_sub(back).filter(|old| *old >= geometry.sectors);
        let floor = old.map_or(0, |old| name(old, last).number());
        self.catalog.floor = self.catalog.floor.max(floor);
        floor
    }

    /// Closes the segment. At the end of a sector, what the next one takes the place of is given up,
    /// and that is written down: an erase that is cut off may leave a pair and not what hid it.
    /// `sound`: whether a record can still be appended.
    pub(crate) async fn close_segment(&mut self, sound: bool) {
        let mut ahead = 0;
        if self.log.is_last_segment() && !self.log.prepared {
            let next = self.next_sector();
            let floor = self.give_up(next);
            ahead = u16::try_from(next - self.log.seq).unwrap_or_default();
            let told = sound && self.log.ends_without_footer(0) && !self.log.closing && self.log.verified;
            if told && self.put_note(Kind::Clear, &[PairId::new(floor)]).await.is_err() {
                // Whether it is there or not: nothing more is appended here.
                self.log.in_flight = None;
            }
        }
        self.log.close_segment(ahead).await;
    }

    /// The number of the sector to be opened next: that of the first place that is not held.
    pub(crate) fn next_sector(&self) -> u32 {
        let geometry = &self.log.geometry;
        let held = |seq: &u32| self.catalog.pins.holds(geometry, *seq);
        let next = self.log.next;
        (next..next + geometry.sectors).find(|seq| !held(seq)).unwrap_or(next)
    }

    /// Erases the sector that will be opened next, ahead of time, unless there were more than `erases` erases
    /// when room was made for what is written before.
    pub(crate) async fn prepare_ahead(&mut self, erases: u32) -> Done<()> {
        if self.log.open && self.log.wear.erases == erases {
            // As at the end of a sector: what is given up is written down first.
            self.reserve(self.log.geometry.padded(Header::LEN as u32), 1, None).await?;
            if self.log.wear.erases > erases {
                return Ok(());
            }
            let floor = self.give_up(self.next_sector());
            self.say(&Word::note(Kind::Clear, &[PairId::new(floor)])).await?;
        }
        if self.log.prepared || self.log.wear.erases > erases {
            return Ok(());
        }
        self.prepare_sector(None).await
    }
}
