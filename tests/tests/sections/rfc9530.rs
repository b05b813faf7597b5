//! RFC 9530: what bodies must hash to.

use larder::digest::{Verdict, Verifier, hash_stored, of_message, of_stored};
use larder::fields::{Digest, Digests, WANT_REPR_DIGEST};
use larder::head::Fields;
use larder::pair::PairId;
use larder::store::{PairStore, StoreError};
use larder_tests::{Device, Response, block_on};

const HELLO: &[u8] = b"{\"hello\": \"world\"}\n";
const HELLO_SHA_256: &str = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
const HELLO_SHA_512: &str =
    "sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:";
/// Octets 10 to 18.
const WORLD_SHA_256: &str = "sha-256=:jjcgBDWNAtbYUXI37CVG3gRuGOAjaaDRGpIUFsdyepQ=:";

fn verify(expected: Digest, body: &[u8]) -> Verdict {
    let mut verifier = Verifier::new(expected);
    verifier.update(body);
    verifier.finish()
}

fn of(status: u16, lines: &[(&str, &str)]) -> Option<Digest> {
    of_message(status, Fields::new(lines))
}

#[test]
fn b_1_of_9530_a_whole_representation() {
    let lines = [("Repr-Digest", HELLO_SHA_256)];
    let digest = of(200, &lines).unwrap();
    assert_eq!(verify(digest, HELLO), Verdict::Verified(digest));
    assert_eq!(digest.to_string(), HELLO_SHA_256);
    // A response to HEAD says the same (B.2).
    assert_eq!(of_stored(200, Fields::new(&lines)), Some(digest));
}

#[test]
fn s2_of_9530_the_content_digest_of_the_whole_is_not_that_of_a_part_of_it() {
    let mut device = Device::private();
    let lines = [
        ("Cache-Control", "max-age=60"),
        ("ETag", "\"1\""),
        ("Content-Digest", HELLO_SHA_256),
        ("Repr-Digest", HELLO_SHA_256),
    ];
    device.fetch("/a", &[], Response::ok(&lines, "{\"hello\": \"world\"}\n"));
    let whole = device.hit("/a", &[]);
    assert_eq!(whole.line("content-digest").as_deref(), Some(HELLO_SHA_256));
    let part = device.hit("/a", &[("Range", "bytes=10-18")]);
    assert_eq!((part.status, part.line("content-digest")), (206, None));
    assert_eq!(part.line("repr-digest").as_deref(), Some(HELLO_SHA_256));
}

#[test]
fn b_3_of_9530_a_part_has_a_content_digest_of_its_own() {
    let lines = [
        ("Content-Range", "bytes 10-18/19"),
        ("Content-Digest", WORLD_SHA_256),
        ("Repr-Digest", HELLO_SHA_256),
    ];
    let part = Digests::of_content(Fields::new(&lines)).strongest().unwrap();
    assert!(verify(part, &HELLO[10..]).is_verified());
    let whole = of(206, &lines).unwrap();
    assert!(verify(whole, HELLO).is_verified());
    assert!(!verify(whole, &HELLO[10..]).is_verified());
    // Without the latter, nothing is known of the whole.
    assert_eq!(of(206, &lines[..2]), None);
}

#[test]
fn s3_of_9530_octets_are_hashed_in_their_content_coding() {
    // The brotli form of the same, with the digest that goes with it.
    let coded = *b"\x8b\x08\x80{\"hello\": \"world\"}\n\x03";
    let lines = [
        ("Content-Encoding", "br"),
        ("Repr-Digest", "sha-256=:MklYnI/SsUF/5X7enJ2TU+DFjodRObdKLFaPPLe/Kcw=:"),
    ];
    assert!(verify(of(200, &lines).unwrap(), &coded).is_verified());
    assert!(!verify(of(200, &lines).unwrap(), HELLO).is_verified());
}

