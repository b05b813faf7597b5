//! The exchange that every case is about: a public API's answer of 14 fields and about 700 octets.

use crate::{ALLOCATIONS, larder_cases, semantics_cases};
use std::cell::Cell;
use std::sync::atomic::Ordering;

/// The request's target.
pub(crate) const URI: &str = "https://api.example.com/v1/stations/4711/observations/latest";

/// The request's fields.
pub(crate) const REQUEST: [(&str, &str); 4] = [
    ("Host", "api.example.com"),
    ("User-Agent", "weather-station/1.4"),
    ("Accept", "application/json"),
    ("Accept-Encoding", "identity"),
];

/// The response, as it comes over the wire.
pub(crate) const RESPONSE: &str = concat!(
    "HTTP/1.1 200 OK\r\n",
    "Server: nginx\r\n",
    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
    "Content-Type: application/json; charset=utf-8\r\n",
    "Content-Length: 1842\r\n",
    "Connection: keep-alive\r\n",
    "Cache-Control: public, max-age=300, stale-if-error=86400\r\n",
    "ETag: \"5f3c9a1e7b2d4f60a8c1e3b5d7f9a0b2\"\r\n",
    "Last-Modified: Sun, 06 Nov 1994 08:45:00 GMT\r\n",
    "Vary: Accept-Encoding\r\n",
    "Strict-Transport-Security: max-age=63072000; includeSubDomains\r\n",
    "X-Request-Id: 0b9d6a3e-4c58-4f0a-9a55-0d7c2b1f8e21\r\n",
    "X-RateLimit-Remaining: 4987\r\n",
    "Access-Control-Allow-Origin: *\r\n",
    "Report-To: {\"group\":\"default\",\"max_age\":31536000,\"endpoints\":[{\"url\":\"https://r.example.com/d\"}]}\r\n",
    "\r\n",
);

/// The origin's answer to a conditional request.
pub(crate) const NOT_MODIFIED: &str = concat!(
    "HTTP/1.1 304 Not Modified\r\n",
    "Server: nginx\r\n",
    "Date: Sun, 06 Nov 1994 09:49:37 GMT\r\n",
    "Connection: keep-alive\r\n",
    "Cache-Control: public, max-age=300, stale-if-error=86400\r\n",
    "ETag: \"5f3c9a1e7b2d4f60a8c1e3b5d7f9a0b2\"\r\n",
    "X-RateLimit-Remaining: 4986\r\n",
    "\r\n",
);

/// 1994-11-06T08:49:37Z, the response's `Date`.
pub(crate) const DATE: i64 = 784_111_777;

thread_local! {
    static PREPARATION: Cell<usize> = const { Cell::new(0) };
}

/// Runs `prepare` without counting its allocations for the case.
pub(crate) fn prepared<T>(prepare: impl FnOnce() -> T) -> T {
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    let made = prepare();
    PREPARATION.set(ALLOCATIONS.load(Ordering::Relaxed) - before);
    made
}

/// Allocations of the last preparation.
pub(crate) fn preparation(_case: &str) -> usize {
    PREPARATION.get()
}

/// Runs one case.
pub(crate) fn run(case: &str) {
    match case {
        "store_larder" => larder_cases::store(),
        "hit_larder" => larder_cases::hit(),
        "stale_larder" => larder_cases::stale(),
        "freshen_larder" => larder_cases::freshen(),
        "octets_larder" => larder_cases::octets(),
        "octets_httparse" => larder_cases::httparse_alone(),
        "store_semantics" => semantics_cases::store(),
        "hit_semantics" => semantics_cases::hit(),
        "stale_semantics" => semantics_cases::stale(),
        "freshen_semantics" => semantics_cases::freshen(),
        other => panic!("no case {other:?}"),
    }
}
