//! Secrets that `Vary` names (RFC 9111 §4.1, §7.1): what is kept of them, and what they select.

use crate::cc;
use larder::options::{SecretKey, Secrets};
use larder::pair::PairKey;
use larder::{CacheOptions, Reason};
use larder_tests::heads::{self, Lines};
use larder_tests::store_suite::find_all;
use larder_tests::{Device, Response, block_on};

const FIELDS: [&str; 3] = ["Authorization", "Proxy-Authorization", "Cookie"];
const HASHED: Secrets = Secrets::Hashed(SecretKey::new([0x5a; 32]));
const UNDER_ANOTHER_KEY: Secrets = Secrets::Hashed(SecretKey::new([0x5b; 32]));
const TAG: (&str, &str) = ("ETag", "\"1\"");

fn device(secrets: Secrets) -> Device {
    Device::new(CacheOptions { secrets, ..CacheOptions::PRIVATE })
}

/// A device that has stored "a" for a request.
fn stored(secrets: Secrets, vary: &str, asked: &[(&str, &str)]) -> Device {
    let mut device = device(secrets);
    let says = Response::ok(&[cc("max-age=60"), ("Vary", vary), TAG], "a");
    assert!(device.fetch("/a", asked, says).stored().is_some());
    device
}

/// A request that the stored response must not answer.
fn misses(device: &mut Device, asked: &[(&str, &str)]) {
    let (answer, sent) = device.forwarded("/a", asked);
    assert_eq!(answer.report.forwarded, Some(Reason::VariantMismatch), "{asked:?}");
    assert_eq!(sent.line("if-none-match"), None, "what another asked for is not told");
}

/// The nominated lines of all that is stored, in the order of the store.
fn kept(device: &mut Device) -> Lines {
    let mut kept = Lines::new();
    block_on(find_all(device.client.store(), PairKey::new("http://example.com/a"), |pair| {
        kept.extend(heads::owned(pair.nominated));
    }));
    kept
}

/// The hash that is kept, if that is all.
fn only_hash(device: &mut Device) -> String {
    let kept = kept(device);
    let [(_, value)] = &kept[..] else { panic!("{kept:?}") };
    let text = String::from_utf8(value.clone()).unwrap();
    assert!(text.len() == 32 && text.bytes().all(|digit| digit.is_ascii_hexdigit()), "{text}");
    text
}

#[test]
fn s4_1_a_hashed_secret_selects_as_the_secret_would() {
    for secrets in [Secrets::InTheClear, HASHED] {
        for name in FIELDS {
            let mut device = stored(secrets, name, &[(name, "Basic YTpi")]);
            device.hit("/a", &[(name, "Basic YTpi")]);
            device.hit("/a", &[(&name.to_uppercase(), "Basic YTpi"), ("Accept", "x")]);
            misses(&mut device, &[(name, "Basic YTpj")]);
            misses(&mut device, &[(name, "Basic YTp")]);
            misses(&mut device, &[(name, "basic YTpi")]);
            misses(&mut device, &[(name, "")]);
            misses(&mut device, &[]);
        }
    }
}

#[test]
fn s4_1_a_secret_absent_when_stored_matches_only_its_absence() {
    for name in FIELDS {
        let mut device = stored(HASHED, name, &[]);
        device.hit("/a", &[]);
        misses(&mut device, &[(name, "")]);
        misses(&mut device, &[(name, "x")]);
        assert_eq!(kept(&mut device), []);
    }
}

#[test]
fn s4_1_lines_of_a_secret_are_joined_before_they_are_hashed() {
    let mut device = stored(HASHED, "Cookie", &[("Cookie", "a=1"), ("X", "1"), ("cookie", "b=2;c=3")]);
    only_hash(&mut device);
    device.hit("/a", &[("Cookie", "a=1, b=2;c=3")]);
    device.hit("/a", &[("Cookie", " a=1 ,\tb=2;c=3"), ("Cookie", ", ")]);
    misses(&mut device, &[("Cookie", "b=2;c=3, a=1")]);
    misses(&mut device, &[("Cookie", "a=1")]);
    misses(&mut device, &[("Cookie", "a=1b=2;c=3")]);
}

#[test]
fn a_secret_is_kept_as_a_hash_and_other_nominated_fields_as_they_are() {
    let asked = [("Accept", "x"), ("Cookie", "sesame"), ("Authorization", "sesame"), ("X-Not", "1")];
    let mut device = stored(HASHED, "authorization, accept, cookie", &asked);
    let kept = kept(&mut device);
    let names: Vec<_> = kept.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["Accept", "Cookie", "Authorization"], "in the request's order");
    assert_eq!(kept[0].1, b"x");
    assert!(
        kept[1..].iter().all(|(_, value)| value.len() == 32 && !value.windows(6).any(|six| six == b"sesame"))
    );
    assert_ne!(kept[1].1, kept[2].1, "the same secret in another field has another hash");
}

