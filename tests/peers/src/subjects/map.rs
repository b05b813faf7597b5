//! The map of sequential-storage.

use crate::chip::Chip;
use crate::subject::{Failed, Subject, fingerprint};
use larder_tests::block_on;
use larder_tests::nor::NorError;
use larder_tests::workload::{BODY, HEAD, Load};
use sequential_storage::Error;
use sequential_storage::cache::key_pointers::ArrayKeyPointers;
use sequential_storage::cache::page_pointers::ArrayPagePointers;
use sequential_storage::cache::page_states::ArrayPageStates;
use sequential_storage::cache::{Cache, CacheImpl, Uncached};
use sequential_storage::map::{MapConfig, MapStorage};

/// No cache.
pub type NoCache = Cache<Uncached, Uncached, Uncached, u32>;

/// All caches, with room for every key that is stored.
pub type KeyPointers = Cache<ArrayPageStates<64>, ArrayPagePointers<64>, ArrayKeyPointers<u32, 512>, u32>;

/// A cache of its own making, and what is said of it.
pub trait Kind: CacheImpl<u32> {
    /// A new one.
    fn fresh() -> Self;
    /// The column's title, for a pair in one item and for head and body apart.
    const NAMES: [&'static str; 2];
    /// Octets that it keeps.
    const RAM: usize;
}

impl Kind for NoCache {
    fn fresh() -> Self {
        Self::new_uncached()
    }
    const NAMES: [&'static str; 2] = ["s-s map, no cache", "s-s map, no cache, apart"];
    const RAM: usize = size_of::<Self>();
}

impl Kind for KeyPointers {
    fn fresh() -> Self {
        Self::new(ArrayPageStates::new(), ArrayPagePointers::new(), ArrayKeyPointers::new())
    }
    const NAMES: [&'static str; 2] = ["s-s map, key pointers", "s-s map, key pointers, apart"];
    const RAM: usize = size_of::<Self>();
}

/// Octets of a fragment of a large body: four items fill a page of 4 KiB, where of 1 KiB only three
/// would fit.
const FRAGMENT: usize = 1008;

/// Octets of the longest body that lies in one item with its head: four such items fill a page.
const TOGETHER: usize = FRAGMENT - HEAD;

/// A map from a fingerprint of four octets to head and body.
///
/// A pair is one item, the head followed by the body: it can never be torn in two, a hit is one
/// item, and four pairs fill a page. The price is that a head is freshened by storing the body again.
/// With `APART` head and body are items of their own: freshening writes the head alone, a hit is two
/// items, and a cut may leave the head and the body of different versions. A large body is cut into
/// items; the one with the head comes last, and makes the pair whole.
///
/// Pairs are evicted by `remove_item`, which programs the item's header again. `ArrayKeyPointers`
/// has room for more keys than are stored, so that no look-up fails for want of cache.
pub struct Map<C: Kind, const APART: bool> {
    storage: MapStorage<u32, Chip, C>,
    buffer: Vec<u8>,
    /// The item read last, without its key.
    item: Vec<u8>,
}

impl<C: Kind, const APART: bool> Map<C, APART> {
    fn on(chip: Chip) -> Self {
        let octets = chip.octets() as u32;
        let storage = MapStorage::new(chip, MapConfig::new(0..octets), C::fresh());
        Self { storage, buffer: vec![0; 4096], item: Vec::new() }
    }

    fn store(&mut self, number: usize, part: usize, octets: &[u8]) -> Result<(), Failed> {
        let key = fingerprint(number, part);
        block_on(self.storage.store_item(&mut self.buffer, &key, &octets)).map_err(failed)
    }

    /// Fetches an item; whether it is there.
    fn fetch(&mut self, number: usize, part: usize) -> Result<bool, Failed> {
        let key = fingerprint(number, part);
        let found = block_on(self.storage.fetch_item::<&[u8]>(&mut self.buffer, &key)).map_err(failed)?;
        self.item.clear();
        self.item.extend_from_slice(found.unwrap_or_default());
        Ok(found.is_some())
    }
}

impl<C: Kind, const APART: bool> Subject for Map<C, APART> {
    const NAME: &'static str = C::NAMES[APART as usize];
    // One page is always free. Four pairs a page; apart, seven pairs in two.
    const PAIRS: Option<usize> = Some(if APART { 62 * 7 / 2 } else { 62 * 4 });
    const RAM: usize = C::RAM;

    fn format(chip: Chip) -> Result<Self, Failed> {
        let mut map = Self::on(chip);
        block_on(map.storage.erase_all()).map_err(failed)?;
        Ok(map)
    }

    fn mount(chip: Chip) -> Result<Self, Failed> {
        Ok(Self::on(chip))
    }

    fn put(&mut self, load: &Load, evicted: &[usize]) -> Result<(), Failed> {
        for number in evicted {
            self.remove(*number)?;
        }
        let (mut head, body) = (load.head(), load.body());
        if APART || load.len > TOGETHER {
            for (number, fragment) in body.chunks(FRAGMENT).enumerate() {
                self.store(load.number, 1 + number, fragment)?;
            }
        } else {
            head.extend(body);
        }
        self.store(load.number, 0, &head)
    }

    fn remove(&mut self, number: usize) -> Result<(), Failed> {
        for part in 0..=usize::from(APART) {
            let key = fingerprint(number, part);
            block_on(self.storage.remove_item(&mut self.buffer, &key)).map_err(failed)?;
        }
        Ok(())
    }

    fn find(&mut self, number: usize) -> Result<Option<Load>, Failed> {
        let there = self.fetch(number, 0)?;
        Ok(self.item.get(..HEAD).filter(|_| there).and_then(Load::of_head))
    }

    fn read(&mut self, load: &Load, mut take: impl FnMut(&[u8])) -> Result<(), Failed> {
        if let Some(body) = self.item.get(HEAD..).filter(|body| !body.is_empty()) {
            take(body);
            return Ok(());
        }
        for part in 1..=load.len.div_ceil(FRAGMENT) {
            if self.fetch(load.number, part)? {
                take(&self.item);
            }
        }
        Ok(())
    }

    fn freshen(&mut self, load: &Load) -> Result<(), Failed> {
        let mut item = load.head();
        if !APART {
            self.fetch(load.number, 0)?;
            item.extend(self.item.get(HEAD..).unwrap_or_default());
        }
        self.store(load.number, 0, &item)
    }
}

const _: () = assert!(BODY <= TOGETHER);

fn failed(error: Error<NorError>) -> Failed {
    match error {
        Error::FullStorage => Failed::Full,
        other => Failed::other(other),
    }
}
