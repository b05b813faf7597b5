//! `FlashStore`: the store, and what it does beside the trait.

use crate::catalog::{name, parts};
use crate::footer::{MARK_LEN, TRAILER_LEN};
use crate::geometry::{Geometry, Part, Refused};
use crate::header::{Header, Kind};
use crate::health::Wear;
use crate::index::HEAD_MAX;
use crate::notes::Word;
use crate::pair_store::below;
use crate::ring::Ring;
use crate::writer::{BACK, FRONT, Writer};
use core::ops::Range;
use embedded_storage_async::nor_flash::{ErrorType, NorFlash};
use larder::pair::PairId;
use larder::store::{Cursor, Found, Generations, PairStore, StoreError};

/// Keeps pairs on a partition of a NOR flash.
///
/// At most `PAIRS` pairs are found at a time, for twelve octets of RAM each; `WRITERS` bodies are
/// written turn by turn, each with a buffer of `BUFFER` octets (92 more than are gathered; a pair
/// that fits is one record). [`mount`](Self::mount) it before use.
#[derive(Clone, Debug)]
pub struct FlashStore<F: ErrorType, const PAIRS: usize, const WRITERS: usize = 2, const BUFFER: usize = 1152>
{
    pub(crate) ring: Ring<F, PAIRS>,
    pub(crate) writers: [Writer<BUFFER>; WRITERS],
    pub(crate) state: State,
    /// The key of the fingerprints, for a partition that has none.
    pub(crate) seed: u32,
    /// Counts uses of writers, to tell which was last.
    pub(crate) uses: u32,
    /// Hundredths of a sector that second chances may take.
    pub(crate) second_chance: u8,
    /// The sector before whose erase pairs were given a second chance.
    pub(crate) rescued: u32,
    pub(crate) generations: Generations,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Unmounted,
    Ready,
    Foreign,
}

