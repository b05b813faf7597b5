//! An exchange that every cache is given, as data.

use serde::Serialize;
use std::fmt;

/// Field lines, in order.
pub type Lines = Vec<(String, String)>;

/// A request.
#[derive(Clone, Debug, Serialize)]
pub struct Request {
    /// Its method.
    pub method: String,
    /// Its target URI.
    pub uri: String,
    /// Its lines.
    pub lines: Lines,
}

/// A response.
#[derive(Clone, Debug, Serialize)]
pub struct Response {
    /// Its status.
    pub status: u16,
    /// Its lines.
    pub lines: Lines,
}

/// A request, what the origin says to it, and when.
#[derive(Clone, Debug, Serialize)]
pub struct Exchange {
    /// The request.
    pub request: Request,
    /// The response.
    pub response: Response,
    /// When the request is sent, in seconds since 1970.
    pub sent: u64,
    /// When the response has come.
    pub received: u64,
}

/// What every cache is asked: some exchanges whose responses it may store, each as if nothing were stored
/// yet; then one more exchange over all that is stored.
#[derive(Clone, Debug, Serialize)]
pub struct Case {
    /// Its number, and the seed it is made of.
    pub seed: u64,
    /// Whether the cache is shared.
    pub shared: bool,
    /// What may be stored: one exchange, or several under one URI.
    pub first: Vec<Exchange>,
    /// The exchange that stored responses may answer. Its response is what the origin says if it is asked.
    pub then: Exchange,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}, a {} cache", self.seed, if self.shared { "shared" } else { "private" })?;
        let start = self.first.first().map_or(0, |exchange| exchange.sent);
        for Exchange { request, response, sent, received } in self.first.iter().chain([&self.then]) {
            let after = |at: u64| at.saturating_sub(start);
            writeln!(f, "{:>6} s: {} {}", after(*sent), request.method, text(&request.lines))?;
            writeln!(f, "{:>6} s:     {} {}", after(*received), response.status, text(&response.lines))?;
        }
        Ok(())
    }
}

fn text(lines: &Lines) -> String {
    lines.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("; ")
}

/// Octets of every body: what `Content-Length` says where it is sent.
pub const BODY: u64 = 10;

/// The values of every line called `name`.
pub fn values<'a>(lines: &'a Lines, name: &str) -> Vec<&'a str> {
    lines.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| &**value).collect()
}

/// The first line called `name`; `None` if there is none.
pub fn value<'a>(lines: &'a Lines, name: &str) -> Option<&'a str> {
    values(lines, name).into_iter().next()
}

/// The arguments of every directive called `name` in the lines called `field`; `None` for one without.
pub fn arguments<'a>(lines: &'a Lines, field: &str, name: &str) -> Vec<Option<&'a str>> {
    let mut found = Vec::new();
    for line in values(lines, field) {
        for directive in members(line) {
            let (directive, argument) = match directive.split_once('=') {
                Some((directive, argument)) => (directive, Some(argument)),
                None => (directive, None),
            };
            if directive.trim().eq_ignore_ascii_case(name) {
                found.push(argument);
            }
        }
    }
    found
}

/// Whether the `Cache-Control` of a head has this directive, with whatever argument.
pub fn says(lines: &Lines, name: &str) -> bool {
    !arguments(lines, "cache-control", name).is_empty()
}

/// Whether the `Cache-Control` of a head has this directive without argument.
pub fn says_plainly(lines: &Lines, name: &str) -> bool {
    arguments(lines, "cache-control", name).contains(&None)
}

/// The members of a list, split at commas outside quotes.
pub fn members(line: &str) -> Vec<&str> {
    let (mut start, mut quoted, mut found) = (0, false, Vec::new());
    for (at, octet) in line.bytes().enumerate() {
        match octet {
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                found.push(line[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(line[start..].trim());
    found.retain(|member| !member.is_empty());
    found
}
