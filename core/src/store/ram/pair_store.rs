//! What the store does as a [`PairStore`].

use super::blocks::BLOCK;
use super::extents::{self, Extent};
use super::{Entry, Error, FREE, Place, RamStore, State, URI_PEEK};
#[cfg(feature = "groups")]
use crate::pair::Group;
use crate::pair::{NewPair, PairId, PairKey, record};
use crate::store::{Cursor, Found, Health, Maintained, PairStore, Pin, StoreError, Writing};
use crate::time::HttpDate;
use core::convert::Infallible;
use core::ops::Range;

impl<const BLOCKS: usize, const PAIRS: usize> RamStore<BLOCKS, PAIRS> {
    /// A pair that can be read by its name: one that is stored, or the resumable one of a writer.
    #[inline(never)]
    fn readable(&mut self, id: PairId) -> Option<(usize, &mut Entry)> {
        let is = |entry: &Entry| entry.state == State::Writing && entry.resumable && entry.id == id;
        match self.entries.iter().position(is) {
            Some(at) => self.entries.get_mut(at).map(|entry| (at, entry)),
            None => self.stored(id),
        }
    }

    /// Adds an extent to the body in a slot. Of two that begin at the same octet the longer one stays.
    fn add(&mut self, at: usize, extent: Extent) {
        let mut spare = extent.chain;
        let known = match self.entries.get_mut(at) {
            Some(entry) if entry.body.start == extent.start => Some(&mut entry.body),
            _ => self.further.get_mut(at, extent.start),
        };
        if let Some(known) = known {
            if known.chain.len < spare.len {
                core::mem::swap(&mut known.chain, &mut spare);
            }
        } else if spare.len > 0 && self.further.push(at, extent) {
            return;
        }
        self.blocks.free(spare);
    }

    /// Ends a writer. Whether the pair is kept: as far as it goes, if it is resumable.
    fn end(&mut self, at: usize) -> bool {
        let held = extents::held(self.extents(at));
        match self.entries.get_mut(at) {
            Some(entry) if entry.resumable && held > 0 => {
                entry.state = State::Stored;
                entry.generation = entry.generation.wrapping_add(1);
                true
            }
            _ => {
                self.release(at);
                false
            }
        }
    }
}

impl<const BLOCKS: usize, const PAIRS: usize> PairStore for RamStore<BLOCKS, PAIRS> {
    type Error = Infallible;

    async fn find(
        &mut self,
        key: PairKey<'_>,
        cursor: &mut Cursor,
        record: &mut [u8],
    ) -> Result<Option<Found>, Infallible> {
        let from = usize::try_from(cursor.position).unwrap_or(usize::MAX);
        let fingerprint = key.fingerprint(0);
        let Some((at, found)) = self.position(&key, fingerprint, from, record) else {
            let looked_at = |entry: &Entry| entry.state == State::Stored && entry.fingerprint == fingerprint;
            cursor.left_alone = !self.entries.iter().skip(from).any(looked_at);
            cursor.position = u64::MAX;
            return Ok(None);
        };
        cursor.position = at as u64 + 1;
        self.stored(found.id);
        Ok(Some(found))
    }

    async fn head(&mut self, id: PairId, record: &mut [u8]) -> Result<Option<Found>, Infallible> {
        let at = self.readable(id).map(|(at, _)| at);
        Ok(at.and_then(|at| self.copy(at, record)))
    }

    async fn read(&mut self, id: PairId, offset: u64, buf: &mut [u8]) -> Result<usize, Error> {
        let (at, _) = self.readable(id).ok_or(StoreError::Gone)?;
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let has = |extent: &&Extent| extent.start <= offset && offset < extent.end();
        let Some(extent) = self.extents(at).find(has).copied() else {
            return Ok(0);
        };
        let (place, read) = self.blocks.read(extent.chain, extent.chain.place, offset - extent.start, buf);
        if let Some(entry) = self.entries.get_mut(at).filter(|entry| entry.body.start == extent.start) {
            entry.body.chain.place = place;
        } else if let Some(extent) = self.further.get_mut(at, extent.start) {
            extent.chain.place = place;
        }
        Ok(read)
    }

    async fn extent(&mut self, id: PairId, from: u64) -> Result<Option<Range<u64>>, Error> {
        let (at, _) = self.readable(id).ok_or(StoreError::Gone)?;
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let extent = extents::first_behind(self.extents(at), from);
        Ok(extent.map(|extent| extent.start as u64..extent.end as u64))
    }

