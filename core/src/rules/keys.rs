//! Cache keys (RFC 9111 §2): the target URI, normalised (RFC 9110 §4.2.3).
//!
//! Scheme and host have no case, a default port equals none, an empty path equals `/`, an escaped
//! unreserved character equals itself, hex digits have no case, a fragment does not count. Reserved
//! characters, the order of a query and an empty query are never touched.

/// A URI in three parts: scheme, authority (without a default port), and the rest.
#[derive(Clone, Copy, Debug)]
struct Parts<'a> {
    scheme: &'a str,
    authority: &'a str,
    rest: &'a str,
}

impl<'a> Parts<'a> {
    /// `None` if `uri` has no authority: it is then compared as a path.
    fn of(uri: &'a str) -> Option<Self> {
        let (scheme, end) = authority_of(uri)?;
        let (start, rest) = uri.split_at_checked(end)?;
        let authority = start.get(scheme + SEPARATOR.len()..)?;
        let scheme = uri.get(..scheme)?;
        Some(Self { scheme, authority: without_default_port(scheme, authority), rest })
    }
}

pub(crate) const SEPARATOR: &str = "://";

/// Where the scheme of `uri` ends and where its authority does; `None` if it has none.
fn authority_of(uri: &str) -> Option<(usize, usize)> {
    let octets = uri.as_bytes();
    let scheme = octets.iter().position(|octet| !octet.is_ascii_alphanumeric() && !b"+-.".contains(octet))?;
    let rest = octets.get(scheme..)?.strip_prefix(SEPARATOR.as_bytes())?;
    let len = rest.iter().position(|octet| matches!(octet, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    Some((scheme, octets.len() - rest.len() + len))
}

fn without_default_port<'a>(scheme: &str, authority: &'a str) -> &'a str {
    let default: &[u8] = if scheme.eq_ignore_ascii_case("https") { b"443" } else { b"80" };
    let Some(colon) = authority.as_bytes().iter().rposition(|octet| *octet == b':') else {
        return authority;
    };
    match authority.as_bytes().get(colon + 1..) {
        Some(port) if port.is_empty() || port == default => authority.get(..colon).unwrap_or(authority),
        _ => authority,
    }
}

/// The octets of `uri` followed by `reference`, normalised.
#[inline(never)]
pub(crate) fn normalized<'a>(uri: &'a str, reference: &'a str) -> Normalized<'a> {
    let (scheme, authority, rest) = match Parts::of(uri) {
        Some(Parts { scheme, authority, rest }) => (scheme.len() + SEPARATOR.len(), authority, rest),
        None => (0, "", uri),
    };
    // Only the host has no case (RFC 3986 §6.2.2.1).
    let host_at = authority.bytes().rposition(|octet| octet == b'@').map_or(0, |at| at + 1);
    let (userinfo, host) = authority.as_bytes().split_at_checked(host_at).unwrap_or_default();
    let has_path = rest.as_bytes().first() == Some(&b'/') || reference.as_bytes().first() == Some(&b'/');
    let path: &[u8] = if scheme == 0 || has_path { b"" } else { b"/" };
    let scheme = uri.as_bytes().get(..scheme).unwrap_or_default();
    Normalized {
        parts: [scheme, userinfo, host, path],
        path: Path { octets: rest.as_bytes(), then: reference.as_bytes(), pending: [None; 2], bare: 0 },
    }
}

/// What [`normalized`] makes, octet by octet.
#[derive(Clone, Debug)]
pub(crate) struct Normalized<'a> {
    /// What is left of the scheme with what separates it, the userinfo, the host, and the slash of an empty path.
    parts: [&'a [u8]; 4],
    path: Path<'a>,
}

const USERINFO: usize = 1;

impl Iterator for Normalized<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        for (index, part) in self.parts.iter_mut().enumerate() {
            if let [octet, rest @ ..] = part {
                *part = rest;
                return Some(if index == USERINFO { *octet } else { octet.to_ascii_lowercase() });
            }
        }
        self.path.next()
    }
}

/// Whether two URIs name the same resource.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a == b || normalized(a, "").eq(normalized(b, ""))
}

/// Whether two URIs have the same scheme, host and port.
pub(crate) fn same_origin(a: &str, b: &str) -> bool {
    match (Parts::of(a), Parts::of(b)) {
        (Some(a), Some(b)) => {
            a.scheme.eq_ignore_ascii_case(b.scheme) && a.authority.eq_ignore_ascii_case(b.authority)
        }
        _ => false,
    }
}

