//! The meaning of single fields.
//!
//! Every parser here takes octets from strangers: what is malformed has a defined meaning, the
//! careful one, and nothing panics.

pub(crate) mod cache_control;
mod content_range;
#[cfg(feature = "digest")]
mod digest;
mod directives;
mod entity_tag;
mod facts;
#[cfg(feature = "groups")]
pub(crate) mod groups;
pub(crate) mod list;
mod range;
mod scan;
#[cfg(any(feature = "digest", feature = "groups", feature = "targeted-fields", test))]
pub(crate) mod structured;
#[cfg(feature = "targeted-fields")]
mod targeted;
mod vary;
#[cfg(feature = "negotiation")]
pub(crate) mod weighted;

pub use cache_control::{Lifetime, RequestDirectives, ResponseDirectives, StaleLimit};
pub(crate) use content_range::content_range;
#[cfg(feature = "digest")]
pub use digest::{Algorithm, Digest, Digests, WANT_REPR_DIGEST};
pub use entity_tag::EntityTag;
pub(crate) use entity_tag::EntityTags;
pub(crate) use facts::{Dated, RequestFacts, ResponseFacts};
pub use range::{ByteRange, Part};
pub(crate) use vary::Vary;

/// The number that digits make; `None` if there are none, or others than digits. What exceeds 64 bits is
/// `too_large`.
#[inline(never)]
fn number(digits: &[u8], too_large: Option<u64>) -> Option<u64> {
    let mut number = Some(0_u64);
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number.and_then(|number| number.checked_mul(10)?.checked_add(u64::from(digit)));
    }
    if digits.is_empty() { None } else { number.or(too_large) }
}

/// `octets` without the blanks and tabs around it.
pub(crate) fn trim(octets: &[u8]) -> &[u8] {
    let mut octets = octets;
    while let [b' ' | b'\t', rest @ ..] = octets {
        octets = rest;
    }
    trim_end(octets)
}

/// `octets` without the blanks and tabs behind it.
fn trim_end(octets: &[u8]) -> &[u8] {
    let mut octets = octets;
    while let [rest @ .., b' ' | b'\t'] = octets {
        octets = rest;
    }
    octets
}
