//! The part of a reply that says what the cache did, as `Cache-Status` does (RFC 9211).

use super::reply::{Head, Reply};
use super::{Origin, Outcome, Storing};
use crate::cache_status::{CacheStatus, Forward};
use crate::fields::ResponseFacts;
use crate::head::Edited;
use crate::options::{CacheOptions, Methods};
use crate::reason::Reason;
use crate::rules::freshness;
use crate::store::PairStore;
use crate::time::{DeltaSeconds, HttpDate};

impl<S: PairStore, O: Origin> Reply<'_, S, O> {
    /// What the cache did, for a `Cache-Status` field (RFC 9211) behind those that other caches sent.
    ///
    /// As far as it is known now: a response on its way into the store counts as stored. `None` for a 504
    /// that was made here: it is of no cache (§2), and [`Report::forwarded`](super::Report::forwarded)
    /// says why.
    pub fn cache_status(&self) -> Option<CacheStatus> {
        let stored =
            matches!(self.report.storing, Storing::Underway | Storing::Incomplete(_) | Storing::Stored(_));
        let (forwards, ttl) = match &self.head {
            Head::Stored { state, found, record } => {
                let pair = found.view(record)?;
                let lines = state.freshened(pair.response.fields);
                let (status, received) = (pair.response.status, pair.received.utc);
                let ttl = state.age().map(|age| ttl(&lines, status, age, received, state.options()));
                // Whether it was forwarded, the origin's failure included.
                let is_hit = matches!(self.report.outcome, Outcome::Hit | Outcome::Stale)
                    && self.collapsed() != Some(true);
                ((!is_hit).then(|| self.forward(state.options())), ttl)
            }
            Head::Origin(arrived, options) => {
                let (age, received) = (arrived.came.received.initial_age, arrived.came.received.utc);
                let ttl = stored.then(|| ttl(&arrived.fields(), self.status(), age, received, options));
                (Some(self.forward(options)), ttl)
            }
            Head::None => return None,
        };
        Some(CacheStatus {
            forward: forwards,
            forward_status: self.report.forward_status,
            stored,
            collapsed: self.collapsed(),
            ttl,
            detail: forwards.and_then(|forward| self.detail(forward)),
        })
    }

    /// [`Report::collapsed`](super::Report).
    #[cfg(feature = "collapsing")]
    const fn collapsed(&self) -> Option<bool> {
        self.report.collapsed
    }

    /// Nothing is collapsed.
    #[cfg(not(feature = "collapsing"))]
    #[expect(clippy::unused_self, reason = "as with the feature `collapsing`")]
    const fn collapsed(&self) -> Option<bool> {
        None
    }

    fn forward(&self, options: &CacheOptions) -> Forward {
        let forward = self.report.forwarded.map_or(Forward::Miss, Forward::of);
        let is_off = !options.supported_methods.contains(Methods::GET);
        if forward == Forward::Method && is_off { Forward::Bypass } else { forward }
    }

    /// Why it is not stored, if the origin's response is not; else why it was forwarded, if that is more
    /// than `forward` says.
    fn detail(&self, forward: Forward) -> Option<Reason> {
        if let Storing::No(reason) = self.report.storing {
            return Some(reason);
        }
        if self.report.outcome == Outcome::StaleOnError && self.report.forward_status.is_none() {
            return Some(Reason::Unreachable);
        }
        let says_it_all = matches!(
            (forward, self.report.forwarded),
            (Forward::UriMiss | Forward::VaryMiss, _) | (Forward::Stale, Some(Reason::Stale))
        );
        self.report.forwarded.filter(|_| !says_it_all)
    }
}

/// For how many seconds a response with these lines, of this age, stays fresh; negative if it is stale.
fn ttl(
    lines: &Edited<'_>,
    status: u16,
    age: DeltaSeconds,
    received: Option<HttpDate>,
    options: &CacheOptions,
) -> i64 {
    let facts = ResponseFacts::of_edited(lines, received).targeted(*lines, options);
    let lifetime = freshness::freshness_lifetime(status, &facts, received, options);
    i64::from(lifetime.as_secs()) - i64::from(age.as_secs())
}
