//! The part of a reply that stores what comes from the origin.

use super::deadline::{self, Passed};
use super::reply::{Body, Reply};
use super::{BodyError, BodyRead, Origin, Storing};
use crate::limits::CANDIDATES_MAX;
use crate::pair::PairId;
use crate::reason::Reason;
use crate::store::{PairStore, StoreError, Writing};
use core::future::Future;
use core::pin::pin;

/// A body on its way into the store.
pub(super) struct StoringBody {
    pub(super) writing: Writing,
    /// Octets that are to come, if the response says so.
    pub(super) length: Option<u64>,
    /// Whether they are all of the representation.
    pub(super) is_whole: bool,
    pub(super) replaces: Replaces,
}

/// Pairs that a new one stands for.
pub(super) type Replaces = heapless::Vec<PairId, CANDIDATES_MAX>;

pub(super) fn gathered(ids: impl Iterator<Item = PairId>) -> Replaces {
    let mut gathered = Replaces::new();
    for id in ids {
        // There are no more than candidates.
        let _ = gathered.push(id);
    }
    gathered
}

impl<S: PairStore, O: Origin> Reply<'_, S, O> {
    pub(super) async fn read_origin(
        &mut self,
        buf: &mut [u8],
        deadline: impl Future<Output = ()>,
    ) -> Result<usize, BodyError<O::Error>> {
        // Taken out while one waits: a future that is dropped here leaves nothing that could be
        // committed with a hole in it.
        let storing = match &mut self.body {
            Body::Origin { storing, .. } => storing.take(),
            _ => None,
        };
        let found = deadline::before(pin!(deadline), self.parts.origin.read(buf)).await;
        let error = match found {
            Ok(Ok(BodyRead::Octets(read))) if read > 0 && read <= buf.len() => {
                self.store_octets(buf.get(..read).unwrap_or_default(), storing).await;
                return Ok(read);
            }
            Ok(Ok(BodyRead::End)) => {
                self.end_of_body(storing).await;
                return Ok(0);
            }
            // An origin that reads nothing, or more than there is room for, breaks its contract.
            Ok(Ok(BodyRead::CutOff | BodyRead::Octets(_))) => BodyError::CutOff,
            Ok(Err(error)) => BodyError::Origin(error),
            Err(Passed) => BodyError::DeadlinePassed,
        };
        self.suspend(Reason::CutOff).await;
        Err(error)
    }

    /// No more will come: what arrived is kept if the rest can be asked for later.
    pub(super) async fn suspend(&mut self, reason: Reason) {
        let kept = self.parts.pending.settle_writing(self.parts.store).await;
        if self.report.storing == Storing::Underway {
            self.report.storing = kept.map_or(Storing::No(reason), Storing::Incomplete);
        }
    }

    /// Octets came from the origin: they go to the store too.
    async fn store_octets(&mut self, octets: &[u8], storing: Option<StoringBody>) {
        let Body::Origin { received, .. } = &mut self.body else {
            return;
        };
        *received += octets.len() as u64;
        let received = *received;
        self.report.from_network = received;
        let Some(body) = storing else {
            if let Storing::Stored(id) = self.report.storing {
                // It was to have none, and was committed.
                self.report.storing = Storing::No(Reason::LengthMismatch);
                self.parts.pending.forget = Some(id);
            }
            return;
        };
        if body.length.is_some_and(|length| received > length) {
            self.give_up(Reason::LengthMismatch).await;
        } else if let Err(error) = self.parts.store.write(body.writing, octets).await {
            self.report.store_failed |= matches!(error, StoreError::Medium(_));
            self.give_up(error.reason()).await;
        } else if let Body::Origin { storing, .. } = &mut self.body {
            *storing = Some(body);
        }
    }

    async fn end_of_body(&mut self, storing: Option<StoringBody>) {
        if let (Body::Origin { received, .. }, Some(body)) = (&self.body, storing) {
            if body.length.is_some_and(|length| length != *received) {
                self.give_up(Reason::LengthMismatch).await;
            } else {
                #[cfg(feature = "digest")]
                if self.holds {
                    self.body = Body::Held(body);
                    return;
                }
                self.commit(&body).await;
            }
        }
        self.body = Body::None;
    }

    /// The body is complete: the pair becomes visible. That of a part stays incomplete.
    pub(super) async fn commit(&mut self, body: &StoringBody) {
        if !body.is_whole {
            return self.suspend(Reason::PartialContent).await;
        }
        match self.parts.store.commit(body.writing, &body.replaces).await {
            Ok(id) => {
                self.parts.pending.writing = None;
                self.report.storing = Storing::Stored(id);
            }
            Err(error) => {
                self.report.store_failed |= matches!(error, StoreError::Medium(_));
                self.give_up(error.reason()).await;
            }
        }
    }

    /// The pair is not stored after all.
    pub(super) async fn give_up(&mut self, reason: Reason) {
        if self.report.storing == Storing::Underway {
            self.report.storing = Storing::No(reason);
        }
        self.parts.pending.abandon(self.parts.store).await;
    }
}
