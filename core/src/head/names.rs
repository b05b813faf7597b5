//! The field names a cache acts on, and how they are told apart.

use super::folded::Names;

/// A field name that means something to the cache.
///
/// Telling names apart takes a few words, not a comparison with each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Known {
    Age,
    Authorization,
    CacheControl,
    Connection,
    ContentDigest,
    ContentEncoding,
    ContentLength,
    ContentLocation,
    ContentRange,
    Cookie,
    Date,
    ETag,
    Expires,
    IfMatch,
    IfModifiedSince,
    IfNoneMatch,
    IfRange,
    IfUnmodifiedSince,
    KeepAlive,
    LastModified,
    Location,
    Pragma,
    ProxyAuthenticate,
    ProxyAuthenticationInfo,
    ProxyAuthorization,
    ProxyConnection,
    Range,
    Te,
    TransferEncoding,
    Upgrade,
    Vary,
}

/// What they are called, the shortest first.
const NAMES: [(&[u8], Known); 31] = [
    (b"te", Known::Te),
    (b"age", Known::Age),
    (b"date", Known::Date),
    (b"etag", Known::ETag),
    (b"vary", Known::Vary),
    (b"range", Known::Range),
    (b"cookie", Known::Cookie),
    (b"pragma", Known::Pragma),
    (b"expires", Known::Expires),
    (b"upgrade", Known::Upgrade),
    (b"if-match", Known::IfMatch),
    (b"if-range", Known::IfRange),
    (b"location", Known::Location),
    (b"connection", Known::Connection),
    (b"keep-alive", Known::KeepAlive),
    (b"authorization", Known::Authorization),
    (b"cache-control", Known::CacheControl),
    (b"content-range", Known::ContentRange),
    (b"if-none-match", Known::IfNoneMatch),
    (b"last-modified", Known::LastModified),
    (b"content-digest", Known::ContentDigest),
    (b"content-length", Known::ContentLength),
    (b"content-encoding", Known::ContentEncoding),
    (b"content-location", Known::ContentLocation),
    (b"proxy-connection", Known::ProxyConnection),
    (b"if-modified-since", Known::IfModifiedSince),
    (b"transfer-encoding", Known::TransferEncoding),
    (b"proxy-authenticate", Known::ProxyAuthenticate),
    (b"if-unmodified-since", Known::IfUnmodifiedSince),
    (b"proxy-authorization", Known::ProxyAuthorization),
    (b"proxy-authentication-info", Known::ProxyAuthenticationInfo),
];

static TABLE: Names<Known, { NAMES.len() }> = Names::of(NAMES);

/// How many octets they have, by their numbers.
#[expect(clippy::indexing_slicing, reason = "done by the compiler")]
static LENGTHS: [u8; NAMES.len()] = {
    let mut lengths = [0; NAMES.len()];
    let mut rest: &[_] = &NAMES;
    while let [(name, known), others @ ..] = rest {
        lengths[*known as usize] = name.len() as u8;
        rest = others;
    }
    lengths
};

impl Known {
    /// The field called `name`, compared without regard to case; `None` for all others.
    #[inline]
    pub(crate) fn of(name: &[u8]) -> Option<Self> {
        TABLE.find(name)
    }

    /// Octets of the name.
    #[expect(clippy::indexing_slicing, reason = "there are as many lengths as names")]
    const fn length(self) -> u8 {
        LENGTHS[self as usize]
    }
}

/// A set of known names.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KnownSet {
    names: u32,
    /// The lengths of the names, so that most other names need not be told apart.
    lengths: u32,
}

impl KnownSet {
    pub(crate) const EMPTY: Self = Self { names: 0, lengths: 0 };

    /// Fields that belong to one connection, or to a proxy, and are never stored (§3.1).
    pub(crate) const HOP_BY_HOP: Self = Self::of(&[
        Known::Connection,
        Known::KeepAlive,
        Known::ProxyConnection,
        Known::ProxyAuthenticate,
        Known::ProxyAuthenticationInfo,
        Known::ProxyAuthorization,
        Known::Te,
        Known::TransferEncoding,
        Known::Upgrade,
    ]);

    pub(crate) const fn of(names: &[Known]) -> Self {
        let mut set = Self::EMPTY;
        let mut rest = names;
        while let [name, others @ ..] = rest {
            set = set.with(*name);
            rest = others;
        }
        set
    }

    pub(crate) const fn with(self, name: Known) -> Self {
        Self { names: self.names | 1 << name as u8, lengths: self.lengths | 1 << name.length() }
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self { names: self.names | other.names, lengths: self.lengths | other.lengths }
    }

    /// Whether the field called `name` is in the set.
    #[inline]
    pub(crate) fn contains(self, name: &[u8]) -> bool {
        name.len() < 32 && self.lengths & 1 << name.len() != 0 && self.has(name)
    }

    /// The same for a name that may be in the set by its length.
    #[inline(never)]
    fn has(self, name: &[u8]) -> bool {
        Known::of(name).is_some_and(|name| self.names & 1 << name as u8 != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_contains_its_names_and_no_others() {
        let all = KnownSet::HOP_BY_HOP;
        for name in ["te", "Upgrade", "PROXY-AUTHENTICATION-INFO", "connection"] {
            assert!(all.contains(name.as_bytes()), "{name}");
        }
        for name in ["", "tt", "expires", "x-authentication-info-xyz", "connections"] {
            assert!(!all.contains(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn names_are_told_apart_without_regard_to_case() {
        assert_eq!(Known::of(b"ETag"), Some(Known::ETag));
        assert_eq!(Known::of(b"CACHE-CONTROL"), Some(Known::CacheControl));
        assert_eq!(Known::of(b"cache_control"), None);
        assert_eq!(Known::of(b""), None);
    }
}
