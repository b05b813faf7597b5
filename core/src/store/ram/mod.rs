//! A store in RAM, of fixed capacity, for devices and for tests.

mod blocks;
mod extents;
mod pair_store;

pub use blocks::BLOCK;
use blocks::{Blocks, Chain, Place};
use extents::{Extent, Extents, Further};

#[cfg(feature = "groups")]
use super::InvalidGroups;
use super::{Found, Generations, StoreError, Writing};
use crate::pair::{NewPair, PairId, PairKey, StoredBody, record};
use core::convert::Infallible;

/// Keeps pairs in `BLOCKS` blocks of [`BLOCK`] octets, at most `PAIRS` pairs at a time.
///
/// When room is needed the least recently used pair goes, but no pinned one. Takes 130 octets a
/// block and 96 a pair; put it in a `static` or in a task, not on a stack. Beyond the first extent of
/// each body there is room for 8 more, of all bodies together.
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
    further: Further,
    entries: [Entry; PAIRS],
    /// Counts uses, to tell which was last.
    uses: u32,
    /// Counts names, and with cache groups the heads that are written.
    ids: u64,
    evictions: u32,
    generations: Generations,
    #[cfg(feature = "groups")]
    invalid: InvalidGroups,
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
    /// The first extent of the body.
    body: Extent,
    /// Octets of the complete body, if that is known.
    complete: Option<usize>,
    resumable: bool,
    committed: bool,
    /// The extent that is being written, by where it begins, and where it has to end.
    extent: usize,
    limit: usize,
    used: u32,
    pins: u16,
    /// When its head was written, counted as names are.
    #[cfg(feature = "groups")]
    written: u64,
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
    body: Extent::EMPTY,
    complete: None,
    resumable: false,
    committed: false,
    extent: 0,
    limit: usize::MAX,
    used: 0,
    pins: 0,
    #[cfg(feature = "groups")]
    written: 0,
};

type Error = StoreError<Infallible>;

impl<const BLOCKS: usize, const PAIRS: usize> RamStore<BLOCKS, PAIRS> {
    /// An empty store.
    pub const fn new() -> Self {
        const { assert!(BLOCKS < u16::MAX as usize && PAIRS < u16::MAX as usize) };
        Self {
            blocks: Blocks::new(),
            further: Further::new(),
            entries: [FREE; PAIRS],
            uses: 0,
            ids: 0,
            evictions: 0,
            generations: Generations::new(),
            #[cfg(feature = "groups")]
            invalid: InvalidGroups::new(),
        }
    }

    #[inline(never)]
    fn stored(&mut self, id: PairId) -> Option<(usize, &mut Entry)> {
        self.uses = self.uses.wrapping_add(1);
        let uses = self.uses;
        let is = |entry: &Entry| entry.state == State::Stored && entry.id == id;
        let (at, entry) = self.entries.iter_mut().enumerate().find(|(_, entry)| is(entry))?;
        entry.used = uses;
        Some((at, entry))
    }

    #[inline(never)]
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
            self.blocks.free(entry.body.chain);
            self.further.release(at, &mut self.blocks);
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
            let body: usize = self.extents(at).map(|extent| extent.chain.blocks()).sum();
            if stays { entry.record.blocks() + body } else { 0 }
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

    fn copy(&self, at: usize, buf: &mut [u8]) -> Option<Found> {
        let entry = self.entries.get(at)?;
        let len = entry.record.len;
        let room = buf.get_mut(..len)?;
        if self.blocks.read(entry.record, Place::START, 0, room).1 < len {
            return None;
        }
        Some(Found { id: entry.id, len, body: self.body(at) })
    }

    /// The extents of the body in a slot. One of them may be empty.
    fn extents(&self, at: usize) -> Extents<'_> {
        self.further.of(at, self.entries.get(at).map(|entry| &entry.body))
    }

    /// What is stored of the body in a slot.
    fn body(&self, at: usize) -> StoredBody {
        let Some(entry) = self.entries.get(at) else {
            return StoredBody::default();
        };
        let held = extents::held(self.extents(at)) as u64;
        if entry.committed {
            StoredBody::whole(held)
        } else {
            StoredBody::part(entry.complete.map(|complete| complete as u64), held)
        }
    }

    /// The extent that the writer in a slot appends to.
    fn target(&mut self, at: usize) -> Option<&mut Extent> {
        let entry = self.entries.get_mut(at)?;
        if entry.body.start == entry.extent {
            return Some(&mut entry.body);
        }
        self.further.get_mut(at, entry.extent)
    }

    /// The slots of two incomplete pairs whose bodies are parts of one of the same length.
    fn parts(&mut self, into: PairId, from: PairId) -> Option<(usize, usize)> {
        let (into_at, into) = self.stored(into).map(|(at, entry)| (at, *entry))?;
        let (from_at, from) = self.stored(from).map(|(at, entry)| (at, *entry))?;
        let both = into.complete.is_some() && into.complete == from.complete;
        let is_part = |entry: &Entry| entry.resumable && !entry.committed;
        (both && is_part(&into) && is_part(&from) && into.id < from.id).then_some((into_at, from_at))
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
            .find_map(|(at, _)| {
                let found = self.copy(at, buf)?;
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

#[cfg(test)]
mod tests;
