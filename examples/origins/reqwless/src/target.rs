//! Where a URI leads: whom to connect to, and what stands on the request line.

use crate::Error;
use core::net::IpAddr;
use larder::head::Method;

/// An `http` or `https` URI, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target<'u> {
    pub(crate) is_https: bool,
    /// Host and port as they stand in the URI; what `Host` says.
    pub(crate) authority: &'u str,
    /// Name or address, without brackets.
    pub(crate) host: &'u str,
    pub(crate) port: u16,
    /// The request line's target, in origin form or `*`.
    pub(crate) path: &'u str,
}

impl<'u> Target<'u> {
    /// `https`: whether such URIs are taken.
    pub(crate) fn of(method: Method<'_>, uri: &'u str, https: bool) -> Result<Self, Error> {
        let (scheme, rest) = uri.split_once("://").ok_or(Error::Uri)?;
        let is_https = scheme.eq_ignore_ascii_case("https");
        let is_taken = if is_https { https } else { scheme.eq_ignore_ascii_case("http") };
        if !is_taken || uri.bytes().any(|octet| !octet.is_ascii_graphic()) {
            return Err(Error::Uri);
        }
        let rest = rest.split('#').next().unwrap_or(rest);
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).ok_or(Error::Uri)?;
        let (host, port) = split_port(authority, if is_https { 443 } else { 80 }).ok_or(Error::Uri)?;
        // User and password do not belong in a URI that is sent (RFC 9110 §4.2.4).
        if host.is_empty() || authority.contains('@') {
            return Err(Error::Uri);
        }
        let path = match path {
            // RFC 9112 §3.2.4
            "" if method == Method::Options => "*",
            "" => "/",
            // It would need a slash before it, and there is nowhere to write one.
            query if query.starts_with('?') => return Err(Error::Uri),
            path => path,
        };
        Ok(Self { is_https, authority, host, port, path })
    }

    /// The host, if it is an address.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

/// Host and port, `default` if there is none. `None`: neither a host nor a bracketed address.
fn split_port(authority: &str, default: u16) -> Option<(&str, u16)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']')?,
        None => authority.split_at_checked(authority.find(':').unwrap_or(authority.len()))?,
    };
    match port.strip_prefix(':') {
        None if port.is_empty() => Some((host, default)),
        Some("") => Some((host, default)),
        Some(digits) if digits.bytes().all(|octet| octet.is_ascii_digit()) => {
            Some((host, digits.parse().ok()?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn uris_are_taken_apart() {
        for (uri, host, port, path) in [
            ("http://h", "h", 80, "/"),
            ("HTTP://h:81/a?b#c", "h", 81, "/a?b"),
            ("http://[::1]:82/q", "::1", 82, "/q"),
            ("http://h:/", "h", 80, "/"),
            ("https://h/", "h", 443, "/"),
            ("HTTPS://[::1]:/", "::1", 443, "/"),
            ("https://h:81/", "h", 81, "/"),
        ] {
            let target = Target::of(Method::Get, uri, true).expect("a target");
            assert_eq!(target.is_https, uri.to_ascii_lowercase().starts_with("https"), "{uri}");
            assert_eq!((target.host, target.port, target.path), (host, port, path), "{uri}");
        }
        let options = Target::of(Method::Options, "http://h", false).expect("a target");
        assert_eq!(options.path, "*");
    }

    #[test]
    fn what_is_no_http_uri_is_refused() {
        for uri in [
            "https://h/",
            "/path",
            "http://",
            "http://user:word@h/",
            "http://h/a b",
            "http://h:x/",
            "http://h:70000/",
            "http://[::1/",
            "http://h?query",
            "http://h/\r\nX: y",
        ] {
            assert_eq!(Target::of(Method::Get, uri, false), Err(Error::Uri), "{uri}");
        }
    }

    #[test]
    fn addresses_need_no_name_service() {
        for (uri, is_address) in [("http://10.0.2.2/", true), ("http://[::1]/", true), ("http://h/", false)] {
            assert_eq!(
                Target::of(Method::Get, uri, false).expect("a target").address().is_some(),
                is_address,
                "{uri}"
            );
        }
    }
}
