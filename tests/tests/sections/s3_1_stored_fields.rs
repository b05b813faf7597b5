//! RFC 9111 §3.1: which fields are stored.

use crate::cc;
use larder::CacheOptions;
use larder_tests::{Device, Response, heads};

/// The lines of a response served from the store, but those that every test's response has.
fn served(options: CacheOptions, said: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut device = Device::new(options);
    let says = Response::new(200).with(&[cc("max-age=60")]).with(said).chunk(b"a");
    let forwarded = device.fetch("/a", &[], says);
    for (name, value) in said {
        let there = heads::values(&forwarded.lines, name);
        assert!(there.iter().any(|other| other == value), "{name} is handed over");
    }
    let lines = device.hit("/a", &[]).lines.into_iter();
    let lines = lines.map(|(name, value)| (name, String::from_utf8_lossy(&value).into_owned()));
    lines.filter(|(name, value)| !(matches!(&**name, "Age" | "Date") || value == "max-age=60")).collect()
}

fn pairs(lines: &[(&str, &str)]) -> Vec<(String, String)> {
    lines.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn s3_1_connection_and_every_field_it_names_are_dropped() {
    let said = [
        ("Connection", "close, X-Hop"),
        ("X-Hop", "1"),
        ("x-hop", "2"),
        ("Connection", "Y-Hop , ,"),
        ("Y-Hop", "3"),
        ("X-Kept", "4"),
    ];
    assert_eq!(served(CacheOptions::PRIVATE, &said), pairs(&[("X-Kept", "4")]));
}

#[test]
fn s3_1_fields_of_the_connection_and_of_proxies_are_dropped() {
    let said = [
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Connection", "keep-alive"),
        ("Proxy-Authenticate", "Basic"),
        ("Proxy-Authentication-Info", "x"),
        ("Proxy-Authorization", "x"),
        ("TE", "trailers"),
        ("Transfer-Encoding", "gzip"),
        ("Upgrade", "h2c"),
        ("Trailer", "X-Sum"),
    ];
    assert_eq!(served(CacheOptions::PRIVATE, &said), pairs(&[("Trailer", "X-Sum")]));
}

#[test]
fn s3_1_private_fields_are_dropped_by_shared_caches() {
    let said = [cc("private=\"Set-Cookie, X-User\""), ("Set-Cookie", "a"), ("x-user", "b"), ("X-Other", "c")];
    let shared = served(CacheOptions::SHARED, &said);
    assert_eq!(shared, pairs(&[said[0], ("X-Other", "c")]));
    assert_eq!(served(CacheOptions::PRIVATE, &said), pairs(&said));
}

#[test]
fn s3_1_unknown_fields_are_kept_and_repeated_lines_stay_apart_and_in_order() {
    let said = [
        ("Set-Cookie", "a=1; Expires=Thu, 01 Oct 2026 08:00:00 GMT"),
        ("X-New", ""),
        ("Set-Cookie", "b=2"),
        ("x-NEW", "1, 2"),
        ("Content-Type", "text/plain"),
        ("Warning", "199 - \"x\""),
    ];
    assert_eq!(served(CacheOptions::PRIVATE, &said), pairs(&said));
}

#[test]
fn s3_1_octets_that_are_no_text_are_kept() {
    let mut device = Device::private();
    let says = Response::new(200).with(&[cc("max-age=60")]).with_octets("X-Name", b"J\xf6rg");
    device.fetch("/a", &[], says);
    let lines = device.hit("/a", &[]).lines;
    assert!(lines.contains(&("X-Name".to_owned(), b"J\xf6rg".to_vec())));
}

#[test]
fn s3_1_connection_cannot_hide_vary() {
    let mut device = Device::private();
    let says = Response::ok(&[cc("max-age=60"), ("Vary", "A"), ("Connection", "vary")], "for 1");
    device.fetch("/a", &[("A", "1")], says);
    let (answer, _) = device.forwarded("/a", &[("A", "2")]);
    assert_eq!(answer.text(), "new");
}

#[test]
fn s3_1_connection_cannot_hide_no_cache() {
    let mut device = Device::private();
    let modified = heads::date(-100_000);
    let lines = [cc("no-cache"), ("Connection", "cache-control"), ("Last-Modified", &*modified)];
    device.fetch("/a", &[], Response::ok(&lines, "a"));
    device.forwarded("/a", &[]);
}
