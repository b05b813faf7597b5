//! A store on a simulated flash, what one does to it, and what can be seen of it.

use larder::pair::{PairId, StoredBody};
use larder::store::{Cursor, PairStore, StoreError, Writing};
use larder_storage_flash::{FlashStore, Mounted};
use larder_tests::block_on;
use larder_tests::nor::{Nor, NorError};
use larder_tests::store_suite::{Sample, begin_part};
use std::collections::BTreeMap;
use std::ops::Range;

/// Pairs that the store's index has room for.
pub const INDEX: usize = 64;

/// How full an index is that may be too small while mounting: pairs that were begun and never
/// completed, and stubs of pairs that are gone, take room then.
const SLACK: usize = 16;

/// A store.
pub type Store<const R: usize, const W: usize, const E: usize> = FlashStore<Nor<R, W, E>, INDEX>;

/// Every pair that can be found.
pub type View = BTreeMap<PairId, Seen>;

/// A pair that can be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub uri: String,
    pub version: u32,
    pub body: Body,
}

/// What can be read of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// Whether the pair is complete.
    pub committed: bool,
    /// Octets of the complete body, if that is known.
    pub complete: Option<usize>,
    /// The octets that are held, each run with where it begins.
    pub runs: Vec<(usize, Vec<u8>)>,
}

impl Body {
    /// Whether nothing is missing.
    pub fn is_whole(&self) -> bool {
        let end = match self.runs.as_slice() {
            [] => 0,
            [(0, octets)] => octets.len(),
            _ => return false,
        };
        self.committed && self.complete == Some(end)
    }

    /// Octets that are held.
    pub fn held(&self) -> usize {
        self.runs.iter().map(|(_, octets)| octets.len()).sum()
    }

    /// Whether all that is held of `less` is held.
    pub fn covers(&self, less: &Self) -> bool {
        less.runs.iter().all(|(start, octets)| {
            let (start, end) = (*start, start + octets.len());
            self.runs.iter().any(|(from, held)| *from <= start && end <= from + held.len())
        })
    }
}

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
        let (uri, of) = (pair.uri.to_owned(), found.body);
        if let Some(body) = body_seen(store, found.id, &uri, of) {
            assert!(!of.is_whole() || body.is_whole(), "the body of {uri} ends early");
            view.insert(found.id, Seen { uri, version, body });
        }
    }
    view
}

/// The octets that are held of a body; `None` if it is damaged.
fn body_seen<const R: usize, const W: usize, const E: usize>(
    store: &mut Store<R, W, E>,
    id: PairId,
    uri: &str,
    of: StoredBody,
) -> Option<Body> {
    let whole = of.is_whole();
    let complete = of.complete.map(|complete| complete as usize);
    let mut runs = Vec::new();
    let (mut from, mut held) = (0, 0);
    while let Some(extent) = block_on(store.extent(id, from)).ok()? {
        assert!(extent.start >= from && extent.end > extent.start, "{extent:?} of {uri}");
        let mut octets = vec![0; (extent.end - extent.start) as usize];
        let mut at = 0;
        while at < octets.len() {
            match block_on(store.read(id, extent.start + at as u64, &mut octets[at..])) {
                Ok(0) if whole => panic!("the body of {uri} ends early"),
                // What follows is damaged.
                Ok(0) => break,
                Ok(read) => at += read,
                Err(StoreError::Gone) => return None,
                Err(error) => panic!("{error:?}"),
            }
        }
        octets.truncate(at);
        let (start, end) = (extent.start as usize, extent.end as usize);
        let right = body_of(uri, end);
        assert!(octets[..] == right[start..start + at], "the body of {uri}, from {start} on");
        runs.push((start, octets));
        (from, held) = (extent.end, held + (extent.end - extent.start));
    }
    assert_eq!(held, of.held, "what is held of {uri}");
    Some(Body { committed: whole, complete, runs })
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
    /// Writes a head anew that has this many octets more.
    UpdateLarge(usize, u32, usize),
    /// Stores a part of a pair: begins it there, and suspends it.
    Part(Sample, Range<usize>),
    /// Stores one more part of an incomplete pair.
    More(usize, Range<usize>),
    /// Stores the rest of an incomplete pair, and completes it in place of others.
    Finish(usize, usize, Vec<usize>),
    /// Stores a pair of which a part would be kept, in place of others.
    Whole(Sample, Vec<usize>),
    /// Makes the second pair's parts the first one's.
    Merge(usize, usize),
    /// Begins a pair of which a part would be kept, and gives it up.
    AbandonPart(Sample),
    /// Goes on with an incomplete pair, and gives it up.
    AbandonMore(usize, usize),
}

