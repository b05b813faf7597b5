//! Any octets at all: mounting ends, answers, and what is formatted works.

use crate::world::{over, rebooted, sample, view, works_on};
use larder_storage_flash::{Mounted, VERSION};
use larder_tests::block_on;
use larder_tests::nor::Nor;
use larder_tests::store_suite::{Kept, check as check_pair, find_all, octets, store};

/// A generator of numbers.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

#[test]
fn arbitrary_images_mount_and_the_store_works_on() {
    for seed in 0..200 {
        let mut numbers = Numbers(seed);
        let image: Vec<u8> = match seed % 4 {
            0 => octets(seed, 6 * 2048),
            1 => vec![seed as u8; 6 * 2048],
            2 => (0..6 * 2048).map(|_| numbers.below(256) as u8).collect(),
            _ => (0..6 * 2048).map(|_| if numbers.below(50) == 0 { 0x7f } else { 0xff }).collect(),
        };
        try_image(&image, &format!("image {seed}"));
    }
}

#[test]
fn images_with_parts_exchanged_or_overwritten_show_nothing_that_was_not_stored() {
    let mut s = crate::world::mounted(Nor::<1, 4, 2048>::new(6));
    for number in 0..12 {
        block_on(store(&mut s, &sample(&format!("/{number}"), 200 + 70 * number)));
    }
    let whole = view(&mut s);
    let image = s.into_flash().image().to_vec();
    for seed in 0..300 {
        let mut numbers = Numbers(seed);
        let mut image = image.clone();
        for _ in 0..=numbers.below(4) {
            let len = 1 << numbers.below(12);
            let (from, to) = (numbers.below(image.len() - len), numbers.below(image.len() - len));
            match numbers.below(3) {
                0 => image.copy_within(from..from + len, to),
                1 => image[to..to + len].fill(0xff),
                _ => image[to..to + len].fill(numbers.below(256) as u8),
            }
        }
        let mut s = over(Nor::<1, 4, 2048>::with_image(&image));
        if block_on(s.mount()).expect("mounting never fails") == Mounted::Ready {
            for (id, pair) in view(&mut s) {
                assert_eq!(whole.get(&id), Some(&pair), "seed {seed}");
            }
        }
        try_image(&image, &format!("seed {seed}"));
    }
}

fn try_image(image: &[u8], told: &str) {
    let mut s = over(Nor::<1, 4, 2048>::with_image(image));
    let found = block_on(s.mount()).expect("mounting never fails");
    let reads = s.flash().counts().reads;
    assert!(reads <= 1500, "{reads} reads: {told}");
    if let Mounted::Foreign { .. } = found {
        block_on(s.format()).expect("the medium");
    }
    works_on(s, &[], told);
}

#[test]
fn a_sector_of_a_newer_version_is_foreign_and_left_alone() {
    let mut s = crate::world::mounted(Nor::<1, 4, 4096>::new(4));
    block_on(store(&mut s, &sample("/a", 10)));
    let mut image = s.into_flash().image().to_vec();
    // As FORMAT.md says: the version is the fourth octet, and a checksum covers the first twelve.
    image[3] = VERSION + 1;
    let sum = crc(&image[..12]);
    image[12..16].copy_from_slice(&sum.to_le_bytes());
    let mut s = over(Nor::<1, 4, 4096>::with_image(&image));
    assert_eq!(block_on(s.mount()), Ok(Mounted::Foreign { version: Some(VERSION + 1) }));
    assert!(view(&mut s).is_empty());
    block_on(larder::store::PairStore::maintain(&mut s)).expect("the medium");
    assert_eq!(s.flash().image(), image);
    drop(rebooted_foreign(s));
}

