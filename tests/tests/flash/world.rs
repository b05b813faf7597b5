//! A store on a simulated flash, what one does to it, and what can be seen of it.

use larder::pair::PairId;
use larder::store::{Cursor, PairStore, StoreError};
use larder_storage_flash::{FlashStore, Mounted};
use larder_tests::block_on;
use larder_tests::nor::{Nor, NorError};
use larder_tests::store_suite::Sample;
use std::collections::BTreeMap;

/// Pairs that the store's index has room for.
pub const INDEX: usize = 64;

/// How full an index is that may be too small while mounting: pairs that were begun and never
/// completed, and stubs of pairs that are gone, take room then.
const SLACK: usize = 16;

/// A store.
pub type Store<const R: usize, const W: usize, const E: usize> = FlashStore<Nor<R, W, E>, INDEX>;

/// Every pair that can be found: its URI, its version, and its body.
pub type View = BTreeMap<PairId, (String, u32, Vec<u8>)>;

/// A store over all of `flash`, not mounted.
pub fn over<const R: usize, const W: usize, const E: usize>(flash: Nor<R, W, E>) -> Store<R, W, E> {
    let octets = flash.image().len() as u32;
    FlashStore::new(flash, 0..octets, 7).expect("a geometry that works")
}

/// A store over all of `flash`, mounted.
pub fn mounted<const R: usize, const W: usize, const E: usize>(flash: Nor<R, W, E>) -> Store<R, W, E> {
    let mut store = over(flash);
    let found = block_on(store.mount()).expect("mounting never fails");
    assert!(matches!(found, Mounted::Ready | Mounted::Blank), "{found:?}");
    store
}

/// The same flash after a reboot.
pub fn rebooted<const R: usize, const W: usize, const E: usize>(store: Store<R, W, E>) -> Store<R, W, E> {
    let mut flash = store.into_flash();
    flash.restore_power();
    flash.yielding(false);
    mounted(flash)
}

/// What can be found. Damaged pairs are left out, as a client would not see them.
///
/// # Panics
/// If a body has other octets than were written.
pub fn view<const R: usize, const W: usize, const E: usize>(store: &mut Store<R, W, E>) -> View {
    let mut record = [0; 4096];
    let mut cursor = Cursor::new();
    let mut view = View::new();
    while let Some(found) = block_on(store.next_pair(&mut cursor, &mut record)) {
        let pair = found.view(&record).expect("a record");
        let version = pair.response.fields.get("x-version").and_then(|value| str::from_utf8(value).ok());
        let version = version.and_then(|text| text.parse().ok()).expect("a version");
        let uri = pair.uri.to_owned();
        let mut body = vec![0; found.body.held as usize];
        let mut at = 0;
        let whole = loop {
            match block_on(store.read(found.id, at as u64, &mut body[at..])) {
                Ok(0) => break true,
                Ok(read) => at += read,
                Err(StoreError::Gone) => break false,
                Err(error) => panic!("{error:?}"),
            }
        };
        if whole {
            assert_eq!(at, body.len(), "the body of {uri} ends early");
            assert_eq!(body, body_of(&uri, body.len()), "the body of {uri}");
            view.insert(found.id, (uri, version, body));
        }
    }
    view
}

/// A pair whose body follows from its URI.
pub fn sample(path: &str, len: usize) -> Sample {
    let seed = path.bytes().fold(0, |seed: u64, octet| seed.wrapping_mul(131).wrapping_add(octet.into()));
    Sample::new(path, seed, len)
}

fn body_of(uri: &str, len: usize) -> Vec<u8> {
    sample(uri.strip_prefix("http://example.com").expect("a sample's"), len).body()
}

/// What one does to a store. Pairs are named by the order they were put in.
#[derive(Clone, Debug)]
pub enum Op {
    /// Stores a pair in place of others.
    Put(Sample, Vec<usize>),
    /// Stores two pairs turn by turn.
    PutBoth(Sample, Sample),
    /// Begins a pair and gives it up.
    Abandon(Sample),
    /// Writes a head anew, with this version.
    Update(usize, u32),
    Remove(usize),
    Invalidate(String),
    Maintain,
    Pin(usize),
    Clear,
    Wipe(usize),
}

