//! What is done at once, and what it answers.

use super::{Open, Pair};
use crate::world::{Store, sample};
use larder::pair::PairId;
use larder::store::{PairStore, Pin, StoreError, Writing};
use larder_tests::nor::NorError;
use larder_tests::store_suite::{Sample, begin_part};

#[derive(Clone, Debug)]
pub enum Op {
    Create(Sample, Option<usize>),
    Write(usize, usize),
    Commit(usize, Vec<usize>),
    Abandon(usize),
    Suspend(usize),
    Resume(usize, usize),
    Merge(usize, usize),
    Update(usize, u32, usize),
    Remove(usize),
    Invalidate(String),
    Maintain,
    Pin(usize),
    Unpin(usize),
    Wipe(usize),
    Clear,
}

/// What an operation answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Done {
    Begun(Writing),
    Pair(Option<PairId>),
    Well,
}

/// Does it. What a pair is called is told by `pairs`, and which writers there are by `open`.
pub async fn run<const R: usize, const W: usize, const E: usize>(
    s: &mut Store<R, W, E>,
    op: &Op,
    pairs: &[Pair],
    open: &[Open],
) -> Result<Done, StoreError<NorError>> {
    let id = |pair: &usize| pairs[*pair].id.expect("it was seen");
    Ok(match op {
        Op::Create(sample, None) => Done::Begun(sample.create(s).await?),
        Op::Create(sample, Some(from)) => Done::Begun(begin_part(s, sample, *from).await?),
        Op::Write(at, len) => {
            let Open { writing, pair, at, .. } = &open[*at];
            let body = pairs[*pair].sample.body();
            s.write(*writing, &body[*at..(at + len).min(body.len())]).await?;
            Done::Well
        }
        Op::Commit(at, replaces) => {
            let replaces: Vec<_> = replaces.iter().map(id).collect();
            Done::Pair(Some(s.commit(open[*at].writing, &replaces).await?))
        }
        Op::Abandon(at) => {
            s.abandon(open[*at].writing).await?;
            Done::Well
        }
        Op::Suspend(at) => Done::Pair(s.suspend(open[*at].writing).await?),
        Op::Resume(pair, from) => Done::Begun(s.resume(id(pair), *from as u64).await?),
        Op::Merge(into, from) => {
            s.merge(id(into), id(from)).await?;
            Done::Well
        }
        Op::Update(pair, version, padding) => {
            let sample = Sample { version: *version, padding: *padding, ..pairs[*pair].sample.clone() };
            sample.with_pair(async |new| s.update(id(pair), new).await).await?;
            Done::Well
        }
        Op::Remove(pair) => {
            s.remove(id(pair)).await?;
            Done::Well
        }
        Op::Invalidate(path) => {
            s.invalidate(sample(path, 0).key()).await?;
            Done::Well
        }
        Op::Maintain => {
            let before = s.wear();
            let done = s.maintain().await;
            let failures = s.wear().program_failures + s.wear().erase_failures;
            let failed = failures > before.program_failures + before.erase_failures;
            assert!(failed || s.wear().erases <= before.erases + 1, "maintain erases once");
            done?;
            Done::Well
        }
        Op::Pin(pair) => {
            s.pin(id(pair)).await?;
            Done::Well
        }
        Op::Unpin(pair) => {
            s.unpin(Pin { id: id(pair) }).await?;
            Done::Well
        }
        Op::Wipe(pair) => {
            s.wipe(id(pair)).await?;
            Done::Well
        }
        Op::Clear => {
            s.clear().await?;
            Done::Well
        }
    })
}
