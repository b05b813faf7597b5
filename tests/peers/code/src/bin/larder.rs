//! larder's store, with what the others do as well.

#![no_std]
#![no_main]

use core::hint::black_box;
use larder_peers_code::{Done, cache, run, store::Larder};

async fn all() -> Done<()> {
    cache(&mut Larder::new()?).await
}

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    run(async { black_box(all().await.is_ok()) })
}
