//! Random but plausible exchanges, the same ones for the same seed.

use crate::case::{Case, Exchange, Lines, Request, Response};
use fastrand::Rng;
use larder::time::HttpDate;

/// When a case begins: Thu, 01 Oct 2026 08:00:00 GMT.
pub const START: u64 = 1_790_841_600;
const URI: &str = "http://example.com/a";
const LONGEST_AGO: u64 = 90 * 86_400;

/// The case of this seed.
pub fn case(seed: u64) -> Case {
    let mut rng = Rng::with_seed(seed);
    let rng = &mut rng;
    let exchanges = if rng.u8(..8) == 0 { 2 } else { 1 };
    let mut at = START;
    let mut first = Vec::new();
    for number in 0..exchanges {
        let mut exchange = storing(rng, at);
        exchange.response.lines.push(("X-Number".into(), number.to_string()));
        at = exchange.received + rng.u64(..30);
        first.push(exchange);
    }
    let then = reusing(rng, &first, at);
    Case { seed, shared: rng.bool(), first, then }
}

/// Whether something happens that does in `percent` of the cases.
fn in_percent(rng: &mut Rng, percent: u8) -> bool {
    rng.u8(..100) < percent
}

fn one<'a>(rng: &mut Rng, of: &[&'a str]) -> &'a str {
    of[rng.usize(..of.len())]
}

fn push(lines: &mut Lines, name: &str, value: impl Into<String>) {
    lines.push((name.into(), value.into()));
}

/// An HTTP date so many seconds after 1970.
pub fn date(seconds: u64) -> String {
    HttpDate::from_unix(seconds.try_into().unwrap_or(i64::MAX)).to_string()
}

/// A span of time: often one of those that freshness turns on.
fn span(rng: &mut Rng) -> u64 {
    match rng.u8(..12) {
        0 => 0,
        1 => 1,
        2 => 60,
        3 => rng.u64(..10),
        4..=7 => rng.u64(..120),
        8 | 9 => rng.u64(..7_200),
        10 => 86_400,
        _ => rng.u64(..LONGEST_AGO),
    }
}

fn seconds(rng: &mut Rng) -> String {
    const ODD: [&str; 16] = [
        "",
        "abc",
        "-1",
        "-0",
        "+5",
        "1.5",
        "\"60\"",
        "\"\"",
        "5s",
        "007",
        "2147483647",
        "2147483648",
        "4294967296",
        "9223372036854775808",
        "18446744073709551616",
        "0x10",
    ];
    if in_percent(rng, 8) { one(rng, &ODD).into() } else { span(rng).to_string() }
}

fn directive(rng: &mut Rng, name: &str, argument: Option<String>) -> String {
    let name = if in_percent(rng, 6) { name.to_ascii_uppercase() } else { name.to_owned() };
    match argument {
        Some(argument) => format!("{name}={argument}"),
        None => name,
    }
}

/// The directives in any order, on one line or two.
fn cache_control(rng: &mut Rng, lines: &mut Lines, mut directives: Vec<String>) {
    rng.shuffle(&mut directives);
    let separator = one(rng, &[", ", ", ", ", ", ",", " , ", ",,"]);
    if directives.len() > 1 && in_percent(rng, 10) {
        let rest = directives.split_off(1);
        push(lines, "Cache-Control", directives.join(separator));
        directives = rest;
    }
    if !directives.is_empty() {
        push(lines, "Cache-Control", directives.join(separator));
    }
}

fn response_directives(rng: &mut Rng, lines: &mut Lines) {
    let mut directives = Vec::new();
    let mut add = |rng: &mut Rng, percent, name, with_argument| {
        if in_percent(rng, percent) {
            let argument = if with_argument { Some(seconds(rng)) } else { None };
            directives.push(directive(rng, name, argument));
        }
    };
    add(rng, 62, "max-age", true);
    add(rng, 2, "max-age", true);
    add(rng, 15, "s-maxage", true);
    add(rng, 4, "stale-while-revalidate", true);
    add(rng, 4, "stale-if-error", true);
    for (percent, name) in [
        (12, "public"),
        (8, "private"),
        (5, "no-cache"),
        (4, "no-store"),
        (9, "must-revalidate"),
        (5, "proxy-revalidate"),
        (3, "must-understand"),
        (4, "immutable"),
        (2, "no-transform"),
        (2, "x-unknown"),
        (1, "max-age"),
    ] {
        add(rng, percent, name, false);
    }
    if in_percent(rng, 5) {
        let name = one(rng, &["no-cache", "private"]);
        let fields =
            one(rng, &["\"X-Secret\"", "\"x-secret, X-Other\"", "X-Secret", "\"\"", "\"Set-Cookie\""]);
        directives.push(directive(rng, name, Some(fields.into())));
    }
    cache_control(rng, lines, directives);
}

