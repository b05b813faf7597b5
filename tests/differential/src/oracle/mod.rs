//! What the RFCs say, read once more: slowly, on owned text, and without a line of larder.
//!
//! Agreement with it is asked of larder in every case. It knows what a device does not: the whole case.

pub mod second;

use crate::case::{Exchange, Lines, arguments, members, says, says_plainly, value, values};
use std::time::{Duration, SystemTime};

/// 2^31, where delta-seconds end (RFC 9111 §1.2.2).
pub const FOREVER: u64 = 1 << 31;

/// Digits, and nothing else; `None` otherwise. Saturates.
pub fn delta_seconds(text: &str) -> Option<u64> {
    let is_digits = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    is_digits.then(|| text.parse::<u64>().unwrap_or(FOREVER).min(FOREVER))
}

/// The argument of a directive: a token or a quoted string.
fn unquoted(argument: &str) -> &str {
    argument.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(argument)
}

/// The seconds of a directive: `None` if it is not there, `Some(None)` if it is and means nothing.
pub fn seconds(lines: &Lines, name: &str) -> Option<Option<u64>> {
    let all = arguments(lines, "cache-control", name);
    let number = |argument: &Option<&str>| argument.and_then(|argument| delta_seconds(unquoted(argument)));
    let first = number(all.first()?);
    Some(first.filter(|_| all.iter().all(|other| number(other) == first)))
}

/// A date in one of the three forms of RFC 9110 §5.6.7, in seconds since 1970; letters have no case.
pub fn date(text: &str) -> Option<u64> {
    let capital = |word: &str| match word.to_ascii_lowercase().as_str() {
        "gmt" => "GMT".to_owned(),
        // Day names and months are capital; so is each part of `01-oct-26`.
        word => word
            .split('-')
            .map(|part| part[..1].to_ascii_uppercase() + &part[1..])
            .collect::<Vec<_>>()
            .join("-"),
    };
    let is_plain = text.split(' ').all(|word| word.is_ascii());
    let words: Vec<String> = text
        .split(' ')
        .filter(|_| is_plain)
        .map(|word| if word.is_empty() { String::new() } else { capital(word) })
        .collect();
    let at = httpdate::parse_http_date(&words.join(" ")).ok()?;
    at.duration_since(SystemTime::UNIX_EPOCH).ok().as_ref().map(Duration::as_secs)
}

/// A field with a date: `None` if it is not there, `Some(None)` if it is none.
pub fn dated(lines: &Lines, name: &str) -> Option<Option<u64>> {
    value(lines, name).map(date)
}

/// How old the response was when it came (RFC 9111 §4.2.3).
pub fn initial_age(exchange: &Exchange) -> u64 {
    let Exchange { response, sent, received, .. } = exchange;
    let date = dated(&response.lines, "date").flatten().unwrap_or(*received);
    let age = value(&response.lines, "age")
        .and_then(|value| members(value).first().copied().and_then(delta_seconds));
    let corrected = age.unwrap_or(0) + (received - sent);
    received.saturating_sub(date).max(corrected).min(FOREVER)
}

/// How old it is at `now`.
pub fn age(exchange: &Exchange, now: u64) -> u64 {
    (initial_age(exchange) + (now - exchange.received)).min(FOREVER)
}

const HEURISTIC: [u16; 12] = [200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501];

/// Its freshness lifetime (§4.2.1, and §4.2.2 as larder chooses: a tenth, at most a day).
pub fn lifetime(exchange: &Exchange, shared: bool) -> u64 {
    let lines = &exchange.response.lines;
    if let Some(seconds) = seconds(lines, "s-maxage").filter(|_| shared) {
        return seconds.unwrap_or(0);
    }
    if let Some(seconds) = seconds(lines, "max-age") {
        return seconds.unwrap_or(0);
    }
    let date = dated(lines, "date").flatten().unwrap_or(exchange.received);
    if let Some(expires) = dated(lines, "expires") {
        return expires.unwrap_or(0).saturating_sub(date);
    }
    let may_guess = HEURISTIC.contains(&exchange.response.status) || says(lines, "public");
    let modified = dated(lines, "last-modified").flatten().filter(|_| may_guess);
    modified.map_or(0, |modified| (date.saturating_sub(modified) / 10).min(86_400))
}

/// Whether `no-cache` or `private` holds for the whole response: without names, or with something else.
pub fn is_unqualified(lines: &Lines, name: &str) -> bool {
    let names_fields = |argument: &str| {
        let names = members(unquoted(argument));
        !names.is_empty()
            && names
                .iter()
                .all(|name| name.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-'))
    };
    let all = arguments(lines, "cache-control", name);
    all.iter().any(|argument| !argument.is_some_and(names_fields))
}

/// For how many seconds it answers plain requests from when it has come.
pub fn fresh_for(exchange: &Exchange, shared: bool) -> u64 {
    if is_unqualified(&exchange.response.lines, "no-cache") {
        return 0;
    }
    lifetime(exchange, shared).saturating_sub(initial_age(exchange))
}

/// Statuses whose meaning to a cache larder knows (`must-understand`, §5.2.2.3).
const UNDERSTOOD: [u16; 24] = [
    200, 203, 204, 206, 300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 410, 414, 421, 451, 500, 501,
    502, 503, 504,
];

/// Statuses that answer the request alone (RFC 6585 and others).
pub const OF_THE_REQUEST: [u16; 10] = [407, 408, 412, 416, 417, 425, 428, 429, 431, 511];

/// Whether it may be stored (§3), by a cache of GET and HEAD.
pub fn is_storable(exchange: &Exchange, shared: bool) -> bool {
    let Exchange { request, response, .. } = exchange;
    let (asked, said) = (&request.lines, &response.lines);
    let must_understand = says(said, "must-understand");
    let allows_authorized = says(said, "public")
        || says(said, "must-revalidate")
        || seconds(said, "s-maxage").flatten().is_some();
    let names_private = says(said, "private");
    let is_cacheable = says(said, "public")
        || (!shared && names_private)
        || says(said, "max-age")
        || (shared && says(said, "s-maxage"))
        || value(said, "expires").is_some()
        || HEURISTIC.contains(&response.status);
    ["GET", "HEAD"].contains(&&*request.method)
        && response.status >= 200
        && ![206, 304].contains(&response.status)
        && !OF_THE_REQUEST.contains(&response.status)
        && (!must_understand || UNDERSTOOD.contains(&response.status))
        && !says_plainly(asked, "no-store")
        && (!says_plainly(said, "no-store") || must_understand)
        && !(shared && is_unqualified(said, "private"))
        && !(shared && value(asked, "authorization").is_some() && !allows_authorized)
        && is_cacheable
        && !values(said, "vary").iter().any(|line| members(line).contains(&"*"))
}
