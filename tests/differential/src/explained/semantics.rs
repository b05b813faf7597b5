//! http-cache-semantics 3.0.0, which follows RFC 7234 and knows of one stored response at a time.

use super::causes::{
    has_capitals, has_no_number, has_odd_number, is_odd_date, is_qualified, is_repeated, names_fields,
    nominates, varies_by_anything,
};
use super::{Explanation, Explanations, Right, Seen};
use crate::answers::Question::{
    After, Age, FreshFor, Merged, ModifiedSince, Next, NoneMatch, Served, Stored,
};
use crate::case::{Exchange, Lines, says, value, values};
use crate::oracle;

mod reuse;
mod storing;
mod validation;

/// The differences.
pub const ALL: Explanations = &[storing::ALL, reuse::ALL, validation::ALL];

/// Statuses it stores.
const KNOWN: [u16; 14] = [200, 203, 204, 300, 301, 302, 303, 307, 308, 404, 405, 410, 414, 501];

/// Whether any directive is repeated with another argument.
fn repeats(lines: &Lines) -> bool {
    ["max-age", "s-maxage", "no-cache", "private"].iter().any(|name| is_repeated(lines, name))
}

/// The directives that tell a lifetime.
fn lifetimes(seen: &Seen<'_>) -> impl Iterator<Item = &'static str> {
    ["max-age", "s-maxage"].into_iter().take(if seen.case.shared { 2 } else { 1 })
}

fn has_lifetime(seen: &Seen<'_>) -> bool {
    lifetimes(seen).any(|name| says(seen.stored(), name))
}

/// Whether freshness is guessed.
fn guesses(seen: &Seen<'_>) -> bool {
    !has_lifetime(seen)
        && value(seen.stored(), "expires").is_none()
        && value(seen.stored(), "last-modified").is_some()
}

/// The `Age` it reads.
fn said_age(lines: &Lines) -> u64 {
    value(lines, "age").and_then(|age| age.parse().ok()).unwrap_or(0)
}
