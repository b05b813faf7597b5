//! What a pair is found by.

use crate::rules::keys;

/// The target URI of a request, normalised where it is compared (RFC 9111 §2).
///
/// A pair's key is its URI; its method and variant are compared when it is found.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PairKey<'a> {
    uri: &'a str,
    reference: &'a str,
}

impl<'a> PairKey<'a> {
    /// The key of an absolute URI.
    pub const fn new(uri: &'a str) -> Self {
        Self { uri, reference: "" }
    }

    /// The key of `reference` as it stands in a response for `base`: an absolute URI, or a path on
    /// the same origin. `None` if it is empty, names another authority without a scheme, or has
    /// dot-segments behind others: nothing real does.
    pub(crate) fn resolve(base: &'a str, reference: &'a str) -> Option<Self> {
        if reference.is_empty() {
            return None;
        }
        if let Some(origin) = keys::origin(reference) {
            return Self::from_root(origin, reference.get(origin.len()..)?);
        }
        let origin = keys::origin(base)?;
        let path_end = base.bytes().position(|octet| matches!(octet, b'?' | b'#')).unwrap_or(base.len());
        match reference.as_bytes() {
            // The same scheme; another authority is nobody's business here.
            [b'/', b'/', rest @ ..] => {
                let len = rest.iter().position(|octet| matches!(octet, b'/' | b'?' | b'#'));
                let (authority, path) = reference.split_at_checked(2 + len.unwrap_or(rest.len()))?;
                let same = keys::has_authority(base, authority.get(2..)?);
                if same { Self::from_root(origin, path) } else { None }
            }
            [b'/', ..] => Self::from_root(origin, reference),
            [b'?', ..] => Some(Self { uri: base.get(..path_end)?, reference }),
            _ => {
                let path = base.get(origin.len()..path_end)?;
                let (dots, reference) = leading_dots(reference)?;
                // What follows the last slash gives way, and a folder for each `..`.
                let mut folder = path.as_bytes();
                for _ in 0..=dots.up {
                    let slash = folder.iter().rposition(|octet| *octet == b'/').unwrap_or(0);
                    folder = folder.get(..slash).unwrap_or_default();
                }
                let end = origin.len() + folder.len();
                // With the slash, if there is one.
                Some(Self { uri: base.get(..path_end.min(end + 1))?, reference })
            }
        }
    }

    /// The key of a path from the root, with a query if any.
    #[inline(never)]
    fn from_root(origin: &'a str, path: &'a str) -> Option<Self> {
        let (dots, rest) = leading_dots(path.strip_prefix('/').unwrap_or(path))?;
        // An origin without a path has an empty one, which is `/`.
        Some(Self { uri: origin, reference: if dots.any { rest } else { path } })
    }

    /// Whether it names the same resource as `uri`.
    pub fn matches(&self, uri: &str) -> bool {
        if self.reference.is_empty() {
            return keys::same(self.uri, uri);
        }
        self.normalized().eq(keys::normalized(uri, ""))
    }

    /// Whether it is on the same scheme, host and port as `uri`.
    pub(crate) fn is_on_origin_of(&self, uri: &str) -> bool {
        keys::same_origin(self.uri, uri)
    }

    /// A hash under the key `seed`: equal for equal keys, and different for nearly all others.
    ///
    /// A collision costs a read and is then a miss, never somebody else's answer.
    pub fn fingerprint(&self, seed: u32) -> u32 {
        // FNV-1a, then the finaliser of MurmurHash3, so that every bit of the seed counts.
        let mut hash = self
            .normalized()
            .fold(seed ^ 0x811c_9dc5, |hash, octet| (hash ^ u32::from(octet)).wrapping_mul(0x0100_0193));
        hash = (hash ^ hash >> 16).wrapping_mul(0x85eb_ca6b);
        hash = (hash ^ hash >> 13).wrapping_mul(0xc2b2_ae35);
        hash ^ hash >> 16
    }

    /// The octets of the key.
    pub fn normalized(&self) -> impl Iterator<Item = u8> + use<'a> {
        keys::normalized(self.uri, self.reference)
    }
}

/// The dot-segments at the beginning of a path.
#[derive(Clone, Copy)]
struct Dots {
    any: bool,
    /// How many are `..`.
    up: usize,
}

/// Splits the dot-segments off a path that does not begin with a slash, a query behind it. `None` if
/// there are others behind them, or an empty segment follows them.
#[inline(never)]
fn leading_dots(reference: &str) -> Option<(Dots, &str)> {
    let (mut rest, mut dots) = (reference, Dots { any: false, up: 0 });
    loop {
        let end = rest.bytes().position(|octet| matches!(octet, b'/' | b'?' | b'#')).unwrap_or(rest.len());
        let (segment, behind) = rest.split_at_checked(end)?;
        dots.up += match segment {
            "." => 0,
            ".." => 1,
            _ => break,
        };
        dots.any = true;
        rest = behind.strip_prefix('/').unwrap_or(behind);
    }
    let path = rest.as_bytes().split(|octet| matches!(octet, b'?' | b'#')).next()?;
    let is_plain = !path.split(|octet| *octet == b'/').any(|segment| matches!(segment, b"." | b".."));
    (is_plain && !(dots.any && path.first() == Some(&b'/'))).then_some((dots, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(base: &str, reference: &str) -> Option<String> {
        let key = PairKey::resolve(base, reference)?;
        Some(key.normalized().map(char::from).collect())
    }

    #[test]
    fn s4_4_references_are_resolved() {
        let base = "http://h/a/b?q";
        for (reference, uri) in [
            ("/c?d", "http://h/c?d"),
            ("c", "http://h/a/c"),
            ("?x", "http://h/a/b?x"),
            ("HTTP://H:80/z", "http://h/z"),
            ("./c", "http://h/a/c"),
            (".", "http://h/a/"),
            ("../c?d=/../e", "http://h/c?d=/../e"),
            ("..", "http://h/"),
            ("../../../c", "http://h/c"),
            ("./.././c/", "http://h/c/"),
            ("/../c", "http://h/c"),
            ("/./?d", "http://h/?d"),
            ("//h/../c", "http://h/c"),
            ("http://h/./c", "http://h/c"),
            ("..?x", "http://h/?x"),
            ("c?d=/../e", "http://h/a/c?d=/../e"),
        ] {
            assert_eq!(resolved(base, reference).as_deref(), Some(uri), "{reference}");
        }
        assert_eq!(resolved("http://h", "/c").as_deref(), Some("http://h/c"));
        assert_eq!(resolved(base, ""), None);
        assert_eq!(resolved("http://h", "../c").as_deref(), Some("http://h/c"));
        for reference in ["c/../d", "/c/.", "../c/../d", "http://h/c/..", ".//c", "/..//c", "//other/c"] {
            assert_eq!(resolved(base, reference), None, "{reference}");
        }
    }

    #[test]
    fn equal_keys_have_equal_fingerprints() {
        let a = PairKey::new("HTTP://h:80/%7Ea");
        let b = PairKey::new("http://h/~a");
        assert_eq!(a.fingerprint(7), b.fingerprint(7));
        assert_ne!(a.fingerprint(7), a.fingerprint(8));
        assert!(a.matches("http://h/~a") && !a.matches("http://h/~b"));
    }
}