#[test]
fn metadata_of_another_schema_is_a_miss_for_that_pair_only() {
    let mut s = crate::world::mounted(Nor::<1, 4, 4096>::new(4));
    let pairs = ["/a", "/b", "/c"].map(|path| block_on(store(&mut s, &sample(path, 100))));
    let mut image = s.into_flash().image().to_vec();
    // The second record: its header of 24 octets begins with the unit its name tells.
    let (seq, unit) = ((pairs[1].id.number() >> 16) as u32, pairs[1].id.number() as u16);
    let at = seq as usize % 4 * 4096 + usize::from(unit) * 4;
    let len = usize::from(u16::from_le_bytes([image[at + 4], image[at + 5]]));
    assert_eq!(image[at + 24], 1, "the schema's number comes first");
    image[at + 24] = 2;
    let sum = crc_of(seq, &image[at + 24..at + 24 + len]);
    image[at + 12..at + 16].copy_from_slice(&sum.to_le_bytes());
    let covered: Vec<u8> = image[at..at + 6].iter().chain(&image[at + 8..at + 24]).copied().collect();
    let check = crc16(seq, &covered);
    image[at + 6..at + 8].copy_from_slice(&check.to_le_bytes());
    let mut s = over(Nor::<1, 4, 4096>::with_image(&image));
    assert_eq!(block_on(s.mount()), Ok(Mounted::Ready));
    let mut seen = Vec::new();
    for pair in &pairs {
        let found = block_on(find_all(&mut s, pair.sample.key(), |pair| seen.push(pair.uri.to_owned())));
        assert_eq!(found.len(), usize::from(pair.id != pairs[1].id), "{pair:?}");
    }
    assert_eq!(seen, ["http://example.com/a", "http://example.com/c"]);
    // Where it was nothing else is found, and it can be stored again.
    let again = block_on(store(&mut s, &sample("/b", 50)));
    for stored in [&pairs[0], &again, &pairs[2]] {
        assert_eq!(block_on(check_pair(&mut s, stored)), Kept::Whole);
    }
    assert_eq!(s.wear().damaged, 0, "it is whole, for one who reads it");
}

#[test]
fn pairs_at_a_wrong_offset_of_the_part_are_somebody_elses() {
    let mut s = crate::world::mounted(Nor::<1, 4, 4096>::new(8));
    for number in 0..20 {
        block_on(store(&mut s, &sample(&format!("/{number}"), 900)));
    }
    let image = s.into_flash().image().to_vec();
    for shift in [1, 4, 16, 2048, 4095] {
        // What began at the partition's beginning now lies further on.
        let mut moved = octets(3, image.len());
        moved[shift..].copy_from_slice(&image[..image.len() - shift]);
        let mut s = over(Nor::<1, 4, 4096>::with_image(&moved));
        let found = block_on(s.mount()).expect("mounting never fails");
        assert!(view(&mut s).is_empty(), "{shift}");
        if shift < 4095 {
            assert_eq!(found, Mounted::Foreign { version: None }, "{shift}");
            assert!(block_on(sample("/a", 5).create(&mut s)).is_err());
            assert_eq!(s.flash().image(), moved, "nothing is written");
        }
    }
    // By a whole sector: the sectors are not where they belong, so nothing of them counts.
    let mut moved = image.clone();
    moved.rotate_right(4096);
    let mut s = over(Nor::<1, 4, 4096>::with_image(&moved));
    assert_eq!(block_on(s.mount()), Ok(Mounted::Ready));
    assert!(view(&mut s).is_empty());
    works_on(s, &[], "moved by a sector");
}

fn rebooted_foreign(s: crate::world::Store<1, 4, 4096>) -> crate::world::Store<1, 4, 4096> {
    let mut s = s;
    block_on(s.format()).expect("the medium");
    block_on(store(&mut s, &sample("/b", 10)));
    rebooted(s)
}

/// CRC-32, bit by bit, of the number 0 (four octets) and `octets`.
fn crc(octets: &[u8]) -> u32 {
    crc_of(0, octets)
}

/// CRC-16, bit by bit, of a number (four octets) and `octets`.
fn crc16(number: u32, octets: &[u8]) -> u16 {
    number.to_le_bytes().iter().chain(octets).fold(u16::MAX, |crc, octet| {
        (0..8).fold(crc ^ u16::from(*octet) << 8, |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 }
        })
    })
}

/// CRC-32, bit by bit, of a number (four octets) and `octets`.
fn crc_of(number: u32, octets: &[u8]) -> u32 {
    let number = number.to_le_bytes();
    let all = number.iter().chain(octets);
    !all.fold(u32::MAX, |crc, octet| {
        (0..8).fold(
            crc ^ u32::from(*octet),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 },
        )
    })
}
