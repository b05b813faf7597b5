//! Looking for octets that separate, a machine word at a time.

type Word = usize;
const WORD: usize = size_of::<Word>();

/// The position of the first octet up to `,` in ASCII: a comma, a quote, a blank, a control
/// character, or one of `!#$%&'*+`. The length if there is none.
pub(super) fn until_separator(octets: &[u8]) -> usize {
    until(octets, separators, |octet| octet <= b',')
}

/// The position of the first `=` or octet up to `,`; the length if there is none.
pub(super) fn until_equals_or_separator(octets: &[u8]) -> usize {
    until(octets, |word| separators(word) | equals(word), |octet| octet <= b',' || octet == b'=')
}

/// Sets the highest bit of the first octet up to `,`, and none before it.
const fn separators(word: Word) -> Word {
    // The subtraction borrows where the octet is small; what a borrow disturbs stands behind it.
    word.wrapping_sub(every(b',' + 1)) & !word & every(0x80)
}

/// Sets the highest bit of the first `=`, and none before it.
const fn equals(word: Word) -> Word {
    let difference = word ^ every(b'=');
    difference.wrapping_sub(every(1)) & !difference & every(0x80)
}

/// A word with `octet` in every place.
const fn every(octet: u8) -> Word {
    Word::from_le_bytes([octet; WORD])
}

#[inline]
fn until(octets: &[u8], hits: impl Fn(Word) -> Word, is_hit: impl Fn(u8) -> bool) -> usize {
    let place = |hits: Word| (hits.trailing_zeros() / 8) as usize;
    let Some(last) = octets.last_chunk() else {
        return octets.iter().position(|octet| is_hit(*octet)).unwrap_or(octets.len());
    };
    let (words, rest) = octets.as_chunks();
    let mut at = 0;
    for word in words {
        let hits = hits(Word::from_le_bytes(*word));
        if hits != 0 {
            return at + place(hits);
        }
        at += WORD;
    }
    // The last word overlaps those before, in which nothing was found.
    match hits(Word::from_le_bytes(*last)) {
        0 => octets.len(),
        hits => at + rest.len() - WORD + place(hits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_octet_is_found_wherever_it_stands() {
        for len in 0..=3 * WORD {
            for fill in [b'-', b'x', b'<', b'>', 0x80, 0xac, 0xbd, 0xff] {
                let mut octets = vec![fill; len];
                assert_eq!(until_separator(&octets), len);
                assert_eq!(until_equals_or_separator(&octets), len);
                for at in (0..len).rev() {
                    octets[at] = b'=';
                    assert_eq!(until_equals_or_separator(&octets), at, "{octets:?}");
                    for small in [0, b' ', b','] {
                        octets[at] = small;
                        assert_eq!(until_separator(&octets), at, "{octets:?}");
                        assert_eq!(until_equals_or_separator(&octets), at, "{octets:?}");
                    }
                }
            }
        }
    }
}