/// What is seen after something went wrong in `op` is what was there before, or after it, for each
/// pair; never both a pair and those it replaces. Pairs of the oldest sector may be gone: where the
/// sector that was written is given up, the next one takes its place. `but`: others that may be.
pub fn compare(op: &Op, names: &Names, before: &View, after: &View, seen: &View, but: &[PairId], told: &str) {
    let sector = |id: &PairId| id.number() >> 16;
    let mut kept = before.iter().filter(|(id, _)| after.contains_key(id) && !but.contains(id)).peekable();
    let oldest = kept.peek().map(|(id, _)| sector(id));
    for (id, pair) in kept {
        let Some(now) = seen.get(id) else {
            // See `unchanged`.
            if before.len() + SLACK >= INDEX && before.keys().take(SLACK).any(|old| old == id) {
                continue;
            }
            // Sectors that a pin holds (of the head, of the body, of a newer head) are passed over, and
            // the next one goes: what is lost is older than all that stays.
            let stays = before.keys().filter(|id| !but.contains(id) && seen.contains_key(id)).min();
            let passed = !but.is_empty() && stays.is_none_or(|stays| id < stays);
            assert!(Some(sector(id)) == oldest || passed, "{} is lost: {told}", pair.0);
            let others = seen.keys().filter(|id| !but.contains(id)).any(|other| sector(other) == sector(id));
            assert!(!others, "{} is lost: {told}", pair.0);
            continue;
        };
        let right = now == pair || Some(now) == after.get(id);
        assert!(right, "{} was version {} and is {}: {told}", pair.0, pair.1, now.1);
    }
    for (id, pair) in seen {
        // What a full index gave up may come back, as long as it was not removed.
        let given_up =
            before.len() + SLACK >= INDEX && before.keys().next().is_some_and(|oldest| id < oldest);
        let known = before.get(id) == Some(pair) || after.get(id) == Some(pair) || given_up;
        let version = before.get(id).map(|pair| pair.1);
        assert!(known, "{} {id:?} is version {}, was {version:?}: {told}", pair.0, pair.1);
    }
    if let Op::Put(_, replaces) = op {
        let new = after.keys().find(|id| !before.contains_key(id));
        for old in replaces {
            let old = names.0[*old].0;
            let both = new.is_some_and(|new| seen.contains_key(new) && seen.contains_key(&old));
            assert!(!both, "both are there: {told}");
        }
    }
}

/// A reboot changed nothing, but that the oldest sector may have gone, all of it: where little is left
/// of the sector that was written, it is given up, and the next one takes the other's place.
pub fn unchanged(before: &View, seen: &View, told: &str) {
    let oldest = before.keys().next().map(|id| id.number() >> 16);
    let without: View = before
        .iter()
        .filter(|(id, _)| Some(id.number() >> 16) != oldest)
        .map(|(id, pair)| (*id, pair.clone()))
        .collect();
    let lost: Vec<_> = before.keys().filter(|id| !seen.contains_key(id)).collect();
    let new: Vec<_> = seen.keys().filter(|id| !before.contains_key(id)).collect();
    // An index that is nearly full may be too small for the pairs that were begun and never completed: a
    // mount sees these too.
    let crowded =
        before.len() + SLACK >= INDEX && new.is_empty() && before.keys().take(lost.len()).eq(lost.clone());
    let crowded = crowded && lost.len() < SLACK && seen.iter().all(|(id, pair)| before.get(id) == Some(pair));
    assert!(
        seen == before || *seen == without || crowded,
        "{lost:?} of {} are lost (the oldest is {:?}), {new:?} are new: {told}",
        before.len(),
        before.keys().next()
    );
}

/// The store goes on as if nothing had been; another reboot changes nothing, but for what `but`
/// names.
pub fn works_on<const R: usize, const W: usize, const E: usize>(
    store: Store<R, W, E>,
    but: &[PairId],
    told: &str,
) {
    let mut store = store;
    let mut names = Names::default();
    for op in [
        Op::Put(sample("/later", 40), vec![]),
        Op::Put(sample("/latest", 900), vec![0]),
        Op::Update(1, 2),
        Op::Put(sample("/last", 1), vec![]),
        Op::Remove(2),
    ] {
        block_on(names.run(&mut store, &op)).expect("power");
    }
    assert_eq!(names.0.len(), 3, "{told}");
    let mut before = view(&mut store);
    assert_eq!(before.get(&names.0[1].0).map(|pair| pair.1), Some(2), "{told}");
    assert!(!before.contains_key(&names.0[0].0) && !before.contains_key(&names.0[2].0), "{told}");
    let mut store = rebooted(store);
    let mut seen = view(&mut store);
    for id in but {
        before.remove(id);
        seen.remove(id);
    }
    unchanged(&before, &seen, told);
}

