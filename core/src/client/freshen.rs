//! The part of a walk that writes to pairs already stored: freshened heads, and removals.

use super::apart::put;
use super::walk::Walk;
use super::{Origin, Storing, parts};
use crate::pair::PairId;
use crate::reason::Reason;
use crate::state::Freshening;
use crate::store::{Found, PairStore, StoreError};
use crate::time::Clock;
use core::mem::MaybeUninit;

impl<S: PairStore, O: Origin, C: Clock> Walk<'_, S, O, C> {
    /// Writes freshened heads or removes the pairs, that of the answer at last. `last` is where the answer's
    /// old record is then: in the buffer, or nowhere.
    pub(super) async fn freshen(
        &mut self,
        work: &Freshening<'_>,
        answer: Option<PairId>,
        last: &mut Option<Found>,
        record: &mut [u8],
    ) {
        let others = work.ids().filter(|id| Some(*id) != answer);
        for id in others.chain(answer) {
            let is_answer = Some(id) == answer;
            let mut goes = work.forget() && !is_answer;
            let is_written = !work.forget() && work.ids().any(|written| written == id);
            if !goes && self.load(id, last, record).await && is_written {
                let mut new = MaybeUninit::uninit();
                let stored = || last.and_then(|found| found.view(record));
                let Some(new) = put(&mut new, stored, |pair| work.freshened(pair)) else { continue };
                if let Err(error) = parts::rewrite(self.store, id, new, record.len()).await {
                    goes = self.not_freshened(&error, id, is_answer);
                    if matches!(error, StoreError::Gone) {
                        *last = None;
                    }
                }
            }
            if goes {
                self.remove(id).await;
            }
        }
        if last.is_some_and(|found| Some(found.id) != answer) {
            *last = None;
        }
    }

    /// A freshened head could not be written. The old one must not be used again without validation: unless
    /// it needs that anyway the pair goes, after this use if it is the answer. Whether it goes now.
    fn not_freshened(&mut self, error: &StoreError<S::Error>, id: PairId, is_answer: bool) -> bool {
        if matches!(error, StoreError::Gone) {
            return false;
        }
        self.failed(error);
        // What was stale stays so, and is validated next time.
        let stays_stale = [Reason::Stale, Reason::MustRevalidate, Reason::ResponseNoCache]
            .map(Some)
            .contains(&self.report.forwarded);
        if is_answer && !stays_stale {
            self.pending.forget = Some(id);
        }
        !is_answer
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
