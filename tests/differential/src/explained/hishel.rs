//! hishel 2.0.0, whose states have the names of larder's.

use super::causes::{has_odd_number, is_odd_date, names_fields, nominates, varies_by_anything};
use super::{Explanation, Explanations, Right};
use crate::answers::Question::{
    After, Age, FreshFor, Merged, ModifiedSince, Next, NoneMatch, Served, Stored, StoredHead,
};
use crate::case::{Exchange, Lines, arguments, members, says, value, values};
use crate::oracle::{self, OF_THE_REQUEST};

mod reuse;
mod storing;
mod validation;

/// The differences.
pub const ALL: Explanations = &[storing::ALL, reuse::ALL, validation::ALL];

const LIFETIMES: [&str; 2] = ["max-age", "s-maxage"];

/// Whether a lifetime is there and means nothing.
fn has_invalid_lifetime(lines: &Lines) -> bool {
    LIFETIMES.iter().any(|name| oracle::seconds(lines, name) == Some(None))
}

/// Whether field names are not quoted, and something follows them.
fn swallows(lines: &Lines) -> bool {
    let bare = |argument: &Option<&str>| argument.is_some_and(|argument| !argument.starts_with('"'));
    ["private", "no-cache"].iter().any(|name| {
        let is_last = |line: &&str| {
            members(line).last().is_some_and(|last| last.to_ascii_lowercase().starts_with(name))
        };
        let all = values(lines, "cache-control");
        arguments(lines, "cache-control", name).iter().any(bare)
            && (all.len() > 1 || !all.iter().all(is_last))
    })
}

/// The date it reads: as in mail, whatever the zone.
fn read_date(lines: &Lines) -> Option<u64> {
    let text = value(lines, "date")?;
    oracle::date(text).or_else(|| oracle::date(&format!("{} GMT", text.trim_end_matches(" +0200"))))
}