    async fn create(&mut self, pair: &NewPair<'_>) -> Result<Writing, Error> {
        let fingerprint = pair.key().fingerprint(0);
        if pair.generation.is_some_and(|asked| self.generations.is_older(asked, fingerprint)) {
            return Err(StoreError::Invalidated);
        }
        self.admit(pair, pair.length.unwrap_or(0), None)?;
        let record = self.write_record(pair, None)?;
        let at = match self.free_entry() {
            Ok(at) => at,
            Err(error) => {
                self.blocks.free(record);
                return Err(error);
            }
        };
        self.uses = self.uses.wrapping_add(1);
        self.ids += 1;
        let (id, used) = (PairId::new(self.ids), self.uses);
        let Some(entry) = self.entries.get_mut(at) else {
            return Err(StoreError::NoRoom);
        };
        let generation = entry.generation;
        let start = usize::try_from(pair.offset).unwrap_or(usize::MAX);
        *entry = Entry {
            state: State::Writing,
            generation,
            id,
            fingerprint,
            record,
            body: Extent::at(start),
            complete: pair.length.and_then(|length| usize::try_from(length).ok()),
            resumable: pair.resumable,
            extent: start,
            used,
            #[cfg(feature = "groups")]
            written: self.ids,
            ..FREE
        };
        Ok(Writing { slot: at as u16, generation })
    }

    async fn write(&mut self, writing: Writing, chunk: &[u8]) -> Result<(), Error> {
        let (at, entry) = self.writer(writing)?;
        let (record, limit) = (entry.record, entry.limit);
        let Some(extent) = self.target(at).copied() else {
            return Err(StoreError::Gone);
        };
        let chunk = chunk.get(..limit.saturating_sub(extent.end()).min(chunk.len())).unwrap_or_default();
        let taken: usize = self.extents(at).map(|extent| extent.chain.len).sum();
        if (taken + record.len).saturating_add(chunk.len()) > BLOCKS * BLOCK {
            self.end(at);
            return Err(StoreError::BodyTooLarge);
        }
        let mut chain = extent.chain;
        let appended = self.append(&mut chain, chunk, Some(at));
        if let Some(extent) = self.target(at) {
            extent.chain = chain;
        }
        if appended.is_err() {
            self.end(at);
        }
        appended
    }

    async fn commit(&mut self, writing: Writing, replaces: &[PairId]) -> Result<PairId, Error> {
        let (at, entry) = self.writer(writing)?;
        let (id, resumable, complete) = (entry.id, entry.resumable, entry.complete);
        let from_start = extents::first_behind(self.extents(at), 0).unwrap_or(0..0);
        let held = extents::held(self.extents(at));
        let whole = from_start.start == 0 && held == from_start.end;
        let whole = whole && (!resumable || complete.is_none_or(|complete| complete <= held));
        if !whole && !resumable {
            self.release(at);
            return Err(StoreError::Gone);
        }
        if let Some(entry) = self.entries.get_mut(at) {
            entry.state = State::Stored;
            entry.committed = whole;
            if whole {
                entry.complete = Some(held);
            }
        }
        for old in replaces.iter().filter(|_| whole) {
            self.remove(*old).await?;
        }
        Ok(id)
    }

    async fn abandon(&mut self, writing: Writing) -> Result<(), Infallible> {
        if let Ok((at, _)) = self.writer(writing) {
            self.release(at);
        }
        Ok(())
    }

    async fn suspend(&mut self, writing: Writing) -> Result<Option<PairId>, Error> {
        let (at, entry) = self.writer(writing)?;
        let id = entry.id;
        Ok(self.end(at).then_some(id))
    }

    async fn resume(&mut self, id: PairId, offset: u64) -> Result<Writing, Error> {
        let (at, entry) = self.stored(id).ok_or(StoreError::Gone)?;
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let complete = entry.complete.filter(|complete| offset <= *complete && !entry.committed);
        let has_octets = entry.body.chain.len > 0;
        let complete = complete.ok_or(StoreError::Gone)?;
        let limit = extents::hole_end(self.extents(at), offset, complete);
        // What goes on where an extent ends, or fills an empty one, needs no new one.
        let grown = self.extents(at).find(|extent| extent.end() == offset && extent.chain.len > 0);
        let start = grown.map_or(offset, |extent| extent.start);
        let is_new = grown.is_none() && has_octets && limit > offset;
        if is_new && !self.further.push(at, Extent::at(offset)) {
            return Err(StoreError::NoRoom);
        }
        let entry = self.entries.get_mut(at).ok_or(StoreError::Gone)?;
        if entry.body.chain.len == 0 {
            entry.body.start = offset;
        }
        entry.state = State::Writing;
        entry.generation = entry.generation.wrapping_add(1);
        entry.extent = if limit > offset { start } else { entry.body.start };
        // Nothing is stored where it is held already.
        entry.limit = if limit > offset { limit } else { 0 };
        Ok(Writing { slot: at as u16, generation: entry.generation })
    }

