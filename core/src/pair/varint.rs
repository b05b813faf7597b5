//! Numbers in a row of octets, as [postcard](https://postcard.jamesmunns.com/wire-format) writes them: seven bits in
//! an octet, the least first, the highest bit set where more follow; the sign in the lowest bit.

/// Appends `number` to what the first `len` octets of `buf` hold. What does not fit is left out.
pub(super) fn write(number: u64, buf: &mut [u8], len: &mut usize) {
    let mut rest = number;
    while let Some(octet) = buf.get_mut(*len) {
        *len += 1;
        *octet = rest as u8 | 0x80;
        if rest < 0x80 {
            *octet = rest as u8;
            break;
        }
        rest >>= 7;
    }
}

/// Takes a number off the front; `None` if it is not all there, or too large.
#[inline]
pub(super) fn read(octets: &mut &[u8]) -> Option<u64> {
    let (mut number, mut shift) = (0, 0);
    while let [octet, rest @ ..] = *octets {
        *octets = rest;
        number |= u64::from(octet & 0x7f) << shift;
        if *octet < 0x80 {
            return (shift < 63 || *octet <= 1).then_some(number);
        }
        shift += 7;
        if shift > 63 {
            break;
        }
    }
    None
}

pub(super) const fn of_signed(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}

pub(super) const fn signed(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(number: u64) -> Vec<u8> {
        let (mut buf, mut len) = ([0; 20], 0);
        write(number, &mut buf, &mut len);
        buf[..len].to_vec()
    }

    #[test]
    fn numbers_are_written_and_read_as_postcard_does() {
        let mut mask = u64::MAX;
        while mask != 0 {
            for number in [mask, !mask, mask - 1, mask << 1] {
                let octets = written(number);
                assert_eq!(octets, postcard::to_slice(&number, &mut [0; 20]).unwrap());
                assert_eq!(read(&mut &octets[..]), Some(number));
                let of_signed = of_signed(number as i64);
                assert_eq!(signed(of_signed), number as i64);
                assert_eq!(written(of_signed), postcard::to_slice(&(number as i64), &mut [0; 20]).unwrap());
            }
            mask >>= 1;
        }
    }

    #[test]
    fn what_ends_early_or_is_too_large_is_no_number() {
        let whole = written(u64::MAX);
        for end in 0..whole.len() {
            assert_eq!(read(&mut &whole[..end]), None);
        }
        for octets in [&[0xff; 11][..], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]] {
            assert_eq!(read(&mut &octets[..]), None);
            assert!(postcard::from_bytes::<u64>(octets).is_err());
        }
    }
}
