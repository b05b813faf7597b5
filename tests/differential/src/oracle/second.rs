//! What becomes of the second request, where one response is stored (RFC 9111 §4, §4.3).

use super::{age, dated, fresh_for, is_unqualified, lifetime, seconds};
use crate::answers::{After, Next};
use crate::case::{Case, Exchange, Lines, arguments, members, says, value, values};

/// What becomes of the request.
pub fn next(case: &Case) -> Next {
    let asked = &case.then.request;
    let nothing = if says(&asked.lines, "only-if-cached") { Next::Timeout } else { Next::Forward };
    if !["GET", "HEAD"].contains(&&*asked.method) || !is_selected(case) {
        return nothing;
    }
    match is_usable(case) {
        true if is_part(case) => Next::HitInPart,
        true => Next::Hit,
        false if nothing == Next::Timeout => nothing,
        false => Next::Validate,
    }
}

/// Method and variant (§4, §4.1).
fn is_selected(case: &Case) -> bool {
    let stored = &case.first[0];
    let (before, now) = (&stored.request, &case.then.request);
    let names = values(&stored.response.lines, "vary").into_iter().flat_map(members);
    let same = |name: &str| match (is_there(before, name), is_there(now, name)) {
        (false, false) => true,
        (true, true) => variant(&before.lines, name) == variant(&now.lines, name),
        _ => false,
    };
    (before.method == "GET" || now.method == "HEAD") && names.into_iter().all(same)
}

fn is_there(request: &crate::case::Request, name: &str) -> bool {
    value(&request.lines, name).is_some()
}

/// What is compared of a field: its members; of languages in any case and order.
fn variant(lines: &Lines, name: &str) -> Vec<String> {
    let all = values(lines, name).into_iter().flat_map(members);
    if name.eq_ignore_ascii_case("accept-language") {
        let mut all: Vec<_> = all.map(str::to_ascii_lowercase).collect();
        all.sort();
        return all;
    }
    all.map(str::to_owned).collect()
}

/// Whether it answers without the origin (§4, §4.2.4, §5.2.1).
fn is_usable(case: &Case) -> bool {
    let stored = &case.first[0];
    let (asked, said) = (&case.then.request.lines, &stored.response.lines);
    let pragma = values(asked, "pragma").iter().any(|line| members(line).contains(&"no-cache"));
    if is_unqualified(said, "no-cache")
        || says(asked, "no-cache")
        || (pragma && value(asked, "cache-control").is_none())
    {
        return false;
    }
    let (age, lifetime) = (age(stored, case.then.sent), lifetime(stored, case.shared));
    let is_fresh = lifetime > age;
    let too_old = match seconds(asked, "max-age") {
        None => false,
        // A reload that `immutable` resists (RFC 8246).
        Some(Some(0)) => !(is_fresh && says(said, "immutable")),
        Some(limit) => limit.is_none_or(|limit| age >= limit),
    };
    let too_short = seconds(asked, "min-fresh")
        .is_some_and(|wanted| wanted.is_none_or(|wanted| lifetime.saturating_sub(age) < wanted));
    !too_old && !too_short && (is_fresh || may_be_stale(case, age.saturating_sub(lifetime)))
}

/// Whether it may be served so long after it has become stale, the origin not asked.
pub fn may_be_stale(case: &Case, staleness: u64) -> bool {
    let (asked, said) = (&case.then.request.lines, &case.first[0].response.lines);
    let within = |limit: Option<Option<u64>>| limit.flatten().is_some_and(|limit| staleness <= limit);
    !forbids_stale(case)
        && (accepts_stale(asked, staleness) || within(seconds(said, "stale-while-revalidate")))
}

/// Whether the request accepts a response so stale: `max-stale`, in every place with the same argument.
fn accepts_stale(asked: &Lines, staleness: u64) -> bool {
    let all = arguments(asked, "cache-control", "max-stale");
    let any = all.iter().all(Option::is_none);
    match seconds(asked, "max-stale") {
        None => false,
        Some(None) => any,
        Some(Some(limit)) => staleness <= limit,
    }
}

/// Whether the response forbids to be served stale (§4.2.4).
pub fn forbids_stale(case: &Case) -> bool {
    let said = &case.first[0].response.lines;
    says(said, "must-revalidate")
        || (case.shared && (says(said, "proxy-revalidate") || says(said, "s-maxage")))
}