    async fn merge(&mut self, into: PairId, from: PairId) -> Result<(), Error> {
        let (into, from) = self.parts(into, from).ok_or(StoreError::Gone)?;
        if !self.further.has_room() {
            return Err(StoreError::NoRoom);
        }
        let first =
            self.entries.get_mut(from).map(|entry| core::mem::replace(&mut entry.body, Extent::EMPTY));
        let mut next = first;
        while let Some(extent) = next {
            self.add(into, extent);
            next = self.further.take(from);
        }
        self.release(from);
        Ok(())
    }

    async fn update(&mut self, id: PairId, pair: &NewPair<'_>) -> Result<(), Error> {
        let (at, _) = self.stored(id).ok_or(StoreError::Gone)?;
        self.admit(pair, 0, Some(at))?;
        let record = self.write_record(pair, Some(at))?;
        self.ids += u64::from(cfg!(feature = "groups"));
        if let Some(entry) = self.entries.get_mut(at) {
            let old = core::mem::replace(&mut entry.record, record);
            #[cfg(feature = "groups")]
            {
                entry.written = self.ids;
            }
            entry.fingerprint = pair.key().fingerprint(0);
            let length = pair.length.and_then(|length| usize::try_from(length).ok());
            entry.complete = entry.complete.or(length.filter(|_| !entry.committed));
            self.blocks.free(old);
        }
        Ok(())
    }

    async fn remove(&mut self, id: PairId) -> Result<(), Infallible> {
        if let Some((at, _)) = self.stored(id) {
            self.release(at);
        }
        Ok(())
    }

    async fn invalidate(&mut self, key: PairKey<'_>) -> Result<(), Infallible> {
        let fingerprint = key.fingerprint(0);
        self.generations.add(fingerprint);
        for at in 0..PAIRS {
            let hit = self.entries.get(at).is_some_and(|entry| {
                entry.state != State::Free && entry.fingerprint == fingerprint && self.is_under(entry, &key)
            });
            if hit {
                self.release(at);
            }
        }
        Ok(())
    }

    async fn generation(&mut self) -> u32 {
        self.generations.now()
    }

    #[cfg(feature = "groups")]
    async fn invalidate_group(&mut self, group: Group) -> Result<(), Infallible> {
        self.generations.add_all();
        self.invalid.add(group, self.ids);
        Ok(())
    }

    #[cfg(feature = "groups")]
    async fn is_group_invalid(
        &mut self,
        id: PairId,
        groups: &mut dyn Iterator<Item = Group>,
    ) -> Result<bool, Infallible> {
        let written = self.readable(id).map(|(_, entry)| entry.written);
        Ok(written.is_none_or(|written| self.invalid.hit(written, groups)))
    }

    async fn pin(&mut self, id: PairId) -> Result<Pin, Error> {
        let (_, entry) = self.stored(id).ok_or(StoreError::Gone)?;
        entry.pins = entry.pins.checked_add(1).ok_or(StoreError::NoRoom)?;
        Ok(Pin { id })
    }

    async fn unpin(&mut self, pin: Pin) -> Result<(), Infallible> {
        if let Some((_, entry)) = self.stored(pin.id) {
            entry.pins = entry.pins.saturating_sub(1);
        }
        Ok(())
    }

    async fn maintain(&mut self) -> Result<Maintained, Infallible> {
        Ok(Maintained::Nothing)
    }

    async fn health(&mut self) -> Health {
        let stored = || self.entries.iter().filter(|entry| entry.state == State::Stored);
        let received = |entry: &Entry| {
            let mut buf = [0; URI_PEEK];
            let (_, read) = self.blocks.read(entry.record, Place::START, 0, &mut buf);
            record::decode_received(buf.get(..read)?).and_then(|received| received.utc)
        };
        let size = |(at, entry): (usize, &Entry)| {
            let body: usize = self.extents(at).map(|extent| extent.chain.len).sum();
            if entry.state == State::Stored { entry.record.len + body } else { 0 }
        };
        let live: usize = self.entries.iter().enumerate().map(size).sum();
        Health {
            pairs: stored().count() as u32,
            live: live as u64,
            capacity: (BLOCKS * BLOCK) as u64,
            evictions: self.evictions,
            failures: 0,
            newest: stored().filter_map(received).max_by_key(|date: &HttpDate| *date),
        }
    }
}
