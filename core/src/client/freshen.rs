//! The part of a walk that writes to pairs already stored: freshened heads, and removals.

use super::walk::Walk;
use super::{Origin, Storing, parts};
use crate::pair::PairId;
use crate::reason::Reason;
use crate::state::{HandOver, NeedToBeUpdated, Serve};
use crate::store::{Found, PairStore, StoreError};
use crate::time::Clock;

impl<S: PairStore, O: Origin, C: Clock> Walk<'_, S, O, C> {
    /// After a 304: writes the freshened heads, that of the answer at last. Answers where its old
    /// record is: in the buffer, or nowhere.
    pub(super) async fn freshen(
        &mut self,
        state: &NeedToBeUpdated<'_, Serve>,
        last: Option<Found>,
        record: &mut [u8],
    ) -> Option<Found> {
        let answer = state.answers()?;
        let mut last = last;
        for id in state.ids().filter(|id| *id != answer) {
            if state.forget() {
                self.remove(id).await;
            } else {
                last = self.load(id, last, record).await;
                self.update(state, last, record, false).await;
            }
        }
        last = self.load(answer, last, record).await;
        let is_written = !state.forget() && state.ids().any(|id| id == answer);
        if is_written && !self.update(state, last, record, true).await {
            return None;
        }
        last
    }

    /// After a 200 to HEAD: writes the freshened heads, or removes the pairs.
    pub(super) async fn freshen_or_forget(
        &mut self,
        state: &NeedToBeUpdated<'_, HandOver>,
        record: &mut [u8],
    ) {
        for id in state.ids() {
            if state.forget() {
                self.remove(id).await;
            } else {
                let found = self.load(id, None, record).await;
                self.update(state, found, record, false).await;
            }
        }
    }

    /// Writes one freshened head. If it cannot be, the old one must not be used again without
    /// validation: unless it needs that anyway the pair goes, after this use if it is the answer.
    /// Answers whether the pair is still there.
    async fn update<Then>(
        &mut self,
        state: &NeedToBeUpdated<'_, Then>,
        found: Option<Found>,
        record: &[u8],
        is_answer: bool,
    ) -> bool {
        let Some(pair) = found.and_then(|found| found.view(record)) else {
            return false;
        };
        let updated = parts::rewrite(self.store, pair.id, &state.freshened(&pair), record.len()).await;
        let Err(error) = updated else {
            return true;
        };
        let is_gone = matches!(error, StoreError::Gone);
        if !is_gone {
            self.failed(&error);
            // What was stale stays so, and is validated next time.
            let stays_stale = [Reason::Stale, Reason::MustRevalidate, Reason::ResponseNoCache]
                .map(Some)
                .contains(&self.report.forwarded);
            if !is_answer {
                self.remove(pair.id).await;
            } else if !stays_stale {
                self.pending.forget = Some(pair.id);
            }
        }
        !is_gone
    }

    /// Reports that something is not stored.
    pub(super) fn failed(&mut self, error: &StoreError<S::Error>) {
        self.report.storing = Storing::No(error.reason());
        self.report.store_failed |= matches!(error, StoreError::Medium(_));
    }

    pub(super) async fn remove(&mut self, id: PairId) {
        if self.store.remove(id).await.is_err() {
            self.distrust();
        }
    }

    /// The store failed to remove what must not be used: this client uses nothing in it without
    /// validation from here on.
    pub(super) fn distrust(&mut self) {
        self.report.store_failed = true;
        self.pending.distrust = true;
    }
}