impl<F: NorFlash, const PAIRS: usize, const WRITERS: usize, const BUFFER: usize>
    FlashStore<F, PAIRS, WRITERS, BUFFER>
{
    /// A store on the octets `partition` of `flash`.
    ///
    /// `seed` is the key of the fingerprints that pairs are found by, where the partition has none
    /// yet. A random number keeps strangers from choosing URIs that collide.
    ///
    /// # Errors
    /// [`Refused`]: the part or the partition cannot hold a store.
    pub fn new(flash: F, partition: Range<u32>, seed: u32) -> Result<Self, Refused> {
        const {
            assert!(PAIRS > 0 && WRITERS > 0 && WRITERS < 256, "a store has room for pairs and writers");
            assert!(BUFFER >= 512 && BUFFER <= 4096, "a buffer has 512 to 4,096 octets");
        }
        let part = Part {
            read: F::READ_SIZE,
            write: F::WRITE_SIZE,
            erase: F::ERASE_SIZE,
            capacity: flash.capacity(),
        };
        let geometry = Geometry::new(part, &partition)?;
        Ok(Self {
            ring: Ring::new(flash, geometry),
            writers: [const { Writer::new() }; WRITERS],
            state: State::Unmounted,
            seed,
            uses: 0,
            second_chance: 0,
            rescued: 0,
            generations: Generations::new(),
        })
    }

    /// The flash, given back.
    pub fn into_flash(self) -> F {
        self.ring.log.flash
    }

    /// The flash. Its partition belongs to the store.
    pub const fn flash(&mut self) -> &mut F {
        &mut self.ring.log.flash
    }

    /// What happened to the flash since the store was mounted.
    pub const fn wear(&self) -> Wear {
        self.ring.log.wear
    }

    /// Octets of the longest head that is taken: it does not span segments.
    pub const fn head_max(&self) -> u32 {
        let geometry = &self.ring.log.geometry;
        let footer = geometry.padded((MARK_LEN + TRAILER_LEN) as u32);
        let room = geometry.segment - self.ring.log.header_len() - footer;
        // In whole units, what fills the last one included.
        let room = geometry.whole(room) - Header::HEAD_LEN as u32;
        if room < HEAD_MAX { room } else { HEAD_MAX }
    }

    /// Octets of the longest body that is taken: two sectors less than there are, and less what
    /// headers and footers take.
    pub const fn body_max(&self) -> u32 {
        let geometry = &self.ring.log.geometry;
        let fragments = geometry.segment.div_ceil((BUFFER - FRONT - BACK) as u32) + 1;
        let overhead = fragments * (Header::LEN as u32 + geometry.unit) + 64 + self.ring.log.header_len();
        (geometry.sectors - 2) * geometry.segments() * (geometry.segment - overhead)
    }

    /// Makes the partition a store that holds nothing, whatever it is now: erases all of it (of a store
    /// that works, what it has written), which takes a while. To be called when [`mount`](Self::mount) answered
    /// [`Foreign`](crate::Mounted::Foreign), or before the partition is used for the first time.
    ///
    /// # Errors
    /// Those of the flash: call it again.
    ///
    /// # Cancel safety
    /// If dropped, call it again.
    pub async fn format(&mut self) -> Result<(), F::Error> {
        if self.state == State::Ready {
            return self.clear().await;
        }
        self.unmount();
        for position in 0..self.ring.log.geometry.sectors {
            let erased = self.ring.log.erase(position).await.map_err(StoreError::Medium);
            self.ring.log.medium(erased)?;
        }
        self.ring.log.seed = self.seed;
        self.start_over();
        self.state = State::Ready;
        Ok(())
    }

    /// Removes all pairs, pinned or not, and erases every sector but the one being written, which
    /// is new. Takes as many erases as there are sectors.
    ///
    /// # Errors
    /// Those of the flash. Once the record that all is removed is written, nothing comes back.
    ///
    /// # Cancel safety
    /// As for a loss of power: either everything is there or nothing.
    pub async fn clear(&mut self) -> Result<(), F::Error> {
        if self.state != State::Ready {
            return Ok(());
        }
        self.ring.settle(false).await;
        for slot in 0..WRITERS {
            self.release(slot);
        }
        while self.ring.log.open {
            self.ring.close_segment(true).await;
        }
        let done = self.ring.open_sector(None).await;
        self.ring.log.medium(done)?;
        let done = self.ring.say(&Word::note(Kind::Clear, &[name(self.ring.log.seq, 0)])).await;
        self.ring.log.medium(done)?;
        self.ring.places.clear();
        self.erase_through(self.ring.log.seq - 1).await
    }

    /// Removes a pair and erases what was stored of it, at once, and of those it replaced: all that
    /// is older than its end, or all there is if the ring has passed over it. Other pairs there are moved if they fit a writer's buffer and there is
    /// room (they are then called by another name); longer ones, and parts, go too. What lies in the
    /// same sectors as a pinned pair is removed, but erased only when the ring comes by.
    ///
    /// # Errors
    /// Those of the flash: the pair may still be there, or octets of it.
    ///
    /// # Cancel safety
    /// As for a loss of power.
    pub async fn wipe(&mut self, id: PairId) -> Result<(), F::Error> {
        if self.state != State::Ready {
            return Ok(());
        }
        self.ring.settle(false).await;
        let Some(entry) = self.ring.catalog.get(id).copied() else {
            return Ok(());
        };
        // If the ring has passed over it, what was of it may be in any place; of a damaged body the end is not
        // known: everything written so far may be of it.
        let mut last = self.ring.log.seq;
        let passed = parts(id).0 + self.ring.log.geometry.sectors <= last;
        if !passed && self.ring.last_sector(id).await.is_some() {
            // Behind all octets there may be heads of what was joined to it, and records that were cut off.
            last = self.ring.last_record(id).await.unwrap_or(last);
        }
        let last = last.max(self.ring.catalog.place(entry.newest()).0);
        self.remove(id).await?;
        while self.ring.log.seq <= last {
            while self.ring.log.open {
                self.ring.close_segment(true).await;
            }
            let done = self.ring.open_sector(None).await;
            self.ring.log.medium(done)?;
        }
        let oldest = (self.ring.log.seq + 1).saturating_sub(self.ring.log.geometry.sectors);
        let done = self.vacate(oldest, last).await;
        self.ring.log.medium(done)?;
        // All of them at once: an erase that is cut off may leave a pair and not what hid it.
        let unit = (self.ring.log.geometry.units() - 1) as u16;
        let done = self.ring.say(&Word::note(Kind::Clear, &[name(last, unit)])).await;
        self.ring.log.medium(done)?;
        self.erase_through(last).await
    }

    /// Erases the sectors from the oldest to the one numbered `last`, but those that are held.
    async fn erase_through(&mut self, last: u32) -> Result<(), F::Error> {
        let geometry = self.ring.log.geometry;
        let oldest = (self.ring.log.seq + 1).saturating_sub(geometry.sectors).max(geometry.sectors);
        for seq in oldest..=last {
            let position = geometry.position(seq);
            if self.ring.catalog.pins.seq_at(&geometry, position).is_some() {
                continue;
            }
            let floor = self.ring.forget_sector(seq, 0);
            self.release_lost();
            if seq + geometry.sectors == self.ring.log.next {
                self.ring.log.prepared = false;
                self.ring.log.prepared_before = false;
            }
            let erased = self.ring.log.erase(seq).await.map_err(StoreError::Medium);
            self.ring.log.medium(erased)?;
            self.ring.catalog.told = self.ring.catalog.told.max(floor);
        }
        Ok(())
    }

    /// Copies the record of the next pair into `record`, the youngest first, whatever its key.
    /// Begin with a new [`Cursor`]; `None`: no more. For inspection.
    pub async fn next_pair(&mut self, cursor: &mut Cursor, record: &mut [u8]) -> Option<Found> {
        self.ring.settle(false).await;
        loop {
            let id = self.ring.catalog.next_below(None, below(cursor))?;
            cursor.position = id.number();
            if self.is_being_written(id) {
                continue;
            }
            if let Some(found) = self.ring.load(id, record).await {
                return Some(found);
            }
        }
    }

    pub(crate) fn unmount(&mut self) {
        self.state = State::Unmounted;
        for slot in 0..WRITERS {
            self.release(slot);
        }
        self.ring.places.clear();
        self.ring.log.reset(self.ring.log.geometry.sectors);
        self.ring.log.wear = Wear::default();
        self.ring.catalog.reset(1);
        self.ring.catalog.evictions = 0;
        self.ring.catalog.looking_at = Some(0);
        self.rescued = 0;
    }

    /// The first sector of an empty partition will be written next.
    pub(crate) fn start_over(&mut self) {
        let first = self.ring.log.geometry.sectors;
        self.ring.log.reset(first);
        self.ring.catalog.reset(first);
    }
}