fn request_directives(rng: &mut Rng, lines: &mut Lines, percent: u8) {
    let mut directives = Vec::new();
    if in_percent(rng, percent) {
        for _ in 0..rng.u8(1..=2) {
            let name = one(
                rng,
                &[
                    "no-cache",
                    "no-store",
                    "max-age",
                    "max-age",
                    "max-stale",
                    "min-fresh",
                    "only-if-cached",
                    "no-transform",
                    "stale-if-error",
                ],
            );
            let with_argument = match name {
                "max-age" | "min-fresh" | "stale-if-error" => true,
                "max-stale" => rng.bool(),
                _ => false,
            };
            let argument = if with_argument { Some(seconds(rng)) } else { None };
            directives.push(directive(rng, name, argument));
        }
    }
    cache_control(rng, lines, directives);
    if in_percent(rng, 3) {
        push(lines, "Pragma", one(rng, &["no-cache", "no-cache, x", "x"]));
    }
}

fn variant_lines(rng: &mut Rng, lines: &mut Lines) {
    if in_percent(rng, 50) {
        push(lines, "Accept-Language", one(rng, &["en", "de", "en, de", "de,en", "EN"]));
    }
    if in_percent(rng, 30) {
        push(lines, "X-Kind", one(rng, &["1", "2", "1, 2"]));
    }
    if in_percent(rng, 5) {
        push(lines, "X-Kind", "2");
    }
}

/// A date of a response: valid in one of three forms, or not.
fn dated(rng: &mut Rng, lines: &mut Lines, name: &str, at: u64) {
    let text = date(at);
    let value = match rng.u8(..100) {
        0 => "0".to_owned(),
        1 => "yesterday".to_owned(),
        2 => text.replace(" GMT", " +0200"),
        3 => text.replace(" GMT", ""),
        4 => text.to_ascii_lowercase(),
        5 | 6 => obsolete(&text),
        _ => text,
    };
    push(lines, name, value);
}

/// The asctime form of a date: `Thu Oct  1 08:00:00 2026`.
fn obsolete(date: &str) -> String {
    let parts: Vec<&str> = date.split([' ', ',']).filter(|part| !part.is_empty()).collect();
    format!("{} {} {:>2} {} {}", parts[0], parts[2], parts[1].trim_start_matches('0'), parts[4], parts[3])
}

fn validators(rng: &mut Rng, lines: &mut Lines, at: u64) {
    if in_percent(rng, 60) {
        push(lines, "ETag", one(rng, &["\"1\"", "\"1\"", "\"2\"", "W/\"1\"", "W/\"1\"", "1", "\"a,b\""]));
    }
    if in_percent(rng, 50) {
        let modified = if in_percent(rng, 5) { at + span(rng) } else { at - span(rng) };
        dated(rng, lines, "Last-Modified", modified);
    }
}

fn storing(rng: &mut Rng, at: u64) -> Exchange {
    let mut request = Request { method: "GET".into(), uri: URI.into(), lines: Lines::new() };
    if in_percent(rng, 8) {
        request.method = one(rng, &["HEAD", "HEAD", "POST", "PUT", "OPTIONS", "DELETE", "get"]).into();
    }
    variant_lines(rng, &mut request.lines);
    request_directives(rng, &mut request.lines, 6);
    // What is not asked for is not stored.
    request.lines.retain(|(_, value)| !value.to_ascii_lowercase().contains("only-if-cached"));
    if in_percent(rng, 12) {
        push(&mut request.lines, "Authorization", one(rng, &["Basic eDp5", "Basic eDp5", ""]));
    }
    let received = at + if in_percent(rng, 20) { rng.u64(..20) } else { 0 };
    Exchange { request, response: response(rng, received), sent: at, received }
}

