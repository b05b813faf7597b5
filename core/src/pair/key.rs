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
    /// the same origin. `None` if it is empty, would need dot-segments removed, or names another
    /// authority without a scheme.
    pub(crate) fn resolve(base: &'a str, reference: &'a str) -> Option<Self> {
        let octets = reference.as_bytes();
        let mut segments = octets.split(|octet| matches!(octet, b'/' | b'?'));
        if octets.is_empty() || segments.any(|segment| matches!(segment, b"." | b"..")) {
            return None;
        }
        if keys::origin(reference).is_some() {
            return Some(Self::new(reference));
        }
        let origin = keys::origin(base)?;
        let path_end = base.bytes().position(|octet| matches!(octet, b'?' | b'#')).unwrap_or(base.len());
        let end = match octets {
            // The same scheme; another authority is nobody's business here.
            [b'/', b'/', rest @ ..] => {
                let len = rest.iter().position(|octet| matches!(octet, b'/' | b'?' | b'#'));
                let (authority, path) = reference.split_at_checked(2 + len.unwrap_or(rest.len()))?;
                let same = keys::has_authority(base, authority.get(2..)?);
                return same.then_some(Self { uri: origin, reference: path });
            }
            [b'/', ..] => origin.len(),
            [b'?', ..] => path_end,
            _ => {
                let path = base.as_bytes().get(origin.len()..path_end)?;
                let folder = path.iter().rposition(|octet| *octet == b'/');
                origin.len() + folder.map_or(0, |at| at + 1)
            }
        };
        Some(Self { uri: base.get(..end)?, reference })
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
        ] {
            assert_eq!(resolved(base, reference).as_deref(), Some(uri), "{reference}");
        }
        assert_eq!(resolved("http://h", "/c").as_deref(), Some("http://h/c"));
        assert_eq!(resolved(base, ""), None);
        assert_eq!(resolved(base, "../c"), None);
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
