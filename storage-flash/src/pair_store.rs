//! What the store does as a [`PairStore`].

use crate::FlashStore;
use crate::catalog::parts;
use crate::few::Few;
use crate::header::{Header, LIST_MAX, SectorHeader, UNKNOWN};
use crate::heads::{NewHead, announced};
use crate::health::Wear;
use crate::index::PENDING;
use crate::log::Done;
use crate::notes::Word;
use crate::pins::{Held, PINS_LEN};
use crate::store::State;
use crate::writer::Writer;
use core::ops::Range;
use embedded_storage_async::nor_flash::NorFlash;
#[cfg(feature = "groups")]
use larder::pair::Group;
use larder::pair::{NewPair, PairId, PairKey};
use larder::store::{Cursor, Found, Health, Maintained, PairStore, Pin, StoreError, Writing};

impl<F: NorFlash, const PAIRS: usize, const WRITERS: usize, const BUFFER: usize>
    FlashStore<F, PAIRS, WRITERS, BUFFER>
{
    async fn hold(&mut self, id: PairId) -> Done<Pin> {
        let base = self.ring.catalog.get(id).ok_or(StoreError::Gone)?.base();
        if !self.ring.catalog.pins.has(base) {
            // Making room to tell of the pin must not evict the pair.
            self.ring.reserve(self.ring.log.geometry.padded(PINS_RECORD), 1, None).await?;
            let entry = *self.ring.catalog.get(id).ok_or(StoreError::Gone)?;
            let last = self.ring.last_sector(id).await.ok_or(StoreError::Gone)?;
            let catalog = &mut self.ring.catalog;
            let (head, first) = (catalog.place(entry.newest()).0, parts(id).0);
            // Until that is told it is as one of an earlier boot: if this is dropped, nobody takes it back.
            let until = catalog.newest + catalog.geometry.sectors;
            // Of a sector before its first one nothing is held yet.
            let held = Held { base, pins: 0, first, last: first - 1, head, until };
            if !catalog.pins.insert(held) {
                return Err(StoreError::NoRoom);
            }
            if !catalog.pins.stretch(&catalog.geometry, base, last) {
                catalog.pins.remove(base);
                return Err(StoreError::NoRoom);
            }
        }
        if self.ring.catalog.pins.get(base).is_some_and(|held| held.pins == 0) {
            self.ring.say(&Word { of: Some(id), pins: true, ..Word::default() }).await?;
        }
        let held = self.ring.catalog.pins.get(base).ok_or(StoreError::Gone)?;
        held.pins = held.pins.checked_add(1).ok_or(StoreError::NoRoom)?;
        Ok(Pin { id })
    }

    /// Writes the head of a pair anew; see [`PairStore::update`].
    async fn freshen(&mut self, id: PairId, pair: &NewPair<'_>) -> Done<()> {
        let (catalog, geometry) = (&mut self.ring.catalog, &self.ring.log.geometry);
        let base = catalog.get(id).ok_or(StoreError::Gone)?.base();
        if !catalog.pins.can_freshen(geometry, base) {
            return Err(StoreError::NoRoom);
        }
        let len = self.head_len(pair)?;
        let mut of = self.ring.total(id).await.ok_or(StoreError::Gone)?;
        if of.total == UNKNOWN {
            of.total = announced(pair);
            self.ring.places.clear();
        }
        let spare = self.writers.iter_mut().find(|writer| !writer.active);
        let delta = match spare {
            Some(writer) => self.ring.append_delta(pair, of, &mut writer.buffer).await?,
            None => false,
        };
        if !delta {
            self.ring.append(&mut NewHead::new(pair, len, Some(of))).await?;
        }
        self.ring.say(&Word { of: Some(id), ..Word::default() }).await
    }

    /// What a pair takes, and when it was received. Whether it can be found: an incomplete one of which
    /// nothing is held is not.
    async fn weigh(&mut self, id: PairId, health: &mut Health) -> Option<bool> {
        let Some(entry) = self.ring.catalog.get(id).copied() else {
            return Some(false);
        };
        let held = match entry.has(PENDING) {
            true => self.ring.extents(id, None).await?.held(),
            false => self.ring.total(id).await?.total,
        };
        if entry.has(PENDING) && held == 0 {
            return Some(false);
        }
        let (received, heads) = self.ring.received(id).await?;
        health.live += u64::from(heads + held);
        health.newest = health.newest.max(received.utc);
        Some(true)
    }
}

