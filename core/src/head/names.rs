//! The field names a cache acts on, and how they are told apart.

use super::folded::{Folded, folded};

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

folded! {
    AGE = b"age",
    AUTHORIZATION = b"authorization",
    CACHE_CONTROL = b"cache-control",
    CONNECTION = b"connection",
    CONTENT_DIGEST = b"content-digest",
    CONTENT_ENCODING = b"content-encoding",
    CONTENT_LENGTH = b"content-length",
    CONTENT_LOCATION = b"content-location",
    CONTENT_RANGE = b"content-range",
    COOKIE = b"cookie",
    DATE = b"date",
    ETAG = b"etag",
    EXPIRES = b"expires",
    IF_MATCH = b"if-match",
    IF_MODIFIED_SINCE = b"if-modified-since",
    IF_NONE_MATCH = b"if-none-match",
    IF_RANGE = b"if-range",
    IF_UNMODIFIED_SINCE = b"if-unmodified-since",
    KEEP_ALIVE = b"keep-alive",
    LAST_MODIFIED = b"last-modified",
    LOCATION = b"location",
    PRAGMA = b"pragma",
    PROXY_AUTHENTICATE = b"proxy-authenticate",
    PROXY_AUTHENTICATION_INFO = b"proxy-authentication-info",
    PROXY_AUTHORIZATION = b"proxy-authorization",
    PROXY_CONNECTION = b"proxy-connection",
    RANGE = b"range",
    TE = b"te",
    TRANSFER_ENCODING = b"transfer-encoding",
    UPGRADE = b"upgrade",
    VARY = b"vary",
}

impl Known {
    /// The field called `name`, compared without regard to case; `None` for all others.
    #[inline]
    pub(crate) fn of(name: &[u8]) -> Option<Self> {
        let folded = Folded::of(name);
        Some(match name.len() {
            2 if folded == TE => Self::Te,
            3 if folded == AGE => Self::Age,
            4 if folded == DATE => Self::Date,
            4 if folded == ETAG => Self::ETag,
            4 if folded == VARY => Self::Vary,
            5 if folded == RANGE => Self::Range,
            6 if folded == COOKIE => Self::Cookie,
            6 if folded == PRAGMA => Self::Pragma,
            7 if folded == EXPIRES => Self::Expires,
            7 if folded == UPGRADE => Self::Upgrade,
            8 if folded == IF_MATCH => Self::IfMatch,
            8 if folded == IF_RANGE => Self::IfRange,
            8 if folded == LOCATION => Self::Location,
            10 if folded == CONNECTION => Self::Connection,
            10 if folded == KEEP_ALIVE => Self::KeepAlive,
            13 if folded == CACHE_CONTROL => Self::CacheControl,
            13 if folded == LAST_MODIFIED => Self::LastModified,
            13 if folded == AUTHORIZATION => Self::Authorization,
            13 if folded == CONTENT_RANGE => Self::ContentRange,
            13 if folded == IF_NONE_MATCH => Self::IfNoneMatch,
            14 if folded == CONTENT_LENGTH => Self::ContentLength,
            14 if folded == CONTENT_DIGEST => Self::ContentDigest,
            16 if folded == CONTENT_ENCODING => Self::ContentEncoding,
            16 if folded == CONTENT_LOCATION => Self::ContentLocation,
            16 if folded == PROXY_CONNECTION => Self::ProxyConnection,
            17 if folded == IF_MODIFIED_SINCE => Self::IfModifiedSince,
            17 if folded == TRANSFER_ENCODING => Self::TransferEncoding,
            18 if folded == PROXY_AUTHENTICATE => Self::ProxyAuthenticate,
            19 if folded == IF_UNMODIFIED_SINCE => Self::IfUnmodifiedSince,
            19 if folded == PROXY_AUTHORIZATION => Self::ProxyAuthorization,
            25 if folded == PROXY_AUTHENTICATION_INFO => Self::ProxyAuthenticationInfo,
            _ => return None,
        })
    }
}

impl Known {
    /// Octets of the name.
    const fn length(self) -> u32 {
        match self {
            Self::Te => 2,
            Self::Age => 3,
            Self::Date | Self::ETag | Self::Vary => 4,
            Self::Range => 5,
            Self::Cookie | Self::Pragma => 6,
            Self::Expires | Self::Upgrade => 7,
            Self::IfMatch | Self::IfRange | Self::Location => 8,
            Self::Connection | Self::KeepAlive => 10,
            Self::Authorization
            | Self::CacheControl
            | Self::ContentRange
            | Self::IfNoneMatch
            | Self::LastModified => 13,
            Self::ContentDigest | Self::ContentLength => 14,
            Self::ContentEncoding | Self::ContentLocation | Self::ProxyConnection => 16,
            Self::IfModifiedSince | Self::TransferEncoding => 17,
            Self::ProxyAuthenticate => 18,
            Self::IfUnmodifiedSince | Self::ProxyAuthorization => 19,
            Self::ProxyAuthenticationInfo => 25,
        }
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
        name.len() < 32
            && self.lengths & 1 << name.len() != 0
            && Known::of(name).is_some_and(|name| self.names & 1 << name as u8 != 0)
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
