//! Where pairs are kept: the [`PairStore`] trait, and a store in RAM.

mod generations;
#[cfg(feature = "groups")]
mod groups;
mod ram;
mod shared;

pub use generations::Generations;
#[cfg(feature = "groups")]
pub use groups::InvalidGroups;
pub use ram::{BLOCK, RamStore};

#[cfg(feature = "groups")]
use crate::pair::Group;
use crate::pair::{NewPair, PairId, PairKey, StoredBody, StoredPair, record};
use crate::reason::Reason;
use crate::time::HttpDate;
use core::fmt;
use core::ops::Range;

/// Keeps request/response pairs and their bodies.
///
/// # Contract
///
/// **Handles.** Pairs, writers and pins are named by small values. Every method takes the handle
/// and holds the store for one operation only, so that several tasks can share a store behind a
/// lock (feature `embassy-sync`) and a long download never blocks an API answer. A handle that no
/// longer means anything gets [`StoreError::Gone`], never another pair's octets.
///
/// **Two phases.** A pair becomes visible, whole, when [`commit`](Self::commit) returns. Before
/// that, nothing finds it.
///
/// **Incomplete pairs.** A pair that is `resumable` may be kept though its body is not all there
/// (§3.3): when its writer is [suspended](Self::suspend), dropped, or lost with the power. It is then
/// found, with [`StoredBody::committed`] unset, and its body has one or more *extents*, runs of octets
/// that are held. [`resume`](Self::resume) goes on writing it; it is not found meanwhile, but can be
/// read by its name. When nothing is missing and it is committed, it is a pair like any other. Of
/// other pairs no part is kept.
///
/// **A cache may forget.** A store evicts pairs when it needs room, oldest or least recently used
/// first, but not pinned ones, and drops what it finds damaged. It never hands out octets that
/// were not stored for that pair.
///
/// **Cancel safety.** A dropped future of any method leaves the store sound: what was committed
/// stays, and what was being written is as if never begun, or incomplete. A writer whose `write` or
/// `commit` was dropped is to be abandoned or suspended. A writer that nobody ends holds a slot until
/// the store needs it.
///
/// **Power loss** (persistent stores). At every point, what was committed is there after a reboot,
/// whole, unless evicted; what was not is as if never begun. Removing and invalidating are durable
/// when they return.
#[expect(async_fn_in_trait, reason = "stores run on single-core executors; nothing needs Send")]
#[diagnostic::on_unimplemented(
    note = "a store that several tasks share is a `&embassy_sync::mutex::Mutex<_, Store>`, with larder's feature \
            `embassy-sync`, and of the same version of embassy-sync"
)]
pub trait PairStore {
    /// What can go wrong below the store.
    type Error: fmt::Debug;

    /// Finds the next pair stored under `key` and copies its record into `record`.
    ///
    /// Begin with a new [`Cursor`]; `None`: no more. A record that does not fit is passed over. Where
    /// the answer is `None` or an error, `record` may hold anything, unless the cursor says that it
    /// was left alone.
    /// Pairs stored or removed between two calls may be missed, none is found twice.
    ///
    /// # Errors
    /// Those of the medium. A damaged record is no error but a pair that is not found.
    async fn find(
        &mut self,
        key: PairKey<'_>,
        cursor: &mut Cursor,
        record: &mut [u8],
    ) -> Result<Option<Found>, Self::Error>;

    /// Copies the record of one pair into `record`; `None` if it is gone or does not fit.
    ///
    /// # Errors
    /// Those of the medium.
    async fn head(&mut self, id: PairId, record: &mut [u8]) -> Result<Option<Found>, Self::Error>;

    /// Reads octets of a pair's body from `offset` on; 0 at its end, or at the end of an extent, and
    /// only there.
    ///
    /// # Errors
    /// [`StoreError::Gone`] if the pair was evicted, removed or found damaged.
    async fn read(
        &mut self,
        id: PairId,
        offset: u64,
        buf: &mut [u8],
    ) -> Result<usize, StoreError<Self::Error>>;

    /// The first extent of a pair's body that ends behind `from`, without what lies before `from`.
    /// `None`: nothing is held from there on. Of a whole body: all that follows.
    ///
    /// # Errors
    /// [`StoreError::Gone`].
    async fn extent(&mut self, id: PairId, from: u64) -> Result<Option<Range<u64>>, StoreError<Self::Error>>;

