//! Stores behind a reference, and one store for several tasks: behind an `embassy_sync` mutex that is
//! held for one operation.

use super::{Cursor, Found, Health, Maintained, PairStore, Pin, StoreError, Writing};
#[cfg(feature = "groups")]
use crate::pair::Group;
use crate::pair::{NewPair, PairId, PairKey};
use core::ops::Range;
#[cfg(feature = "embassy-sync")]
use embassy_sync::{blocking_mutex::raw::RawMutex, mutex::Mutex};

/// Every method, passed on to the store that `$self` leads to.
macro_rules! passed_on {
    ($self:ident => $store:expr) => {
        type Error = S::Error;

        async fn find(
            &mut $self,
            key: PairKey<'_>,
            cursor: &mut Cursor,
            record: &mut [u8],
        ) -> Result<Option<Found>, S::Error> {
            $store.find(key, cursor, record).await
        }

        async fn head(&mut $self, id: PairId, record: &mut [u8]) -> Result<Option<Found>, S::Error> {
            $store.head(id, record).await
        }

        async fn read(&mut $self, id: PairId, offset: u64, buf: &mut [u8]) -> Result<usize, StoreError<S::Error>> {
            $store.read(id, offset, buf).await
        }

        async fn extent(
            &mut $self,
            id: PairId,
            from: u64,
        ) -> Result<Option<Range<u64>>, StoreError<S::Error>> {
            $store.extent(id, from).await
        }

        async fn create(&mut $self, pair: &NewPair<'_>) -> Result<Writing, StoreError<S::Error>> {
            $store.create(pair).await
        }

        async fn write(&mut $self, writing: Writing, chunk: &[u8]) -> Result<(), StoreError<S::Error>> {
            $store.write(writing, chunk).await
        }

        async fn commit(
            &mut $self,
            writing: Writing,
            replaces: &[PairId],
        ) -> Result<PairId, StoreError<S::Error>> {
            $store.commit(writing, replaces).await
        }

        async fn abandon(&mut $self, writing: Writing) -> Result<(), S::Error> {
            $store.abandon(writing).await
        }

        async fn suspend(&mut $self, writing: Writing) -> Result<Option<PairId>, StoreError<S::Error>> {
            $store.suspend(writing).await
        }

        async fn resume(&mut $self, id: PairId, offset: u64) -> Result<Writing, StoreError<S::Error>> {
            $store.resume(id, offset).await
        }

        async fn merge(&mut $self, into: PairId, from: PairId) -> Result<(), StoreError<S::Error>> {
            $store.merge(into, from).await
        }

        async fn update(&mut $self, id: PairId, pair: &NewPair<'_>) -> Result<(), StoreError<S::Error>> {
            $store.update(id, pair).await
        }

        async fn remove(&mut $self, id: PairId) -> Result<(), S::Error> {
            $store.remove(id).await
        }

        async fn invalidate(&mut $self, key: PairKey<'_>) -> Result<(), S::Error> {
            $store.invalidate(key).await
        }

        async fn generation(&mut $self) -> u32 {
            $store.generation().await
        }

        #[cfg(feature = "groups")]
        async fn invalidate_group(&mut $self, group: Group) -> Result<(), S::Error> {
            $store.invalidate_group(group).await
        }

        #[cfg(feature = "groups")]
        async fn is_group_invalid(
            &mut $self,
            id: PairId,
            groups: &mut dyn Iterator<Item = Group>,
        ) -> Result<bool, S::Error> {
            $store.is_group_invalid(id, groups).await
        }

        async fn pin(&mut $self, id: PairId) -> Result<Pin, StoreError<S::Error>> {
            $store.pin(id).await
        }

        async fn unpin(&mut $self, pin: Pin) -> Result<(), S::Error> {
            $store.unpin(pin).await
        }

        async fn maintain(&mut $self) -> Result<Maintained, S::Error> {
            $store.maintain().await
        }

        async fn health(&mut $self) -> Health {
            $store.health().await
        }
    };
}

impl<S: PairStore + ?Sized> PairStore for &mut S {
    passed_on!(self => (**self));
}

#[cfg(feature = "embassy-sync")]
impl<M: RawMutex, S: PairStore> PairStore for &Mutex<M, S> {
    passed_on!(self => self.lock().await);
}
