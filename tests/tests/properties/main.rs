//! Properties that hold for anything: what is parsed, what is stored, what is decided.

mod decisions;
mod digests;
mod fields;
mod heads;
mod machine;
mod partial;
mod redirects;
mod secrets;
mod together;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// A modest number of cases, the same ones on every run; `PROPTEST_RNG_SEED` chooses others.
fn cases(cases: u32) -> ProptestConfig {
    let seed = std::env::var("PROPTEST_RNG_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(9111);
    let rng_seed = RngSeed::Fixed(seed);
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

/// A field name.
fn name() -> impl Strategy<Value = String> {
    "[A-Za-z!#$%&'*+.^_`|~-][A-Za-z0-9-]{0,15}"
}

/// A field value as it may stand in a head (RFC 9110 §5.5): visible octets, obs-text, blanks inside.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![0x21..=0x7e_u8, 0x80..=0xff_u8, Just(b' '), Just(b'\t'), Just(b','), Just(b'"')];
    proptest::collection::vec(octet, 0..40).prop_map(|mut octets| {
        let blank = |octet: Option<&u8>| matches!(octet, Some(b' ' | b'\t'));
        while blank(octets.last()) {
            octets.pop();
        }
        while blank(octets.first()) {
            octets.remove(0);
        }
        octets
    })
}

/// The lines of a head.
fn lines(most: usize) -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    proptest::collection::vec((name(), value()), 0..most)
}

/// Octets like those of a head, now and then.
fn almost_a_head() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        Just(b"HTTP/1.1 200 OK\r\n".to_vec()),
        Just(b"GET http://h/ HTTP/1.1\r\n".to_vec()),
        Just(b"HTTP/1.0 404 \r\n".to_vec()),
        (name(), value()).prop_map(|(name, value)| [name.as_bytes(), b": ", &value, b"\r\n"].concat()),
        Just(b"\r\n".to_vec()),
        Just(b"\n".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..6),
    ];
    proptest::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}