/// Puts that fill the ring nearly once, so that those that follow evict.
pub fn filler(sectors: usize, sector: usize) -> Vec<Op> {
    let len = (sectors * sector / 12).min(sector);
    (0..10).map(|number| Op::Put(sample(&format!("/filler{number}"), len - 300), vec![])).collect()
}

/// Every operation that writes, on pairs of every kind, behind the filler. `large`: octets of the
/// largest body.
pub fn script(large: usize) -> Vec<Op> {
    let unknown = |path, len| Sample { length_known: false, ..sample(path, len) };
    vec![
        Op::Put(sample("/one", 60), vec![]),
        Op::Put(sample("/two", 1500), vec![]),
        Op::Put(unknown("/three", 1500), vec![]),
        Op::Update(10, 2),
        Op::Update(12, 2),
        Op::Remove(11),
        Op::Put(sample("/one", 61), vec![10]),
        Op::Abandon(sample("/none", 1300)),
        Op::Invalidate("/three".to_owned()),
        Op::Maintain,
        Op::Put(sample("/large", large), vec![13]),
        Op::Update(14, 3),
        Op::PutBoth(sample("/left", 1300), unknown("/right", 1700)),
        Op::Put(Sample { padding: 1200, ..sample("/head", 100) }, vec![]),
    ]
}

/// Who is who: the pairs put so far.
#[derive(Clone, Debug, Default)]
pub struct Names(pub Vec<(PairId, Sample)>);

impl Names {
    /// Does `op`. What the store refuses for want of room or since a pair is gone is no error.
    pub async fn run<const R: usize, const W: usize, const E: usize>(
        &mut self,
        store: &mut Store<R, W, E>,
        op: &Op,
    ) -> Result<(), NorError> {
        let done = match op {
            Op::Put(sample, replaces) => self.put(store, sample, replaces).await,
            Op::PutBoth(one, other) => self.put_both(store, one, other).await,
            Op::Abandon(sample) => abandoned(store, sample).await,
            Op::Update(pair, version) => {
                let (id, sample) = &self.0[*pair];
                let sample = Sample { version: *version, ..sample.clone() };
                sample.with_pair(async |pair| store.update(*id, pair).await).await
            }
            Op::Remove(pair) => Ok(store.remove(self.0[*pair].0).await?),
            Op::Invalidate(path) => Ok(store.invalidate(sample(path, 0).key()).await?),
            Op::Maintain => Ok(store.maintain().await.map(|_| ())?),
            Op::Pin(pair) => store.pin(self.0[*pair].0).await.map(|_| ()),
            Op::Clear => Ok(store.clear().await?),
            Op::Wipe(pair) => Ok(store.wipe(self.0[*pair].0).await?),
        };
        match done {
            Err(StoreError::Medium(error)) => Err(error),
            _ => Ok(()),
        }
    }

    async fn put<const R: usize, const W: usize, const E: usize>(
        &mut self,
        store: &mut Store<R, W, E>,
        sample: &Sample,
        replaces: &[usize],
    ) -> Result<(), StoreError<NorError>> {
        let writing = sample.create(store).await?;
        for chunk in sample.body().chunks(600) {
            store.write(writing, chunk).await?;
        }
        let replaces: Vec<_> = replaces.iter().map(|at| self.0[*at].0).collect();
        let id = store.commit(writing, &replaces).await?;
        self.0.push((id, sample.clone()));
        Ok(())
    }
}

impl Names {
    async fn put_both<const R: usize, const W: usize, const E: usize>(
        &mut self,
        store: &mut Store<R, W, E>,
        one: &Sample,
        other: &Sample,
    ) -> Result<(), StoreError<NorError>> {
        let writing = [one.create(store).await?, other.create(store).await?];
        let bodies = [one.body(), other.body()];
        for at in (0..one.len.max(other.len)).step_by(250) {
            for (writing, body) in writing.iter().zip(&bodies) {
                let chunk = body.get(at..).unwrap_or_default();
                store.write(*writing, &chunk[..chunk.len().min(250)]).await?;
            }
        }
        for (writing, sample) in writing.iter().zip([one, other]) {
            let id = store.commit(*writing, &[]).await?;
            self.0.push((id, sample.clone()));
        }
        Ok(())
    }
}

async fn abandoned<const R: usize, const W: usize, const E: usize>(
    store: &mut Store<R, W, E>,
    sample: &Sample,
) -> Result<(), StoreError<NorError>> {
    let writing = sample.create(store).await?;
    store.write(writing, &sample.body()).await?;
    Ok(store.abandon(writing).await?)
}
