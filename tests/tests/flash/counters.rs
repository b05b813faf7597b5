//! What it costs: exact counts, so that any change shows.
//!
//! The workload of the design: 64 sectors of 4 KiB, words of 4, pairs of a 400-octet head (URI and
//! field lines, as on the wire) and a 600-octet body.

use larder::CacheOptions;
use larder::head::{Fields, RequestHead, ResponseHead};
use larder::pair::{NewPair, PairId, PairKey};
use larder::state::{Candidates, IdleClient, IdleNext, MissNext};
use larder::store::{Cursor, PairStore};
use larder::time::Exchange;
use larder_storage_flash::FlashStore;
use larder_tests::nor::{Counts, Nor};
use larder_tests::store_suite::octets;
use larder_tests::{MockClock, block_on};

type Flash = Nor<1, 4, 4096>;
type Store = FlashStore<Flash, 300>;

const SECTORS: usize = 64;
const HEAD: usize = 400;
const BODY: usize = 600;

fn uri(number: usize) -> String {
    format!("https://api.example.com/v1/devices/{number:06}")
}

/// Hands a pair over whose URI and field lines take [`HEAD`] octets on the wire.
async fn with_pair<R>(number: usize, body: usize, work: impl AsyncFnOnce(&NewPair<'_>) -> R) -> R {
    with_pair_of(number, body, "Sun, 22 Nov 2026 15:00:00 GMT", work).await
}

/// The same with another `Date`.
async fn with_pair_of<R>(
    number: usize,
    body: usize,
    date: &str,
    work: impl AsyncFnOnce(&NewPair<'_>) -> R,
) -> R {
    let (uri, length) = (uri(number), body.to_string());
    let mut said = vec![
        ("Date", date),
        ("Content-Type", "application/json"),
        ("Content-Length", &length),
        ("Cache-Control", "public, max-age=60"),
        ("ETag", "W/\"d41d8cd98f00b204e9800998ecf8427e\""),
        ("Last-Modified", "Sat, 21 Nov 2026 10:11:12 GMT"),
        ("Server", "nginx"),
        ("Strict-Transport-Security", "max-age=31536000"),
    ];
    let wire = |lines: &[(&str, &str)]| {
        lines.iter().map(|(name, value)| name.len() + value.len() + 4).sum::<usize>()
    };
    let padding = "p".repeat(HEAD - uri.len() - wire(&said) - "X-Request-Id: \r\n".len());
    said.push(("X-Request-Id", &padding));
    assert_eq!(uri.len() + wire(&said), HEAD);
    let options = CacheOptions::PRIVATE;
    let mut scratch = Candidates::new();
    let now = MockClock::new().now();
    let IdleNext::CacheMiss(miss) =
        IdleClient::new(&options).next(RequestHead::get(&uri), [], now, &mut scratch)
    else {
        panic!("nothing is stored");
    };
    let response = ResponseHead { status: 200, fields: Fields::new(&said) };
    let MissNext::StoreAndUse(state) = miss.next(response, Exchange::at(now)) else {
        panic!("it can be stored");
    };
    work(&state.pair()).await
}

fn put(store: &mut Store, number: usize, body: usize) -> PairId {
    block_on(async {
        let writing = with_pair(number, body, async |pair| store.create(pair).await).await.expect("room");
        for chunk in octets(number as u64, body).chunks(1024) {
            store.write(writing, chunk).await.expect("room");
        }
        store.commit(writing, &[]).await.expect("room")
    })
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
        let uri = uri(number);
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
        let uri = uri(1_000_000 + number);
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
    for _ in 0..100 {
        store.flash().reset_counts();
        block_on(with_pair(pairs, BODY, async |pair| store.update(id, pair).await)).expect("room");
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
    let mut buf = [0; 1152];
    let mut at = 0;
    while at < LARGE {
        let read = block_on(store.read(id, at as u64, &mut buf)).expect("there");
        assert_eq!(buf[..read], octets(pairs as u64, LARGE)[at..at + read]);
        at += read;
    }
    let read = store.flash().counts().octets_read as f64 / LARGE as f64;
    println!("128 KiB: write amplification {amplification:.4}, {read:.3} octets read per octet");
    assert!(amplification <= 1.05, "write amplification {amplification:.4}");
    assert!(read <= 1.05, "{read:.3} octets read per octet");
}

#[test]
fn freshening_with_a_later_date_costs_what_changed() {
    let (mut store, _, pairs) = filled();
    let id = put(&mut store, pairs, BODY);
    let (mut all, mut most) = (0, 0);
    let mut record = [0; 2048];
    for second in 1..=100 {
        let date = format!("Sun, 22 Nov 2026 16:{:02}:{:02} GMT", second / 60, second % 60);
        store.flash().reset_counts();
        let update = async |pair: &NewPair<'_>| store.update(id, pair).await;
        block_on(with_pair_of(pairs, BODY, &date, update)).expect("room");
        all += store.flash().counts().octets_programmed;
        store.flash().reset_counts();
        let uri = uri(pairs);
        let found = block_on(store.find(PairKey::new(&uri), &mut Cursor::new(), &mut record));
        let found = found.expect("the medium").expect("it is there");
        let seen = found.view(&record).expect("a record");
        assert_eq!(seen.response.fields.get("date"), Some(date.as_bytes()));
        most = most.max(store.flash().counts().reads);
    }
    println!(
        "freshening, a later date: {:.1} octets on average, found with {most} reads",
        all as f64 / 100.0
    );
    assert!(all <= 100 * 80, "{all} octets for 100");
    assert!(most <= 2, "{most} reads");
}

#[test]
fn a_body_interrupted_16_times_is_programmed_once() {
    const LARGE: usize = 128 * 1024;
    let (mut store, _, pairs) = filled();
    let mut number = 1_u64;
    let body: Vec<u8> = (0..LARGE)
        .map(|_| {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (number >> 56) as u8
        })
        .collect();
    store.flash().reset_counts();
    let writing = block_on(with_pair(pairs, LARGE, async |pair| {
        store.create(&NewPair { resumable: true, ..*pair }).await
    }));
    let mut writing = writing.expect("room");
    let mut id = None;
    for chunk in body.chunks(LARGE / 17 + 1) {
        if let Some(id) = id {
            let from = block_on(store.extent(id, 0)).expect("there").expect("a part").end;
            writing = block_on(store.resume(id, from)).expect("it can be completed");
        }
        block_on(store.write(writing, chunk)).expect("room");
        id = block_on(store.suspend(writing)).expect("room");
    }
    let id = id.expect("a part");
    let writing = block_on(store.resume(id, LARGE as u64)).expect("it can be completed");
    assert_eq!(block_on(store.commit(writing, &[])), Ok(id));
    let programmed = store.flash().counts().octets_programmed;
    let amplification = programmed as f64 / (LARGE + HEAD) as f64;
    println!("128 KiB, interrupted 16 times: write amplification {amplification:.4}");
    assert!(amplification <= 1.05, "write amplification {amplification:.4}");
    // Each octet of it lies on flash once.
    let image = store.flash().image().to_vec();
    for at in (0..LARGE - 64).step_by(997) {
        let found = image.windows(24).filter(|found| *found == &body[at..at + 24]).count();
        assert!(found <= 1, "{found} times: what is at {at}");
    }
}

#[test]
fn merging_programs_no_octet_of_a_body() {
    let (mut store, _, pairs) = filled();
    const LEN: usize = 20_000;
    let body = octets(pairs as u64, LEN);
    let ids = [0, LEN / 2].map(|from| {
        block_on(async {
            let begin = async |pair: &NewPair<'_>| {
                store.create(&NewPair { resumable: true, offset: from as u64, ..*pair }).await
            };
            let writing = with_pair(pairs, LEN, begin).await.expect("room");
            store.write(writing, &body[from..from + LEN / 2]).await.expect("room");
            store.suspend(writing).await.expect("room").expect("a part")
        })
    });
    store.flash().reset_counts();
    block_on(store.merge(ids[0], ids[1])).expect("room");
    let programmed = store.flash().counts().octets_programmed;
    println!("merging: {programmed} octets");
    assert!(programmed <= 24 + 64, "{programmed} octets: a record with its list, and perhaps a footer");
    let writing = block_on(store.resume(ids[0], LEN as u64)).expect("it can be completed");
    block_on(store.commit(writing, &[])).expect("room");
    let mut read = vec![0; LEN];
    let mut at = 0;
    while at < LEN {
        at += block_on(store.read(ids[0], at as u64, &mut read[at..])).expect("there");
    }
    assert_eq!(read, body);
}

#[test]
fn second_chances_cost_what_they_may_and_find_more() {
    let (fifo, _) = zipf(0);
    for percent in [25, 50] {
        let (hits, amplification) = zipf(percent);
        println!("{percent} %: hit rate {hits:.3} (FIFO {fifo:.3}), write amplification {amplification:.3}");
        // Of each 100 octets, `percent` are copies.
        let most = 100.0 / (100.0 - f64::from(percent)) * 1.05;
        assert!(amplification <= most, "write amplification {amplification:.3} with {percent} %");
        assert!(hits > fifo, "hit rate {hits:.3}, {fifo:.3} without");
    }
}

/// Look-ups of 2,000 URIs, the `n`th of them in proportion to 1/n; what is not found is stored. The hit
/// rate, and octets programmed for each octet stored.
fn zipf(percent: u8) -> (f64, f64) {
    let mut store = mounted(Nor::new(SECTORS)).with_second_chance(percent);
    let weights: Vec<f64> = (1..=2000).map(|rank| 1.0 / f64::from(rank)).collect();
    let all: f64 = weights.iter().sum();
    let (mut number, mut hits, mut stored) = (9_u64, 0, 0);
    let mut record = [0; 2048];
    for lookup in 0..8000 {
        if lookup == 2000 {
            store.flash().reset_counts();
            (hits, stored) = (0, 0);
        }
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut left = (number >> 33) as f64 / f64::from(1_u32 << 31) * all;
        let wanted = weights.iter().position(|weight| {
            left -= weight;
            left <= 0.0
        });
        let wanted = wanted.unwrap_or(0);
        let uri = uri(wanted);
        let found = block_on(store.find(PairKey::new(&uri), &mut Cursor::new(), &mut record));
        if found.expect("the medium").is_some() {
            hits += 1;
        } else {
            put(&mut store, wanted, BODY);
            stored += HEAD + BODY;
        }
    }
    (f64::from(hits) / 6000.0, store.flash().counts().octets_programmed as f64 / stored as f64)
}