impl Op {
    /// The URI of the pair whose body it writes so that a part of it stays.
    pub fn grows<'n>(&'n self, names: &'n Names) -> Option<&'n str> {
        match self {
            Self::Part(sample, _) | Self::Whole(sample, _) | Self::AbandonPart(sample) => Some(&sample.uri),
            Self::More(pair, _) | Self::Finish(pair, ..) | Self::AbandonMore(pair, _) => {
                Some(&names.0[*pair].1.uri)
            }
            _ => None,
        }
    }

    /// The pairs in whose place it puts another.
    fn replaces(&self) -> &[usize] {
        match self {
            Self::Put(_, replaces) | Self::Whole(_, replaces) | Self::Finish(_, _, replaces) => replaces,
            _ => &[],
        }
    }
}

/// What is seen after something went wrong in `op` is what was there before, or after it, for each
/// pair; never both a pair and those it replaces. Of a body whose parts are kept it may be anything
/// between. Pairs of the oldest sector may be gone: where the sector that was written is given up, the
/// next one takes its place. `but`: others that may be.
pub fn compare(op: &Op, names: &Names, before: &View, after: &View, seen: &View, but: &[PairId], told: &str) {
    let mut kept = before.iter().filter(|(id, _)| after.contains_key(id) && !but.contains(id)).peekable();
    let oldest = kept.peek().map(|(id, _)| sector(id));
    for (id, pair) in kept {
        let Some(now) = seen.get(id) else {
            // See `unchanged`.
            if is_crowded(before, id) {
                continue;
            }
            // Sectors that a pin holds (of the head, of the body, of a newer head) are passed over, and
            // the next one goes: what is lost is older than all that stays.
            let stays = before.keys().filter(|id| !but.contains(id) && seen.contains_key(id)).min();
            let passed = !but.is_empty() && stays.is_none_or(|stays| id < stays);
            assert!(Some(sector(id)) == oldest || passed, "{} is lost: {told}", pair.uri);
            let others = seen.keys().filter(|id| !but.contains(id)).any(|other| sector(other) == sector(id));
            assert!(!others, "{} is lost: {told}", pair.uri);
            continue;
        };
        let after = &after[id];
        let between = op.grows(names) == Some(&pair.uri) && is_between(pair, now, Some(after));
        let right = now == pair || now == after || between;
        assert!(right, "{} was version {} and is {}: {told}", pair.uri, pair.version, now.version);
    }
    for (id, pair) in seen {
        // What a full index gave up may come back, as long as it was not removed.
        let given_up =
            before.len() + SLACK >= INDEX && before.keys().next().is_some_and(|oldest| id < oldest);
        let part = op.grows(names) == Some(&pair.uri)
            && before.get(id).map_or(pair.body.runs.len() <= 1 && !pair.body.committed, |before| {
                is_between(before, pair, after.get(id))
            })
            && after.get(id).is_none_or(|after| after.body.covers(&pair.body));
        let known = before.get(id) == Some(pair) || after.get(id) == Some(pair) || given_up || part;
        let version = before.get(id).map(|pair| pair.version);
        assert!(known, "{} {id:?} is version {}, was {version:?}: {told}", pair.uri, pair.version);
    }
    replaced(op, names, before, after, seen, told);
    merged(op, names, before, after, seen, told);
    second_chances(before, after, seen, told);
}

