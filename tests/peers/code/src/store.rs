//! larder's store.

use crate::{Done, Failed, Load, Part, Subject};
use core::hint::black_box;
use larder::pair::{NewPair, PairId, PairKey};
use larder::store::{Cursor, Found, PairStore};
use larder_storage_flash::{FlashStore, Mounted};

/// Octets of the chunks in which a body is written.
const CHUNK: usize = 1024;

/// The store itself, as `tests/peers` builds it.
pub type Store = FlashStore<Part, 256>;

/// A new one, not mounted yet.
///
/// # Errors
/// Never, but no optimizer knows that.
pub fn store() -> Done<Store> {
    FlashStore::new(Part, black_box(0..Part::OCTETS as u32), 7).map_err(|_| Failed)
}

/// A pair of which the optimizer knows nothing, in the place of one that the states made: so none of their
/// code is there, but all that the store does with a pair is, the making and reading of records too.
pub fn pair() -> Done<NewPair<'static>> {
    black_box(None).ok_or(Failed)
}

/// The store, used as the others are: through those methods of `PairStore` that this takes.
pub struct Larder {
    store: Store,
    record: [u8; 1024],
    found: Option<PairId>,
}

impl Larder {
    /// One that is not mounted yet.
    ///
    /// # Errors
    /// As [`store`].
    pub fn new() -> Done<Self> {
        Ok(Self { store: store()?, record: [0; 1024], found: None })
    }

    /// The store, for what the others do not do.
    pub const fn store(&mut self) -> &mut Store {
        &mut self.store
    }

    async fn look(&mut self, number: u32) -> Done<Option<Found>> {
        let (uri, mut cursor) = (uri(number), Cursor::new());
        self.store.find(PairKey::new(uri), &mut cursor, &mut self.record).await.map_err(|_| Failed)
    }
}

fn uri(number: u32) -> &'static str {
    black_box(number);
    black_box("https://api.example.com/v1/devices/000007")
}

impl Subject for Larder {
    async fn boot(&mut self) -> Done<()> {
        if let Mounted::Foreign { .. } = self.store.mount().await.map_err(|_| Failed)? {
            self.store.format().await.map_err(|_| Failed)?;
        }
        Ok(())
    }

    /// It evicts by itself.
    async fn put(&mut self, load: &Load<'_>, _: Option<u32>) -> Done<()> {
        let old = self.look(load.number).await?.map(|found| found.id);
        let writing = self.store.create(&pair()?).await.map_err(|_| Failed)?;
        for chunk in load.body.chunks(CHUNK) {
            self.store.write(writing, chunk).await.map_err(|_| Failed)?;
        }
        self.store.commit(writing, old.as_slice()).await.map(|_| ()).map_err(|_| Failed)
    }

    async fn find(&mut self, number: u32, mut take: impl FnMut(&[u8])) -> Done<Option<usize>> {
        let Some(found) = self.look(number).await? else { return Ok(None) };
        self.found = Some(found.id);
        take(self.record.get(..found.len).unwrap_or_default());
        Ok(Some(found.body.held as usize))
    }

    async fn read(&mut self, _: u32, _: usize, mut take: impl FnMut(&[u8])) -> Done<()> {
        let (id, mut at) = (self.found.ok_or(Failed)?, 0);
        loop {
            let read = self.store.read(id, at, &mut self.record).await.map_err(|_| Failed)?;
            if read == 0 {
                return Ok(());
            }
            take(self.record.get(..read).unwrap_or_default());
            at += read as u64;
        }
    }

    async fn freshen(&mut self, load: &Load<'_>) -> Done<()> {
        let found = self.look(load.number).await?.ok_or(Failed)?;
        self.store.update(found.id, &pair()?).await.map_err(|_| Failed)
    }

    async fn remove(&mut self, number: u32) -> Done<()> {
        let Some(found) = self.look(number).await? else { return Ok(()) };
        self.store.remove(found.id).await.map_err(|_| Failed)
    }
}
