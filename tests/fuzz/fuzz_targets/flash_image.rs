//! The flash store on any image at all: mounting ends, and the store works.
//!
//! The first octet chooses a geometry and whether the image is arbitrary or a valid one that is
//! changed; the second how many octets are for the image: so many times 16. The rest are operations.
#![no_main]

use larder::pair::PairId;
use larder::store::{Cursor, PairStore, StoreError};
use larder_storage_flash::{FlashStore, Mounted};
use larder_tests::block_on;
use larder_tests::nor::Nor;
use larder_tests::store_suite::{Sample, Stored, begin_part};
use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

type Store<const R: usize, const W: usize, const E: usize> = FlashStore<Nor<R, W, E>, 32>;

fn over<const R: usize, const W: usize, const E: usize>(flash: Nor<R, W, E>) -> Store<R, W, E> {
    let octets = flash.image().len() as u32;
    FlashStore::new(flash, 0..octets, 7).expect("a geometry that works").with_second_chance(25)
}

/// Pairs of every kind: complete, freshened, incomplete, joined, removed.
fn valid<const R: usize, const W: usize, const E: usize>(units: usize) -> Vec<u8> {
    let mut s = over(Nor::<R, W, E>::new(units));
    block_on(async {
        s.mount().await.expect("the medium");
        for number in 0..6 {
            put(&mut s, number, 200 * usize::from(number)).await;
        }
        let part = Sample::new("/part", 99, 900);
        let mut ids = Vec::new();
        for from in [0, 300, 600] {
            let writing = begin_part(&mut s, &part, from).await.expect("room");
            s.write(writing, &part.body()[from..from + 200]).await.expect("room");
            ids.extend(s.suspend(writing).await.expect("room"));
        }
        s.merge(ids[0], ids[1]).await.expect("room");
        if let Some(stored) = put(&mut s, 7, 50).await {
            let new = Sample { version: 2, ..stored.sample };
            new.with_pair(async |pair| s.update(stored.id, pair).await).await.expect("room");
        }
        s.remove(ids[2]).await.expect("the medium");
    });
    s.into_flash().image().to_vec()
}

async fn put<S: PairStore>(s: &mut S, number: u8, len: usize) -> Option<Stored> {
    let sample = Sample::new(&format!("/{number}"), u64::from(number), len);
    let writing = sample.create(s).await.ok()?;
    for chunk in sample.body().chunks(500) {
        s.write(writing, chunk).await.ok()?;
    }
    let id = s.commit(writing, &[]).await.ok()?;
    Some(Stored { id, sample })
}

