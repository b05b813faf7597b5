//! A flash that remembers when its operations began.

use crate::world::sample;
use embedded_storage_async::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
use larder_storage_flash::{FlashStore, Mounted};
use larder_tests::block_on;
use larder_tests::nor::{Nor, NorError};
use larder_tests::store_suite::store;

/// Octets of the flash: twice the image.
pub const SECTORS: usize = 256;

pub type Store<const W: usize> = FlashStore<Flash<W>, 64>;

/// A flash with words of `W` octets.
#[derive(Clone, Debug)]
pub struct Flash<const W: usize> {
    pub nor: Nor<1, W, 4096>,
    /// Steps taken before each operation, and whether it was an erase.
    pub began: Vec<(u64, bool)>,
}

impl<const W: usize> ErrorType for Flash<W> {
    type Error = NorError;
}

impl<const W: usize> ReadNorFlash for Flash<W> {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorError> {
        self.nor.read(offset, bytes).await
    }

    fn capacity(&self) -> usize {
        self.nor.image().len()
    }
}

impl<const W: usize> NorFlash for Flash<W> {
    const WRITE_SIZE: usize = W;
    const ERASE_SIZE: usize = 4096;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), NorError> {
        self.began.push((self.nor.steps(), true));
        self.nor.erase(from, to).await
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorError> {
        self.began.push((self.nor.steps(), false));
        self.nor.write(offset, bytes).await
    }
}

impl<const W: usize> Flash<W> {
    /// A flash that holds a store.
    fn of(store: Store<W>) -> Self {
        let mut flash = store.into_flash();
        flash.nor.reset_counts();
        flash.began.clear();
        flash
    }

    /// One that nothing was stored on yet.
    pub fn blank() -> Self {
        Self::of(mounted(Self { nor: Nor::new(SECTORS), began: Vec::new() }))
    }

    /// One that is full of other pairs: whatever is stored takes the place of some of them.
    pub fn used() -> Self {
        let flash = crowded(Self::blank(), 24);
        assert!(flash.nor.counts().all_erases() > 0, "the flash is not full");
        Self::of(mounted(flash))
    }
}

/// Stores so many pairs of 60,000 octets each on it.
pub fn crowded<const W: usize>(flash: Flash<W>, pairs: usize) -> Flash<W> {
    let mut crowded = mounted(flash);
    for number in 0..pairs {
        block_on(store(&mut crowded, &sample(&format!("/{number}"), 60_000)));
    }
    crowded.into_flash()
}

/// The store on a flash, with power.
pub fn mounted<const W: usize>(mut flash: Flash<W>) -> Store<W> {
    flash.nor.restore_power();
    let size = flash.capacity() as u32;
    let mut store = Store::new(flash, 0..size, 7).expect("a geometry that works");
    let found = block_on(store.mount()).expect("mounting never fails");
    assert!(matches!(found, Mounted::Ready | Mounted::Blank), "{found:?}");
    store
}
