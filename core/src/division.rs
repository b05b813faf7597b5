//! Division of 64-bit numbers, which few processors can: the general one takes a Cortex-M 0.9 KB of code.

/// `number` / `BY`, and what remains: 16 bits at a time.
pub(crate) const fn divided<const BY: u32>(number: u64) -> (u64, u32) {
    const { assert!(0 < BY && BY <= 1 << 16, "what remains of each part fits before the next one") };
    if number >> 32 == 0 {
        return ((number as u32 / BY) as u64, number as u32 % BY);
    }
    let (mut quotient, mut remainder) = (0, 0);
    let mut shift = 64;
    while shift > 0 {
        shift -= 16;
        let part = remainder << 16 | (number >> shift) as u16 as u32;
        quotient = quotient << 16 | (part / BY) as u64;
        remainder = part % BY;
    }
    (quotient, remainder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_size_are_divided() {
        let mut number = u64::MAX;
        while number > 0 {
            for number in [number, number - 1, !number, number.wrapping_mul(0x9e37_79b9_7f4a_7c15)] {
                assert_eq!(divided::<10>(number), (number / 10, (number % 10) as u32));
                assert_eq!(divided::<1000>(number), (number / 1000, (number % 1000) as u32));
                assert_eq!(divided::<{ 1 << 16 }>(number), (number >> 16, number as u16 as u32));
            }
            number >>= 1;
        }
    }
}
