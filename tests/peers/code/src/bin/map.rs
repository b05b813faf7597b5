//! The map of sequential-storage without caches.

#![no_std]
#![no_main]

use core::hint::black_box;
use larder_peers_code::{cache, map::Map, run};
use sequential_storage::cache::{Cache, Uncached};

/// No cache.
type NoCache = Cache<Uncached, Uncached, Uncached, u32>;

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    run(async { black_box(cache(&mut Map::new(NoCache::new_uncached())).await.is_ok()) })
}
