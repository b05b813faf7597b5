//! larder's store with those of its operations that the features name, to see what each costs.

#![no_std]
#![no_main]
#![allow(unused_imports, unused_variables, reason = "what is used depends on the features")]

use core::hint::black_box;
use larder::pair::{PairId, PairKey};
use larder::store::{Cursor, PairStore, StoreError, Writing};
use larder_peers_code::store::{pair, store};
use larder_peers_code::{Flash, run};

async fn all() -> Result<(), StoreError<Flash>> {
    let mut store = store().map_err(|_| StoreError::Gone)?;
    black_box(store.mount().await?);
    let (id, other, at, key) = black_box((PairId::new(9), PairId::new(10), 0, PairKey::new("http://a/b")));
    let writing = black_box(Writing { slot: 0, generation: 1 });
    #[cfg(feature = "step-find")]
    {
        black_box(store.find(key, &mut Cursor::new(), black_box(&mut [0; 64])).await?);
        black_box(store.read(id, at, black_box(&mut [0; 64])).await?);
    }
    #[cfg(feature = "step-create")]
    {
        let writing = store.create(&pair().map_err(|_| StoreError::Gone)?).await?;
        store.write(writing, black_box(&[])).await?;
        black_box(store.commit(writing, black_box(&[])).await?);
    }
    #[cfg(feature = "step-update")]
    {
        store.update(id, &pair().map_err(|_| StoreError::Gone)?).await?;
    }
    #[cfg(feature = "step-remove")]
    {
        store.remove(id).await?;
        store.invalidate(key).await?;
    }
    #[cfg(feature = "step-resume")]
    {
        black_box(store.suspend(writing).await?);
        black_box(store.resume(id, at).await?);
        store.abandon(writing).await?;
        store.merge(id, other).await?;
        black_box(store.extent(id, at).await?);
    }
    #[cfg(feature = "step-pin")]
    {
        let pin = store.pin(id).await?;
        store.unpin(pin).await?;
    }
    #[cfg(feature = "step-maintain")]
    {
        black_box(store.maintain().await?);
    }
    #[cfg(feature = "step-health")]
    {
        black_box((store.health().await, store.wear()));
        black_box(store.head(id, black_box(&mut [0; 64])).await?);
    }
    #[cfg(feature = "step-wipe")]
    {
        store.wipe(id).await?;
        store.clear().await?;
        store.format().await?;
    }
    Ok(())
}

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    run(async { black_box(all().await.is_ok()) })
}
