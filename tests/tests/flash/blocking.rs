//! A blocking driver through the adapter.

use crate::world::sample;
use larder_storage_flash::{Blocking, FlashStore, Mounted};
use larder_tests::block_on;
use larder_tests::nor::Nor;
use larder_tests::store_suite::{Kept, check, store};

#[test]
fn a_blocking_driver_keeps_pairs_too() {
    let flash = Blocking(Nor::<4, 8, 2048>::new(8));
    let mut s: FlashStore<_, 16> = FlashStore::new(flash, 2048..8 * 2048, 7).expect("a geometry that works");
    assert_eq!(block_on(s.mount()), Ok(Mounted::Blank));
    let stored = block_on(store(&mut s, &sample("/a", 3000)));
    let Blocking(flash) = s.into_flash();
    assert!(
        flash.image()[..2048].iter().all(|octet| *octet == 0xff),
        "before the partition nothing is written"
    );
    let mut s: FlashStore<_, 16> = FlashStore::new(Blocking(flash), 2048..8 * 2048, 0).expect("it works");
    assert_eq!(block_on(s.mount()), Ok(Mounted::Ready));
    assert_eq!(block_on(check(&mut s, &stored)), Kept::Whole);
}