fn sector(id: &PairId) -> u64 {
    id.number() >> 16
}

/// Whether the ring has come round to where a pair was: nothing as old is there.
fn was_lapped(seen: &View, id: &PairId) -> bool {
    !seen.keys().any(|other| sector(other) <= sector(id))
}

/// Whether a pair may be gone since the index was too small while mounting.
fn is_crowded(before: &View, id: &PairId) -> bool {
    before.len() + SLACK >= INDEX && before.keys().take(SLACK).any(|old| old == id)
}

/// Whether a body grew from what it was, and no further than it was to.
fn is_between(before: &Seen, now: &Seen, after: Option<&Seen>) -> bool {
    !now.body.committed
        && now.version == before.version
        && now.body.complete == before.body.complete
        && now.body.covers(&before.body)
        && now.body.runs.len() <= before.body.runs.len() + 1
        && after.is_none_or(|after| after.body.covers(&now.body))
}

/// Never both a pair and those it replaces, nor neither.
fn replaced(op: &Op, names: &Names, before: &View, after: &View, seen: &View, told: &str) {
    let new = match op {
        Op::Finish(pair, ..) => Some(names.0[*pair].0),
        _ => after.keys().find(|id| !before.contains_key(id) && after[id].uri == uri_of(op)).copied(),
    };
    let new_is_there = new.and_then(|new| seen.get(&new)).is_some_and(|new| new.body.committed);
    for old in op.replaces() {
        let old = names.0[*old].0;
        let done = new.is_some_and(|new| after.get(&new).is_some_and(|new| new.body.committed));
        if !done || !before.contains_key(&old) {
            continue;
        }
        assert!(!(new_is_there && seen.contains_key(&old)), "both are there: {told}");
        let lost = was_lapped(seen, &old) || is_crowded(before, &old);
        assert!(new_is_there || seen.contains_key(&old) || lost, "neither is there: {told}");
    }
}

fn uri_of(op: &Op) -> &str {
    match op {
        Op::Put(sample, _) | Op::Whole(sample, _) => &sample.uri,
        _ => "",
    }
}

/// A part is where it was or a part of the other, not both.
fn merged(op: &Op, names: &Names, before: &View, after: &View, seen: &View, told: &str) {
    let Op::Merge(into, from) = op else {
        return;
    };
    let (into, from) = (names.0[*into].0, names.0[*from].0);
    let (Some(was), Some(is), true) = (before.get(&into), after.get(&into), before.contains_key(&from))
    else {
        return;
    };
    let Some(now) = seen.get(&into).filter(|_| was != is && !after.contains_key(&from)) else {
        return;
    };
    assert_eq!(seen.contains_key(&from), now == was, "the part is lost, or there twice: {told}");
}

/// A pair that was moved is at one of its two places, unless the oldest sector went.
fn second_chances(before: &View, after: &View, seen: &View, told: &str) {
    for (new, pair) in after.iter().filter(|(id, _)| !before.contains_key(id)) {
        let mut same = before.iter().filter(|(id, was)| *was == pair && !after.contains_key(id));
        if let Some((old, _)) = same.next().filter(|_| same.next().is_none()) {
            let there = seen.contains_key(old) || seen.contains_key(new);
            assert!(
                there || was_lapped(seen, old) || is_crowded(before, old),
                "{} was moved and is lost: {told}",
                pair.uri
            );
        }
    }
}

/// Of what was written before power was lost, no more is missing than a writer gathers.
pub fn only_gathered_octets_are_lost(names: &Names, before: &View, seen: &View, told: &str) {
    let Some((uri, accepted)) = &names.1 else {
        return;
    };
    let held = |view: &View| -> Option<usize> {
        let held: Vec<_> =
            view.values().filter(|pair| pair.uri == *uri).map(|pair| pair.body.held()).collect();
        (!held.is_empty()).then(|| held.iter().sum())
    };
    let was = held(before);
    let Some(now) = held(seen).or(was.is_none().then_some(0)) else {
        // It was in the oldest sector.
        return;
    };
    let missing = (was.unwrap_or_default() + accepted).saturating_sub(now);
    assert!(missing <= GATHERED, "{missing} octets of {accepted} are lost: {told}");
}

