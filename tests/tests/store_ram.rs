//! The conformance suite for stores, run on the store in RAM at several capacities.

use larder::store::{BLOCK, RamStore, StoreError};
use larder_tests::block_on;
use larder_tests::store_suite::{self, Kept, Sample};

mod of_4_kib_and_4_pairs {
    use super::RamStore;
    larder_tests::store_suite!(|| RamStore::<32, 4>::new());
}

mod of_8_kib_and_16_pairs {
    use super::RamStore;
    larder_tests::store_suite!(|| RamStore::<64, 16>::new());
}

mod groups {
    use super::RamStore;
    larder_tests::groups_suite!(|| RamStore::<64, 16>::new());
}

mod of_64_kib_and_5_pairs {
    use super::RamStore;
    larder_tests::store_suite!(|| RamStore::<512, 5>::new());
}

mod behind_a_lock {
    use super::RamStore;
    use embassy_sync::blocking_mutex::raw::NoopRawMutex;
    use embassy_sync::mutex::Mutex;

    type Shared = Mutex<NoopRawMutex, RamStore<64, 8>>;

    larder_tests::store_suite!(|| -> &'static Shared { Box::leak(Box::new(Mutex::new(RamStore::new()))) });
}

#[test]
fn a_body_that_cannot_fit_with_its_head_evicts_nothing() {
    block_on(async {
        let mut s = RamStore::<32, 4>::new();
        let stored = store_suite::store(&mut s, &Sample::new("/kept", 1, 50)).await;
        let sample = Sample::new("/large", 2, 32 * BLOCK);
        let refused = store_suite::try_store(&mut s, &sample).await;
        assert!(matches!(refused, Err(StoreError::BodyTooLarge)), "{refused:?}");
        assert_eq!(store_suite::check(&mut s, &stored).await, Kept::Whole);
    });
}

#[test]
fn an_update_that_cannot_fit_evicts_nothing() {
    block_on(async {
        let mut s = RamStore::<32, 4>::new();
        let mut large = store_suite::store(&mut s, &Sample::new("/large", 1, 24 * BLOCK)).await;
        let kept = store_suite::store(&mut s, &Sample::new("/kept", 2, 50)).await;
        large.sample.padding = 1900;
        assert!(store_suite::update(&mut s, &mut large, 2).await.is_err());
        assert_eq!(store_suite::check(&mut s, &kept).await, Kept::Whole);
    });
}
