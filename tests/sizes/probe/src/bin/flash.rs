//! The client over the flash store, on a part that answers at once. What the store adds is the difference
//! to `nothing`.

#![no_std]
#![no_main]

use core::hint::black_box;
use core::pin::pin;
use core::task::{Context, Waker};
use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use larder::Client;
use larder::pair::PairId;
use larder::store::PairStore;
use larder_sizes::device::{Device, Ready, once};
use larder_storage_flash::FlashStore;

type Store = FlashStore<Part, 256>;

/// A part of 256 KiB.
struct Part;

#[derive(Debug)]
struct Failed;

impl NorFlashError for Failed {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

impl ErrorType for Part {
    type Error = Failed;
}

/// What no optimizer can foresee.
fn done(address: u32) -> Result<(), Failed> {
    if black_box(address) == u32::MAX { Err(Failed) } else { Ok(()) }
}

impl ReadNorFlash for Part {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Failed> {
        black_box(bytes);
        done(offset)
    }

    fn capacity(&self) -> usize {
        1 << 18
    }
}

impl NorFlash for Part {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = 4096;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Failed> {
        done(from).and_then(|()| done(to))
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Failed> {
        black_box(bytes);
        done(offset)
    }
}

/// What a client does, and what firmware does beside it.
async fn all(mut store: Store) -> u16 {
    black_box(store.mount().await.is_ok());
    if let Ok(pin) = store.pin(black_box(PairId::new(9))).await {
        black_box(store.unpin(pin).await.is_ok());
    }
    black_box(store.maintain().await.is_ok());
    black_box(store.health().await);
    let mut device: Device<Store> = Client::new(store, Ready, larder_sizes::Still);
    once(&mut device).await
}

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    if let Ok(store) = Store::new(Part, 0..1 << 18, 7) {
        let mut work = pin!(all(store));
        let mut context = Context::from_waker(Waker::noop());
        black_box(work.as_mut().poll(&mut context).is_ready());
    }
    larder_sizes::stop()
}
