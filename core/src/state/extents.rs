//! What a decision knows of the body of an incomplete response.

use super::candidate::Hole;
use crate::fields::Part;
use core::ops::Range;

/// Two neighbouring extents of a stored body, as
/// [`PairStore::extent`](crate::store::PairStore::extent) finds them from the position on that
/// [`Selecting::wants_extents`](super::Selecting::wants_extents) names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Extents {
    /// The position they were looked for from.
    pub from: u64,
    /// The first one that ends behind it, without what lies before.
    pub first: Option<Range<u64>>,
    /// The one behind that.
    pub second: Option<Range<u64>>,
}

impl Extents {
    /// Whether the part lies in the first one.
    pub(crate) fn hold(&self, part: Part) -> bool {
        self.first.as_ref().is_some_and(|extent| extent.start <= part.first && part.last < extent.end)
    }

    /// The first hole; an empty one at the end of a body of `complete` octets if none is missing. `None` if
    /// nothing is held, or nothing was looked for.
    pub(crate) fn hole(&self, complete: Option<u64>) -> Option<Hole> {
        let first = self.first.as_ref()?;
        if first.start > self.from {
            return Some(Hole { first: self.from, end: Some(first.start) });
        }
        let end = self.second.as_ref().map(|second| second.start);
        Some(Hole { first: first.end, end: end.filter(|end| complete.is_none_or(|all| *end < all)) })
    }
}