#[test]
fn a_pair_without_nominated_secrets_does_not_claim_to_have_hashed_ones() {
    let mut device = stored(HASHED, "Cookie", &[("Cookie", "a")]);
    let says = Response::ok(&[cc("max-age=60"), ("Vary", "Accept")], "b");
    device.fetch("/a", &[("Cookie", "b"), ("Accept", "x")], says);
    let mut kept = Vec::new();
    block_on(find_all(device.client.store(), PairKey::new("http://example.com/a"), |pair| {
        let names: Vec<_> = pair.nominated.iter().map(|line| line.name().to_owned()).collect();
        kept.push((names, pair.secrets_hashed));
    }));
    kept.sort();
    assert_eq!(kept, [(vec!["Accept".to_owned()], false), (vec!["Cookie".to_owned()], true)]);
}

#[test]
fn the_same_secret_has_another_hash_under_another_key() {
    let asked = [("Cookie", "a=1")];
    let hash = |secrets| only_hash(&mut stored(secrets, "Cookie", &asked));
    assert_eq!(hash(HASHED), hash(HASHED));
    assert_ne!(hash(HASHED), hash(UNDER_ANOTHER_KEY));
}

#[test]
fn variants_for_two_users_live_side_by_side() {
    let mut device = device(HASHED);
    for user in ["ann", "bob"] {
        let says = Response::ok(&[cc("max-age=60"), ("Vary", "Authorization")], user);
        device.fetch("/a", &[("Authorization", user)], says);
    }
    assert_eq!(device.hit("/a", &[("Authorization", "ann")]).text(), "ann");
    assert_eq!(device.hit("/a", &[("Authorization", "bob")]).text(), "bob");
    misses(&mut device, &[("Authorization", "cat")]);
}

#[test]
fn what_was_stored_under_another_choice_or_key_is_a_miss() {
    let choices = [Secrets::InTheClear, HASHED, UNDER_ANOTHER_KEY, Secrets::Refuse];
    let asked = [("Cookie", "a=1")];
    for before in &choices[..3] {
        for after in choices.iter().filter(|after| *after != before) {
            let mut device = stored(*before, "Cookie", &asked);
            device.client.options_mut().secrets = *after;
            misses(&mut device, &asked);
            device.client.options_mut().secrets = *before;
            device.hit("/a", &asked);
        }
    }
}

#[test]
fn a_hash_read_from_the_store_is_no_secret_to_present() {
    let asked = [("Authorization", "Bearer abc")];
    let mut device = stored(HASHED, "Authorization", &asked);
    let hash = only_hash(&mut device);
    let stolen = [("Authorization", &*hash)];
    for secrets in [HASHED, Secrets::InTheClear, Secrets::Refuse] {
        device.client.options_mut().secrets = secrets;
        misses(&mut device, &stolen);
    }
    // Nor does a response that is stored for it in the clear answer whoever has the secret.
    let mut device = stored(Secrets::InTheClear, "Authorization", &stolen);
    device.hit("/a", &stolen);
    device.client.options_mut().secrets = HASHED;
    misses(&mut device, &asked);
}

#[test]
fn s3_2_a_freshened_pair_keeps_the_hash() {
    let asked = [("Cookie", "a=1")];
    let mut device = stored(HASHED, "Cookie", &asked);
    let before = only_hash(&mut device);
    device.pass(100);
    let answer = device.fetch("/a", &asked, Response::not_modified(&[TAG, cc("max-age=60")]));
    assert_eq!(answer.text(), "a");
    assert_eq!(only_hash(&mut device), before);
    device.hit("/a", &asked);
    misses(&mut device, &[("Cookie", "a=2")]);
}

#[test]
fn s3_2_a_304_whose_vary_names_a_secret_stores_its_hash() {
    let mut device = device(HASHED);
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), TAG], "a"));
    device.pass(100);
    let asked = [("Cookie", "a=1"), ("Authorization", "x")];
    device.fetch("/a", &asked, Response::not_modified(&[TAG, cc("max-age=60"), ("Vary", "Cookie")]));
    only_hash(&mut device);
    device.hit("/a", &asked[..1]);
    misses(&mut device, &[]);
}

#[test]
fn s3_2_what_lies_in_the_clear_is_not_written_again_once_that_is_refused() {
    let asked = [("Cookie", "a=1")];
    let mut device = stored(Secrets::InTheClear, "Cookie", &asked);
    device.client.options_mut().secrets = Secrets::Refuse;
    device.pass(100);
    misses(&mut device, &asked);
}

#[test]
fn s3_5_a_shared_cache_still_needs_leave_to_store_for_authorization() {
    let mut device = Device::new(CacheOptions { secrets: HASHED, ..CacheOptions::SHARED });
    let asked = [("Authorization", "x")];
    let says = |said| Response::ok(&[cc(said), ("Vary", "Authorization")], "a");
    assert!(device.fetch("/a", &asked, says("max-age=60")).stored().is_none());
    assert!(device.fetch("/a", &asked, says("max-age=60, public")).stored().is_some());
    device.hit("/a", &asked);
    misses(&mut device, &[("Authorization", "y")]);
}
