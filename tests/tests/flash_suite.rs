//! The conformance suite for stores, run on the flash store at several geometries.

use larder_storage_flash::{FlashStore, Mounted};
use larder_tests::block_on;
use larder_tests::nor::Nor;

/// A store on a blank partition, mounted.
fn mounted<const R: usize, const W: usize, const E: usize, const PAIRS: usize, const WRITERS: usize>(
    units: usize,
) -> FlashStore<Nor<R, W, E>, PAIRS, WRITERS> {
    let mut store =
        FlashStore::new(Nor::new(units), 0..(units * E) as u32, 7).expect("a geometry that works");
    assert_eq!(block_on(store.mount()), Ok(Mounted::Blank));
    store
}

mod sixteen_sectors_of_4_kib_and_single_octets {
    larder_tests::store_suite!(|| super::mounted::<1, 1, 4096, 16, 2>(16));
}

mod groups_on_sixteen_sectors_of_2_kib_and_words_of_8 {
    larder_tests::groups_suite!(|| super::mounted::<4, 8, 2048, 16, 2>(16));
}

mod groups_on_four_sectors_of_128_kib_and_words_of_32 {
    larder_tests::groups_suite!(|| super::mounted::<4, 32, 131_072, 32, 3>(4));
}

mod sixteen_sectors_of_2_kib_and_words_of_8 {
    larder_tests::store_suite!(|| super::mounted::<4, 8, 2048, 16, 2>(16));
}

mod four_sectors_of_128_kib_and_words_of_32 {
    larder_tests::store_suite!(|| super::mounted::<4, 32, 131_072, 32, 3>(4));
}

mod sixteen_sectors_of_4_kib_and_four_pairs {
    larder_tests::store_suite!(|| super::mounted::<1, 4, 4096, 4, 2>(16));
}
