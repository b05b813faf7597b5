//! Where a URI leads: whom to connect to, and what stands on the request line.

use super::TcpError;
use http::Uri;
use http::uri::{Authority, PathAndQuery};
use larder::head::Method;

/// An `http` URI, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) authority: Authority,
    /// The request line's target, in origin form or `*`.
    pub(super) path: PathAndQuery,
}

impl Target {
    pub(super) fn of(method: Method<'_>, uri: &str) -> Result<Self, TcpError> {
        let refused = || TcpError::Uri(uri.to_owned());
        let (scheme, rest) = uri.split_once("://").ok_or_else(refused)?;
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(refused());
        }
        let rest = rest.split('#').next().unwrap_or(rest);
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let authority: Authority = authority.parse().map_err(|_| refused())?;
        // User and password do not belong in a URI that is sent (RFC 9110 §4.2.4).
        if authority.host().is_empty() || authority.as_str().contains('@') {
            return Err(refused());
        }
        let path = match path {
            // RFC 9112 §3.2.4
            "" if method == Method::Options => "*".parse(),
            "" => "/".parse(),
            query if query.starts_with('?') => format!("/{query}").parse(),
            path => path.parse(),
        };
        Ok(Self { authority, path: path.map_err(|_| refused())? })
    }

    /// Host name or address, without brackets.
    pub(super) fn host(&self) -> &str {
        self.authority.host().trim_matches(['[', ']'])
    }

    pub(super) fn port(&self) -> u16 {
        self.authority.port_u16().unwrap_or(80)
    }

    pub(super) fn uri(&self) -> Uri {
        Uri::from(self.path.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(uri: &str) -> Option<(String, u16, String)> {
        let target = Target::of(Method::Get, uri).ok()?;
        Some((target.host().to_owned(), target.port(), target.path.as_str().to_owned()))
    }

    #[test]
    fn uris_are_taken_apart() {
        for (uri, host, port, path) in [
            ("http://h", "h", 80, "/"),
            ("HTTP://h:81/a?b#c", "h", 81, "/a?b"),
            ("http://[::1]:82?q", "::1", 82, "/?q"),
        ] {
            assert_eq!(target(uri), Some((host.to_owned(), port, path.to_owned())), "{uri}");
        }
    }

    #[test]
    fn what_is_no_http_uri_is_refused() {
        for uri in ["https://h/", "/path", "http://", "http://user:word@h/", "http://h/a b"] {
            assert_eq!(target(uri), None, "{uri}");
        }
    }

    #[test]
    fn rfc9112_s3_2_4_options_without_a_path_asks_for_the_whole_server() {
        let target = Target::of(Method::Options, "http://h").expect("a target");
        assert_eq!(target.path.as_str(), "*");
    }
}
