//! Short texts the cache makes itself: ages, lengths, ranges.

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
        for octet in text.bytes() {
            self.push(octet);
        }
        self
    }

    /// Appends `number` in decimal.
    pub(crate) fn number(mut self, number: u64) -> Self {
        let mut digits = [0_u8; 20];
        let mut rest = number;
        let mut from = digits.len();
        for (at, digit) in digits.iter_mut().enumerate().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
            from = at;
            if rest == 0 {
                break;
            }
        }
        for digit in digits.iter().skip(from) {
            self.push(*digit);
        }
        self
    }

    fn push(&mut self, octet: u8) {
        if let Some(slot) = self.octets.get_mut(self.len) {
            *slot = octet;
            self.len += 1;
        }
    }

    pub(crate) fn as_octets(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }
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
