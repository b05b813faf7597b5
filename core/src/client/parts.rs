//! The part of a walk that deals with stored parts: looks at them, combines them, continues them.

use super::completing::Completing;
use super::storing::gathered;
use super::walk::Walk;
use super::{Origin, Step, Storing};
use crate::pair::{PairId, StoredPair, record};
use crate::state::{Combined, Combining, Extents, PartialUpdate, Selecting};
use crate::store::{Found, PairStore, StoreError, Writing};
use crate::time::{Clock, Exchange};

impl<S: PairStore, O: Origin, C: Clock> Walk<'_, S, O, C> {
    /// Offers a pair that was found to a decision. Whether there was one in the record.
    pub(super) async fn offer(&mut self, selecting: &mut Selecting<'_>, found: Found, record: &[u8]) -> bool {
        let Some(pair) = found.view(record) else {
            return false;
        };
        let Some(from) = selecting.wants_extents(&pair) else {
            selecting.offer(&pair);
            return true;
        };
        let extents = self.extents(found.id, from).await.unwrap_or_default();
        if let Some(pair) = found.view(record) {
            selecting.offer_part(&pair, &extents);
        }
        true
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
        let Some((into, newest)) = state.oldest().zip(state.newest()) else {
            return Combined::Failed;
        };
        if newest != into {
            let Some(found) = self.load(newest, None, record).await else {
                return Combined::Failed;
            };
            let pair = found.view(record).map(|pair| state.combined(&pair));
            let updated = match pair {
                Some(pair) => self.store.update(into, &pair).await,
                None => Err(StoreError::Gone),
            };
            if let Err(error) = updated {
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
        let resumed = self.store.resume(into, state.complete()).await;
        let replaces = gathered(state.replaces());
        let committed = match resumed {
            Ok(writing) => self.store.commit(writing, &replaces).await,
            Err(error) => Err(error),
        };
        match committed {
            Ok(_) => Combined::Whole,
            Err(error) => self.not_combined(&error),
        }
    }

    fn not_combined(&mut self, error: &StoreError<S::Error>) -> Combined {
        self.report.store_failed |= matches!(error, StoreError::Medium(_));
        Combined::Failed
    }

    /// Prepares a stored part to be continued: its updated head is written, and lies in `record` then.
    /// `None` if the store cannot.
    pub(super) async fn continue_part(
        &mut self,
        state: &Combining<'_, '_>,
        at: Exchange,
        record: &mut [u8],
    ) -> Option<(Found, Completing<'static>)> {
        self.report.step(Step::Combining);
        let id = state.id()?;
        let found = self.load(id, None, record).await?;
        let resumed = match found.view(record) {
            Some(pair) => resume(self.store, state, &pair, record.len()).await,
            None => Err(StoreError::Gone),
        };
        match resumed {
            Ok(writing) => {
                self.pending.writing = Some(writing);
                let Some(found) = self.load(id, None, record).await else {
                    self.pending.settle_writing(self.store).await;
                    return None;
                };
                self.report.storing = Storing::Underway;
                Some((found, Completing::new(state, id, writing, at)))
            }
            Err(error) => {
                self.report.store_failed |= matches!(error, StoreError::Medium(_));
                None
            }
        }
    }
}

/// Writes the updated head of a part, and goes on with its body.
pub(super) async fn resume<S: PairStore>(
    store: &mut S,
    state: &Combining<'_, '_>,
    stored: &StoredPair<'_>,
    record_max: usize,
) -> Result<Writing, StoreError<S::Error>> {
    let new = state.freshened(stored);
    if record::encoded_len(&new).is_none_or(|len| len > record_max) {
        // It would never be found again.
        return Err(StoreError::HeadTooLarge);
    }
    store.update(stored.id, &new).await?;
    store.resume(stored.id, state.part().first).await
}

/// Whether every octet of a body is held.
pub(super) async fn is_whole(store: &mut impl PairStore, id: PairId, complete: u64) -> bool {
    let extent = store.extent(id, 0).await.ok().flatten();
    complete == 0 || extent.is_some_and(|extent| extent.start == 0 && extent.end >= complete)
}
