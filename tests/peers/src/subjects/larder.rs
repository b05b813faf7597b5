//! larder-storage-flash.

use crate::chip::Chip;
use crate::subject::{Failed, Subject};
use larder::pair::{PairId, PairKey};
use larder::store::{Cursor, PairStore, StoreError};
use larder_storage_flash::{FlashStore, Mounted};
use larder_tests::block_on;
use larder_tests::nor::NorError;
use larder_tests::workload::Load;

/// A store that finds at most `PAIRS` pairs, on a flash that panics where a word is programmed twice
/// between erases.
///
/// Pairs go through `PairStore` as a client hands them over: `find` before `create`, so that the new
/// pair replaces the old. It evicts by itself.
pub struct Larder<const PAIRS: usize = 256, const WORD: usize = 4, const SECTOR: usize = 4096> {
    store: Box<FlashStore<Chip<WORD, SECTOR>, PAIRS>>,
    record: [u8; 1024],
    found: Option<PairId>,
}

impl<const PAIRS: usize, const WORD: usize, const SECTOR: usize> Larder<PAIRS, WORD, SECTOR> {
    /// Octets of RAM, but for the handle of the flash.
    pub const OCTETS: usize =
        size_of::<FlashStore<Chip<WORD, SECTOR>, PAIRS>>() - size_of::<Chip<WORD, SECTOR>>();

    /// The store on all of `chip`, mounted.
    pub fn on(chip: Chip<WORD, SECTOR>) -> Result<Self, Failed> {
        let octets = chip.octets() as u32;
        let mut store = Box::new(FlashStore::new(chip, 0..octets, 7).map_err(Failed::other)?);
        match block_on(store.mount()).map_err(Failed::other)? {
            Mounted::Ready | Mounted::Blank => Ok(Self { store, record: [0; 1024], found: None }),
            other => Err(Failed::other(other)),
        }
    }

    /// The name of a stored pair.
    pub fn id(&mut self, number: usize) -> Result<Option<PairId>, Failed> {
        let uri = Load::new(number).uri();
        let mut cursor = Cursor::new();
        let found = self.store.find(PairKey::new(&uri), &mut cursor, &mut self.record);
        Ok(block_on(found).map_err(Failed::other)?.map(|found| found.id))
    }

    /// Stores a pair; answers its name.
    pub fn store(&mut self, load: &Load) -> Result<PairId, Failed> {
        let old = self.id(load.number)?;
        block_on(load.put(&mut *self.store, old.as_slice())).map_err(failed)
    }

    /// Writes a head anew.
    pub fn freshened(&mut self, load: &Load) -> Result<(), Failed> {
        let id = self.id(load.number)?.ok_or_else(|| Failed::other("it is gone"))?;
        block_on(load.freshen(&mut *self.store, id)).map_err(failed)
    }

    /// Looks a pair up.
    pub fn look_up(&mut self, number: usize) -> Result<Option<Load>, Failed> {
        let uri = Load::new(number).uri();
        let mut cursor = Cursor::new();
        let found = self.store.find(PairKey::new(&uri), &mut cursor, &mut self.record);
        let Some(found) = block_on(found).map_err(Failed::other)? else {
            return Ok(None);
        };
        self.found = Some(found.id);
        Ok(found.view(&self.record).as_ref().and_then(Load::of_pair))
    }

    /// Reads a body with a buffer of a fragment's size.
    pub fn read_body(&mut self, mut take: impl FnMut(&[u8])) -> Result<(), Failed> {
        let Some(id) = self.found else { return Err(Failed::other("nothing was found")) };
        let (mut buf, mut at) = ([0; 1152], 0);
        loop {
            let read = block_on(self.store.read(id, at, &mut buf)).map_err(failed)?;
            if read == 0 {
                return Ok(());
            }
            take(&buf[..read]);
            at += read as u64;
        }
    }
}

impl Subject for Larder {
    const NAME: &'static str = "larder";
    const PAIRS: Option<usize> = None;
    const RAM: usize = Self::OCTETS;
    const SECOND_WRITES: bool = false;

    fn format(chip: Chip) -> Result<Self, Failed> {
        Self::on(chip)
    }

    fn mount(chip: Chip) -> Result<Self, Failed> {
        Self::on(chip)
    }

    fn put(&mut self, load: &Load, _: &[usize]) -> Result<(), Failed> {
        self.store(load).map(|_| ())
    }

    fn remove(&mut self, number: usize) -> Result<(), Failed> {
        match self.id(number)? {
            Some(id) => block_on(self.store.remove(id)).map_err(Failed::other),
            None => Ok(()),
        }
    }

    fn find(&mut self, number: usize) -> Result<Option<Load>, Failed> {
        self.look_up(number)
    }

    fn read(&mut self, load: &Load, take: impl FnMut(&[u8])) -> Result<(), Failed> {
        debug_assert!(load.len > 0);
        self.read_body(take)
    }

    fn freshen(&mut self, load: &Load) -> Result<(), Failed> {
        self.freshened(load)
    }
}

fn failed(error: StoreError<NorError>) -> Failed {
    match error {
        StoreError::NoRoom | StoreError::BodyTooLarge => Failed::Full,
        other => Failed::other(other),
    }
}
