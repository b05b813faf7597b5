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
