//! What happened to a request.

use crate::limits::WALK_MAX;
use crate::pair::PairId;
use crate::reason::Reason;
use core::fmt;

/// What happened to one request: the states it walked, and what came of it.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Report {
    /// The states, in order.
    pub walked: heapless::Vec<Step, WALK_MAX>,
    /// Where the answer came from.
    pub outcome: Outcome,
    /// Why no stored response answered as it was; `None` if one did.
    pub forwarded: Option<Reason>,
    /// The status of what the origin said last; `None` if it was not asked, or did not answer.
    pub forward_status: Option<u16>,
    /// What became of the response in the store.
    pub storing: Storing,
    /// Octets of body that came over the network so far.
    pub from_network: u64,
    /// Octets of body that came from the store so far.
    pub from_store: u64,
    /// The response was served stale and must be validated now (RFC 5861 §3): call
    /// [`Client::validate`](super::Client::validate) with the same request.
    pub validation_due: bool,
    /// Whether it waited for the same request of another client (RFC 9211 §2.7): `Some(true)`, and that one's
    /// answer served, [`forwarded`](Self::forwarded) says why nothing else did; `Some(false)`, and it had to ask
    /// the origin itself; `None`, it did not wait.
    #[cfg(feature = "collapsing")]
    pub collapsed: Option<bool>,
    /// The store failed on the way; the request did not.
    pub store_failed: bool,
}

impl Report {
    pub(crate) fn step(&mut self, step: Step) {
        super::logging::transition(step);
        // The longest walk fits.
        let _ = self.walked.push(step);
    }
}

/// A state, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Step {
    /// [`state::IdleClient`](crate::state::IdleClient).
    IdleClient,
    /// [`state::CacheMiss`](crate::state::CacheMiss).
    CacheMiss,
    /// [`state::FromCache`](crate::state::FromCache).
    FromCache,
    /// [`state::NeedRevalidation`](crate::state::NeedRevalidation).
    NeedRevalidation,
    /// [`state::NeedToBeUpdated`](crate::state::NeedToBeUpdated).
    NeedToBeUpdated,
    /// [`state::InvalidateEntries`](crate::state::InvalidateEntries).
    InvalidateEntries,
    /// [`state::PartialUpdate`](crate::state::PartialUpdate).
    PartialUpdate,
    /// [`state::Combining`](crate::state::Combining).
    Combining,
    /// [`state::StoreAndUse`](crate::state::StoreAndUse).
    StoreAndUse,
    /// [`state::CouldNotBeStored`](crate::state::CouldNotBeStored).
    CouldNotBeStored,
    /// [`state::GatewayTimeout`](crate::state::GatewayTimeout).
    GatewayTimeout,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Where an answer came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Outcome {
    /// The origin: nothing stored was of use.
    #[default]
    Miss,
    /// The store, fresh.
    Hit,
    /// The store, validated by the origin (304).
    Revalidated,
    /// The store, stale, as request, response or options allow.
    Stale,
    /// The store, stale, since the origin failed.
    StaleOnError,
    /// The store and the origin: a stored part, and what was missing.
    Completed,
    /// The origin: what was stored had changed.
    Changed,
    /// Nobody: 504, made here.
    GatewayTimeout,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Miss => "miss",
            Self::Hit => "hit",
            Self::Revalidated => "revalidated",
            Self::Stale => "stale",
            Self::StaleOnError => "stale on error",
            Self::Completed => "completed",
            Self::Changed => "changed",
            Self::GatewayTimeout => "gateway timeout",
        })
    }
}

/// What became of a response in the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Storing {
    /// There was nothing to store: the answer came from the store, or there was none.
    #[default]
    Nothing,
    /// It is not stored.
    No(Reason),
    /// It is being stored while its body is read. If that stops half-way, what arrived is kept if the rest
    /// can be asked for later, else nothing is.
    Underway,
    /// A part of it is stored (§3.3): the rest did not come, or was not asked for. Also what was completed and
    /// has a `Repr-Digest`, which the next request verifies first.
    Incomplete(PairId),
    /// It is stored.
    Stored(PairId),
}
