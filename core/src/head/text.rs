//! Short texts the cache makes itself: ages, lengths, ranges.

use crate::division::divided;

/// At most `N` octets of text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<const N: usize> {
    octets: [u8; N],
    len: usize,
}

impl<const N: usize> Text<N> {
    pub(crate) const EMPTY: Self = Self { octets: [0; N], len: 0 };

    /// Appends `text`. What exceeds `N` octets is left out: the callers' texts never do.
    pub(crate) fn text(mut self, text: &str) -> Self {
        append(&mut self.octets, &mut self.len, text.as_bytes());
        self
    }

    /// Appends `number` in decimal.
    pub(crate) fn number(mut self, number: u64) -> Self {
        append_number(&mut self.octets, &mut self.len, number);
        self
    }

    pub(crate) fn as_octets(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }
}

#[inline(never)]
fn append(octets: &mut [u8], len: &mut usize, more: &[u8]) {
    let room = octets.get_mut(*len..).unwrap_or_default();
    for (slot, octet) in room.iter_mut().zip(more) {
        *slot = *octet;
        *len += 1;
    }
}

#[inline(never)]
fn append_number(octets: &mut [u8], len: &mut usize, number: u64) {
    let mut digits = [0_u8; 20];
    let mut rest = number;
    let mut from = digits.len();
    for (at, digit) in digits.iter_mut().enumerate().rev() {
        let ones;
        (rest, ones) = divided::<10>(rest);
        *digit = b'0' + ones as u8;
        from = at;
        if rest == 0 {
            break;
        }
    }
    append(octets, len, digits.get(from..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decimal() {
        let text = Text::<64>::EMPTY.number(0).text("-").number(u64::MAX).text("/").number(10);
        assert_eq!(text.as_octets(), b"0-18446744073709551615/10");
    }
}
