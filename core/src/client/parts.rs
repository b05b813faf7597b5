//! The part of a walk that deals with stored parts: looks at them, combines them, continues them.

use super::apart::{apart, put};
use super::completing::Completing;
use super::reply::{Body, Place};
use super::storing::gathered;
use super::walk::Walk;
use super::{Origin, Step, Storing};
#[cfg(feature = "digest")]
use crate::digest::{self, Verifier};
#[cfg(feature = "groups")]
use crate::pair::StoredPair;
use crate::pair::{NewPair, PairId, record};
use crate::state::{Combined, Combining, Extents, PartialUpdate, Selecting};
use crate::store::{Found, PairStore, StoreError, Writing};
use crate::time::{Clock, Exchange};
use core::mem::MaybeUninit;
use core::pin::pin;

impl<S: PairStore, O: Origin, C: Clock> Walk<'_, S, O, C> {
    /// Offers a pair that was found to a decision. Whether there was one in the record.
    pub(super) async fn offer(&mut self, selecting: &mut Selecting<'_>, found: Found, record: &[u8]) -> bool {
        #[cfg(feature = "groups")]
        let invalidated = match found.view(record) {
            Some(pair) => self.is_invalidated(&pair).await,
            None => return false,
        };
        #[cfg(not(feature = "groups"))]
        let invalidated = false;
        let extents = match wants_extents(selecting, found, record) {
            Some(from) => apart(pin!(self.extents(found.id, from))).await.unwrap_or_default(),
            None => Extents::default(),
        };
        offer(selecting, found, record, &extents, invalidated)
    }

    /// What is held of a body around `from`; `None` if the pair is gone or the store fails.
    async fn extents(&mut self, id: PairId, from: u64) -> Option<Extents> {
        let mut extents = Extents { from, ..Extents::default() };
        let mut found = self.store.extent(id, from).await;
        if let Ok(Some(first)) = found {
            found = self.store.extent(id, first.end).await;
            extents.first = Some(first);
        }
        self.report.store_failed |= matches!(found, Err(StoreError::Medium(_)));
        extents.second = found.ok()?;
        Some(extents)
    }

    /// Makes stored parts of one representation one, and a whole one if nothing is missing then.
    pub(super) async fn combine(&mut self, state: &PartialUpdate<'_>, record: &mut [u8]) -> Combined {
        self.report.step(Step::PartialUpdate);
        let Some(into) = state.oldest() else {
            return Combined::Failed;
        };
        for (id, from, learns) in state.heads() {
            if learns && !matches!(self.store.extent(id, state.complete()).await, Ok(None)) {
                // It holds more than there is.
                return Combined::Failed;
            }
            let mut last = None;
            if !self.load(from, &mut last, record).await {
                return Combined::Failed;
            }
            let mut new = MaybeUninit::uninit();
            let stored = || last.and_then(|found| found.view(record));
            let Some(new) = put(&mut new, stored, |pair| state.combined(pair)) else {
                return Combined::Failed;
            };
            if let Err(error) = rewrite(self.store, id, new, record.len()).await {
                return self.not_combined(&error);
            }
        }
        for id in state.others() {
            if let Err(error) = self.store.merge(into, id).await {
                return self.not_combined(&error);
            }
        }
        let Some(extents) = self.extents(into, state.wants_extents()).await else {
            return Combined::Failed;
        };
        if !is_whole(self.store, into, state.complete()).await {
            return Combined::Part(extents);
        }
        #[cfg(feature = "digest")]
        let is_right = apart(pin!(self.is_right(into, state.complete(), record))).await;
        #[cfg(feature = "digest")]
        match is_right {
            Ok(true) => {}
            Ok(false) => {
                self.remove(into).await;
                return Combined::Discarded;
            }
            Err(error) => return self.not_combined(&error),
        }
        let resumed = self.store.resume(into, state.complete()).await;
        let replaces = gathered(state.replaces());
        let committed = match resumed {
            Ok(writing) => {
                self.pending.writing = Some(writing);
                self.store.commit(writing, &replaces).await
            }
            Err(error) => Err(error),
        };
        match committed {
            Ok(_) => {
                self.pending.writing = None;
                Combined::Whole
            }
            Err(error) => self.not_combined(&error),
        }
    }

    /// Whether a body of which nothing is missing hashes to what the caller expects, or else to what its
    /// head says (RFC 9530); if there is neither, it is taken as it is. `record` holds anything afterwards.
    #[cfg(feature = "digest")]
    async fn is_right(
        &mut self,
        id: PairId,
        complete: u64,
        record: &mut [u8],
    ) -> Result<bool, StoreError<S::Error>> {
        let expected = match self.expected {
            Some(expected) => Some(*expected),
            None => {
                let mut last = None;
                if !self.load(id, &mut last, record).await {
                    return Err(StoreError::Gone);
                }
                let pair = last.and_then(|found| found.view(record));
                pair.and_then(|pair| digest::of_stored(200, pair.response.fields))
            }
        };
        let Some(mut verifier) = expected.map(Verifier::new) else {
            return Ok(true);
        };
        let reached = digest::hash_stored(self.store, id, 0..complete, &mut verifier, record).await?;
        if reached < complete {
            return Err(StoreError::Gone);
        }
        Ok(verifier.finish().is_verified())
    }

    fn not_combined(&mut self, error: &StoreError<S::Error>) -> Combined {
        self.report.store_failed |= matches!(error, StoreError::Medium(_));
        Combined::Failed
    }

    /// Prepares a stored part to be continued: its updated head is written, and lies in `record` then. Whether
    /// the store could.
    pub(super) async fn continue_part(
        &mut self,
        state: &Combining<'_, '_>,
        at: &Exchange,
        record: &mut [u8],
        last: &mut Option<Found>,
        place: &mut Place<'_, '_>,
    ) -> bool {
        self.report.step(Step::Combining);
        let Some(id) = state.id() else { return false };
        self.load(id, last, record).await;
        let Some(stored) = last.take() else { return false };
        match resume(self.store, state, &stored, record).await {
            Ok(writing) => {
                self.pending.writing = Some(writing);
                if !self.load(id, last, record).await {
                    self.pending.settle_writing(self.store).await;
                    return false;
                }
                self.report.storing = Storing::Underway;
                *place.body = Body::Completing(Completing::new(state, id, writing, *at));
                true
            }
            Err(error) => {
                self.report.store_failed |= matches!(error, StoreError::Medium(_));
                false
            }
        }
    }
}

