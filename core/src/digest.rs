//! Verification of bodies (RFC 9530): incrementally, while they arrive, and over what a store holds.
//!
//! A digest is of the octets as they are sent and stored, in their content coding: nothing here decodes
//! (RFC 9530 §3, RFC 9110 §8.1). One that comes along with the response proves that the body is what the
//! origin meant to send, not that the origin may be trusted; a digest that the caller knows from
//! elsewhere proves both.
//!
//! On a Cortex-M4 verification takes 41 KB of code, 30 KB of them SHA-512 unrolled, or 8 KB with `sha2`
//! compiled to be small (`--cfg sha2_backend="soft" --cfg sha2_backend_soft="compact"`).
//!
//! ```
//! use larder::digest::Verifier;
//! use larder::fields::Digest;
//!
//! // From the manifest of a release.
//! let image = "025f7a5454bfafcde2266aa74969f256b40a27b4a4b1bd8818390ebf63757c1d";
//! let mut verifier = Verifier::new(Digest::from_hex(image).unwrap());
//! verifier.update(b"as it ");
//! verifier.update(b"arrives");
//! assert!(verifier.finish().is_verified());
//! ```

use crate::fields::{Algorithm, Digest, Digests};
use crate::head::Field;
use crate::pair::PairId;
use crate::store::{PairStore, StoreError};
use core::fmt;
use core::ops::Range;
use sha2::{Digest as _, Sha256, Sha512};

/// What the whole body of a response must hash to, by the strongest algorithm that is known: what
/// `Repr-Digest` says of any response to GET that has the representation or a part of it (200, 206),
/// or, of a 200, `Content-Digest`.
///
/// `None`: it says nothing.
///
/// Of a stored response use [`of_stored`], since `Content-Digest` counts for its one message only.
pub fn of_message<'a>(status: u16, lines: impl IntoIterator<Item = Field<'a>> + Clone) -> Option<Digest> {
    of_stored(status, lines.clone())
        .or_else(|| Digests::of_content(lines).strongest().filter(|_| status == 200))
}

/// What the whole body of a stored response must hash to, by `Repr-Digest` alone. `None`: it says
/// nothing.
pub fn of_stored<'a>(status: u16, lines: impl IntoIterator<Item = Field<'a>>) -> Option<Digest> {
    // Of an error or a redirection, what the selected representation is depends on the method.
    if !matches!(status, 200 | 206) {
        return None;
    }
    Digests::of_representation(lines).strongest()
}

/// Hashes a body as it arrives and compares it with what is expected.
///
/// Takes about 300 octets of RAM. Nothing of it is kept: after a restart, hash again what is stored
/// ([`hash_stored`]).
#[derive(Clone)]
pub struct Verifier {
    expected: Digest,
    hash: Hash,
    position: u64,
}

#[derive(Clone)]
enum Hash {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Verifier {
    /// Of a body of which nothing has been hashed.
    pub fn new(expected: Digest) -> Self {
        let hash = match expected.algorithm() {
            Algorithm::Sha256 => Hash::Sha256(Sha256::new()),
            Algorithm::Sha512 => Hash::Sha512(Sha512::new()),
        };
        Self { expected, hash, position: 0 }
    }

    /// What is expected.
    pub const fn expected(&self) -> &Digest {
        &self.expected
    }

    /// How many octets have been hashed.
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// Hashes the next octets.
    #[inline(never)]
    pub fn update(&mut self, octets: &[u8]) {
        match &mut self.hash {
            Hash::Sha256(hash) => hash.update(octets),
            Hash::Sha512(hash) => hash.update(octets),
        }
        self.position = self.position.saturating_add(octets.len() as u64);
    }

    /// Hashes what of `octets`, which stand at `offset` of the body, comes next: what was hashed already
    /// is left out, and all of it if there is a hole before it. Holes are for [`hash_stored`] when the
    /// body is complete.
    pub fn update_at(&mut self, offset: u64, octets: &[u8]) {
        if let Some(known) = self.position.checked_sub(offset)
            && let Ok(known) = usize::try_from(known)
            && let Some(new) = octets.get(known..)
        {
            self.update(new);
        }
    }