/// Takes the slots of writers that nobody ends.
pub fn end_writers<const R: usize, const W: usize, const E: usize>(store: &mut Store<R, W, E>) {
    let writers = [0; 2].map(|_| block_on(sample("/nobody", 5).create(store)).expect("a slot"));
    for writing in writers {
        block_on(store.abandon(writing)).expect("the medium");
    }
}

/// Looks every pair up whose number in `names` is even, as one does that is used again.
pub fn look_up<const R: usize, const W: usize, const E: usize>(store: &mut Store<R, W, E>, names: &Names) {
    for (id, _) in names.0.iter().step_by(2) {
        let _ = block_on(store.head(*id, &mut [0; 4096])).expect("the medium");
    }
}

/// Octets that a writer gathers: its buffer less what is kept free for headers and lists.
const GATHERED: usize = 1152 - 92;

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
    assert_eq!(before.get(&names.0[1].0).map(|pair| pair.version), Some(2), "{told}");
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

/// Every operation that writes parts of bodies, behind the filler, and freshening that writes only what
/// differs. `len`: octets of the bodies.
pub fn parts_script(len: usize) -> Vec<Op> {
    let (a, b, c) = (len / 4, len / 2, len / 4 * 3);
    vec![
        Op::Put(sample("/old", 60), vec![]),
        Op::Part(sample("/one", len), 0..b),
        Op::Update(11, 2),
        Op::More(11, c..len),
        Op::UpdateLarge(11, 3, 600),
        Op::Part(sample("/two", len), a..b),
        Op::More(12, 0..a),
        Op::Update(10, 2),
        Op::Part(sample("/two", len), c..len),
        Op::Merge(12, 13),
        Op::Update(12, 2),
        Op::Finish(11, b, vec![10]),
        Op::Update(11, 4),
        Op::Finish(12, b, vec![11]),
        Op::Update(12, 5),
        Op::UpdateLarge(12, 6, 700),
        Op::Part(sample("/three", len), b..len),
        Op::Part(sample("/three", len), 0..b),
        Op::Merge(14, 15),
        Op::Finish(14, len, vec![]),
        Op::Whole(sample("/four", len), vec![12]),
        Op::AbandonPart(sample("/five", len)),
        Op::Part(sample("/six", len), 0..c),
        Op::AbandonMore(17, c),
        Op::Part(sample("/seven", len), 0..c),
        Op::Remove(18),
    ]
}

/// Who is who: the pairs put so far. And, while a body is written whose parts are kept, its URI and how
/// many octets the store took.
#[derive(Clone, Debug, Default)]
pub struct Names(pub Vec<(PairId, Sample)>, pub Option<(String, usize)>);

