//! The client over a store that keeps nothing, to be subtracted from `flash`.

#![no_std]
#![no_main]

use core::convert::Infallible;
use core::hint::black_box;
use core::ops::Range;
use core::pin::pin;
use core::task::{Context, Waker};
use larder::Client;
use larder::pair::{NewPair, PairId, PairKey};
use larder::store::{Cursor, Found, Health, Maintained, PairStore, Pin, StoreError, Writing};
use larder_sizes::device::{Device, Ready, once};

/// Takes nothing, and says what no optimizer can foresee.
struct Nothing;

type Done<T> = Result<T, StoreError<Infallible>>;

fn none<T>() -> Done<T> {
    Err(black_box(StoreError::Gone))
}

impl PairStore for Nothing {
    type Error = Infallible;

    async fn find(
        &mut self,
        _: PairKey<'_>,
        _: &mut Cursor,
        _: &mut [u8],
    ) -> Result<Option<Found>, Infallible> {
        Ok(black_box(None))
    }

    async fn head(&mut self, _: PairId, _: &mut [u8]) -> Result<Option<Found>, Infallible> {
        Ok(black_box(None))
    }

    async fn read(&mut self, _: PairId, _: u64, _: &mut [u8]) -> Done<usize> {
        none()
    }

    async fn extent(&mut self, _: PairId, _: u64) -> Done<Option<Range<u64>>> {
        none()
    }

    async fn create(&mut self, _: &NewPair<'_>) -> Done<Writing> {
        none()
    }

    async fn write(&mut self, _: Writing, _: &[u8]) -> Done<()> {
        none()
    }

    async fn commit(&mut self, _: Writing, _: &[PairId]) -> Done<PairId> {
        none()
    }

    async fn abandon(&mut self, _: Writing) -> Result<(), Infallible> {
        Ok(())
    }

    async fn suspend(&mut self, _: Writing) -> Done<Option<PairId>> {
        none()
    }

    async fn resume(&mut self, _: PairId, _: u64) -> Done<Writing> {
        none()
    }

    async fn merge(&mut self, _: PairId, _: PairId) -> Done<()> {
        none()
    }

    async fn update(&mut self, _: PairId, _: &NewPair<'_>) -> Done<()> {
        none()
    }

    async fn remove(&mut self, _: PairId) -> Result<(), Infallible> {
        Ok(())
    }

    async fn invalidate(&mut self, _: PairKey<'_>) -> Result<(), Infallible> {
        Ok(())
    }

    async fn generation(&mut self) -> u32 {
        black_box(0)
    }

    async fn pin(&mut self, _: PairId) -> Done<Pin> {
        none()
    }

    async fn unpin(&mut self, _: Pin) -> Result<(), Infallible> {
        Ok(())
    }

    async fn maintain(&mut self) -> Result<Maintained, Infallible> {
        Ok(Maintained::Nothing)
    }

    async fn health(&mut self) -> Health {
        Health::default()
    }
}

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    let mut device: Device<Nothing> = Client::new(Nothing, Ready, larder_sizes::Still);
    let mut work = pin!(once(&mut device));
    let mut context = Context::from_waker(Waker::noop());
    black_box(work.as_mut().poll(&mut context).is_ready());
    larder_sizes::stop()
}
