//! `InvalidateEntries`: stored responses that this response makes unusable (RFC 9111 §4.4,
//! §4.3.3, §4.3.5).

use super::candidates::Chosen;
use super::{Arrived, Context};
use crate::pair::{PairId, PairKey};
use crate::rules::invalidation;

/// Stored pairs are to be removed before anything else happens.
#[derive(Clone, Copy, Debug)]
pub struct InvalidateEntries<'a, Then> {
    context: Context<'a>,
    arrived: Arrived<'a>,
    ids: Chosen,
    by_uri: ByUri,
    then: Then,
}

/// Which URIs are invalidated, every variant of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByUri {
    None,
    Target,
    /// The target and what `Location` and `Content-Location` name on the same origin.
    TargetAndLocations,
}

super::context!(InvalidateEntries, Then);

impl<'a, Then> InvalidateEntries<'a, Then> {
    pub(crate) const fn new(
        context: Context<'a>,
        arrived: Arrived<'a>,
        ids: Chosen,
        by_uri: ByUri,
        then: Then,
    ) -> Self {
        Self { context, arrived, ids, by_uri, then }
    }

    /// Keys under which every pair is to be removed.
    pub fn keys(&self) -> impl Iterator<Item = PairKey<'a>> + use<'a, Then> {
        let count = match self.by_uri {
            ByUri::None => 0,
            ByUri::Target => 1,
            ByUri::TargetAndLocations => usize::MAX,
        };
        invalidation::targets(&self.context.request, &self.arrived.response).take(count)
    }

    /// Single pairs to be removed.
    pub fn ids(&self) -> impl Iterator<Item = PairId> + Clone + use<'a, Then> {
        self.context.candidates.ids(self.ids)
    }

    /// What follows once they are removed. If they cannot be, nothing may follow but handing the
    /// response over: the store then holds a pair that must not be used.
    pub fn next(self) -> Then {
        self.then
    }
}