    /// Begins a new pair. Its body follows by [`write`](Self::write), from the pair's `offset` on.
    ///
    /// # Errors
    /// [`HeadTooLarge`](StoreError::HeadTooLarge), [`BodyTooLarge`](StoreError::BodyTooLarge),
    /// [`NoRoom`](StoreError::NoRoom), [`NotMounted`](StoreError::NotMounted), and
    /// [`Invalidated`](StoreError::Invalidated) if what is stored under the key was since the pair's
    /// [`generation`](NewPair::generation).
    async fn create(&mut self, pair: &NewPair<'_>) -> Result<Writing, StoreError<Self::Error>>;

    /// Appends `chunk` to the body being written. Of any length.
    ///
    /// # Errors
    /// As [`create`](Self::create), or [`StoreError::Gone`]: the writer is then abandoned, and
    /// nothing of the pair is visible.
    async fn write(&mut self, writing: Writing, chunk: &[u8]) -> Result<(), StoreError<Self::Error>>;

    /// Completes the pair: it is visible from here on, and those it `replaces` are not. If octets of a
    /// resumable pair are missing, it stays incomplete, and those it would replace stay too.
    ///
    /// # Errors
    /// [`StoreError::Gone`], or those of the medium: the pair is then not visible, and those it
    /// replaces still are.
    async fn commit(
        &mut self,
        writing: Writing,
        replaces: &[PairId],
    ) -> Result<PairId, StoreError<Self::Error>>;

    /// Gives a pair up that was begun or resumed, with all that is stored of it. Nothing happens if it
    /// is gone already.
    ///
    /// # Errors
    /// Those of the medium; the pair is given up all the same.
    async fn abandon(&mut self, writing: Writing) -> Result<(), Self::Error>;

    /// Stops writing, and keeps what is stored of the body, as an incomplete pair. `None`: the pair is
    /// not resumable, or nothing of it is there; it is given up.
    ///
    /// # Errors
    /// [`StoreError::Gone`] if the writer was given up before, and those of the medium: what it had written
    /// is kept.
    async fn suspend(&mut self, writing: Writing) -> Result<Option<PairId>, StoreError<Self::Error>>;

    /// Goes on writing the body of an incomplete pair, at `offset`, up to the next extent: what is
    /// written beyond is not stored, and nothing is if `offset` is held already. To go on behind
    /// that extent, commit or suspend, and resume again.
    ///
    /// # Errors
    /// [`StoreError::Gone`] if the pair is gone, whole, being written, or its complete length is not
    /// known or below `offset`; [`StoreError::NoRoom`] if the body would have more extents than the
    /// store can keep.
    async fn resume(&mut self, id: PairId, offset: u64) -> Result<Writing, StoreError<Self::Error>>;

    /// Makes the extents of an incomplete pair's body part of that of an older one (the lower name),
    /// whose complete length is the same; `from` is gone then. No octet of the bodies is written again. The caller knows that both
    /// are parts of one representation (§3.4). If nothing is missing then, resuming and committing
    /// it completes the pair.
    ///
    /// # Errors
    /// [`StoreError::Gone`] if one of them is gone, whole, being written, or the lengths differ or are
    /// not known; [`StoreError::NoRoom`] if there would be more extents than the store can keep. Both
    /// stay as they were.
    async fn merge(&mut self, into: PairId, from: PairId) -> Result<(), StoreError<Self::Error>>;

    /// Writes a pair's head anew; its body and its name stay (§3.2). Of an incomplete pair, `length` is
    /// taken as the complete length if that was not known.
    ///
    /// # Errors
    /// As [`create`](Self::create): the old head stays.
    async fn update(&mut self, id: PairId, pair: &NewPair<'_>) -> Result<(), StoreError<Self::Error>>;

    /// Removes a pair, pinned or not. Nothing happens if it is gone already.
    ///
    /// # Errors
    /// Those of the medium: the pair is not found any more, by nobody, but a persistent store may
    /// find it again after a reboot.
    async fn remove(&mut self, id: PairId) -> Result<(), Self::Error>;

    /// Removes every pair stored under `key` (§4.4), and gives up those that are being written.
    ///
    /// # Errors
    /// As [`remove`](Self::remove).
    async fn invalidate(&mut self, key: PairKey<'_>) -> Result<(), Self::Error>;

    /// How often [`invalidate`](Self::invalidate) was called, or a group was invalidated. It
    /// wraps. What was asked for before the last time may be older than what was invalidated: see
    /// [`NewPair::generation`]. Need not outlive a reboot; a [`Generations`] is enough.
    async fn generation(&mut self) -> u32;

    /// Invalidates every pair of this group whose head was written up to now (RFC 9875 §3):
    /// [`is_group_invalid`](Self::is_group_invalid) says so from here on. Durable when it returns. It need not look
    /// for the pairs: an [`InvalidGroups`] is enough.
    ///
    /// # Errors
    /// Those of the medium: the pairs are invalid, but a persistent store may forget that over a reboot.
    #[cfg(feature = "groups")]
    async fn invalidate_group(&mut self, group: Group) -> Result<(), Self::Error> {
        let _ = group;
        Ok(())
    }

    /// Whether one of `groups`, which are those of the pair, was invalidated since the pair was begun or
    /// its head was [written anew](Self::update). `true` if that is not known, as of a store that does not
    /// implement it: what is in a group is then validated on every use.
    ///
    /// # Errors
    /// Those of the medium.
    #[cfg(feature = "groups")]
    async fn is_group_invalid(
        &mut self,
        id: PairId,
        groups: &mut dyn Iterator<Item = Group>,
    ) -> Result<bool, Self::Error> {
        let _ = id;
        Ok(groups.next().is_some())
    }

    /// Keeps a pair from being evicted until [`unpin`](Self::unpin). Pins of one pair add up.
    ///
    /// # Errors
    /// [`StoreError::Gone`]; [`StoreError::NoRoom`] if no more can be pinned.
    async fn pin(&mut self, id: PairId) -> Result<Pin, StoreError<Self::Error>>;

    /// Takes a pin back.
    ///
    /// # Errors
    /// Those of the medium.
    async fn unpin(&mut self, pin: Pin) -> Result<(), Self::Error>;

    /// Does a bounded piece of the work that storing will need, at most one erase: call it when
    /// there is nothing else to do.
    ///
    /// # Errors
    /// Those of the medium.
    async fn maintain(&mut self) -> Result<Maintained, Self::Error>;

    /// How the store is doing.
    async fn health(&mut self) -> Health;
}

/// Where a search stands. Meaningful to the store that moved it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Cursor {
    /// The next place to look at; the store's own count.
    pub position: u64,
    /// Set by the store when it answers `None` and has left the buffer as it was: what was found
    /// before still lies there.
    pub left_alone: bool,
}

impl Cursor {
    /// Before the first pair.
    pub const fn new() -> Self {
        Self { position: 0, left_alone: false }
    }
}

/// A pair that was found. Its record lies in the buffer that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Found {
    /// Its name.
    pub id: PairId,
    /// Octets of the record.
    pub len: usize,
    /// Its body.
    pub body: StoredBody,
}

impl Found {
    /// The pair, seen in the buffer its record was copied into. `None` if there is no record of
    /// this version.
    pub fn view<'r>(&self, record: &'r [u8]) -> Option<StoredPair<'r>> {
        record::decode(record.get(..self.len)?, self.id, self.body)
    }
}