/// [`Selecting::wants_extents`] of the pair in the record. In a frame of its own: a pair takes room, and is
/// looked at again when the store was waited for.
#[inline(never)]
fn wants_extents(selecting: &Selecting<'_>, found: Found, record: &[u8]) -> Option<u64> {
    if found.body.is_whole() {
        return None;
    }
    let stored = found.view(record);
    stored.as_ref().and_then(|pair| selecting.wants_extents(pair))
}

/// Offers the pair in the record. Whether there is one.
#[inline(never)]
#[cfg_attr(not(feature = "groups"), allow(unused_variables))]
fn offer(
    selecting: &mut Selecting<'_>,
    found: Found,
    record: &[u8],
    extents: &Extents,
    invalidated: bool,
) -> bool {
    let stored = found.view(record);
    #[cfg(feature = "groups")]
    let stored = stored.map(|pair| StoredPair { invalidated, ..pair });
    let Some(pair) = &stored else {
        return false;
    };
    selecting.offer_part(pair, extents);
    true
}

/// Writes the updated head of a part, and goes on with its body.
pub(super) async fn resume<S: PairStore>(
    store: &mut S,
    state: &Combining<'_, '_>,
    found: &Found,
    record: &[u8],
) -> Result<Writing, StoreError<S::Error>> {
    let mut new = MaybeUninit::uninit();
    let new = put(&mut new, || found.view(record), |pair| state.freshened(pair));
    rewrite(store, found.id, new.ok_or(StoreError::Gone)?, record.len()).await?;
    store.resume(found.id, state.part().first).await
}

/// Writes a pair's head anew, unless it would never be found again.
pub(super) async fn rewrite<S: PairStore>(
    store: &mut S,
    id: PairId,
    new: &NewPair<'_>,
    record_max: usize,
) -> Result<(), StoreError<S::Error>> {
    match record::encoded_len(new) {
        Some(len) if len <= record_max => store.update(id, new).await,
        _ => Err(StoreError::HeadTooLarge),
    }
}

/// Whether every octet of a body is held.
pub(super) async fn is_whole(store: &mut impl PairStore, id: PairId, complete: u64) -> bool {
    let extent = store.extent(id, 0).await.ok().flatten();
    complete == 0 || extent.is_some_and(|extent| extent.start == 0 && extent.end >= complete)
}
