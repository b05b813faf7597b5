//! Durations in whole seconds, as fields carry them (RFC 9111 §1.2.2).

use core::fmt;

/// A duration in whole seconds, saturating at 2^31 (RFC 9111 §1.2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DeltaSeconds(u32);

impl DeltaSeconds {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// 2^31 seconds, 68 years: what larger values become.
    pub const MAX: Self = Self(1 << 31);

    /// `seconds`, or [`MAX`](Self::MAX) if they are more.
    pub const fn new(seconds: u64) -> Self {
        if seconds > Self::MAX.0 as u64 { Self::MAX } else { Self(seconds as u32) }
    }

    /// A difference of two times: what is negative becomes zero.
    pub(crate) const fn from_difference(seconds: i64) -> Self {
        if seconds < 0 { Self::ZERO } else { Self::new(seconds.unsigned_abs()) }
    }

    /// Parses `1*DIGIT`. Leading zeros are digits; signs, fractions and blanks are not, and `None`.
    pub fn parse(octets: &[u8]) -> Option<Self> {
        if octets.is_empty() {
            return None;
        }
        let mut seconds: u32 = 0;
        for octet in octets {
            let digit = octet.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            seconds = seconds.saturating_mul(10).saturating_add(u32::from(digit));
        }
        Some(Self::new(u64::from(seconds)))
    }

    /// The number of seconds.
    pub const fn as_secs(self) -> u32 {
        self.0
    }

    /// The sum, at most [`MAX`](Self::MAX).
    pub const fn saturating_add(self, other: Self) -> Self {
        Self::new(self.0 as u64 + other.0 as u64)
    }

    /// The difference, at least zero.
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// `percent` hundredths of it, rounded down.
    pub(crate) const fn percent(self, percent: u8) -> Self {
        let (hundreds, rest) = (self.0 / 100, self.0 % 100);
        Self::new(hundreds as u64 * percent as u64 + (rest * percent as u32 / 100) as u64)
    }
}

impl fmt::Display for DeltaSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s1_2_2_delta_seconds_saturate() {
        assert_eq!(DeltaSeconds::parse(b"2147483647"), Some(DeltaSeconds(2_147_483_647)));
        for huge in [&b"2147483648"[..], b"4294967296", b"18446744073709551617"] {
            assert_eq!(DeltaSeconds::parse(huge), Some(DeltaSeconds::MAX));
        }
        assert_eq!(DeltaSeconds::MAX.saturating_add(DeltaSeconds::MAX), DeltaSeconds::MAX);
    }

    #[test]
    fn s1_2_2_only_digits_make_delta_seconds() {
        for wrong in [&b""[..], b"-1", b"+1", b"1.0", b" 1", b"1 ", b"1a", b"\"1\""] {
            assert_eq!(DeltaSeconds::parse(wrong), None);
        }
        assert_eq!(DeltaSeconds::parse(b"003600"), Some(DeltaSeconds::new(3600)));
    }
}