impl Names {
    /// Does `op`. What the store refuses for want of room or since a pair is gone is no error.
    pub async fn run<const R: usize, const W: usize, const E: usize>(
        &mut self,
        store: &mut Store<R, W, E>,
        op: &Op,
    ) -> Result<(), NorError> {
        self.1 = None;
        let done = match op {
            Op::UpdateLarge(pair, version, padding) => {
                let (id, sample) = &self.0[*pair];
                let sample = Sample { version: *version, padding: *padding, ..sample.clone() };
                sample.with_pair(async |pair| store.update(*id, pair).await).await
            }
            Op::Part(sample, range) => self.part(store, sample, range.clone()).await,
            Op::Whole(sample, replaces) => self.whole(store, sample, replaces).await,
            Op::More(pair, range) => self.more(store, *pair, range.clone()).await,
            Op::Finish(pair, from, replaces) => self.finish(store, *pair, *from, replaces).await,
            Op::Merge(into, from) => store.merge(self.0[*into].0, self.0[*from].0).await,
            Op::AbandonPart(sample) => self.abandon_part(store, sample).await,
            Op::AbandonMore(pair, from) => self.abandon_more(store, *pair, *from).await,
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

/// What is done to incomplete pairs.
impl Names {
    async fn write<const R: usize, const W: usize, const E: usize>(
        &mut self,
        store: &mut Store<R, W, E>,
        writing: Writing,
        sample: &Sample,
        range: Range<usize>,
    ) -> Result<(), StoreError<NorError>> {
        self.1 = Some((sample.uri.clone(), 0));
        for chunk in sample.body()[range].chunks(350) {
            store.write(writing, chunk).await?;
            if let Some((_, accepted)) = &mut self.1 {
                *accepted += chunk.len();
            }
        }
        Ok(())
    }

    async fn part<const R: usize, const W: usize, const E: usize>(
        &mut self,
        store: &mut Store<R, W, E>,
        sample: &Sample,
        range: Range<usize>,
    ) -> Result<(), StoreError<NorError>> {
        let writing = begin_part(store, sample, range.start).await?;
        self.write(store, writing, sample, range).await?;
        if let Some(id) = store.suspend(writing).await? {
            self.0.push((id, sample.clone()));
        }
        Ok(())
    }

    async fn whole<const R: usize, const W: usize, const E: usize>(
        &mut self,
        store: &mut Store<R, W, E>,
        sample: &Sample,
        replaces: &[usize],
    ) -> Result<(), StoreError<NorError>> {
        let writing = begin_part(store, sample, 0).await?;
        self.write(store, writing, sample, 0..sample.len).await?;
        let replaces: Vec<_> = replaces.iter().map(|at| self.0[*at].0).collect();
        let id = store.commit(writing, &replaces).await?;
        self.0.push((id, sample.clone()));
        Ok(())
    }

    async fn more<const R: usize, const W: usize, const E: usize>(
        &mut self,
        store: &mut Store<R, W, E>,
        pair: usize,
        range: Range<usize>,
    ) -> Result<(), StoreError<NorError>> {
        let (id, sample) = self.0[pair].clone();
        let writing = store.resume(id, range.start as u64).await?;
        self.write(store, writing, &sample, range).await?;
        store.suspend(writing).await.map(|_| ())
    }

    async fn finish<const R: usize, const W: usize, const E: usize>(
        &mut self,
        store: &mut Store<R, W, E>,
        pair: usize,
        from: usize,
        replaces: &[usize],
    ) -> Result<(), StoreError<NorError>> {
        let (id, sample) = self.0[pair].clone();
        let hole = store.extent(id, from as u64).await?.map_or(sample.len, |next| next.start as usize);
        let writing = store.resume(id, from as u64).await?;
        self.write(store, writing, &sample, from..hole.max(from)).await?;
        // What is held behind the hole is not stored again.
        store.write(writing, &sample.body()[hole..]).await?;
        let replaces: Vec<_> = replaces.iter().map(|at| self.0[*at].0).collect();
        store.commit(writing, &replaces).await.map(|_| ())
    }

    async fn abandon_part<const R: usize, const W: usize, const E: usize>(
        &mut self,
        store: &mut Store<R, W, E>,
        sample: &Sample,
    ) -> Result<(), StoreError<NorError>> {
        let writing = begin_part(store, sample, 0).await?;
        self.write(store, writing, sample, 0..sample.len).await?;
        self.1 = None;
        Ok(store.abandon(writing).await?)
    }

    async fn abandon_more<const R: usize, const W: usize, const E: usize>(
        &mut self,
        store: &mut Store<R, W, E>,
        pair: usize,
        from: usize,
    ) -> Result<(), StoreError<NorError>> {
        let (id, sample) = self.0[pair].clone();
        let writing = store.resume(id, from as u64).await?;
        self.write(store, writing, &sample, from..sample.len).await?;
        self.1 = None;
        Ok(store.abandon(writing).await?)
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