#[test]
fn s5_of_9530_the_strongest_algorithm_counts() {
    let both = format!("{HELLO_SHA_256}, {HELLO_SHA_512}, crc32c=:AAAAAA==:");
    let digest = of(200, &[("Repr-Digest", &both)]).unwrap();
    assert_eq!(digest.to_string(), HELLO_SHA_512);
    assert!(verify(digest, HELLO).is_verified());
    assert_eq!(of(200, &[("Repr-Digest", "crc32c=:AAAAAA==:, unixsum=:AAAA:")]), None);
}

#[test]
fn s2_of_9530_a_content_digest_counts_for_the_content_of_a_200_and_the_representation_comes_first() {
    let content = ("Content-Digest", HELLO_SHA_512);
    assert_eq!(of(200, &[content]).unwrap().to_string(), HELLO_SHA_512);
    assert_eq!(of(200, &[content, ("Repr-Digest", HELLO_SHA_256)]).unwrap().to_string(), HELLO_SHA_256);
    // What is stored may have come with another message.
    assert_eq!(of_stored(200, Fields::new(&[content])), None);
}

#[test]
fn s3_1_of_9530_of_an_error_or_a_redirection_it_is_not_the_body_that_is_meant() {
    for status in [201, 204, 304, 302, 404, 500] {
        assert_eq!(of(status, &[("Repr-Digest", HELLO_SHA_256), ("Content-Digest", HELLO_SHA_256)]), None);
    }
}

#[test]
fn s2_of_9651_a_malformed_field_is_ignored_and_the_other_counts() {
    // With padding too much.
    let malformed = HELLO_SHA_256.replace("=:", "==:").replace("sha-256==:", "sha-256=:");
    let lines = [("Repr-Digest", &*malformed), ("Content-Digest", HELLO_SHA_256)];
    assert_eq!(of(206, &lines), None);
    assert_eq!(of(200, &lines).unwrap().to_string(), HELLO_SHA_256);
}

#[test]
fn s4_of_9530_preferences_are_integers_from_0_to_10() {
    let (name, value) = WANT_REPR_DIGEST;
    assert_eq!(name, "Want-Repr-Digest");
    for member in value.split(", ") {
        let (algorithm, preference) = member.split_once('=').unwrap();
        assert!(matches!(algorithm, "sha-256" | "sha-512"));
        assert!(matches!(preference.parse(), Ok(1..=10)));
    }
}

#[test]
fn what_is_stored_is_hashed_from_the_store() {
    let mut device = Device::private();
    let lines = [("Cache-Control", "max-age=60"), ("Repr-Digest", HELLO_SHA_256)];
    let says = Response::ok(&lines, str::from_utf8(HELLO).unwrap());
    let answer = device.fetch("/a", &[], says);
    let id = answer.stored().unwrap();
    let lines: Vec<_> =
        answer.lines.iter().map(|(name, value)| (&**name, str::from_utf8(value).unwrap())).collect();
    let digest = of(answer.status, &lines).unwrap();

    for len in [1, 5, 64] {
        let mut verifier = Verifier::new(digest);
        // The prefix arrives, then the power fails; the rest is hashed from the store.
        verifier.update(&HELLO[..3]);
        let mut buf = vec![0; len];
        let store = device.client.store();
        let end = block_on(hash_stored(store, id, verifier.position()..7, &mut verifier, &mut buf));
        assert_eq!((end, verifier.position()), (Ok(7), 7));
        let end = block_on(hash_stored(store, id, 7..u64::MAX, &mut verifier, &mut buf));
        assert_eq!((end, verifier.position()), (Ok(19), 19), "no further than the body goes");
        assert!(verifier.finish().is_verified());
    }

    let mut verifier = Verifier::new(digest);
    let end = block_on(hash_stored(device.client.store(), id, 0..19, &mut verifier, &mut []));
    assert_eq!((end, verifier.position()), (Ok(0), 0), "no room, no progress");
    block_on(device.client.store().remove(id)).unwrap();
    let end = block_on(hash_stored(device.client.store(), id, 0..19, &mut verifier, &mut [0; 8]));
    assert_eq!(end, Err(StoreError::Gone));
    let end =
        block_on(hash_stored(device.client.store(), PairId::new(999), 5..5, &mut verifier, &mut [0; 8]));
    assert_eq!(end, Ok(5), "nothing is asked for");
}
