//! Groups of stored responses (RFC 9875).

use crate::rules::keys;

/// A group of one origin's responses, as a hash of origin and name.
///
/// Two groups with the same hash are invalidated together, which costs a validation and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Group(u32);

impl Group {
    /// The group `name` of the origin that `uri` is on. To be given to
    /// [`PairStore::invalidate_group`](crate::store::PairStore::invalidate_group) by an application that learns of a
    /// change in other ways than by HTTP.
    pub fn of(uri: &str, name: &str) -> Self {
        let escape = |octet: &u8| matches!(octet, b'"' | b'\\').then_some(b'\\');
        Self::hash(uri, name.as_bytes().iter().flat_map(|octet| escape(octet).into_iter().chain([*octet])))
    }

    /// The same of a name as it stands in a field, with its escapes.
    pub(crate) fn escaped(uri: &str, name: &[u8]) -> Self {
        Self::hash(uri, name.iter().copied())
    }

    /// The group whose hash is `number`.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// Its hash.
    pub const fn number(self) -> u32 {
        self.0
    }

    fn hash(uri: &str, name: impl Iterator<Item = u8>) -> Self {
        // An origin ends with its slash. FNV-1a, then the finaliser of MurmurHash3.
        let octets = keys::normalized(keys::origin(uri).unwrap_or(uri), "").chain(name);
        let hash =
            octets.fold(0x811c_9dc5_u32, |hash, octet| (hash ^ u32::from(octet)).wrapping_mul(0x0100_0193));
        let hash = (hash ^ hash >> 16).wrapping_mul(0x85eb_ca6b);
        let hash = (hash ^ hash >> 13).wrapping_mul(0xc2b2_ae35);
        Self(hash ^ hash >> 16)
    }
}
