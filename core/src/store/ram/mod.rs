//! A store in RAM, of fixed capacity, for devices and for tests.

mod blocks;

pub use blocks::BLOCK;
use blocks::{Blocks, Chain, Place};

use super::{Cursor, Found, Health, Maintained, PairStore, Pin, StoreError, Writing};
use crate::pair::{NewPair, PairId, PairKey, StoredBody, record};
use crate::time::HttpDate;
use core::convert::Infallible;

/// Keeps pairs in `BLOCKS` blocks of [`BLOCK`] octets, at most `PAIRS` pairs at a time.
///
/// When room is needed the least recently used pair goes, but no pinned one. Takes 130 octets a
/// block and 64 a pair; put it in a `static` or in a task, not on a stack.
///
/// ```
/// use larder::store::RamStore;
///
/// // 8 KiB for at most 16 pairs.
/// static STORE: RamStore<64, 16> = RamStore::new();
/// ```
#[derive(Debug)]
pub struct RamStore<const BLOCKS: usize, const PAIRS: usize> {
    blocks: Blocks<BLOCKS>,
    entries: [Entry; PAIRS],
    /// Counts uses, to tell which was last.
    uses: u32,
    ids: u64,
    evictions: u32,
}

/// One pair, or room for one.
#[derive(Clone, Copy, Debug)]
struct Entry {
    state: State,
    /// Grows with every use of this slot.
    generation: u32,
    id: PairId,
    fingerprint: u32,
    record: Chain,
    body: Chain,
    used: u32,
    pins: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Free,
    Writing,
    Stored,
}

const FREE: Entry = Entry {
    state: State::Free,
    generation: 0,
    id: PairId::new(0),
    fingerprint: 0,
    record: Chain::EMPTY,
    body: Chain::EMPTY,
    used: 0,
    pins: 0,
};

type Error = StoreError<Infallible>;

impl<const BLOCKS: usize, const PAIRS: usize> RamStore<BLOCKS, PAIRS> {
    /// An empty store.
    pub const fn new() -> Self {
        const { assert!(BLOCKS < u16::MAX as usize && PAIRS < u16::MAX as usize) };
        Self { blocks: Blocks::new(), entries: [FREE; PAIRS], uses: 0, ids: 0, evictions: 0 }
    }

    fn stored(&mut self, id: PairId) -> Option<(usize, &mut Entry)> {
        self.uses = self.uses.wrapping_add(1);
        let uses = self.uses;
        let is = |entry: &Entry| entry.state == State::Stored && entry.id == id;
        let (at, entry) = self.entries.iter_mut().enumerate().find(|(_, entry)| is(entry))?;
        entry.used = uses;
        Some((at, entry))
    }

    fn writer(&mut self, writing: Writing) -> Result<(usize, &mut Entry), Error> {
        self.uses = self.uses.wrapping_add(1);
        let at = usize::from(writing.slot);
        let uses = self.uses;
        match self.entries.get_mut(at) {
            Some(entry) if entry.state == State::Writing && entry.generation == writing.generation => {
                entry.used = uses;
                Ok((at, entry))
            }
            _ => Err(StoreError::Gone),
        }
    }

    fn release(&mut self, at: usize) {
        if let Some(entry) = self.entries.get_mut(at) {
            self.blocks.free(entry.record);
            self.blocks.free(entry.body);
            *entry = Entry { generation: entry.generation.wrapping_add(1), ..FREE };
        }
    }

    /// Frees the pair that was not used for longest, if there is one: one that is not pinned, or a
    /// writer that may have been forgotten. Never `but`.
    fn evict(&mut self, but: Option<usize>) -> Result<(), Error> {
        let uses = self.uses;
        let idle = |entry: &Entry| uses.wrapping_sub(entry.used);
        let evictable = self
            .entries
            .iter()
            .enumerate()
            .filter(|(at, entry)| entry.state != State::Free && entry.pins == 0 && Some(*at) != but);
        let longest = evictable.max_by_key(|(_, entry)| idle(entry));
        let at = longest.map(|(at, _)| at).ok_or(StoreError::NoRoom)?;
        self.evictions = self.evictions.saturating_add(1);
        self.release(at);
        Ok(())
    }

