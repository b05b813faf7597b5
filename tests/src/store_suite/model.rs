//! A store beside a map: it may forget, but must agree with what the map holds.

use super::model_parts::Part;
use super::{Kept, Sample, Stored, begin_part, check, find_all, read_body, try_store, update};
use crate::polls::block_on;
use larder::store::{PairStore, Pin, StoreError, Writing};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use std::collections::HashMap;
use std::ops::Range;

/// Something done to a store.
#[derive(Clone, Debug)]
enum Op {
    Store { uri: u8, variant: Option<u8>, len: usize, known: bool },
    Begin { uri: u8, len: usize },
    BeginPart { uri: u8, len: usize, offset: usize },
    Suspend { writer: usize },
    Resume { part: usize },
    Write { writer: usize, chunk: usize },
    Commit { writer: usize, replace: bool },
    Abandon { writer: usize },
    Find { uri: u8 },
    Read { pair: usize, offset: usize, buffer: usize },
    Update { pair: usize, padding: usize },
    Remove { pair: usize },
    Invalidate { uri: u8 },
    Pin { pair: usize },
    Unpin { pin: usize },
    Maintain,
}

fn op() -> impl Strategy<Value = Op> {
    let len = prop_oneof![0..40_usize, 100..300_usize, 400..900_usize];
    let uri = 0..4_u8;
    prop_oneof![
        4 => (uri.clone(), proptest::option::of(0..3_u8), len.clone(), any::<bool>())
            .prop_map(|(uri, variant, len, known)| Op::Store { uri, variant, len, known }),
        2 => (uri.clone(), len.clone()).prop_map(|(uri, len)| Op::Begin { uri, len }),
        2 => (uri.clone(), len, 0..200_usize)
            .prop_map(|(uri, len, offset)| Op::BeginPart { uri, len, offset: if len > 0 { offset % len } else { 0 } }),
        2 => (0..3_usize).prop_map(|writer| Op::Suspend { writer }),
        2 => (0..3_usize).prop_map(|part| Op::Resume { part }),
        4 => (0..3_usize, 1..400_usize).prop_map(|(writer, chunk)| Op::Write { writer, chunk }),
        2 => (0..3_usize, any::<bool>()).prop_map(|(writer, replace)| Op::Commit { writer, replace }),
        1 => (0..3_usize).prop_map(|writer| Op::Abandon { writer }),
        2 => uri.clone().prop_map(|uri| Op::Find { uri }),
        3 => (0..8_usize, 0..1000_usize, 1..300_usize)
            .prop_map(|(pair, offset, buffer)| Op::Read { pair, offset, buffer }),
        2 => (0..8_usize, 0..300_usize).prop_map(|(pair, padding)| Op::Update { pair, padding }),
        1 => (0..8_usize).prop_map(|pair| Op::Remove { pair }),
        1 => uri.prop_map(|uri| Op::Invalidate { uri }),
        1 => (0..8_usize).prop_map(|pair| Op::Pin { pair }),
        2 => (0..2_usize).prop_map(|pin| Op::Unpin { pin }),
        1 => Just(Op::Maintain),
    ]
}

