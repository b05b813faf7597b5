//! `Content-Range`: which part of a representation a 206 brings (RFC 9110 §14.4).

use super::{Part, trim};
use crate::head::Fields;

/// The part that the `Content-Range` of a response describes.
///
/// `None` if there is none or more than one, if its unit is not `bytes`, or if it is not valid: its last
/// position before the first, or beyond the complete length. Also for `*/length`, which describes no part, and
/// if the content is `multipart/byteranges`, whose octets are none of the representation (§15.3.7.2).
pub(crate) fn content_range(fields: Fields<'_>) -> Option<Part> {
    let mut lines = fields.lines("content-range");
    let value = lines.next()?;
    if lines.next().is_some() || fields.get("content-type").is_some_and(is_multipart) {
        return None;
    }
    let (unit, rest) = split(trim(value), b' ')?;
    let (range, complete) = split(trim(rest), b'/')?;
    let (first, last) = split(range, b'-')?;
    let (first, last) = (number(first)?, number(last)?);
    let complete = if complete == b"*" { None } else { Some(number(complete)?) };
    let is_valid = unit.eq_ignore_ascii_case(b"bytes")
        && first <= last
        && last < u64::MAX
        && complete.is_none_or(|complete| last < complete);
    is_valid.then_some(Part { first, last, complete })
}

fn is_multipart(media_type: &[u8]) -> bool {
    media_type.get(..MULTIPART.len()).is_some_and(|start| start.eq_ignore_ascii_case(MULTIPART))
}

const MULTIPART: &[u8] = b"multipart/byteranges";

fn split(octets: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let at = octets.iter().position(|octet| *octet == at)?;
    Some((octets.get(..at)?, octets.get(at + 1..)?))
}

/// What does not fit is no number: a wrong position would put octets in the wrong place.
fn number(digits: &[u8]) -> Option<u64> {
    super::number(digits, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &str) -> Option<(u64, u64, Option<u64>)> {
        let lines = [("Content-Range", value)];
        content_range(Fields::new(&lines)).map(|part| (part.first, part.last, part.complete))
    }

    #[test]
    fn s14_4_a_part_and_the_complete_length() {
        assert_eq!(of("bytes 0-0/1"), Some((0, 0, Some(1))));
        assert_eq!(of("Bytes 2-4/10"), Some((2, 4, Some(10))));
        assert_eq!(of("bytes 2-4/*"), Some((2, 4, None)));
    }

    #[test]
    fn s14_4_what_is_not_valid_describes_no_part() {
        for value in [
            "",
            "bytes",
            "bytes */10",
            "bytes 4-2/10",
            "bytes 2-10/10",
            "bytes 2-4",
            "bytes 2-/10",
            "bytes -4/10",
            "bytes=2-4/10",
            "lines 2-4/10",
            "bytes 2-4/ten",
            "bytes 2-4/99999999999999999999999",
            "bytes 2-18446744073709551615/*",
            "bytes 2-4/10, bytes 6-7/10",
        ] {
            assert_eq!(of(value), None, "{value}");
        }
        let twice = [("Content-Range", "bytes 2-4/10"), ("content-range", "bytes 2-4/10")];
        assert_eq!(content_range(Fields::new(&twice)), None);
    }
}
