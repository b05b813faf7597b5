//! Names without case, told apart by a few words instead of octet by octet.

/// A name of at most 24 octets, its letters folded to lower case.
///
/// Folding sets bit 5 of every octet. For tokens that is exact where it matters: only a letter
/// becomes a letter, and `-` stays itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Folded {
    len: u8,
    /// The first octets, the last ones, and those from the ninth on: up to eight each, they may
    /// overlap.
    first: u64,
    last: u64,
    middle: u64,
}

const CASE: u64 = 0x2020_2020_2020_2020;

impl Folded {
    /// Folds `name`. Names of more than 24 octets become one that equals no known name.
    #[inline]
    pub(crate) const fn of(name: &[u8]) -> Self {
        let (first, last, middle) = match name {
            [] => (0, 0, 0),
            [a] => (*a as u64, 0, 0),
            [a, b] => (*a as u64, *b as u64, 0),
            [a, b, c] => (*a as u64 | (*b as u64) << 8, *c as u64, 0),
            _ => match (name.first_chunk(), name.last_chunk()) {
                (Some(first), Some(last)) => {
                    (u64::from_le_bytes(*first), u64::from_le_bytes(*last), middle(name))
                }
                _ => match (name.first_chunk(), name.last_chunk()) {
                    (Some(first), Some(last)) => {
                        (u32::from_le_bytes(*first) as u64, u32::from_le_bytes(*last) as u64, 0)
                    }
                    _ => (0, 0, 0),
                },
            },
        };
        let len = if name.len() > 24 { u8::MAX } else { name.len() as u8 };
        Self { len, first: first | CASE, last: last | CASE, middle: middle | CASE }
    }
}

#[inline]
const fn middle(name: &[u8]) -> u64 {
    if name.len() <= 16 {
        return 0;
    }
    match name.split_first_chunk::<8>() {
        Some((_, rest)) => match rest.first_chunk() {
            Some(middle) => u64::from_le_bytes(*middle),
            None => 0,
        },
        None => 0,
    }
}

/// Makes a constant of each name.
macro_rules! folded {
    ($($constant:ident = $name:literal,)*) => {
        $(const $constant: $crate::head::Folded = $crate::head::Folded::of($name);)*
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