    /// Whether the body, all of it hashed, is the one that is expected.
    #[inline(never)]
    pub fn finish(self) -> Verdict {
        let found = match self.hash {
            Hash::Sha256(hash) => Digest::Sha256(hash.finalize().0),
            Hash::Sha512(hash) => Digest::Sha512(hash.finalize().0),
        };
        match self.expected == found {
            true => Verdict::Verified(found),
            false => Verdict::Mismatch { expected: self.expected, found },
        }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("expected", &self.expected)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

/// What became of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Verdict {
    /// The body hashes to this, as expected.
    Verified(Digest),
    /// The body is not what was expected: it must not be used.
    Mismatch {
        /// What it should hash to.
        expected: Digest,
        /// What it hashes to.
        found: Digest,
    },
}

impl Verdict {
    /// Whether the body is the one that was expected.
    pub const fn is_verified(&self) -> bool {
        matches!(self, Self::Verified(_))
    }
}

/// Hashes what a store holds of a pair's body in `range`, through `buf`, and answers the position up to
/// which it does: below the end of `range` if there is a hole or the body is shorter.
///
/// To go on with a body whose first octets are stored, and, at `verifier.position()..length`, to verify
/// one that arrived with holes once it is complete.
///
/// # Errors
/// As [`PairStore::read`].
///
/// # Cancel safety
/// Cancel-safe: [`Verifier::position`] says how far it came.
pub async fn hash_stored<S: PairStore>(
    store: &mut S,
    id: PairId,
    range: Range<u64>,
    verifier: &mut Verifier,
    buf: &mut [u8],
) -> Result<u64, StoreError<S::Error>> {
    let Range { start: mut at, end } = range;
    while at < end {
        let want = usize::try_from(end - at).unwrap_or(usize::MAX).min(buf.len());
        let Some(room) = buf.get_mut(..want) else { break };
        let read = store.read(id, at, room).await?;
        let Some(octets @ [_, ..]) = room.get(..read) else { break };
        verifier.update(octets);
        at += octets.len() as u64;
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: &[u8] = b"{\"hello\": \"world\"}\n";

    fn sha256(octets: &[u8]) -> Digest {
        let mut verifier = Verifier::new(Digest::Sha256([0; 32]));
        verifier.update(octets);
        match verifier.finish() {
            Verdict::Mismatch { found, .. } | Verdict::Verified(found) => found,
        }
    }

    #[test]
    fn a_body_may_arrive_in_pieces_of_any_length() {
        for len in 1..=HELLO.len() {
            let mut verifier = Verifier::new(sha256(HELLO));
            HELLO.chunks(len).for_each(|piece| verifier.update(piece));
            assert_eq!(verifier.position(), 19);
            assert!(verifier.finish().is_verified());
        }
    }

    #[test]
    fn one_octet_more_or_less_or_other_is_a_mismatch() {
        for wrong in
            [&HELLO[..18], &HELLO[1..], b"{\"hello\": \"worle\"}\n", b"{\"hello\": \"world\"}\n\n", b""]
        {
            let mut verifier = Verifier::new(sha256(HELLO));
            verifier.update(wrong);
            let found = sha256(wrong);
            assert_eq!(verifier.finish(), Verdict::Mismatch { expected: sha256(HELLO), found });
        }
    }

    #[test]
    fn overlaps_are_hashed_once_and_nothing_behind_a_hole() {
        let mut verifier = Verifier::new(sha256(HELLO));
        verifier.update_at(0, &HELLO[..8]);
        verifier.update_at(12, &HELLO[12..]);
        assert_eq!(verifier.position(), 8);
        verifier.update_at(4, &HELLO[4..10]);
        verifier.update_at(2, &HELLO[2..5]);
        assert_eq!(verifier.position(), 10);
        verifier.update_at(10, &HELLO[10..]);
        assert!(verifier.finish().is_verified());
    }
}
