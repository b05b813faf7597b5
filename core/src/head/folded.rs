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
    /// Two comparisons of words: the first octets and the last ones, which may overlap. Names of more than 16
    /// octets are rare.
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        let (Self(a), Self(b)) = (self, other);
        if a.len() != b.len() {
            return false;
        }
        if let (Some(a_ends), Some(b_ends)) = (words(a), words(b)) {
            a_ends == b_ends && (a.len() <= 16 || a.eq_ignore_ascii_case(b))
        } else if let (Some(a_ends), Some(b_ends)) = (halves(a), halves(b)) {
            a_ends == b_ends
        } else {
            a.iter().zip(*b).all(|(a, b)| a | CASE == b | CASE)
        }
    }
}

const CASE: u8 = 0x20;

/// The first octets and the last ones.
#[inline]
fn words(octets: &[u8]) -> Option<(u64, u64)> {
    let word = |octets: &[u8; 8]| u64::from_le_bytes(*octets) | u64::from_le_bytes([CASE; 8]);
    Some((word(octets.first_chunk()?), word(octets.last_chunk()?)))
}

#[inline]
fn halves(octets: &[u8]) -> Option<(u32, u32)> {
    let half = |octets: &[u8; 4]| u32::from_le_bytes(*octets) | u32::from_le_bytes([CASE; 4]);
    Some((half(octets.first_chunk()?), half(octets.last_chunk()?)))
}

/// A table of names, and what each of them is. One look finds the only one that a name may be.
pub(crate) struct Names<T, const N: usize> {
    names: Table<[&'static [u8]; N]>,
    are: [T; N],
}

/// Names alone. Unsized where it is looked through, so that this is compiled once.
struct Table<N: ?Sized> {
    /// With this factor, [`slot`] gives each name a place of its own.
    factor: usize,
    /// The index of the name that belongs there. Past the end for none.
    slots: [u8; SLOTS],
    names: N,
}

const SLOTS: usize = 64;
const NONE: u8 = u8::MAX;

impl<T: Copy, const N: usize> Names<T, N> {
    /// Of names in lower case. Those that no factor tells apart do not compile, in a constant.
    #[expect(clippy::indexing_slicing, reason = "done by the compiler")]
    pub(crate) const fn of(list: [(&'static [u8], T); N]) -> Self {
        let (mut names, mut are) = ([list[0].0; N], [list[0].1; N]);
        let mut index = 0;
        while index < N {
            (names[index], are[index]) = list[index];
            index += 1;
        }
        let mut factor = 0;
        loop {
            assert!(factor < SLOTS, "`slot` must be another one");
            if let Some(slots) = placed(&names, factor) {
                return Self { names: Table { factor, slots, names }, are };
            }
            factor += 1;
        }
    }

    /// What the one called `name` is, compared without regard to case.
    #[inline]
    pub(crate) fn find(&self, name: &[u8]) -> Option<T> {
        let names: &Table<[&[u8]]> = &self.names;
        self.are.get(names.index(name)).copied()
    }
}

impl Table<[&'static [u8]]> {
    /// Past the end if there is none.
    #[inline]
    fn index(&self, name: &[u8]) -> usize {
        let slot = slot(name, self.factor).and_then(|slot| self.slots.get(slot));
        let index = usize::from(*slot.unwrap_or(&NONE));
        match self.names.get(index) {
            Some(known) if Folded::of(known) == Folded::of(name) => index,
            _ => usize::from(NONE),
        }
    }
}

/// The place of a name, by the octet in its middle, the last one, and its length. The bits by which these octets
/// differ in case do not count.
#[inline]
const fn slot(name: &[u8], factor: usize) -> Option<usize> {
    let [.., last] = name else { return None };
    #[expect(clippy::indexing_slicing, reason = "half of a length that is not 0")]
    let middle = name[name.len() / 2];
    Some(((middle as usize + 2 * *last as usize) % 32 + factor * name.len()) % SLOTS)
}

/// The names in their places; `None` if two have the same one.
#[expect(clippy::indexing_slicing, reason = "done by the compiler")]
const fn placed(names: &[&[u8]], factor: usize) -> Option<[u8; SLOTS]> {
    let mut slots = [NONE; SLOTS];
    let mut index = 0;
    while index < names.len() {
        match slot(names[index], factor) {
            Some(slot) if slots[slot] == NONE => slots[slot] = index as u8,
            _ => return None,
        }
        index += 1;
    }
    Some(slots)
}

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
