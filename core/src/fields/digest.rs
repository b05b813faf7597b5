//! `Repr-Digest` and `Content-Digest` (RFC 9530): what the octets of a body must hash to.

use super::structured::{self, Value};
use crate::head::Field;
use core::fmt::{self, Write};

/// The field that asks an origin for `Repr-Digest`, to be put into a request (RFC 9530 §4). SHA-256 is
/// preferred: on 32-bit cores SHA-512 costs more than twice as much.
///
/// ```
/// use larder::fields::WANT_REPR_DIGEST;
/// use larder::head::{Fields, RequestHead};
///
/// let request = RequestHead::get("http://h/image").with_fields(Fields::new(&[WANT_REPR_DIGEST]));
/// # let _ = request;
/// ```
pub const WANT_REPR_DIGEST: (&str, &str) = ("Want-Repr-Digest", "sha-256=10, sha-512=3");

/// A hash algorithm that verifies bodies (RFC 9530 §5). All others, which are broken or unknown, are
/// ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Algorithm {
    /// `sha-256`: 32 octets.
    Sha256,
    /// `sha-512`: 64 octets.
    Sha512,
}

impl Algorithm {
    /// Its key in the fields, which has case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::Sha512 => "sha-512",
        }
    }

    fn called(key: &[u8]) -> Option<Self> {
        [Self::Sha256, Self::Sha512].into_iter().find(|algorithm| key == algorithm.name().as_bytes())
    }
}

/// What octets hash to.
///
/// Displayed as a member of a digest field, `sha-256=:…:`, and for debugging in hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Digest {
    /// By SHA-256.
    Sha256([u8; 32]),
    /// By SHA-512.
    Sha512([u8; 64]),
}

impl Digest {
    /// The digest that is written as `digits`: 64 hexadecimal ones are SHA-256, 128 are SHA-512.
    /// `None` if it is neither.
    ///
    /// ```
    /// use larder::fields::Digest;
    ///
    /// const IMAGE: Digest =
    ///     Digest::from_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855").unwrap();
    /// # let _ = IMAGE;
    /// ```
    pub const fn from_hex(digits: &str) -> Option<Self> {
        let digits = digits.as_bytes();
        match digits.len() {
            64 => match octets_of(digits) {
                Some(octets) => Some(Self::Sha256(octets)),
                None => None,
            },
            128 => match octets_of(digits) {
                Some(octets) => Some(Self::Sha512(octets)),
                None => None,
            },
            _ => None,
        }
    }

    /// The digest of these octets. `None` if they are not as many as the algorithm makes.
    pub fn new(algorithm: Algorithm, octets: &[u8]) -> Option<Self> {
        match algorithm {
            Algorithm::Sha256 => octets.try_into().map(Self::Sha256).ok(),
            Algorithm::Sha512 => octets.try_into().map(Self::Sha512).ok(),
        }
    }

    /// By which algorithm.
    pub const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Sha256(_) => Algorithm::Sha256,
            Self::Sha512(_) => Algorithm::Sha512,
        }
    }

    /// Its octets.
    pub const fn octets(&self) -> &[u8] {
        match self {
            Self::Sha256(octets) => octets,
            Self::Sha512(octets) => octets,
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=:", self.algorithm().name())?;
        for group in self.octets().chunks(3) {
            let mut bits = group.iter().fold(0_u32, |bits, octet| bits << 8 | u32::from(*octet));
            bits <<= 8 * 3_u32.saturating_sub(group.len() as u32);
            for at in 0..4_u32 {
                let is_digit = at as usize <= group.len();
                f.write_char(if is_digit { base64((bits >> (18 - 6 * at) & 63) as u8) } else { '=' })?;
            }
        }
        f.write_char(':')
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.algorithm().name())?;
        self.octets().iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Digest {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=str} {=[u8]:02x}", self.algorithm().name(), self.octets());
    }
}

/// The digests that one digest field gives, one of each algorithm at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Digests {
    /// The member `sha-256`.
    pub sha256: Option<[u8; 32]>,
    /// The member `sha-512`.
    pub sha512: Option<[u8; 64]>,
}

impl Digests {
    /// What `Repr-Digest` gives: of the whole representation, in its content coding (RFC 9530 §3).
    pub fn of_representation<'a>(lines: impl IntoIterator<Item = Field<'a>>) -> Self {
        Self::parse(lines, "repr-digest").unwrap_or_default()
    }

    /// What `Content-Digest` gives: of the content of this one message, of a 206 the part (RFC 9530
    /// §2).
    pub fn of_content<'a>(lines: impl IntoIterator<Item = Field<'a>>) -> Self {
        Self::parse(lines, "content-digest").unwrap_or_default()
    }

    /// That of the strongest algorithm.
    pub fn strongest(&self) -> Option<Digest> {
        self.sha512.map(Digest::Sha512).or(self.sha256.map(Digest::Sha256))
    }

    /// That of one algorithm.
    pub fn by(&self, algorithm: Algorithm) -> Option<Digest> {
        match algorithm {
            Algorithm::Sha256 => self.sha256.map(Digest::Sha256),
            Algorithm::Sha512 => self.sha512.map(Digest::Sha512),
        }
    }

    /// Whether `digest` is said otherwise here: what this field is about is then something else.
    pub fn contradict(&self, digest: &Digest) -> bool {
        self.by(digest.algorithm()).is_some_and(|given| given != *digest)
    }

    /// `None` if the field is malformed, or a member of an algorithm that is known has another value
    /// than a byte sequence of its length: all of it is then ignored (RFC 9651 §2).
    fn parse<'a>(lines: impl IntoIterator<Item = Field<'a>>, name: &str) -> Option<Self> {
        let mut digests = Self::default();
        let lines = lines.into_iter().filter(|line| line.is(name)).map(|line| line.value());
        structured::dictionary(lines, |key, value| {
            let Some(algorithm) = Algorithm::called(key) else {
                return Some(());
            };
            let Value::Binary(binary) = value else {
                return None;
            };
            match algorithm {
                Algorithm::Sha256 => digests.sha256 = Some(exactly(binary.octets())?),
                Algorithm::Sha512 => digests.sha512 = Some(exactly(binary.octets())?),
            }
            Some(())
        })?;
        Some(digests)
    }
}

