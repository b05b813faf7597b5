//! The map of sequential-storage with all of its caches.

#![no_std]
#![no_main]

use core::hint::black_box;
use larder_peers_code::{cache, map::Map, run};
use sequential_storage::cache::Cache;
use sequential_storage::cache::key_pointers::ArrayKeyPointers;
use sequential_storage::cache::page_pointers::ArrayPagePointers;
use sequential_storage::cache::page_states::ArrayPageStates;

/// All caches.
type Caches = Cache<ArrayPageStates<64>, ArrayPagePointers<64>, ArrayKeyPointers<u32, 512>, u32>;

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    let caches = Caches::new(ArrayPageStates::new(), ArrayPagePointers::new(), ArrayKeyPointers::new());
    run(async { black_box(cache(&mut Map::new(caches)).await.is_ok()) })
}
