//! Field lines in a row of octets: how a record keeps them.
//!
//! Each line is the length of its name (one octet, or three from 255 octets on), the length of
//! its value (one octet, or three), the name and the value. A long length is the octet 255 and
//! then 16 bits, least significant first.

use super::Field;

const LONG: u8 = u8::MAX;
const SHORT_MAX: u8 = LONG - 1;

/// How many octets `field` takes when packed; `None` if one of its parts exceeds 65,535 octets.
pub(crate) fn packed_len(field: &Field<'_>) -> Option<usize> {
    let name = field.name_octets().len();
    let value = field.value().len();
    if name > usize::from(u16::MAX) || value > usize::from(u16::MAX) {
        return None;
    }
    Some(length_len(name) + length_len(value) + name + value)
}

/// Hands out the packed form of `field`, piece by piece, as long as they are taken; whether all were.
#[inline(never)]
pub(crate) fn pack(field: &Field<'_>, takes: &mut dyn FnMut(&[u8]) -> bool) -> bool {
    let parts = [field.name_octets(), field.value()];
    let lengths = parts.iter().all(|part| match u8::try_from(part.len()) {
        Ok(short) if short != LONG => takes(&[short]),
        _ => {
            let [low, high, ..] = part.len().to_le_bytes();
            takes(&[LONG, low, high])
        }
    });
    lengths && parts.iter().all(|part| takes(part))
}

/// The first packed line and what follows it; `None` at the end, or if the octets make no line.
pub(crate) fn split_first(octets: &[u8]) -> Option<(Field<'_>, &[u8])> {
    let (name_len, value_len, rest) = match octets {
        [name_len @ ..=SHORT_MAX, value_len @ ..=SHORT_MAX, rest @ ..] => {
            (usize::from(*name_len), usize::from(*value_len), rest)
        }
        _ => split_long_lengths(octets)?,
    };
    let (name, rest) = rest.split_at_checked(name_len)?;
    let (value, rest) = rest.split_at_checked(value_len)?;
    Some((Field::from_octets(name, value), rest))
}

#[cold]
fn split_long_lengths(octets: &[u8]) -> Option<(usize, usize, &[u8])> {
    let (name_len, rest) = split_length(octets)?;
    let (value_len, rest) = split_length(rest)?;
    Some((name_len, value_len, rest))
}

fn split_length(octets: &[u8]) -> Option<(usize, &[u8])> {
    match octets {
        [LONG, low, high, rest @ ..] => Some((usize::from(u16::from_le_bytes([*low, *high])), rest)),
        [LONG, ..] | [] => None,
        [len, rest @ ..] => Some((usize::from(*len), rest)),
    }
}

const fn length_len(len: usize) -> usize {
    if len < LONG as usize { 1 } else { 3 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(field: &Field<'_>) -> Vec<u8> {
        let mut octets = Vec::new();
        let done = pack(field, &mut |part| {
            octets.extend_from_slice(part);
            true
        });
        assert!(done);
        octets
    }

    #[test]
    fn a_packed_line_is_the_line_again() {
        let long = vec![b'x'; 300];
        for value in [&b""[..], b"a", &long[..254], &long[..255], &long] {
            let field = Field::new("Name", value);
            let mut octets = packed(&field);
            assert_eq!(octets.len(), packed_len(&field).unwrap());
            octets.extend_from_slice(b"rest");
            assert_eq!(split_first(&octets), Some((field, &b"rest"[..])));
        }
    }

    #[test]
    fn octets_that_end_early_make_no_line() {
        let octets = packed(&Field::new("Name", b"value"));
        for end in 0..octets.len() {
            assert_eq!(split_first(&octets[..end]), None);
        }
    }
}
