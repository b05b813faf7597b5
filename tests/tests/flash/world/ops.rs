//! What one does to a store.

use super::{Store, sample};
use larder::pair::PairId;
use larder::store::{PairStore, StoreError, Writing};
use larder_tests::nor::NorError;
use larder_tests::store_suite::{Sample, begin_part};
use std::ops::Range;

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
    pub fn replaces(&self) -> &[usize] {
        match self {
            Self::Put(_, replaces) | Self::Whole(_, replaces) | Self::Finish(_, _, replaces) => replaces,
            _ => &[],
        }
    }
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
