//! Names without case, told apart by a few words instead of octet by octet.

/// A name, its letters folded to lower case where it is compared.
///
/// Folding sets bit 5 of every octet. For tokens that is exact where it matters: only a letter
/// becomes a letter, and `-` stays itself.
#[derive(Clone, Copy)]
pub(crate) struct Folded<'a>(&'a [u8]);

impl<'a> Folded<'a> {
    pub(crate) const fn of(name: &'a [u8]) -> Self {
        Self(name)
    }
}

impl PartialEq for Folded<'_> {
    /// Against a constant, two comparisons of words: the first octets and the last ones, which may
    /// overlap. Names of more than 16 octets are rare.
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        let (Self(a), Self(b)) = (self, other);
        if a.len() != b.len() {
            return false;
        }
        if let (Some(a_first), Some(b_first)) = (a.first_chunk(), b.first_chunk()) {
            word(a_first) == word(b_first)
                && a.last_chunk().map(word) == b.last_chunk().map(word)
                && (a.len() <= 16 || a.eq_ignore_ascii_case(b))
        } else if let (Some(a_first), Some(b_first)) = (a.first_chunk(), b.first_chunk()) {
            half(a_first) == half(b_first) && a.last_chunk().map(half) == b.last_chunk().map(half)
        } else {
            a.iter().zip(*b).all(|(a, b)| a | CASE == b | CASE)
        }
    }
}

const CASE: u8 = 0x20;

const fn word(octets: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*octets) | u64::from_le_bytes([CASE; 8])
}

const fn half(octets: &[u8; 4]) -> u32 {
    u32::from_le_bytes(*octets) | u32::from_le_bytes([CASE; 4])
}

/// Makes a constant of each name.
macro_rules! folded {
    ($($constant:ident = $name:literal,)*) => {
        $(const $constant: $crate::head::Folded<'static> = $crate::head::Folded::of($name);)*
    };
}
pub(crate) use folded;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_names_are_equal_without_regard_to_case_and_only_then() {
        let names = [
            "",
            "a",
            "b",
            "ab",
            "abc",
            "abd",
            "age",
            "date",
            "dale",
            "range",
            "rouge",
            "expires",
            "if-match",
            "if-range",
            "keep-alive",
            "cache-control",
            "if-none-match",
            "transfer-encoding",
            "transfer-oncoding",
            "stale-while-revalidate",
            "stale-whine-revalidate",
        ];
        for a in names {
            for b in names {
                let upper = b.to_ascii_uppercase();
                assert_eq!(Folded::of(a.as_bytes()) == Folded::of(upper.as_bytes()), a == b, "{a} {b}");
            }
        }
    }
}