impl<F: NorFlash, const PAIRS: usize, const WRITERS: usize, const BUFFER: usize>
    FlashStore<F, PAIRS, WRITERS, BUFFER>
{
    /// The slot that a handle means, though a call of it was dropped.
    fn writer_of(&self, writing: Writing) -> Option<usize> {
        let slot = usize::from(writing.slot);
        let writer = self.writers.get(slot)?;
        (writer.active && writer.generation == writing.generation).then_some(slot)
    }
}

/// Octets of the record that tells the pins.
const PINS_RECORD: u32 = (Header::LEN + PINS_LEN) as u32;

/// The name below which a search goes on.
pub(crate) const fn below(cursor: &Cursor) -> u64 {
    if cursor.position == 0 { u64::MAX } else { cursor.position }
}

impl<F: NorFlash, const PAIRS: usize, const WRITERS: usize, const BUFFER: usize> PairStore
    for FlashStore<F, PAIRS, WRITERS, BUFFER>
{
    type Error = F::Error;

    async fn find(
        &mut self,
        key: PairKey<'_>,
        cursor: &mut Cursor,
        record: &mut [u8],
    ) -> Result<Option<Found>, F::Error> {
        self.ring.settle(false).await;
        let fingerprint = Some(key.fingerprint(self.ring.log.seed));
        while let Some(id) = self.ring.catalog.next_below(fingerprint, below(cursor)) {
            cursor.position = id.number();
            if self.is_being_written(id) {
                continue;
            }
            let found = self.ring.load(id, record).await;
            if let Some(found) =
                found.filter(|found| found.view(record).is_some_and(|pair| key.matches(pair.uri)))
            {
                self.ring.mark_used(id);
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn head(&mut self, id: PairId, record: &mut [u8]) -> Result<Option<Found>, F::Error> {
        self.ring.settle(false).await;
        let found = self.ring.load(id, record).await;
        if found.is_some() {
            self.ring.mark_used(id);
        }
        Ok(found)
    }

    async fn read(&mut self, id: PairId, offset: u64, buf: &mut [u8]) -> Result<usize, StoreError<F::Error>> {
        self.ring.settle(false).await;
        let read = self.ring.read_body(id, offset, buf).await;
        self.ring.log.told(read)
    }

    async fn extent(&mut self, id: PairId, from: u64) -> Result<Option<Range<u64>>, StoreError<F::Error>> {
        self.ring.settle(false).await;
        let extent = self.ring.extent_behind(id, from).await.ok_or(StoreError::Gone)?;
        Ok(extent.map(|(start, end)| u64::from(start)..u64::from(end)))
    }

    async fn create(&mut self, pair: &NewPair<'_>) -> Result<Writing, StoreError<F::Error>> {
        self.ring.settle(false).await;
        let fingerprint = pair.key().fingerprint(self.ring.log.seed);
        if pair.generation.is_some_and(|asked| self.generations.is_older(asked, fingerprint)) {
            return Err(StoreError::Invalidated);
        }
        self.rescue(Some(fingerprint)).await;
        let begun = self.begin(pair).await;
        self.ring.log.told(begun)
    }

    async fn write(&mut self, writing: Writing, chunk: &[u8]) -> Result<(), StoreError<F::Error>> {
        self.ring.settle(false).await;
        let slot = self.slot(writing).ok_or(StoreError::Gone)?;
        if let Some(writer) = self.writers.get_mut(slot) {
            writer.busy = true;
        }
        self.rescue(None).await;
        let most = self.body_max() as usize;
        let writer = self.writers.get_mut(slot).ok_or(StoreError::Gone)?;
        let added = self.ring.add(writer, chunk, most).await;
        writer.busy = false;
        if added.is_err() {
            self.release(slot);
        }
        self.ring.log.told(added)
    }

    async fn commit(
        &mut self,
        writing: Writing,
        replaces: &[PairId],
    ) -> Result<PairId, StoreError<F::Error>> {
        self.ring.settle(false).await;
        let slot = self.slot(writing).ok_or(StoreError::Gone)?;
        let writer = self.writers.get_mut(slot).ok_or(StoreError::Gone)?;
        writer.busy = true;
        let completed = self.ring.complete(writer, replaces).await;
        self.release(slot);
        self.ring.log.told(completed)
    }

    async fn abandon(&mut self, writing: Writing) -> Result<(), F::Error> {
        self.ring.settle(false).await;
        let Some(slot) = self.writer_of(writing) else {
            return Ok(());
        };
        self.take_up(slot);
        let base = self.writers.get(slot).and_then(|writer| writer.base.filter(|_| writer.partial));
        self.release(slot);
        // A reboot would find it.
        let Some(id) = base.filter(|id| self.is_pending(*id)) else {
            return Ok(());
        };
        let removed = self.ring.say(&Word::removal(&[id])).await;
        self.ring.log.medium(removed)
    }

    async fn suspend(&mut self, writing: Writing) -> Result<Option<PairId>, StoreError<F::Error>> {
        self.ring.settle(false).await;
        let slot = self.writer_of(writing).ok_or(StoreError::Gone)?;
        let writer = self.writers.get(slot);
        if !writer.is_some_and(|writer| writer.partial) {
            self.release(slot);
            return Ok(None);
        }
        self.take_up(slot);
        let writer = self.writers.get_mut(slot).ok_or(StoreError::Gone)?;
        writer.busy = true;
        let kept = self.ring.keep(writer).await;
        self.release(slot);
        self.ring.log.told(kept)
    }

    async fn resume(&mut self, id: PairId, offset: u64) -> Result<Writing, StoreError<F::Error>> {
        self.ring.settle(false).await;
        let begun = self.go_on(id, offset).await;
        self.ring.log.told(begun)
    }

    async fn merge(&mut self, into: PairId, from: PairId) -> Result<(), StoreError<F::Error>> {
        self.ring.settle(false).await;
        let joined = self.join(into, from).await;
        self.ring.log.told(joined)
    }

    async fn update(&mut self, id: PairId, pair: &NewPair<'_>) -> Result<(), StoreError<F::Error>> {
        self.ring.settle(false).await;
        let freshened = self.freshen(id, pair).await;
        self.ring.log.told(freshened)
    }

    async fn remove(&mut self, id: PairId) -> Result<(), F::Error> {
        self.ring.settle(false).await;
        let known = self.ring.catalog.is_known(id);
        let given_up = id.number() <= self.ring.catalog.floor && id.number() > self.ring.catalog.told;
        if known || given_up {
            let ids = [id];
            let done = self.ring.say(&Word::removal(if known { &ids } else { &[] })).await;
            self.ring.log.medium(done)?;
        }
        Ok(())
    }

    async fn invalidate(&mut self, key: PairKey<'_>) -> Result<(), F::Error> {
        let fingerprint = key.fingerprint(self.ring.log.seed);
        self.generations.add(fingerprint);
        let fingerprint = Some(fingerprint);
        self.ring.settle(false).await;
        for slot in 0..WRITERS {
            let is_under = |writer: &Writer<BUFFER>| writer.active && Some(writer.fingerprint) == fingerprint;
            if self.writers.get(slot).is_some_and(is_under) {
                self.release(slot);
            }
        }
        let (mut removed, mut below) = (Ok(()), u64::MAX);
        loop {
            let mut ids = Few::<_, LIST_MAX>::new(PairId::new(0));
            while let Some(id) = self.ring.catalog.next_below(fingerprint, below)
                && ids.push(id)
            {
                below = id.number();
            }
            // A key whose fingerprint is the same goes too: it is a cache.
            let done = self.ring.say(&Word::removal(&ids)).await;
            removed = removed.and(self.ring.log.medium(done));
            if ids.is_empty() {
                return removed;
            }
        }
    }

    async fn generation(&mut self) -> u32 {
        self.generations.now()
    }

    #[cfg(feature = "groups")]
    async fn invalidate_group(&mut self, group: Group) -> Result<(), F::Error> {
        self.generations.add_all();
        self.note_invalid(group).await;
        Ok(())
    }

    #[cfg(feature = "groups")]
    async fn is_group_invalid(
        &mut self,
        id: PairId,
        groups: &mut dyn Iterator<Item = Group>,
    ) -> Result<bool, F::Error> {
        Ok(self.ring.is_in_invalid(id, groups))
    }

    async fn pin(&mut self, id: PairId) -> Result<Pin, StoreError<F::Error>> {
        self.ring.settle(false).await;
        let held = self.hold(id).await;
        self.ring.log.told(held)
    }

    async fn unpin(&mut self, pin: Pin) -> Result<(), F::Error> {
        self.ring.settle(false).await;
        let Some(base) = self.ring.catalog.base(pin.id) else {
            return Ok(());
        };
        let Some(held) = self.ring.catalog.pins.get(base) else {
            return Ok(());
        };
        held.pins = held.pins.saturating_sub(1);
        if held.pins == 0 {
            let first = held.first;
            self.ring.catalog.pins.remove(base);
            // Its turn to go may have been passed over.
            if first + self.ring.log.geometry.sectors
                <= self.ring.log.next.saturating_sub(1).max(self.ring.log.seq)
            {
                self.ring.catalog.index.remove(base);
                self.ring.places.clear();
            }
            let done = self.ring.say(&Word { pins: true, ..Word::default() }).await;
            self.ring.log.medium(done)?;
        }
        Ok(())
    }

    async fn maintain(&mut self) -> Result<Maintained, F::Error> {
        self.ring.settle(false).await;
        let next = self.ring.next_sector();
        let in_use = self.writers.iter().any(|writer| {
            writer.active
                && writer.base.is_some_and(|id| parts(id).0 + self.ring.log.geometry.sectors <= next)
        });
        if self.state != State::Ready || self.ring.log.prepared || in_use {
            return Ok(Maintained::Nothing);
        }
        let erases = self.ring.log.wear.erases;
        self.rescue(None).await;
        let done = self.ring.prepare_ahead(erases).await;
        let worked = if done.is_ok() { Maintained::Worked } else { Maintained::Nothing };
        self.ring.log.medium(done).map(|()| worked)
    }

    async fn health(&mut self) -> Health {
        self.ring.settle(false).await;
        let mut health = Health::default();
        let mut below = u64::MAX;
        while let Some(id) = self.ring.catalog.next_below(None, below) {
            below = id.number();
            if self.is_being_written(id) {
                continue;
            }
            // Of a damaged one nothing is known, but that it is there.
            if self.weigh(id, &mut health).await.unwrap_or(true) {
                health.pairs += 1;
            }
        }
        let geometry = &self.ring.log.geometry;
        health.capacity = u64::from(geometry.sectors)
            * u64::from(geometry.sector - self.ring.log.header_len() - SectorHeader::LEN as u32);
        health.evictions = self.ring.catalog.evictions;
        let Wear { read_failures, program_failures, erase_failures, .. } = self.ring.log.wear;
        health.failures = read_failures.saturating_add(program_failures).saturating_add(erase_failures);
        health
    }
}
