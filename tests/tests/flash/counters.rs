//! What it costs: exact counts, so that any change shows.
//!
//! The workload of the design: 64 sectors of 4 KiB, words of 4, pairs of a 400-octet head (URI and
//! field lines, as on the wire) and a 600-octet body.

use larder::pair::{PairId, PairKey};
use larder::store::{Cursor, PairStore};
use larder_storage_flash::FlashStore;
use larder_tests::block_on;
use larder_tests::nor::{Counts, Nor};
use larder_tests::workload::{BODY, HEAD, Load};

type Flash = Nor<1, 4, 4096>;
type Store = FlashStore<Flash, 300>;

const SECTORS: usize = 64;

fn put(store: &mut Store, number: usize, len: usize) -> PairId {
    block_on(Load { len, ..Load::new(number) }.put(store, &[])).expect("room")
}

fn mounted(flash: Flash) -> Store {
    let mut store = FlashStore::new(flash, 0..(SECTORS * 4096) as u32, 7).expect("a geometry that works");
    block_on(store.mount()).expect("the medium");
    store
}

/// A store that was filled ten times over, and the counts of the nine times after the first.
fn filled() -> (Store, Counts, usize) {
    let mut store = mounted(Nor::new(SECTORS));
    let lap = SECTORS * 4096 / (HEAD + BODY);
    for number in 0..lap {
        put(&mut store, number, BODY);
    }
    store.flash().reset_counts();
    for number in lap..10 * lap {
        put(&mut store, number, BODY);
    }
    let counts = store.flash().counts().clone();
    (store, counts, 10 * lap)
}

#[test]
fn overfilling_programs_every_octet_once_and_wears_every_sector_alike() {
    let (mut store, counts, pairs) = filled();
    let lap = pairs / 10;
    let payload = (pairs - lap) * (HEAD + BODY);
    let amplification = counts.octets_programmed as f64 / payload as f64;
    let erases = counts.all_erases() as f64 * 1e6 / payload as f64;
    let health = block_on(store.health());
    let live = f64::from(health.pairs) * (HEAD + BODY) as f64 / (SECTORS * 4096) as f64;
    println!("write amplification {amplification:.4}, {erases:.1} erases per MB, live {:.1} %", live * 100.0);
    println!("wear, max/mean {:.3}; {} reads while writing", counts.wear(), counts.reads);
    assert!(amplification <= 1.05, "write amplification {amplification:.4}");
    assert!(erases <= 260.0, "{erases:.1} erases per MB");
    assert!(live >= 0.92, "{:.1} % live", live * 100.0);
    assert!(counts.wear() <= 1.05, "wear {:.3}", counts.wear());
    assert_eq!(counts.reads, 0, "nothing is read for writing");
}

#[test]
fn a_hit_is_one_read_and_the_bodys_and_a_miss_is_none() {
    let (mut store, _, pairs) = filled();
    let mut record = [0; 2048];
    let mut body = [0; 1024];
    let (mut most, mut hits) = (0, 0);
    for number in pairs - 200..pairs {
        store.flash().reset_counts();
        let uri = Load::new(number).uri();
        let mut cursor = Cursor::new();
        let found = block_on(store.find(PairKey::new(&uri), &mut cursor, &mut record)).expect("the medium");
        let found = found.expect("it was stored last");
        assert_eq!(store.flash().counts().reads, 1, "the head of {number}");
        let mut at = 0;
        while at < BODY {
            at += block_on(store.read(found.id, at as u64, &mut body)).expect("there");
        }
        most = most.max(store.flash().counts().reads);
        hits += store.flash().counts().reads;
    }
    println!("a hit: {:.2} reads with its body, at most {most}", hits as f64 / 200.0);
    // The head, its part of the body, and of a body that is split: the end of the segment (it may
    // have room for a header), another header, and its part.
    assert!(most <= 5);
    store.flash().reset_counts();
    for number in 0..1000 {
        let uri = Load::new(900_000 + number).uri();
        let found = block_on(store.find(PairKey::new(&uri), &mut Cursor::new(), &mut record));
        assert!(found.expect("the medium").is_none());
    }
    assert_eq!(store.flash().counts().reads, 0, "misses");
}

#[test]
fn freshening_costs_the_head_and_40_octets() {
    let (mut store, _, pairs) = filled();
    let id = put(&mut store, pairs, BODY);
    let mut most = 0;
    let mut all = 0;
    for freshened in 1..=100 {
        store.flash().reset_counts();
        block_on(Load { freshened, ..Load::new(pairs) }.freshen(&mut store, id)).expect("room");
        let counts = store.flash().counts();
        all += counts.octets_programmed;
        if counts.all_erases() == 0 {
            most = most.max(counts.octets_programmed);
        }
    }
    println!(
        "freshening: {:.1} octets on average, headers of sectors and footers included",
        all as f64 / 100.0
    );
    assert!(all <= 100 * (HEAD as u64 + 40), "{all} octets for 100");
}

#[test]
fn booting_reads_once_for_each_segment() {
    let (store, _, _) = filled();
    let mut flash = store.into_flash();
    flash.reset_counts();
    let mut store = mounted(flash);
    let counts = store.flash().counts().clone();
    println!("boot: {} reads, {} octets", counts.reads, counts.octets_read);
    assert!(counts.reads as f64 <= 1.1 * SECTORS as f64, "{} reads", counts.reads);
    assert_eq!(counts.programs + counts.all_erases(), 0);
    assert!(block_on(store.health()).pairs >= 240);
}

#[test]
fn a_large_body_is_written_and_read_once() {
    let (mut store, _, pairs) = filled();
    const LARGE: usize = 128 * 1024;
    store.flash().reset_counts();
    let id = put(&mut store, pairs, LARGE);
    let counts = store.flash().counts().clone();
    let amplification = counts.octets_programmed as f64 / (LARGE + HEAD) as f64;
    store.flash().reset_counts();
    let body = Load { len: LARGE, ..Load::new(pairs) }.body();
    let mut buf = [0; 1152];
    let mut at = 0;
    while at < LARGE {
        let read = block_on(store.read(id, at as u64, &mut buf)).expect("there");
        assert_eq!(buf[..read], body[at..at + read]);
        at += read;
    }
    let read = store.flash().counts().octets_read as f64 / LARGE as f64;
    println!("128 KiB: write amplification {amplification:.4}, {read:.3} octets read per octet");
    assert!(amplification <= 1.05, "write amplification {amplification:.4}");
    assert!(read <= 1.05, "{read:.3} octets read per octet");
}
