//! larder's store, with all that it does.

#![no_std]
#![no_main]

use core::hint::black_box;
use larder::pair::{PairId, PairKey};
use larder::store::{PairStore, StoreError};
use larder_peers_code::store::{Larder, pair};
use larder_peers_code::{Done, Failed, Flash, cache, run};

async fn all() -> Done<()> {
    let mut larder = Larder::new()?;
    cache(&mut larder).await?;
    more(&mut larder).await.map_err(|_| Failed)
}

/// What no other has.
async fn more(larder: &mut Larder) -> Result<(), StoreError<Flash>> {
    let store = larder.store();
    let (id, other, at) = black_box((PairId::new(9), PairId::new(10), 0));
    // Bodies that were cut off, and go on.
    let writing = store.create(&pair().map_err(|_| StoreError::Gone)?).await?;
    black_box(store.suspend(writing).await?);
    let writing = store.resume(id, at).await?;
    store.abandon(writing).await?;
    store.merge(id, other).await?;
    black_box(store.extent(id, at).await?);
    black_box(store.head(id, black_box(&mut [0; 64])).await?);
    // What must stay, and what must go.
    let pin = store.pin(id).await?;
    store.unpin(pin).await?;
    store.invalidate(black_box(PairKey::new("http://a/b"))).await?;
    store.wipe(id).await?;
    store.clear().await?;
    // What is done beside.
    black_box(store.maintain().await?);
    black_box((store.health().await, store.wear()));
    Ok(())
}

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    run(async { black_box(all().await.is_ok()) })
}