/// The octets, if they are `N`.
fn exactly<const N: usize>(mut octets: impl Iterator<Item = u8>) -> Option<[u8; N]> {
    let mut array = [0; N];
    for slot in &mut array {
        *slot = octets.next()?;
    }
    octets.next().is_none().then_some(array)
}

/// The octets that are written as twice `N` hexadecimal digits.
const fn octets_of<const N: usize>(mut digits: &[u8]) -> Option<[u8; N]> {
    let mut array = [0; N];
    let mut rest: &mut [u8] = &mut array;
    while let ([high, low, more @ ..], [slot, after @ ..]) = (digits, rest) {
        let (Some(high), Some(low)) = (nibble(*high), nibble(*low)) else {
            return None;
        };
        *slot = high << 4 | low;
        (digits, rest) = (more, after);
    }
    Some(array)
}

const fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

const fn base64(sextet: u8) -> char {
    (match sextet {
        0..26 => b'A' + sextet,
        26..52 => b'a' - 26 + sextet,
        52..62 => sextet - 52 + b'0',
        62 => b'+',
        _ => b'/',
    }) as char
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::Fields;

    /// Of the empty string.
    const EMPTY: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    const EMPTY_HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn repr(lines: &[&str]) -> Digests {
        let lines: Vec<_> = lines.iter().map(|line| ("Repr-Digest", *line)).collect();
        Digests::of_representation(Fields::new(&lines))
    }

    #[test]
    fn s3_of_9530_a_digest_is_a_byte_sequence_under_the_name_of_its_algorithm() {
        let digest = Digest::from_hex(EMPTY_HEX).unwrap();
        assert_eq!(repr(&[&format!("sha-256=:{EMPTY}:")]).strongest(), Some(digest));
        assert_eq!(digest.to_string(), format!("sha-256=:{EMPTY}:"));
        assert_eq!(format!("{digest:?}"), format!("sha-256 {EMPTY_HEX}"));
    }

    #[test]
    fn s5_of_9530_algorithms_that_are_broken_or_unknown_are_ignored() {
        let line = format!("md5=:YQ==:, sha=:a:, x=?1, sha-256=:{EMPTY}:, SHA-1=:YQ==:");
        assert_eq!(repr(&[&line]), Digests::default(), "no dictionary: a key has no upper case");
        let line = format!("md5=:YQ==:, sha=token;q=1, x, sha-256=:{EMPTY}:;p");
        assert!(repr(&[&line]).sha256.is_some());
        assert_eq!(repr(&["adler=:03da0195:"]), Digests::default());
    }

    #[test]
    fn s2_of_9651_what_is_malformed_is_ignored_whole() {
        for other in ["sha-512=:YQ==:", "sha-512", "sha-512=token", "x=", "x=:a:", "sha-256=:YQ==:", ","] {
            assert_eq!(repr(&[&format!("sha-256=:{EMPTY}:, {other}")]), Digests::default(), "{other}");
            assert_eq!(repr(&[other, &format!("sha-256=:{EMPTY}:")]), Digests::default(), "{other}");
        }
    }

    #[test]
    fn s4_2_of_9651_lines_are_joined_and_the_last_member_of_a_name_counts() {
        let sha512 = Digest::Sha512([7; 64]);
        let sha256 = Digest::Sha256([9; 32]);
        let found = repr(&[&format!("sha-256=:{EMPTY}:"), "", &sha512.to_string(), &sha256.to_string()]);
        assert_eq!(found, Digests { sha256: Some([9; 32]), sha512: Some([7; 64]) });
        assert_eq!(found.strongest(), Some(sha512));
        assert_eq!(found.by(Algorithm::Sha256), Some(sha256));
        assert!(found.contradict(&Digest::Sha256([0; 32])) && !found.contradict(&sha256));
        assert!(!Digests::default().contradict(&sha256));
    }

    #[test]
    fn the_two_fields_are_kept_apart() {
        let fields = [("Content-Digest", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:")];
        assert_eq!(Digests::of_representation(Fields::new(&fields)), Digests::default());
        assert!(Digests::of_content(Fields::new(&fields)).sha256.is_some());
    }

    #[test]
    fn hexadecimal_digits_have_no_case_and_their_number_tells_the_algorithm() {
        assert_eq!(Digest::from_hex(&EMPTY_HEX.to_uppercase()), Digest::from_hex(EMPTY_HEX));
        assert_eq!(Digest::from_hex(&"5a".repeat(64)), Some(Digest::Sha512([0x5a; 64])));
        for wrong in [
            "",
            "e3",
            EMPTY_HEX.trim_start_matches('e'),
            &format!("{EMPTY_HEX}00"),
            &"g".repeat(64),
            &"é".repeat(32),
        ] {
            assert_eq!(Digest::from_hex(wrong), None, "{wrong}");
        }
        assert_eq!(Digest::new(Algorithm::Sha256, &[1; 64]), None);
        assert_eq!(Digest::new(Algorithm::Sha512, &[1; 64]), Some(Digest::Sha512([1; 64])));
    }
}