    /// Appends to a chain, and evicts others where that needs room.
    fn append(&mut self, chain: &mut Chain, octets: &[u8], but: Option<usize>) -> Result<(), Error> {
        let mut rest = octets;
        while !rest.is_empty() {
            let taken = self.blocks.append(chain, rest);
            rest = rest.get(taken..).unwrap_or_default();
            if taken == 0
                && let Err(error) = self.evict(but)
            {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Writes the record of `pair` into blocks of its own.
    fn write_record(&mut self, pair: &NewPair<'_>, but: Option<usize>) -> Result<Chain, Error> {
        let mut chain = Chain::EMPTY;
        let written = record::encode(pair, |part| self.append(&mut chain, part, but));
        match written {
            Some(Ok(())) => Ok(chain),
            Some(Err(error)) => {
                self.blocks.free(chain);
                Err(error)
            }
            None => Err(StoreError::HeadTooLarge),
        }
    }

    /// Whether a record and a body of `length` octets fit if all that may go goes, the entry `kept`
    /// being one that stays.
    fn admit(&self, pair: &NewPair<'_>, length: u64, kept: Option<usize>) -> Result<(), Error> {
        let record = record::encoded_len(pair).ok_or(StoreError::HeadTooLarge)?.div_ceil(BLOCK);
        let body = usize::try_from(length).unwrap_or(usize::MAX).div_ceil(BLOCK);
        let stays = |(at, entry): (usize, &Entry)| {
            let stays = entry.pins > 0 || Some(at) == kept;
            if stays { entry.record.blocks() + entry.body.blocks() } else { 0 }
        };
        let staying: usize = self.entries.iter().enumerate().map(stays).sum();
        if record > BLOCKS {
            Err(StoreError::HeadTooLarge)
        } else if record.saturating_add(body) > BLOCKS {
            Err(StoreError::BodyTooLarge)
        } else if record + body + staying > BLOCKS {
            Err(StoreError::NoRoom)
        } else {
            Ok(())
        }
    }

    fn free_entry(&mut self) -> Result<usize, Error> {
        if let Some(at) = self.entries.iter().position(|entry| entry.state == State::Free) {
            return Ok(at);
        }
        self.evict(None)?;
        self.entries.iter().position(|entry| entry.state == State::Free).ok_or(StoreError::NoRoom)
    }

    fn copy(&self, entry: &Entry, buf: &mut [u8]) -> Option<Found> {
        let len = entry.record.len;
        let room = buf.get_mut(..len)?;
        if self.blocks.read(entry.record, Place::START, 0, room).1 < len {
            return None;
        }
        Some(Found { id: entry.id, len, body: StoredBody::whole(entry.body.len as u64) })
    }

    /// Where the next pair under `key` stands, from `from` on.
    fn position(
        &self,
        key: &PairKey<'_>,
        fingerprint: u32,
        from: usize,
        buf: &mut [u8],
    ) -> Option<(usize, Found)> {
        let entries = self.entries.iter().enumerate().skip(from);
        entries
            .filter(|(_, entry)| entry.state == State::Stored && entry.fingerprint == fingerprint)
            .find_map(|(at, entry)| {
                let found = self.copy(entry, buf)?;
                found.view(buf).filter(|pair| key.matches(pair.uri)).map(|_| (at, found))
            })
    }

    /// Whether the record of an entry, which need not fit any buffer, is one under `key`.
    fn is_under(&self, entry: &Entry, key: &PairKey<'_>) -> bool {
        let mut buf = [0; URI_PEEK];
        let (_, read) = self.blocks.read(entry.record, Place::START, 0, &mut buf);
        let peeked = buf.get(..read).unwrap_or_default();
        // A URI too long to be seen whole counts as a match: invalidating too much is safe.
        record::decode_uri(peeked).is_none_or(|uri| key.matches(uri))
    }
}

/// Octets of a record looked at to see its URI.
const URI_PEEK: usize = 512;

impl<const BLOCKS: usize, const PAIRS: usize> Default for RamStore<BLOCKS, PAIRS> {
    fn default() -> Self {
        Self::new()
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
        let entry = self.stored(id).map(|(_, entry)| *entry);
        Ok(entry.and_then(|entry| self.copy(&entry, record)))
    }

    async fn read(&mut self, id: PairId, offset: u64, buf: &mut [u8]) -> Result<usize, Error> {
        let (at, entry) = self.stored(id).map(|(at, entry)| (at, *entry)).ok_or(StoreError::Gone)?;
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let (place, read) = self.blocks.read(entry.body, entry.body.place, offset, buf);
        if let Some(entry) = self.entries.get_mut(at) {
            entry.body.place = place;
        }
        Ok(read)
    }

    async fn create(&mut self, pair: &NewPair<'_>) -> Result<Writing, Error> {
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
        let fingerprint = pair.key().fingerprint(0);
        *entry = Entry { state: State::Writing, generation, id, fingerprint, record, used, ..FREE };
        Ok(Writing { slot: at as u16, generation })
    }

    async fn write(&mut self, writing: Writing, chunk: &[u8]) -> Result<(), Error> {
        let (at, entry) = self.writer(writing)?;
        let (mut body, record) = (entry.body, entry.record);
        if (body.len + record.len).saturating_add(chunk.len()) > BLOCKS * BLOCK {
            self.release(at);
            return Err(StoreError::BodyTooLarge);
        }
        let appended = self.append(&mut body, chunk, Some(at));
        if let Some(entry) = self.entries.get_mut(at) {
            entry.body = body;
        }
        if appended.is_err() {
            self.release(at);
        }
        appended
    }

    async fn commit(&mut self, writing: Writing, replaces: &[PairId]) -> Result<PairId, Error> {
        let (_, entry) = self.writer(writing)?;
        entry.state = State::Stored;
        let id = entry.id;
        for old in replaces {
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

    async fn update(&mut self, id: PairId, pair: &NewPair<'_>) -> Result<(), Error> {
        let (at, _) = self.stored(id).ok_or(StoreError::Gone)?;
        self.admit(pair, 0, Some(at))?;
        let record = self.write_record(pair, Some(at))?;
        if let Some(entry) = self.entries.get_mut(at) {
            let old = core::mem::replace(&mut entry.record, record);
            entry.fingerprint = pair.key().fingerprint(0);
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
        Health {
            pairs: stored().count() as u32,
            live: stored().map(|entry| (entry.record.len + entry.body.len) as u64).sum(),
            capacity: (BLOCKS * BLOCK) as u64,
            evictions: self.evictions,
            failures: 0,
            newest: stored().filter_map(received).max_by_key(|date: &HttpDate| *date),
        }
    }
}

#[cfg(test)]
mod tests;
