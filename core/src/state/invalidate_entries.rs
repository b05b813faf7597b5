//! `InvalidateEntries`: stored responses that this response makes unusable (RFC 9111 §4.4,
//! §4.3.3, §4.3.5).

use super::candidate::Chosen;
use super::store_and_use::Verdict;
use super::{Arrived, Context, End, Ended};
use crate::pair::{PairId, PairKey};
use crate::rules::invalidation;

/// Stored pairs are to be removed before anything else happens.
#[derive(Clone, Copy, Debug)]
pub struct InvalidateEntries<'a> {
    context: Context<'a>,
    arrived: Arrived<'a>,
    invalid: Invalid,
    verdict: Verdict,
}

/// What is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Invalid {
    /// Single pairs.
    pub(crate) ids: Chosen,
    /// Every variant of some URIs.
    pub(crate) by_uri: ByUri,
}

/// Which URIs are invalidated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByUri {
    None,
    Target,
    /// The target and what `Location` and `Content-Location` name on the same origin.
    TargetAndLocations,
}

impl Invalid {
    pub(crate) const NOTHING: Self = Self { ids: Chosen::NONE, by_uri: ByUri::None };

    pub(crate) fn is_empty(self) -> bool {
        self.ids.is_empty() && self.by_uri == ByUri::None
    }
}

super::context!(InvalidateEntries);

impl<'a> InvalidateEntries<'a> {
    pub(crate) const fn new(
        context: Context<'a>,
        arrived: Arrived<'a>,
        invalid: Invalid,
        verdict: Verdict,
    ) -> Self {
        Self { context, arrived, invalid, verdict }
    }

    /// Keys under which every pair is to be removed.
    pub fn keys(&self) -> impl Iterator<Item = PairKey<'a>> + use<'a> {
        let count = match self.invalid.by_uri {
            ByUri::None => 0,
            ByUri::Target => 1,
            ByUri::TargetAndLocations => usize::MAX,
        };
        invalidation::targets(&self.context.request, &self.arrived.response).take(count)
    }

    /// Groups of which every pair stored up to now must be validated before use (RFC 9875 §3).
    #[cfg(feature = "groups")]
    pub fn groups(&self) -> impl Iterator<Item = crate::pair::Group> + Clone + use<'a> {
        invalidation::groups(&self.context.request, &self.arrived.response)
    }

    /// Single pairs to be removed.
    pub fn ids(&self) -> impl Iterator<Item = PairId> + Clone + use<'a> {
        self.context.candidates.ids(self.invalid.ids)
    }

    /// What follows once they are removed.
    ///
    /// If they cannot be, it follows all the same; the store then holds pairs that must not be used,
    /// and what it says of itself must not be trusted until they are gone.
    pub fn next(self) -> End<'a> {
        self.go_on()
    }

    /// As [`next`](Self::next), to whatever can follow.
    pub(crate) fn go_on<N: Ended<'a>>(&self) -> N {
        self.context.end(&self.arrived, self.verdict)
    }
}
