//! The part of a walk that writes to pairs already stored: freshened heads, and removals.

use super::walk::Walk;
use super::{Origin, Storing, parts};
use crate::pair::PairId;
use crate::reason::Reason;
use crate::state::Freshening;
use crate::store::{Found, PairStore, StoreError};
use crate::time::Clock;

impl<S: PairStore, O: Origin, C: Clock> Walk<'_, S, O, C> {
    /// Writes freshened heads or removes the pairs, that of the answer at last. Answers where the answer's
    /// old record is: in the buffer, or nowhere.
    pub(super) async fn freshen(
        &mut self,
        work: &Freshening<'_>,
        answer: Option<PairId>,
        last: Option<Found>,
        record: &mut [u8],
    ) -> Option<Found> {
        let mut last = last;
        let others = work.ids().filter(|id| Some(*id) != answer);
        for id in others.chain(answer) {
            let is_answer = Some(id) == answer;
            if work.forget() && !is_answer {
                self.remove(id).await;
                continue;
            }
            last = self.load(id, last, record).await;
            let is_written = !work.forget() && work.ids().any(|written| written == id);
            if is_written && !self.update(work, last, record, is_answer).await {
                last = None;
            }
        }
        last.filter(|found| Some(found.id) == answer)
    }

    /// Writes one freshened head. If it cannot be, the old one must not be used again without
    /// validation: unless it needs that anyway the pair goes, after this use if it is the answer.
    /// Answers whether the pair is still there.
    async fn update(
        &mut self,
        work: &Freshening<'_>,
        found: Option<Found>,
        record: &[u8],
        is_answer: bool,
    ) -> bool {
        let Some(pair) = found.and_then(|found| found.view(record)) else {
            return false;
        };
        let updated = parts::rewrite(self.store, pair.id, &work.freshened(&pair), record.len()).await;
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
