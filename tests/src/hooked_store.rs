//! Stores that fail, or give way, when the test wants them to.

use crate::polls::yield_now;
use larder::pair::{Group, NewPair, PairId, PairKey};
use larder::store::{Cursor, Found, Health, Maintained, PairStore, Pin, StoreError, Writing};
use std::cell::Cell;
use std::fmt::Debug;
use std::ops::Range;

/// What happens around every operation of a [`HookedStore`].
#[expect(async_fn_in_trait, reason = "tests run on one thread")]
pub trait Hook {
    /// Before the operation; an error takes its place.
    ///
    /// # Errors
    /// [`Injected`], if the operation is to fail.
    async fn before(&self) -> Result<(), Injected>;

    /// After it, before its result is handed over.
    async fn after(&self);
}

/// The failure that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Injected;

/// A failure of the store below, or the one that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble<E> {
    /// As asked for.
    Injected,
    /// The store's own.
    Below(E),
}

/// A store with a hook around every operation.
#[derive(Debug)]
pub struct HookedStore<S, H> {
    store: S,
    hook: H,
}

/// A store whose `n`th operation fails in its medium, counted from 0.
pub type FailingStore<S> = HookedStore<S, FailAt>;

/// A store that gives way before and after every operation.
pub type YieldingStore<S> = HookedStore<S, Yield>;

impl<S: PairStore, H: Hook> HookedStore<S, H> {
    /// `store` with this hook.
    pub const fn with(store: S, hook: H) -> Self {
        Self { store, hook }
    }

    /// The store below.
    pub const fn below(&mut self) -> &mut S {
        &mut self.store
    }

    /// The hook.
    pub const fn hook(&self) -> &H {
        &self.hook
    }
}

impl<S: PairStore> FailingStore<S> {
    /// `store`, whose `n`th operation will fail.
    pub const fn new(store: S, n: u64) -> Self {
        Self::with(store, FailAt { left: Cell::new(Some(n)), from_then_on: false })
    }

    /// `store`, whose `n`th operation and all that follow will fail.
    pub const fn dying(store: S, n: u64) -> Self {
        Self::with(store, FailAt { left: Cell::new(Some(n)), from_then_on: true })
    }
}

impl<S: PairStore> YieldingStore<S> {
    /// `store`, giving way around every operation.
    pub const fn new(store: S) -> Self {
        Self::with(store, Yield)
    }
}

/// Fails one operation, or all from one on.
#[derive(Debug)]
pub struct FailAt {
    left: Cell<Option<u64>>,
    from_then_on: bool,
}

impl FailAt {
    /// Lets the `n`th operation from now on fail, counted from 0.
    pub fn fail_after(&self, n: u64) {
        self.left.set(Some(n));
    }

    /// Whether the failure has happened.
    pub fn has_failed(&self) -> bool {
        self.left.get().is_none()
    }
}

impl Hook for FailAt {
    async fn before(&self) -> Result<(), Injected> {
        match self.left.get() {
            Some(0) => {
                self.left.set(None);
                Err(Injected)
            }
            Some(left) => {
                self.left.set(Some(left - 1));
                Ok(())
            }
            None if self.from_then_on => Err(Injected),
            None => Ok(()),
        }
    }

    async fn after(&self) {}
}

/// Gives way.
#[derive(Clone, Copy, Debug)]
pub struct Yield;

impl Hook for Yield {
    async fn before(&self) -> Result<(), Injected> {
        yield_now().await;
        Ok(())
    }

    async fn after(&self) {
        yield_now().await;
    }
}

impl<S: PairStore, H: Hook> HookedStore<S, H> {
    async fn plain<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut S) -> Result<T, S::Error>,
    ) -> Result<T, Trouble<S::Error>> {
        self.hook.before().await.map_err(|Injected| Trouble::Injected)?;
        let done = work(&mut self.store).await.map_err(Trouble::Below);
        self.hook.after().await;
        done
    }

    async fn storing<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut S) -> Result<T, StoreError<S::Error>>,
    ) -> Result<T, StoreError<Trouble<S::Error>>> {
        self.hook.before().await.map_err(|Injected| StoreError::Medium(Trouble::Injected))?;
        let done = work(&mut self.store).await.map_err(below);
        self.hook.after().await;
        done
    }
}

