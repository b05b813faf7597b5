//! One store for several tasks: behind an `embassy_sync` mutex that is held for one operation.

use super::{Cursor, Found, Health, Maintained, PairStore, Pin, StoreError, Writing};
use crate::pair::{NewPair, PairId, PairKey};
use embassy_sync::blocking_mutex::raw::RawMutex;
use embassy_sync::mutex::Mutex;

impl<M: RawMutex, S: PairStore> PairStore for &Mutex<M, S> {
    type Error = S::Error;

    async fn find(
        &mut self,
        key: PairKey<'_>,
        cursor: &mut Cursor,
        record: &mut [u8],
    ) -> Result<Option<Found>, S::Error> {
        self.lock().await.find(key, cursor, record).await
    }

    async fn head(&mut self, id: PairId, record: &mut [u8]) -> Result<Option<Found>, S::Error> {
        self.lock().await.head(id, record).await
    }

    async fn read(&mut self, id: PairId, offset: u64, buf: &mut [u8]) -> Result<usize, StoreError<S::Error>> {
        self.lock().await.read(id, offset, buf).await
    }

    async fn create(&mut self, pair: &NewPair<'_>) -> Result<Writing, StoreError<S::Error>> {
        self.lock().await.create(pair).await
    }

    async fn write(&mut self, writing: Writing, chunk: &[u8]) -> Result<(), StoreError<S::Error>> {
        self.lock().await.write(writing, chunk).await
    }

    async fn commit(
        &mut self,
        writing: Writing,
        replaces: &[PairId],
    ) -> Result<PairId, StoreError<S::Error>> {
        self.lock().await.commit(writing, replaces).await
    }

    async fn abandon(&mut self, writing: Writing) -> Result<(), S::Error> {
        self.lock().await.abandon(writing).await
    }

    async fn update(&mut self, id: PairId, pair: &NewPair<'_>) -> Result<(), StoreError<S::Error>> {
        self.lock().await.update(id, pair).await
    }

    async fn remove(&mut self, id: PairId) -> Result<(), S::Error> {
        self.lock().await.remove(id).await
    }

    async fn invalidate(&mut self, key: PairKey<'_>) -> Result<(), S::Error> {
        self.lock().await.invalidate(key).await
    }

    async fn pin(&mut self, id: PairId) -> Result<Pin, StoreError<S::Error>> {
        self.lock().await.pin(id).await
    }

    async fn unpin(&mut self, pin: Pin) -> Result<(), S::Error> {
        self.lock().await.unpin(pin).await
    }

    async fn maintain(&mut self) -> Result<Maintained, S::Error> {
        self.lock().await.maintain().await
    }

    async fn health(&mut self) -> Health {
        self.lock().await.health().await
    }
}
