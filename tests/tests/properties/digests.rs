//! Digest fields and verification.

use crate::cases;
use larder::digest::{Verdict, Verifier};
use larder::fields::{Algorithm, Digest, Digests};
use larder::head::{Fields, HeadBuf};
use proptest::collection::vec;
use proptest::prelude::*;

fn digest() -> impl Strategy<Value = Digest> {
    (any::<bool>(), vec(any::<u8>(), 64)).prop_map(|(is_short, octets)| match is_short {
        true => Digest::new(Algorithm::Sha256, &octets[..32]).unwrap(),
        false => Digest::new(Algorithm::Sha512, &octets).unwrap(),
    })
}

/// A line that is a dictionary, or nearly one.
fn almost_a_dictionary() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        digest().prop_map(|digest| digest.to_string().into_bytes()),
        prop::sample::select(vec![
            "sha-256=", "sha-512", ":", "=", ", ", ",", ";a=1", "AAAA", "(a b)", "\"", " "
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        "[a-z*][a-z0-9*_.-]{0,5}(=(\\?[01]|[0-9]{1,4}|:[A-Za-z0-9+/]{4}:))?".prop_map(String::into_bytes),
        vec(0x20..=0xff_u8, 0..4),
    ];
    vec(part, 0..5).prop_map(|parts| parts.concat())
}

fn parse(lines: &[Vec<u8>]) -> Digests {
    let mut head: HeadBuf<8192, 8> = HeadBuf::new();
    head.as_mut().start_response(200);
    for line in lines {
        // 127 is no octet of a field value.
        let line: Vec<_> = line.iter().map(|octet| if *octet == 127 { b'?' } else { *octet }).collect();
        head.as_mut().push("Content-Digest", &line).expect("a line");
    }
    Digests::of_content(head.fields())
}

proptest! {
    #![proptest_config(cases(1024))]

    #[test]
    fn a_digest_is_emitted_and_parsed_to_the_same(digest in digest()) {
        let field = digest.to_string();
        let parsed = Digests::of_representation(Fields::new(&[("Repr-Digest", &field)]));
        prop_assert_eq!(parsed.strongest(), Some(digest));
        let debug = format!("{digest:?}");
        let (name, hex) = debug.split_once(' ').unwrap();
        prop_assert_eq!(name, digest.algorithm().name());
        prop_assert_eq!(Digest::from_hex(hex), Some(digest));
    }

    #[test]
    fn whatever_is_parsed_is_emitted_and_parsed_to_the_same(lines in vec(almost_a_dictionary(), 0..4)) {
        let digests = parse(&lines);
        let members: Vec<_> = [Algorithm::Sha256, Algorithm::Sha512]
            .into_iter()
            .filter_map(|algorithm| Some(digests.by(algorithm)?.to_string().into_bytes()))
            .collect();
        prop_assert_eq!(parse(&members), digests);
    }

    #[test]
    fn lines_are_worth_what_they_are_worth_joined(lines in vec(almost_a_dictionary(), 1..4)) {
        // An empty line adds nothing, where an empty member would be an error.
        let trimmed = |line: &Vec<u8>| line.iter().all(|octet| matches!(octet, b' ' | b'\t'));
        let said: Vec<_> = lines.iter().filter(|line| !trimmed(line)).cloned().collect();
        let joined = said.join(&b", "[..]);
        // A string that is open at the end of a line is none; joined, it might be one.
        prop_assume!(!joined.contains(&b'"'));
        prop_assert_eq!(parse(&lines), parse(&[joined]));
    }

    #[test]
    fn a_body_verifies_however_it_is_cut_and_repeated(
        body in vec(any::<u8>(), 0..300),
        cuts in vec((0..300_usize, 0..80_usize), 0..12),
        wrong in any::<prop::sample::Index>(),
        is_short in any::<bool>(),
    ) {
        let algorithm = if is_short { Algorithm::Sha256 } else { Algorithm::Sha512 };
        let mut first = Verifier::new(Digest::new(algorithm, &vec![0; if is_short { 32 } else { 64 }]).unwrap());
        first.update(&body);
        let (Verdict::Mismatch { found, .. } | Verdict::Verified(found)) = first.finish();

        let mut verifier = Verifier::new(found);
        for (from, len) in cuts {
            let from = from.min(body.len());
            verifier.update_at(from as u64, &body[from..(from + len).min(body.len())]);
        }
        let rest = verifier.position();
        let mut other = verifier.clone();
        verifier.update_at(rest, &body[rest as usize..]);
        prop_assert_eq!(verifier.finish(), Verdict::Verified(found));

        let mut changed = body.clone();
        if rest < changed.len() as u64 {
            let at = rest as usize + wrong.index(changed.len() - rest as usize);
            changed[at] ^= 1;
            other.update(&changed[rest as usize..]);
            prop_assert!(!other.finish().is_verified());
        }
    }
}