/// Runs `cases` random sequences of operations on stores and on a map, and compares.
///
/// # Panics
/// If they disagree; the message is the shortest such sequence found.
pub fn agrees_with_a_map<S: PairStore>(make: &mut impl FnMut() -> S, cases: u32) {
    // The same sequences on every run.
    let rng_seed = RngSeed::Fixed(9111);
    let config = Config { cases, rng_seed, failure_persistence: None, ..Config::default() };
    let ops = proptest::collection::vec(op(), 1..60);
    let make = std::cell::RefCell::new(make);
    let outcome = TestRunner::new(config).run(&ops, |ops| {
        block_on(async {
            let mut model = Model::new((make.borrow_mut())());
            for op in &ops {
                model.step(op).await;
            }
            model.compare().await;
        });
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// A writer half-way.
struct Open {
    writing: Writing,
    sample: Sample,
    written: usize,
    /// Of a pair of which parts are kept: what was held before, and where this writer began.
    part: Option<(Part, usize)>,
}

struct Model<S> {
    store: S,
    /// What should be there, unless evicted; in the order it was stored.
    there: Vec<Stored>,
    /// What must never be seen again.
    gone: Vec<Stored>,
    open: Vec<Open>,
    /// Incomplete pairs that are not being written.
    parts: Vec<Part>,
    /// Those that were begun, and whose writer was given up before it could tell their name.
    nameless: Vec<Part>,
    pins: Vec<Pin>,
    pinned: HashMap<u64, usize>,
    seeds: u64,
}

impl<S: PairStore> Model<S> {
    fn new(store: S) -> Self {
        Self {
            store,
            there: Vec::new(),
            gone: Vec::new(),
            open: Vec::new(),
            parts: Vec::new(),
            nameless: Vec::new(),
            pins: Vec::new(),
            pinned: HashMap::new(),
            seeds: 0,
        }
    }

    fn sample(&mut self, uri: u8, len: usize) -> Sample {
        self.seeds += 1;
        Sample::new(&format!("/{uri}"), self.seeds, len)
    }

    async fn step(&mut self, op: &Op) {
        match *op {
            Op::Store { uri, variant, len, known } => {
                let mut sample = Sample { length_known: known, ..self.sample(uri, len) };
                sample.variant = variant.map(|variant| variant.to_string());
                // A refusal is no disagreement.
                if let Ok(stored) = try_store(&mut self.store, &sample).await {
                    self.there.push(stored);
                }
            }
            Op::Begin { uri, len } if self.open.len() < 3 => {
                let sample = self.sample(uri, len);
                if let Ok(writing) = sample.create(&mut self.store).await {
                    self.open.push(Open { writing, sample, written: 0, part: None });
                }
            }
            Op::BeginPart { uri, len, offset } if self.open.len() < 3 => {
                let sample = self.sample(uri, len);
                if let Ok(writing) = begin_part(&mut self.store, &sample, offset).await {
                    let part = Some((Part::new(sample.clone()), offset));
                    self.open.push(Open { writing, sample, written: offset, part });
                }
            }
            Op::Suspend { writer } if writer < self.open.len() => {
                let open = self.open.remove(writer);
                self.suspend(open).await;
            }
            Op::Resume { part } if part < self.parts.len() && self.open.len() < 3 => self.resume(part).await,
            Op::Write { writer, chunk } => self.write(writer, chunk).await,
            Op::Commit { writer, replace } => self.commit(writer, replace).await,
            Op::Abandon { writer } if writer < self.open.len() => {
                let open = self.open.remove(writer);
                self.store.abandon(open.writing).await.expect("the medium");
            }
            Op::Find { uri } => {
                let key = format!("http://example.com/{uri}");
                let found = find_all(&mut self.store, larder::pair::PairKey::new(&key), |_| ()).await;
                for id in found {
                    let is_part = self.parts.iter().any(|part| part.id == Some(id));
                    let is_nameless = self.nameless.iter().any(|part| part.sample.uri == key);
                    assert!(
                        is_part || is_nameless || self.there.iter().any(|stored| stored.id == id),
                        "{id:?} was never stored"
                    );
                }
            }
            Op::Read { pair, offset, buffer } => self.read(pair, offset, buffer).await,
            Op::Update { pair, padding } => {
                if let Some(stored) = self.there.get_mut(pair) {
                    let version = stored.sample.version + 1;
                    let old = stored.sample.padding;
                    stored.sample.padding = padding;
                    if update(&mut self.store, stored, version).await.is_err() {
                        stored.sample.padding = old;
                    }
                }
            }
            Op::Remove { pair } if pair < self.there.len() => {
                let stored = self.there.remove(pair);
                self.store.remove(stored.id).await.expect("the medium");
                self.forget(stored);
            }
            Op::Invalidate { uri } => {
                let uri = format!("http://example.com/{uri}");
                self.store.invalidate(larder::pair::PairKey::new(&uri)).await.expect("the medium");
                self.parts.retain(|part| part.sample.uri != uri);
                self.nameless.retain(|part| part.sample.uri != uri);
                for stored in self.there.extract_if(.., |stored| stored.sample.uri == uri).collect::<Vec<_>>()
                {
                    self.forget(stored);
                }
            }
            Op::Pin { pair } if self.pins.len() < 2 => {
                if let Some(stored) = self.there.get(pair)
                    && stored.sample.len < 300
                    && let Ok(pin) = self.store.pin(stored.id).await
                {
                    self.pins.push(pin);
                    *self.pinned.entry(pin.id.number()).or_default() += 1;
                }
            }
            Op::Unpin { pin } if pin < self.pins.len() => {
                let pin = self.pins.remove(pin);
                self.store.unpin(pin).await.expect("the medium");
                if let Some(count) = self.pinned.get_mut(&pin.id.number()) {
                    *count -= 1;
                }
            }
            Op::Maintain => {
                self.store.maintain().await.expect("the medium");
            }
            Op::Begin { .. }
            | Op::BeginPart { .. }
            | Op::Suspend { .. }
            | Op::Resume { .. }
            | Op::Abandon { .. }
            | Op::Remove { .. }
            | Op::Pin { .. }
            | Op::Unpin { .. } => {}
        }
    }

    fn forget(&mut self, stored: Stored) {
        self.pinned.remove(&stored.id.number());
        self.gone.push(stored);
    }

    async fn write(&mut self, writer: usize, chunk: usize) {
        let Some(open) = self.open.get_mut(writer) else {
            return;
        };
        let body = open.sample.body();
        let rest = &body[open.written..];
        let chunk = &rest[..chunk.min(rest.len())];
        match self.store.write(open.writing, chunk).await {
            Ok(()) => open.written += chunk.len(),
            Err(_) => {
                let Open { writing, written, part, .. } = self.open.remove(writer);
                let again = self.store.commit(writing, &[]).await;
                assert!(matches!(again, Err(StoreError::Gone)), "a writer that failed is abandoned");
                if let Some((part, begun)) = part {
                    self.cut_short(part, begun..written + chunk.len());
                }
            }
        }
    }

    async fn commit(&mut self, writer: usize, replace: bool) {
        if writer >= self.open.len() {
            return;
        }
        let Open { writing, sample, written, part } = self.open.remove(writer);
        if part.as_ref().is_some_and(|(part, begun)| !part.is_whole_with(*begun..sample.len)) {
            return self.suspend(Open { writing, sample, written, part }).await;
        }
        let rest = &sample.body()[written..];
        let is_written = rest.is_empty() || self.store.write(writing, rest).await.is_ok();
        let same =
            |stored: &Stored| replace && stored.sample.uri == sample.uri && stored.sample.variant.is_none();
        let replaces: Vec<_> =
            self.there.iter().filter(|stored| same(stored)).map(|stored| stored.id).collect();
        let committed = self.store.commit(writing, &replaces).await;
        assert!(is_written || committed.is_err(), "what could not be written is whole");
        if let Ok(id) = committed {
            for old in self.there.extract_if(.., |stored| replaces.contains(&stored.id)).collect::<Vec<_>>() {
                self.forget(old);
            }
            self.there.push(Stored { id, sample });
        } else if let Some((part, begun)) = part {
            self.cut_short(part, begun..sample.len);
        }
    }

    /// What a writer has written stays, of a pair of which parts are kept.
    async fn suspend(&mut self, open: Open) {
        let kept = self.store.suspend(open.writing).await;
        let Some((mut part, begun)) = open.part else {
            assert!(matches!(kept, Ok(None) | Err(StoreError::Gone)), "{kept:?}: it is not resumable");
            return;
        };
        if matches!(kept, Err(StoreError::Gone)) {
            return self.cut_short(part, begun..open.written);
        }
        part.add(begun..open.written);
        match kept {
            Ok(Some(id)) => {
                assert!(part.id.is_none_or(|before| before == id), "{id:?} was {:?}", part.id);
                part.id = Some(id);
                self.parts.push(part);
            }
            Ok(None) => assert!(part.is_empty(), "{part:?} was given up"),
            Err(error) => panic!("{error:?}"),
        }
    }

    /// The store needed the writer for something else.
    fn cut_short(&mut self, part: Part, range: Range<usize>) {
        let kept = if part.id.is_some() { &mut self.parts } else { &mut self.nameless };
        kept.push(part.cut_short(range));
    }

    /// Goes on at the first octet that is missing.
    async fn resume(&mut self, at: usize) {
        let part = self.parts.remove(at);
        let Some((id, first)) = part.id.zip(part.next_missing()) else {
            return self.parts.push(part);
        };
        match self.store.resume(id, first as u64).await {
            Ok(writing) => {
                let sample = part.sample.clone();
                self.open.push(Open { writing, sample, written: first, part: Some((part, first)) });
            }
            Err(StoreError::Gone) => part.check(&mut self.store).await,
            Err(StoreError::NoRoom) => self.parts.push(part),
            Err(error) => panic!("{error:?}"),
        }
    }

    async fn read(&mut self, pair: usize, offset: usize, buffer: usize) {
        let Some(stored) = self.there.get(pair) else {
            return;
        };
        let body = stored.sample.body();
        let mut buf = vec![0; buffer];
        match self.store.read(stored.id, offset as u64, &mut buf).await {
            Ok(read) => {
                assert_eq!(read == 0, offset >= body.len(), "0 at the end and only there");
                assert_eq!(buf[..read], body[offset.min(body.len())..][..read]);
            }
            Err(StoreError::Gone) => {}
            Err(error) => panic!("{error:?}"),
        }
    }

    /// Everything the map holds is whole or gone, what is pinned is whole, what was removed is gone.
    async fn compare(&mut self) {
        // Whether a pair that is being resumed counts is the store's business.
        while let Some(open) = self.open.pop() {
            self.suspend(open).await;
        }
        let mut whole = 0;
        for stored in &self.there {
            let kept = check(&mut self.store, stored).await;
            let pins = self.pinned.get(&stored.id.number()).copied().unwrap_or_default();
            assert!(pins == 0 || kept == Kept::Whole, "{stored:?} was pinned");
            whole += u32::from(kept == Kept::Whole);
        }
        let mut incomplete = 0;
        for part in &self.parts {
            part.check(&mut self.store).await;
            incomplete += u32::from(part.is_there(&mut self.store).await);
        }
        let (pairs, nameless) = (self.store.health().await.pairs, self.nameless.len() as u32);
        let counted = whole + incomplete;
        assert!((counted..=counted + nameless).contains(&pairs), "{pairs} pairs, {counted} of them known");
        for stored in &self.gone {
            assert_eq!(check(&mut self.store, stored).await, Kept::Gone);
            assert!(read_body(&mut self.store, stored.id, 10).await.is_err());
        }
    }
}
