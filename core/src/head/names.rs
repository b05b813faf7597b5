//! The field names a cache acts on, and how they are told apart.

/// A field name that means something to the cache.
///
/// Telling names apart costs one comparison in nearly all cases: the length decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Known {
    Age,
    Authorization,
    CacheControl,
    Connection,
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

impl Known {
    /// The field called `name`, compared without regard to case; `None` for all others.
    pub(crate) fn of(name: &[u8]) -> Option<Self> {
        let candidates: &[(&str, Self)] = match name.len() {
            2 => &[("te", Self::Te)],
            3 => &[("age", Self::Age)],
            4 => &[("date", Self::Date), ("etag", Self::ETag), ("vary", Self::Vary)],
            5 => &[("range", Self::Range)],
            6 => &[("cookie", Self::Cookie), ("pragma", Self::Pragma)],
            7 => &[("expires", Self::Expires), ("upgrade", Self::Upgrade)],
            8 => &[("if-match", Self::IfMatch), ("if-range", Self::IfRange), ("location", Self::Location)],
            10 => &[("connection", Self::Connection), ("keep-alive", Self::KeepAlive)],
            13 => &[
                ("cache-control", Self::CacheControl),
                ("last-modified", Self::LastModified),
                ("if-none-match", Self::IfNoneMatch),
                ("authorization", Self::Authorization),
                ("content-range", Self::ContentRange),
            ],
            14 => &[("content-length", Self::ContentLength)],
            16 => &[("content-location", Self::ContentLocation), ("proxy-connection", Self::ProxyConnection)],
            17 => {
                &[("if-modified-since", Self::IfModifiedSince), ("transfer-encoding", Self::TransferEncoding)]
            }
            18 => &[("proxy-authenticate", Self::ProxyAuthenticate)],
            19 => &[
                ("if-unmodified-since", Self::IfUnmodifiedSince),
                ("proxy-authorization", Self::ProxyAuthorization),
            ],
            25 => &[("proxy-authentication-info", Self::ProxyAuthenticationInfo)],
            _ => return None,
        };
        candidates
            .iter()
            .find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()))
            .map(|(_, field)| *field)
    }
}

/// A set of known names.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KnownSet(u32);

impl KnownSet {
    pub(crate) const EMPTY: Self = Self(0);

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
        Self(self.0 | 1 << name as u8)
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn contains(self, name: Known) -> bool {
        self.0 & 1 << name as u8 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_without_regard_to_case() {
        assert_eq!(Known::of(b"ETag"), Some(Known::ETag));
        assert_eq!(Known::of(b"CACHE-CONTROL"), Some(Known::CacheControl));
        assert_eq!(Known::of(b"cache_control"), None);
        assert_eq!(Known::of(b""), None);
    }
}
