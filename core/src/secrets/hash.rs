//! The hash that stands for a secret: HMAC-SHA-256 (RFC 2104, RFC 6234), cut to 16 octets.

use core::fmt;
use ctutils::CtEq;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The key under which secrets are hashed: 32 octets that nobody can guess.
///
/// Its octets are not shown by `Debug` and `defmt`, and compared in constant time. They are copied with
/// the options and not wiped.
///
/// A key made anew at every boot, from the hardware's source of random numbers, is the safest: then
/// what varies by a secret is not found after a reboot. Else keep it where the stored pairs are not: in
/// fuses, a secure element, or flash inside a chip whose debug port is locked.
///
/// ```
/// use larder::CacheOptions;
/// use larder::options::{SecretKey, Secrets};
/// # let octets_from_rng = || [7; 32];
///
/// let key = SecretKey::new(octets_from_rng());
/// let options = CacheOptions { secrets: Secrets::Hashed(key), ..CacheOptions::PRIVATE };
/// ```
#[derive(Clone, Copy)]
pub struct SecretKey([u8; 32]);

impl SecretKey {
    /// The key with these octets.
    pub const fn new(octets: [u8; 32]) -> Self {
        Self(octets)
    }
}

impl PartialEq for SecretKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).to_bool()
    }
}

impl Eq for SecretKey {}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(_)")
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for SecretKey {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "SecretKey(_)");
    }
}

/// The hash of a secret, in hexadecimal digits: a field value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hash([u8; 2 * KEPT]);

impl Hash {
    /// The hash of what is said by `members` in the field `name`, which is in lower case.
    #[inline(never)]
    pub(super) fn of<'a>(
        SecretKey(key): &SecretKey,
        name: &[u8],
        members: impl Iterator<Item = &'a [u8]>,
    ) -> Self {
        let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
        for (octet, given) in block.iter_mut().zip(key) {
            *octet = *given;
        }
        let mut mac = Hmac::<Sha256>::new(&block);
        mac.update(DOMAIN);
        mac.update(name);
        mac.update(&[0]);
        for member in members {
            mac.update(&(member.len() as u64).to_be_bytes());
            mac.update(member);
        }
        let whole = mac.finalize().into_bytes();
        let mut digits = [0; 2 * KEPT];
        for ([high, low], octet) in digits.as_chunks_mut().0.iter_mut().zip(whole) {
            *high = digit(octet >> 4);
            *low = digit(octet & 0xf);
        }
        Self(digits)
    }

    /// Whether `kept` is this hash, found out in constant time.
    pub(super) fn is(&self, kept: &[u8]) -> bool {
        self.0.as_slice().ct_eq(kept).to_bool()
    }

    pub(super) const fn as_octets(&self) -> &[u8] {
        &self.0
    }
}

const fn digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble }
}

/// Octets kept of a hash: among 2^64 secrets, two have the same one by chance.
const KEPT: usize = 16;

/// Tells these hashes from others that an application may make under the same key.
const DOMAIN: &[u8] = b"larder Vary\0";

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: SecretKey = SecretKey::new([7; 32]);

    fn hash(key: SecretKey, name: &str, members: &[&str]) -> String {
        let hash = Hash::of(&key, name.as_bytes(), members.iter().map(|member| member.as_bytes()));
        String::from_utf8(hash.as_octets().to_vec()).unwrap()
    }

    /// By Python's `hmac`, over the domain, the name and a zero, and each member behind its length in 8
    /// octets.
    #[test]
    fn hashes_are_those_that_others_compute() {
        assert_eq!(hash(KEY, "cookie", &["a=1", "b=2"]), "1a5009d96683a2bd078ec8812e30693c");
        assert_eq!(hash(KEY, "authorization", &["Bearer abc"]), "376dd2a825b088d937194e28a3719ece");
        assert_eq!(hash(KEY, "cookie", &[]), "e6e58db7d425f7db4ca1614491d367e6");
    }

    #[test]
    fn key_field_and_members_all_count() {
        let all = [
            hash(KEY, "cookie", &["ab"]),
            hash(KEY, "cookie", &["a", "b"]),
            hash(KEY, "cookie", &["b", "a"]),
            hash(KEY, "cookie", &[]),
            hash(KEY, "cookie", &[""]),
            hash(KEY, "authorization", &["ab"]),
            hash(SecretKey::new([8; 32]), "cookie", &["ab"]),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one), "{at}");
        }
    }

    #[test]
    fn only_the_whole_hash_is_the_hash() {
        let hash = Hash::of(&KEY, b"cookie", [&b"a"[..]].into_iter());
        let digits = *hash.as_octets().first_chunk::<32>().unwrap();
        assert!(hash.is(&digits));
        assert!(!hash.is(&digits[..31]) && !hash.is(b"") && !hash.is(&[digits, digits].concat()));
        for at in 0..32 {
            let mut other = digits;
            other[at] ^= 1;
            assert!(!hash.is(&other), "{at}");
        }
    }

    #[test]
    fn a_key_does_not_show() {
        let options = crate::options::Secrets::Hashed(KEY);
        assert_eq!(format!("{options:?}"), "Hashed(SecretKey(_))");
        assert_ne!(options, crate::options::Secrets::Hashed(SecretKey::new([8; 32])));
    }
}
