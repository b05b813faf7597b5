//! What a cache must do, clause by clause: a module per section of the RFCs. Nearly all of them walk
//! the whole machine, with a client over a store in RAM, a scripted origin and a mock clock.

mod clockless;
mod hop_by_hop;
mod query;
mod redirects;
mod rfc5861;
mod rfc8246;
mod rfc9211;
mod rfc9213;
mod rfc9530;
mod rfc9875;
mod s14_ranges;
mod s2_keys;
mod s3_1_stored_fields;
mod s3_2_freshening;
mod s3_3_incomplete;
mod s3_4_combining;
mod s3_4_unknown_length;
mod s3_5_authorization;
mod s3_storing;
mod s4_1_negotiation;
mod s4_1_vary;
mod s4_2_1_lifetime;
mod s4_2_3_age;
mod s4_2_4_stale;
mod s4_3_2_preconditions;
mod s4_3_4_selection;
mod s4_3_5_head;
mod s4_3_validation;
mod s4_4_invalidation;
mod s4_reuse;
mod s5_directives;
mod s5_fields;
mod secrets;
mod walks;
mod walks_partial;

/// A `Cache-Control` line.
const fn cc(value: &str) -> (&str, &str) {
    ("Cache-Control", value)
}
