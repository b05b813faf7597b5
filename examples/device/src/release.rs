//! What the origin says is the newest firmware.

use larder::fields::Digest;

/// A line of text: a version, a space, and the image's SHA-256 in hexadecimal.
///
/// Whoever can change this line decides what the device runs: fetch it over https, or have it signed and check
/// that before it is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release<'r> {
    /// The version, to be compared with the running one.
    pub version: &'r str,
    /// What the image hashes to.
    pub digest: Digest,
}

impl<'r> Release<'r> {
    /// Longest line that is looked at, in octets.
    pub const MAX: usize = 128;

    /// Reads the first line of `text`. `None` if it is something else.
    pub fn parse(text: &'r [u8]) -> Option<Self> {
        let line = str::from_utf8(text).ok()?.lines().next()?;
        let (version, digest) = line.trim_end().split_once(' ')?;
        Some(Self { version, digest: Digest::from_hex(digest)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_release_is_a_version_and_a_digest() {
        for end in ["", "\n", "\r\n", "\nmore\n"] {
            let text = [b"1.2.3 ".as_slice(), HEX.as_bytes(), end.as_bytes()].concat();
            let release = Release::parse(&text).unwrap();
            assert_eq!(release, Release { version: "1.2.3", digest: Digest::from_hex(HEX).unwrap() });
        }
    }

    #[test]
    fn anything_else_is_no_release() {
        let short = &HEX[2..];
        for text in ["", "1.2.3", "1.2.3 ", "<html>not found</html>", &["1.2.3 ", short].concat(), HEX] {
            assert_eq!(Release::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Release::parse(b"1.2.3 \xff"), None);
    }
}
