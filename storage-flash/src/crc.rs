//! Checksums. Both begin with the number of the sector they stand in, so that what an earlier lap
//! left, or what lies inside other data, does not pass for a record.

/// CRC-32 (IEEE 802.3), four bits at a time: a table of 64 octets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crc32(u32);

impl Crc32 {
    /// The checksum of nothing in the sector numbered `seq`.
    pub(crate) fn new(seq: u32) -> Self {
        Self(u32::MAX).with(&seq.to_le_bytes())
    }

    /// With `octets` appended.
    #[inline(never)]
    pub(crate) fn with(self, octets: &[u8]) -> Self {
        Self(octets.iter().fold(self.0, |crc, octet| {
            let crc = crc ^ u32::from(*octet);
            let crc = crc >> 4 ^ entry(crc);
            crc >> 4 ^ entry(crc)
        }))
    }

    /// Its value.
    pub(crate) const fn value(self) -> u32 {
        !self.0
    }

    /// The checksum of `octets` in the sector numbered `seq`.
    #[inline(never)]
    pub(crate) fn of(seq: u32, octets: &[u8]) -> u32 {
        Self::new(seq).with(octets).value()
    }
}

/// Which of `bits` bits, if one, is flipped in octets whose checksum differs by `difference` from
/// what it was. Bits count from the first octet, least significant first.
pub(crate) fn flipped_bit(difference: u32, bits: u32) -> Option<u32> {
    let mut effect = POLYNOMIAL;
    (0..bits).rev().find(|_| {
        let found = effect == difference;
        effect = if effect & 1 == 1 { effect >> 1 ^ POLYNOMIAL } else { effect >> 1 };
        found
    })
}

/// Of CRC-32, reflected.
const POLYNOMIAL: u32 = 0xedb8_8320;

fn entry(crc: u32) -> u32 {
    TABLE_32.get(crc as usize & 15).copied().unwrap_or_default()
}

/// CRC-16 (CCITT) of `octets` in the sector numbered `seq`.
pub(crate) fn crc16<'a>(seq: u32, parts: impl IntoIterator<Item = &'a [u8]>) -> u16 {
    let octets = seq.to_le_bytes().into_iter().chain(parts.into_iter().flatten().copied());
    octets.fold(u16::MAX, |crc, octet| {
        let nibble = |crc: u16, nibble: u8| {
            let at = crc >> 12 ^ u16::from(nibble);
            crc << 4 ^ TABLE_16.get(usize::from(at & 15)).copied().unwrap_or_default()
        };
        nibble(nibble(crc, octet >> 4), octet & 15)
    })
}

/// Makes `octets` valid by flipping at most one bit; whether that was possible.
///
/// For short octets with a checksum of their own: it finds the one flipped bit, as the checksum
/// tells any two apart that differ in up to three.
#[inline(never)]
pub(crate) fn mend(octets: &mut [u8], valid: &dyn Fn(&[u8]) -> bool) -> bool {
    if valid(octets) {
        return true;
    }
    for bit in 0..octets.len() * 8 {
        let flip = |octets: &mut [u8]| {
            if let Some(octet) = octets.get_mut(bit / 8) {
                *octet ^= 1 << (bit % 8);
            }
        };
        flip(octets);
        if valid(octets) {
            return true;
        }
        flip(octets);
    }
    false
}

#[expect(clippy::indexing_slicing, reason = "evaluated when it is built")]
const TABLE_32: [u32; 16] = {
    let mut table = [0; 16];
    let mut at = 0;
    while at < 16 {
        let mut crc = at as u32;
        let mut bit = 0;
        while bit < 4 {
            crc = if crc & 1 == 1 { crc >> 1 ^ POLYNOMIAL } else { crc >> 1 };
            bit += 1;
        }
        table[at] = crc;
        at += 1;
    }
    table
};

#[expect(clippy::indexing_slicing, reason = "evaluated when it is built")]
const TABLE_16: [u16; 16] = {
    let mut table = [0; 16];
    let mut at = 0;
    while at < 16 {
        let mut crc = (at as u16) << 12;
        let mut bit = 0;
        while bit < 4 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 };
            bit += 1;
        }
        table[at] = crc;
        at += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_the_known_ones() {
        assert_eq!(Crc32(u32::MAX).with(b"123456789").value(), 0xcbf4_3926);
        // CRC-16/IBM-3740 of the same, behind four octets of a number that is part of the text.
        let seq = u32::from_le_bytes(*b"1234");
        assert_eq!(crc16(seq, [&b"567"[..], &b"89"[..]]), 0x29b1);
    }

    #[test]
    fn the_flipped_bit_is_found_by_the_checksums_alone() {
        let octets = *b"0123456789abcd";
        let sum = Crc32::of(7, &octets);
        for bit in 0..octets.len() * 8 {
            let mut flipped = octets;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(flipped_bit(sum ^ Crc32::of(7, &flipped), 112), Some(bit as u32));
            flipped[3] ^= 0x80;
            assert!(bit == 31 || flipped_bit(sum ^ Crc32::of(7, &flipped), 112).is_none());
        }
    }

    #[test]
    fn one_flipped_bit_is_found_and_two_are_not_mistaken() {
        let octets = *b"0123456789abcd";
        let sum = crc16(7, [&octets[..]]);
        let valid = |octets: &[u8]| crc16(7, [octets]) == sum;
        for bit in 0..octets.len() * 8 {
            let mut one = octets;
            one[bit / 8] ^= 1 << (bit % 8);
            assert!(mend(&mut one, &valid));
            assert_eq!(one, octets);
            let mut two = octets;
            two[bit / 8] ^= 1 << (bit % 8);
            two[0] ^= 1;
            assert!(bit == 0 || !mend(&mut two, &valid));
        }
    }
}