/// A pair being written. A handle: cheap to copy, and good for one use at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Writing {
    /// Which of the store's slots.
    pub slot: u16,
    /// Which use of the slot.
    pub generation: u32,
}

/// A pair that is kept from being evicted. A handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Pin {
    /// The pair.
    pub id: PairId,
}

/// What [`PairStore::maintain`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Maintained {
    /// Nothing is left to do.
    Nothing,
    /// A piece of work; there may be more.
    Worked,
}

/// How a store is doing. All counts are since it was mounted, and saturate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Health {
    /// Pairs that can be found.
    pub pairs: u32,
    /// Octets they take, heads and bodies.
    pub live: u64,
    /// Octets the store has for pairs.
    pub capacity: u64,
    /// Pairs that were evicted to make room.
    pub evictions: u32,
    /// Operations of the medium that failed.
    pub failures: u32,
    /// The latest time, UTC, at which a stored response was received; `None` if there is none.
    /// The time now cannot be before it: see [`LearnedClock::not_before`](crate::time::LearnedClock::not_before).
    pub newest: Option<HttpDate>,
}

/// Why a store did not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum StoreError<E> {
    /// The pair was evicted, removed or found damaged; or the writer was abandoned.
    Gone,
    /// The head is larger than the store takes.
    HeadTooLarge,
    /// The body is larger than the store takes, whatever it evicts.
    BodyTooLarge,
    /// Nothing more can be evicted, or no slot is free.
    NoRoom,
    /// What is stored under the key was invalidated since the origin was asked.
    Invalidated,
    /// The store does not work: it was not mounted, or holds something that is not to be overwritten.
    NotMounted,
    /// The medium failed.
    Medium(E),
}

impl<E> StoreError<E> {
    /// The reason why a response is not stored.
    pub const fn reason(&self) -> Reason {
        match self {
            Self::Gone | Self::NoRoom => Reason::NoRoom,
            Self::Invalidated => Reason::Invalidated,
            Self::HeadTooLarge => Reason::HeadTooLarge,
            Self::BodyTooLarge => Reason::BodyTooLarge,
            Self::NotMounted | Self::Medium(_) => Reason::StoreFailed,
        }
    }
}

impl<E> From<E> for StoreError<E> {
    fn from(error: E) -> Self {
        Self::Medium(error)
    }
}

impl<E: fmt::Debug> fmt::Display for StoreError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("the pair is gone"),
            Self::NotMounted => f.write_str("the store is not mounted"),
            Self::Medium(error) => write!(f, "the store's medium failed: {error:?}"),
            other => fmt::Display::fmt(&other.reason(), f),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for StoreError<E> {}
