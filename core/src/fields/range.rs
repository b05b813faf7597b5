//! `Range` and what it selects (RFC 9110 §14).

use super::{number, trim};

/// One range of octets, as a request asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ByteRange {
    /// `first-last` or `first-`.
    From {
        /// Position of the first octet.
        first: u64,
        /// Position of the last octet; `None`: to the end.
        last: Option<u64>,
    },
    /// `-length`: the last octets.
    Suffix {
        /// How many.
        length: u64,
    },
}

/// What a range selects of a representation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Part {
    /// Position of its first octet.
    pub first: u64,
    /// Position of its last octet; not before `first`.
    pub last: u64,
    /// Octets of the complete representation; `None` if that is not known.
    pub complete: Option<u64>,
}

impl Part {
    /// How many octets it has.
    #[inline(never)]
    pub const fn len(&self) -> u64 {
        self.last.saturating_sub(self.first).saturating_add(1)
    }

    /// Never: a part has at least one octet.
    pub const fn is_empty(&self) -> bool {
        false
    }
}

impl ByteRange {
    /// The range of a `Range` value.
    ///
    /// `None` if the unit is not `bytes`, if it is malformed, or if it asks for several ranges:
    /// the field is then ignored (§14.2).
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (unit, set) = value.split_at_checked(value.iter().position(|octet| *octet == b'=')?)?;
        if !unit.eq_ignore_ascii_case(b"bytes") {
            return None;
        }
        let range = trim(set.get(1..)?);
        let dash = range.iter().position(|octet| *octet == b'-')?;
        let (first, last) = range.split_at_checked(dash)?;
        let last = last.get(1..)?;
        match (first, last) {
            ([], length) => Some(Self::Suffix { length: position(length)? }),
            (first, []) => Some(Self::From { first: position(first)?, last: None }),
            (first, last) => {
                let (first, last) = (position(first)?, position(last)?);
                (first <= last).then_some(Self::From { first, last: Some(last) })
            }
        }
    }

    /// What it selects of `complete` octets; `None` if nothing: 416.
    pub fn of(self, complete: u64) -> Option<Part> {
        let end = complete.checked_sub(1)?;
        match self {
            Self::From { first, last } if first <= end => {
                let last = last.map_or(end, |last| last.min(end));
                Some(Part { first, last, complete: Some(complete) })
            }
            Self::Suffix { length } if length > 0 => {
                let first = complete.saturating_sub(length);
                Some(Part { first, last: end, complete: Some(complete) })
            }
            Self::From { .. } | Self::Suffix { .. } => None,
        }
    }

    /// What it selects of a representation whose length is not known; `None` if that depends on it.
    pub(crate) const fn of_unknown(self) -> Option<Part> {
        match self {
            Self::From { first, last: Some(last) } => Some(Part { first, last, complete: None }),
            Self::From { .. } | Self::Suffix { .. } => None,
        }
    }
}

/// A position: digits, saturating.
fn position(digits: &[u8]) -> Option<u64> {
    number(digits, Some(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &str, complete: u64) -> Option<Option<(u64, u64)>> {
        let range = ByteRange::parse(value.as_bytes())?;
        Some(range.of(complete).map(|part| (part.first, part.last)))
    }

    #[test]
    fn s14_1_2_ranges_are_clipped() {
        assert_eq!(of("bytes=0-4", 10), Some(Some((0, 4))));
        assert_eq!(of("Bytes= 5-", 10), Some(Some((5, 9))));
        assert_eq!(of("bytes=5-99999999999999999999999", 10), Some(Some((5, 9))));
        assert_eq!(of("bytes=-3", 10), Some(Some((7, 9))));
        assert_eq!(of("bytes=-30", 10), Some(Some((0, 9))));
    }

    #[test]
    fn s14_1_2_what_selects_nothing_is_unsatisfiable() {
        assert_eq!(of("bytes=10-", 10), Some(None));
        assert_eq!(of("bytes=-0", 10), Some(None));
        assert_eq!(of("bytes=0-", 0), Some(None));
    }

    #[test]
    fn s14_2_what_is_malformed_is_ignored() {
        for value in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=5-4",
            "bytes=a-b",
            "lines=0-1",
            "bytes=0-1,3-4",
            "bytes 0-1",
        ] {
            assert_eq!(of(value, 10), None, "{value}");
        }
    }
}