/// Whether `uri` has a scheme and an authority, and so names a resource by itself.
pub(crate) fn is_absolute(uri: &str) -> bool {
    let octets = uri.as_bytes();
    let scheme = octets.iter().position(|octet| matches!(octet, b':' | b'/' | b'?' | b'#'));
    scheme.and_then(|at| octets.get(at..)).is_some_and(|rest| rest.starts_with(SEPARATOR.as_bytes()))
}

/// Whether the authority of `uri` is `authority`.
pub(crate) fn has_authority(uri: &str, authority: &str) -> bool {
    Parts::of(uri).is_some_and(|parts| {
        parts.authority.eq_ignore_ascii_case(without_default_port(parts.scheme, authority))
    })
}

/// Scheme and authority of `uri`, as written: `https://host:port`. `None` if it has none.
pub(crate) fn origin(uri: &str) -> Option<&str> {
    let (_, end) = authority_of(uri)?;
    uri.get(..end)
}

/// A path and query, normalised, up to the fragment.
#[derive(Clone, Debug)]
struct Path<'a> {
    octets: &'a [u8],
    then: &'a [u8],
    pending: [Option<u8>; 2],
    /// So many octets behind a `%` that escapes nothing, nothing is unescaped: it must not come to
    /// escape something.
    bare: u8,
}

impl Iterator for Path<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let [first, second] = &mut self.pending;
        if let Some(octet) = first.take().or_else(|| second.take()) {
            return Some(octet);
        }
        if self.octets.is_empty() {
            self.octets = core::mem::take(&mut self.then);
        }
        match self.octets {
            [] | [b'#', ..] => {
                (self.octets, self.then) = (&[], &[]);
                None
            }
            [b'%', high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                self.octets = rest;
                let octet = hex(*high) << 4 | hex(*low);
                let is_unreserved =
                    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~');
                if is_unreserved && self.bare == 0 {
                    return Some(octet);
                }
                self.bare = 0;
                self.pending = [Some(high.to_ascii_uppercase()), Some(low.to_ascii_uppercase())];
                Some(b'%')
            }
            [octet, rest @ ..] => {
                self.octets = rest;
                self.bare = if *octet == b'%' { 2 } else { self.bare.saturating_sub(1) };
                Some(*octet)
            }
        }
    }
}

const fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20).wrapping_sub(b'a').wrapping_add(10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s4_2_3_of_9110_what_is_equivalent_is_one_key() {
        for (a, b) in [
            ("HTTP://EXAMPLE.com/a", "http://example.com/a"),
            ("http://example.com:80/", "http://example.com"),
            ("http://example.com:/", "http://example.com/"),
            ("https://example.com:443/x", "https://example.com/x"),
            ("http://e/%7Euser", "http://e/~user"),
            ("http://e/%e4", "http://e/%E4"),
            ("http://e/a#b", "http://e/a#c"),
            ("http://e?q", "http://e/?q"),
        ] {
            assert!(same(a, b), "{a} {b}");
            assert!(same(b, a), "{b} {a}");
        }
    }

    #[test]
    fn s4_2_3_of_9110_what_differs_is_another_key() {
        for (a, b) in [
            ("http://e/A", "http://e/a"),
            ("http://e/", "https://e/"),
            ("http://e:8080/", "http://e/"),
            ("https://e:80/", "https://e/"),
            ("http://e/?", "http://e/"),
            ("http://e/?a=1&b=2", "http://e/?b=2&a=1"),
            ("http://e/%2F", "http://e//"),
            ("http://e/%3F", "http://e/?"),
            ("http://e/%", "http://e/%25"),
        ] {
            assert!(!same(a, b), "{a} {b}");
        }
    }

    #[test]
    fn a_percent_sign_that_escapes_nothing_never_comes_to_escape_something() {
        for uri in ["http://e/%%61b", "http://e/%4%31", "http://e/%%34%31", "http://e/%", "http://e/%4"] {
            let once: String = normalized(uri, "").map(char::from).collect();
            let twice: String = normalized(&once, "").map(char::from).collect();
            assert_eq!(once, twice);
        }
        assert!(!same("http://e/%%61b", "http://e/%ab"));
        assert!(!same("http://e/%4%31", "http://e/A"));
    }

    #[test]
    fn origins_are_scheme_host_and_port() {
        assert!(same_origin("http://E:80/a", "HTTP://e/b"));
        assert!(!same_origin("http://e/a", "https://e/a"));
        assert!(!same_origin("http://e/a", "http://e.evil/a"));
        assert!(!same_origin("/a", "/a"));
        assert_eq!(origin("https://h:1/a?b"), Some("https://h:1"));
        assert_eq!(origin("https://h"), Some("https://h"));
        assert_eq!(origin("/a"), None);
    }
}