/// What is read of a pair's body is a part of what was written. Whether the pair is there.
async fn check<S: PairStore>(s: &mut S, id: PairId, body: &[u8]) -> bool {
    let mut from = 0;
    loop {
        match s.extent(id, from).await {
            Ok(Some(extent)) => {
                assert!(extent.start >= from && extent.end > extent.start);
                let mut buf = [0; 700];
                let mut at = extent.start;
                while at < extent.end {
                    match s.read(id, at, &mut buf).await {
                        Ok(0) | Err(StoreError::Gone) => break,
                        Ok(read) => {
                            assert_eq!(&buf[..read], &body[at as usize..at as usize + read]);
                            at += read as u64;
                        }
                        Err(error) => panic!("{error:?}"),
                    }
                }
                from = extent.end;
            }
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

async fn read_all<S: PairStore>(s: &mut S, stored: &Stored) {
    let body = stored.sample.body();
    let mut record = [0; 2048];
    let Some(found) = s.head(stored.id, &mut record).await.expect("the medium") else {
        return;
    };
    assert_eq!(found.view(&record).expect("a record").uri, stored.sample.uri);
    check(s, stored.id, &body).await;
}

fn works<const R: usize, const W: usize, const E: usize>(image: &[u8], ops: &[u8]) {
    let mut s = over(Nor::<R, W, E>::with_image(image));
    block_on(async {
        let found = s.mount().await.expect("mounting never fails");
        let reads = s.flash().counts().reads;
        // Each octet at most so many times, as records may seem to begin anywhere.
        assert!(reads <= 2 * image.len() as u64, "{reads} reads");
        let mut cursor = Cursor::new();
        let mut record = [0; 2048];
        let mut known = 0;
        while let Some(found) = s.next_pair(&mut cursor, &mut record).await {
            // A forged one may be of any schema.
            let _ = found.view(&record);
            let mut buf = [0; 600];
            let _ = s.read(found.id, 0, &mut buf).await;
            let _ = s.extent(found.id, 3).await;
            known += 1;
            assert!(known <= 32);
        }
        s.health().await;
        if let Mounted::Foreign { .. } = found {
            s.format().await.expect("the medium");
        }
    });
    run(s, ops);
}

fn run<const R: usize, const W: usize, const E: usize>(s: Store<R, W, E>, ops: &[u8]) {
    let mut s = s;
    let mut there: Vec<Stored> = Vec::new();
    for op in ops.chunks_exact(2).take(40) {
        let [op, what] = *op else { return };
        let pair = there.get(usize::from(what) % there.len().max(1)).cloned();
        block_on(async {
            match (op % 12, pair) {
                (0..3, _) => there.extend(put(&mut s, what, usize::from(what) * 9).await),
                (3, _) => {
                    let sample = Sample::new(&format!("/{what}"), u64::from(what), 900);
                    let Ok(writing) = begin_part(&mut s, &sample, usize::from(what)).await else { return };
                    let chunk = &sample.body()[usize::from(what)..600];
                    if s.write(writing, chunk).await.is_ok()
                        && let Ok(Some(id)) = s.suspend(writing).await
                    {
                        there.push(Stored { id, sample });
                    }
                }
                (4, Some(Stored { id, sample })) => {
                    let from = usize::from(what) * 4 % (sample.len + 1);
                    let Ok(writing) = s.resume(id, from as u64).await else { return };
                    if s.write(writing, &sample.body()[from..]).await.is_ok() {
                        let _ = s.commit(writing, &[]).await;
                    }
                }
                (5, Some(into)) => {
                    let same = |other: &&Stored| other.sample == into.sample && other.id > into.id;
                    if let Some(from) = there.iter().find(same) {
                        let _ = s.merge(into.id, from.id).await;
                    }
                }
                (6 | 7, Some(Stored { id, sample })) => {
                    let new = Sample { version: u32::from(op), ..sample };
                    let _ = new.with_pair(async |pair| s.update(id, pair).await).await;
                }
                (8, Some(Stored { id, .. })) => s.remove(id).await.expect("the medium"),
                (9, Some(Stored { id, .. })) if what % 8 == 0 => s.wipe(id).await.expect("the medium"),
                (10, _) => drop(s.maintain().await.expect("the medium")),
                (11, _) => drop(s.mount().await.expect("mounting never fails")),
                (_, Some(pair)) => read_all(&mut s, &pair).await,
                _ => {}
            }
        });
    }
    for reboot in [false, true] {
        if reboot {
            block_on(s.mount()).expect("mounting never fails");
        }
        for stored in &there {
            block_on(read_all(&mut s, stored));
        }
    }
    // The newest of all is there.
    let last = block_on(put(&mut s, 250, 300)).expect("room");
    let body = last.sample.body();
    assert!(block_on(check(&mut s, last.id, &body)), "it was stored last");
    block_on(s.mount()).expect("mounting never fails");
    assert!(block_on(check(&mut s, last.id, &body)), "and is there after a reboot");
}

fn image<const R: usize, const W: usize, const E: usize>(
    units: usize,
    change: bool,
    octets: &[u8],
    valid: &'static OnceLock<Vec<u8>>,
) -> Vec<u8> {
    if !change {
        let mut image = octets.to_vec();
        image.resize(units * E, 0xff);
        return image;
    }
    let mut image = valid.get_or_init(|| self::valid::<R, W, E>(units)).clone();
    for change in octets.chunks_exact(4) {
        let [a, b, how, octet] = *change else { break };
        let at = usize::from(u16::from_le_bytes([a, b])) % image.len();
        match how % 4 {
            0 => image[at] ^= 1 << (octet % 8),
            1 => image[at] = octet,
            2 => {
                let end = (at + usize::from(octet)).min(image.len());
                image[at..end].fill(if how & 4 == 0 { 0xff } else { 0 });
            }
            _ => {
                let to = (at / 256 ^ usize::from(octet)) * 256 % image.len();
                image.copy_within(at / 256 * 256..at / 256 * 256 + 256, to);
            }
        }
    }
    image
}

static VALID: [OnceLock<Vec<u8>>; 3] = [const { OnceLock::new() }; 3];

fuzz_target!(|octets: &[u8]| {
    let [choice, len, rest @ ..] = octets else { return };
    let (octets, ops) = rest.split_at(rest.len().min(usize::from(*len) * 16));
    let change = choice & 128 != 0;
    let valid = &VALID[usize::from(choice % 3)];
    match choice % 3 {
        0 => works::<1, 1, 4096>(&image::<1, 1, 4096>(4, change, octets, valid), ops),
        1 => works::<4, 8, 2048>(&image::<4, 8, 2048>(6, change, octets, valid), ops),
        _ => works::<4, 32, 8192>(&image::<4, 32, 8192>(3, change, octets, valid), ops),
    }
});
