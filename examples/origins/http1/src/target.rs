//! Where a URI leads: whom to connect to, and what stands on the request line.

use crate::Error;
use core::net::IpAddr;
use larder::head::Method;

/// The schemes an adapter's connections are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schemes {
    /// `http`, over TCP.
    Http,
    /// `https`, over TLS.
    Https,
    /// Either.
    Both,
}

/// A URI, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'u> {
    /// Whether the scheme is `https`.
    pub is_https: bool,
    /// Host and port as they stand in the URI; what `Host` says.
    pub authority: &'u str,
    /// Name or address, without brackets.
    pub host: &'u str,
    /// That of the URI, or the scheme's.
    pub port: u16,
    /// The request line's target, in origin form or `*`.
    pub path: &'u str,
}

impl<'u> Target<'u> {
    /// Where `uri` leads.
    ///
    /// # Errors
    /// [`Error::Uri`] if it is of none of these schemes, has user or password, a character that no URI has, or a
    /// query right behind the authority.
    pub fn of(schemes: Schemes, method: Method<'_>, uri: &'u str) -> Result<Self, Error> {
        let (scheme, rest) = uri.split_once("://").ok_or(Error::Uri)?;
        let is_https = scheme.eq_ignore_ascii_case("https");
        let other = if is_https { Schemes::Http } else { Schemes::Https };
        let is_taken = schemes != other && (is_https || scheme.eq_ignore_ascii_case("http"));
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
    pub fn address(&self) -> Option<IpAddr> {
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
    use super::*;

    #[test]
    fn uris_are_taken_apart() {
        for (schemes, uri, host, port, path) in [
            (Schemes::Http, "http://h", "h", 80, "/"),
            (Schemes::Http, "HTTP://h:81/a?b#c", "h", 81, "/a?b"),
            (Schemes::Http, "http://[::1]:82/q", "::1", 82, "/q"),
            (Schemes::Http, "http://h:/", "h", 80, "/"),
            (Schemes::Https, "https://h/a", "h", 443, "/a"),
            (Schemes::Https, "https://h:80/a", "h", 80, "/a"),
            (Schemes::Both, "https://[::1]:/", "::1", 443, "/"),
            (Schemes::Both, "http://h/", "h", 80, "/"),
        ] {
            let target = Target::of(schemes, Method::Get, uri).expect("a target");
            assert_eq!(target.is_https, uri.starts_with("https"), "{uri}");
            assert_eq!((target.host, target.port, target.path), (host, port, path), "{uri}");
        }
        let options = Target::of(Schemes::Http, Method::Options, "http://h").expect("a target");
        assert_eq!(options.path, "*");
    }

    #[test]
    fn what_is_no_uri_of_the_scheme_is_refused() {
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
            assert_eq!(Target::of(Schemes::Http, Method::Get, uri), Err(Error::Uri), "{uri}");
        }
        assert_eq!(Target::of(Schemes::Https, Method::Get, "http://h/"), Err(Error::Uri));
        assert_eq!(Target::of(Schemes::Both, Method::Get, "ftp://h/"), Err(Error::Uri));
    }

    #[test]
    fn addresses_need_no_name_service() {
        for (uri, is_address) in [("http://10.0.2.2/", true), ("http://[::1]/", true), ("http://h/", false)] {
            let target = Target::of(Schemes::Http, Method::Get, uri).expect("a target");
            assert_eq!(target.address().is_some(), is_address, "{uri}");
        }
    }
}