fn response(rng: &mut Rng, received: u64) -> Response {
    let mut lines = Lines::new();
    let status = match rng.u8(..100) {
        0..=74 => 200,
        _ => {
            let others = [
                200, 201, 202, 203, 204, 206, 300, 301, 302, 303, 304, 307, 308, 400, 403, 404, 404, 405,
                410, 414, 429, 451, 500, 501, 503, 599,
            ];
            others[rng.usize(..others.len())]
        }
    };
    response_directives(rng, &mut lines);
    let at = match rng.u8(..10) {
        0..=5 => received,
        6 | 7 => received - span(rng),
        8 => received + rng.u64(..100),
        _ => received - rng.u64(..5),
    };
    if in_percent(rng, 88) {
        dated(rng, &mut lines, "Date", at);
    }
    if in_percent(rng, 20) {
        let odd = one(rng, &["abc", "-5", "1.5", "5, 7", "", "4294967296", "\"5\"", "+5"]);
        let age = if in_percent(rng, 12) { odd.to_owned() } else { span(rng).to_string() };
        push(&mut lines, "Age", age);
    }
    if in_percent(rng, 25) {
        let expires = if in_percent(rng, 20) { at - span(rng) } else { at + span(rng) };
        dated(rng, &mut lines, "Expires", expires);
    }
    validators(rng, &mut lines, at);
    if in_percent(rng, 30) {
        push(
            &mut lines,
            "Vary",
            one(rng, &["Accept-Language", "X-Kind", "x-kind, Accept-Language", "*", "X-Not"]),
        );
    }
    others(rng, &mut lines);
    Response { status, lines }
}

/// Fields that caches have rules for and freshness has none.
fn others(rng: &mut Rng, lines: &mut Lines) {
    for (percent, name, value) in [
        (90, "Content-Type", "text/plain"),
        (60, "Content-Length", "10"),
        (4, "Connection", "close"),
        (4, "Connection", "X-Hop"),
        (8, "X-Hop", "1"),
        (4, "Keep-Alive", "timeout=5"),
        (8, "Set-Cookie", "a=1"),
        (4, "Set-Cookie", "b=2"),
        (6, "X-Secret", "1"),
        (3, "Pragma", "no-cache"),
        (2, "Proxy-Authenticate", "Basic"),
        (1, "Warning", "110 - \"x\""),
        (3, "Content-Encoding", "gzip"),
        (2, "Content-Location", "/a"),
    ] {
        if in_percent(rng, percent) {
            push(lines, name, value);
        }
    }
}

fn reusing(rng: &mut Rng, first: &[Exchange], at: u64) -> Exchange {
    let stored = &first[rng.usize(..first.len())];
    let mut request = Request { method: "GET".into(), uri: URI.into(), lines: Lines::new() };
    if in_percent(rng, 20) {
        request.method = one(rng, &["HEAD", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]).into();
    }
    if in_percent(rng, 85) {
        let is_variant = |name: &str| ["Accept-Language", "X-Kind"].contains(&name);
        request.lines.extend(stored.request.lines.iter().filter(|(name, _)| is_variant(name)).cloned());
    } else {
        variant_lines(rng, &mut request.lines);
    }
    request_directives(rng, &mut request.lines, 25);
    if in_percent(rng, 5) {
        push(&mut request.lines, "Authorization", "Basic eDp5");
    }
    if in_percent(rng, 5) {
        push(&mut request.lines, "If-None-Match", one(rng, &["\"1\"", "\"3\"", "W/\"1\", \"3\"", "*"]));
    }
    if in_percent(rng, 4) {
        push(&mut request.lines, "If-Modified-Since", date(START - rng.u64(..LONGEST_AGO)));
    }
    if in_percent(rng, 2) {
        push(&mut request.lines, "Range", one(rng, &["bytes=0-4", "bytes=20-", "bytes=-3", "lines=1-2"]));
    }
    let sent = at + span(rng);
    let received = sent + if in_percent(rng, 20) { rng.u64(..20) } else { 0 };
    Exchange { request, response: reply(rng, stored, received), sent, received }
}

/// What the origin says to a validation: mostly 304, with the stored validators, others or none.
fn reply(rng: &mut Rng, stored: &Exchange, received: u64) -> Response {
    let mut said = response(rng, received);
    match rng.u8(..10) {
        0..=5 => {
            said.status = 304;
            if in_percent(rng, 75) {
                let is_validator = |name: &str| ["ETag", "Last-Modified"].contains(&name);
                said.lines.retain(|(name, _)| !is_validator(name));
                let kept = stored.response.lines.iter().filter(|(name, _)| is_validator(name));
                said.lines.extend(kept.cloned());
                if in_percent(rng, 16) {
                    said.lines.retain(|(name, _)| name != "ETag");
                    if rng.bool() {
                        push(
                            &mut said.lines,
                            "ETag",
                            one(rng, &["\"1\"", "W/\"1\"", "\"new\"", "W/\"new\""]),
                        );
                    }
                }
            }
        }
        6 => said.status = [500, 502, 503, 504][rng.usize(..4)],
        _ => {}
    }
    push(&mut said.lines, "X-Number", "new");
    said
}