fn below<E>(error: StoreError<E>) -> StoreError<Trouble<E>> {
    match error {
        StoreError::Gone => StoreError::Gone,
        StoreError::HeadTooLarge => StoreError::HeadTooLarge,
        StoreError::BodyTooLarge => StoreError::BodyTooLarge,
        StoreError::NoRoom => StoreError::NoRoom,
        StoreError::Invalidated => StoreError::Invalidated,
        StoreError::NotMounted => StoreError::NotMounted,
        StoreError::Medium(error) => StoreError::Medium(Trouble::Below(error)),
    }
}

impl<S: PairStore, H: Hook> PairStore for HookedStore<S, H>
where
    S::Error: Debug,
{
    type Error = Trouble<S::Error>;

    async fn find(
        &mut self,
        key: PairKey<'_>,
        cursor: &mut Cursor,
        record: &mut [u8],
    ) -> Result<Option<Found>, Self::Error> {
        self.plain(async |store| store.find(key, cursor, record).await).await
    }

    async fn head(&mut self, id: PairId, record: &mut [u8]) -> Result<Option<Found>, Self::Error> {
        self.plain(async |store| store.head(id, record).await).await
    }

    async fn read(
        &mut self,
        id: PairId,
        offset: u64,
        buf: &mut [u8],
    ) -> Result<usize, StoreError<Self::Error>> {
        self.storing(async |store| store.read(id, offset, buf).await).await
    }

    async fn extent(&mut self, id: PairId, from: u64) -> Result<Option<Range<u64>>, StoreError<Self::Error>> {
        self.storing(async |store| store.extent(id, from).await).await
    }

    async fn create(&mut self, pair: &NewPair<'_>) -> Result<Writing, StoreError<Self::Error>> {
        self.storing(async |store| store.create(pair).await).await
    }

    async fn write(&mut self, writing: Writing, chunk: &[u8]) -> Result<(), StoreError<Self::Error>> {
        self.storing(async |store| store.write(writing, chunk).await).await
    }

    async fn commit(
        &mut self,
        writing: Writing,
        replaces: &[PairId],
    ) -> Result<PairId, StoreError<Self::Error>> {
        self.storing(async |store| store.commit(writing, replaces).await).await
    }

    async fn abandon(&mut self, writing: Writing) -> Result<(), Self::Error> {
        self.plain(async |store| store.abandon(writing).await).await
    }

    async fn suspend(&mut self, writing: Writing) -> Result<Option<PairId>, StoreError<Self::Error>> {
        self.storing(async |store| store.suspend(writing).await).await
    }

    async fn resume(&mut self, id: PairId, offset: u64) -> Result<Writing, StoreError<Self::Error>> {
        self.storing(async |store| store.resume(id, offset).await).await
    }

    async fn merge(&mut self, into: PairId, from: PairId) -> Result<(), StoreError<Self::Error>> {
        self.storing(async |store| store.merge(into, from).await).await
    }

    async fn update(&mut self, id: PairId, pair: &NewPair<'_>) -> Result<(), StoreError<Self::Error>> {
        self.storing(async |store| store.update(id, pair).await).await
    }

    async fn remove(&mut self, id: PairId) -> Result<(), Self::Error> {
        self.plain(async |store| store.remove(id).await).await
    }

    async fn invalidate(&mut self, key: PairKey<'_>) -> Result<(), Self::Error> {
        self.plain(async |store| store.invalidate(key).await).await
    }

    async fn generation(&mut self) -> u32 {
        self.store.generation().await
    }

    async fn invalidate_group(&mut self, group: Group) -> Result<(), Self::Error> {
        self.plain(async |store| store.invalidate_group(group).await).await
    }

    async fn is_group_invalid(
        &mut self,
        id: PairId,
        groups: &mut dyn Iterator<Item = Group>,
    ) -> Result<bool, Self::Error> {
        self.plain(async |store| store.is_group_invalid(id, groups).await).await
    }

    async fn pin(&mut self, id: PairId) -> Result<Pin, StoreError<Self::Error>> {
        self.storing(async |store| store.pin(id).await).await
    }

    async fn unpin(&mut self, pin: Pin) -> Result<(), Self::Error> {
        self.plain(async |store| store.unpin(pin).await).await
    }

    async fn maintain(&mut self) -> Result<Maintained, Self::Error> {
        self.plain(async |store| store.maintain().await).await
    }

    async fn health(&mut self) -> Health {
        self.store.health().await
    }
}
