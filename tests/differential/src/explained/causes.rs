//! What in a case may make caches differ.

use crate::case::{Exchange, Lines, arguments, members, value, values};
use crate::oracle::{FOREVER, date, is_unqualified};

/// Whether a directive of this name has an argument that is no plain number below 2^31.
pub(super) fn has_odd_number(lines: &Lines, name: &str) -> bool {
    arguments(lines, "cache-control", name).iter().any(|argument| !is_plain(argument.unwrap_or("0")))
}

/// Whether a directive of this name has no argument.
pub(super) fn has_no_number(lines: &Lines, name: &str) -> bool {
    arguments(lines, "cache-control", name).contains(&None)
}

/// A number that everyone reads alike.
pub(super) fn is_plain(text: &str) -> bool {
    let is_digits = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    is_digits && text.parse::<u64>().is_ok_and(|seconds| seconds < FOREVER)
}

/// Whether a directive of this name is said twice with different arguments.
pub(super) fn is_repeated(lines: &Lines, name: &str) -> bool {
    let all = arguments(lines, "cache-control", name);
    all.iter().any(|argument| *argument != all[0])
}

/// Whether a directive's name has capitals.
pub(super) fn has_capitals(lines: &Lines) -> bool {
    let all = values(lines, "cache-control").into_iter().flat_map(members);
    all.map(|member| member.split('=').next().unwrap_or(member))
        .any(|name| name.bytes().any(|octet| octet.is_ascii_uppercase()))
}

/// Whether a directive is there with an argument that is no list of field names, or without.
pub(super) fn is_qualified(lines: &Lines, name: &str) -> bool {
    let all = arguments(lines, "cache-control", name);
    !all.is_empty() && !is_unqualified(lines, name)
}

/// Whether the field is there and in another form than `Thu, 01 Oct 2026 08:00:00 GMT`.
pub(super) fn is_odd_date(lines: &Lines, name: &str) -> bool {
    value(lines, name).is_some_and(|text| !is_usual(text))
}

fn is_usual(text: &str) -> bool {
    date(text).is_some_and(|at| crate::generate::date(at) == text)
}

/// Whether `private` or `no-cache` names fields.
pub(super) fn names_fields(lines: &Lines) -> bool {
    let names = |name| arguments(lines, "cache-control", name).iter().flatten().any(|names| names.len() > 2);
    names("private") || names("no-cache")
}

/// Whether it matches no request.
pub(super) fn varies_by_anything(exchange: &Exchange) -> bool {
    values(&exchange.response.lines, "vary").into_iter().flat_map(members).any(|member| member == "*")
}

/// Whether the response is selected by this field.
pub(super) fn nominates(exchange: &Exchange, name: &str) -> bool {
    let all = values(&exchange.response.lines, "vary").into_iter().flat_map(members);
    all.into_iter().any(|member| member.eq_ignore_ascii_case(name))
}