/// Whether the request's own conditions or range make another answer of it than the whole (§4.3.2).
fn is_part(case: &Case) -> bool {
    let (stored, asked) = (&case.first[0].response, &case.then.request);
    if !(200..300).contains(&stored.status) {
        return false;
    }
    if let Some(tags) = value(&asked.lines, "if-none-match") {
        let weak = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
        let etag = value(&stored.lines, "etag").map(weak);
        if tags == "*" || members(tags).iter().any(|tag| Some(weak(tag)) == etag) {
            return true;
        }
    } else if let Some(Some(since)) = dated(&asked.lines, "if-modified-since") {
        let date = dated(&stored.lines, "date").flatten().unwrap_or(case.first[0].received);
        if dated(&stored.lines, "last-modified").flatten().unwrap_or(date) <= since {
            return true;
        }
    }
    let range = value(&asked.lines, "range");
    asked.method == "GET" && stored.status == 200 && range.is_some_and(|range| range.starts_with("bytes="))
}

/// The `If-None-Match` of a validation; empty for none (§4.3.1).
pub fn none_match(case: &Case) -> String {
    if has_validator(case) {
        value(&case.first[0].response.lines, "etag").unwrap_or_default().to_owned()
    } else {
        value(&case.then.request.lines, "if-none-match").unwrap_or_default().to_owned()
    }
}

/// The `If-Modified-Since` of a validation, in seconds since 1970 (§4.3.1).
pub fn modified_since(case: &Case) -> Option<u64> {
    let modified = dated(&case.first[0].response.lines, "last-modified").flatten();
    match has_validator(case) {
        true => modified.filter(|_| value(&case.then.request.lines, "range").is_none()),
        false => dated(&case.then.request.lines, "if-modified-since").flatten(),
    }
}

/// Whether it can be asked for. A date says nothing of a range.
pub fn has_validator(case: &Case) -> bool {
    let (said, asked) = (&case.first[0].response.lines, &case.then.request.lines);
    let modified = dated(said, "last-modified").flatten().is_some() && value(asked, "range").is_none();
    value(said, "etag").is_some() || modified
}

/// Whether a 304 to a validation freshens what is stored (§4.3.4).
pub fn is_freshened(case: &Case) -> bool {
    let stored = &case.first[0].response.lines;
    let new = &case.then.response.lines;
    let is_weak = |tag: &str| tag.starts_with("W/");
    let modified = dated(new, "last-modified").flatten();
    let same_date = modified.is_some() && modified == dated(stored, "last-modified").flatten();
    match (value(stored, "etag"), value(new, "etag")) {
        (Some(old), Some(new)) if is_weak(new) => {
            old.trim_start_matches("W/") == new.trim_start_matches("W/")
        }
        (Some(old), Some(new)) => old == new,
        // Without any validator it is of the one that was asked about: larder departs here.
        (_, None) => same_date || modified.is_none(),
        // A strong tag of which the stored response has none: its date must be as strong (RFC 9110 §8.8.2.2).
        (None, Some(tag)) => same_date && (is_weak(tag) || is_strong_date(&case.first[0])),
    }
}

/// Whether `Last-Modified` is a strong validator: at least a second before the origin's `Date`.
fn is_strong_date(exchange: &Exchange) -> bool {
    let [date, modified] =
        ["date", "last-modified"].map(|name| dated(&exchange.response.lines, name).flatten());
    modified.zip(date).is_some_and(|(modified, date)| modified < date)
}

/// What becomes of the origin's response to a validation by GET.
pub fn after(case: &Case, may_store: bool) -> After {
    let status = case.then.response.status;
    match status {
        304 if !has_validator(case) => After::Passed,
        304 if is_freshened(case) => After::Freshened,
        304 => After::NoMatch,
        500 | 502 | 503 | 504 if may_stand_in(case) => After::Stale,
        _ if may_store => After::Stored,
        _ => After::Passed,
    }
}

/// Whether the stored response may stand in for an error (RFC 5861 §4), when the request was sent.
fn may_stand_in(case: &Case) -> bool {
    let stored = &case.first[0];
    let (asked, said) = (&case.then.request.lines, &stored.response.lines);
    let staleness = age(stored, case.then.sent).saturating_sub(lifetime(stored, case.shared));
    let within = |limit: Option<Option<u64>>| limit.flatten().is_some_and(|limit| staleness <= limit);
    !is_unqualified(said, "no-cache")
        && !forbids_stale(case)
        && (within(seconds(said, "stale-if-error"))
            || within(seconds(asked, "stale-if-error"))
            || accepts_stale(asked, staleness))
}

/// For how long a case's first response is fresh, again: what most explanations ask.
pub fn is_ever_fresh(case: &Case) -> bool {
    fresh_for(&case.first[0], case.shared) > 0
}
