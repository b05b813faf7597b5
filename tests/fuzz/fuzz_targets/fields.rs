//! `Range`, and the digest fields: whatever is one is emitted and parsed to the same, what it selects lies
//! inside the representation, and a body verifies against nothing but its own digest.
#![no_main]

use larder::digest::{Verdict, Verifier};
use larder::fields::{Algorithm, ByteRange, Digest, Digests};
use larder::head::HeadBuf;
use libfuzzer_sys::fuzz_target;

fn digests(lines: &[&[u8]]) -> Option<Digests> {
    let mut head: HeadBuf<8192, 8> = HeadBuf::new();
    head.as_mut().start_response(200);
    for line in lines.iter().take(8) {
        head.as_mut().push("Repr-Digest", line).ok()?;
    }
    Some(Digests::of_representation(head.fields()))
}

fn range(value: &[u8], complete: u64) {
    let Some(range) = ByteRange::parse(value) else { return };
    let text = match range {
        ByteRange::From { first, last: Some(last) } => format!("bytes={first}-{last}"),
        ByteRange::From { first, last: None } => format!("bytes={first}-"),
        ByteRange::Suffix { length } => format!("bytes=-{length}"),
    };
    assert_eq!(ByteRange::parse(text.as_bytes()), Some(range));
    if let Some(part) = range.of(complete) {
        assert!(part.first <= part.last && part.last < complete);
        assert_eq!(part.len(), part.last - part.first + 1);
    }
}

fn verify(digest: Digest, body: &[u8]) {
    let mut verifier = Verifier::new(digest);
    body.chunks(3).for_each(|piece| verifier.update(piece));
    if let Verdict::Mismatch { expected, found } = verifier.finish() {
        assert_ne!(expected, found);
        let mut again = Verifier::new(found);
        again.update_at(0, body);
        assert!(again.finish().is_verified());
    }
}

fuzz_target!(|octets: &[u8]| {
    let (complete, rest) = match octets.split_first_chunk() {
        Some((complete, rest)) => (u64::from_le_bytes(*complete), rest),
        None => (10, octets),
    };
    range(rest, complete);
    let lines: Vec<_> = rest.split(|octet| *octet == b'\n').collect();
    let Some(found) = digests(&lines) else { return };
    let emitted: Vec<_> = [Algorithm::Sha256, Algorithm::Sha512]
        .into_iter()
        .filter_map(|algorithm| Some(found.by(algorithm)?.to_string()))
        .collect();
    let emitted: Vec<_> = emitted.iter().map(|member| member.as_bytes()).collect();
    assert_eq!(digests(&emitted), Some(found));
    if let Some(digest) = found.strongest() {
        verify(digest, rest);
    }
});
