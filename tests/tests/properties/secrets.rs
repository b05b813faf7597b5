//! Hashed secrets select what they would select in the clear.

use crate::cases;
use larder::CacheOptions;
use larder::options::{SecretKey, Secrets};
use larder_tests::{Device, Response};
use proptest::prelude::*;

/// The values of some lines of one name, of few different octets, so that some are alike but for what
/// selection overlooks.
fn said() -> impl Strategy<Value = Vec<String>> {
    let part = prop::sample::select(vec!["a", "b", "=", ",", ", ", " ", "\t", "\"", "\\", ";", "é"]);
    let value = proptest::collection::vec(part, 0..6).prop_map(|parts| parts.concat().trim().to_owned());
    proptest::collection::vec(value, 0..3)
}

/// The same lists, told otherwise: lines joined, or blanks and commas added.
fn told_otherwise(said: &[String], how: u8) -> Vec<String> {
    match how {
        0 => said.to_vec(),
        1 if !said.is_empty() => vec![said.join(" ,\t")],
        2 => said.iter().map(|value| format!(",{value} ,")).collect(),
        _ => said.iter().rev().cloned().collect(),
    }
}

/// Whether what was stored for a request with one list of cookies answers a request with another.
fn selects(secrets: Secrets, stored_for: &[String], asked: &[String]) -> bool {
    let lines = |said: &[String]| said.iter().map(|value| ("Cookie", value.clone())).collect::<Vec<_>>();
    let (stored_for, asked) = (lines(stored_for), lines(asked));
    fn view<'a>(lines: &'a [(&'a str, String)]) -> Vec<(&'a str, &'a str)> {
        lines.iter().map(|(name, value)| (*name, &**value)).collect()
    }
    let mut device = Device::new(CacheOptions { secrets, ..CacheOptions::PRIVATE });
    let says = Response::ok(&[("Cache-Control", "max-age=60"), ("Vary", "cookie")], "stored");
    assert!(device.fetch("/a", &view(&stored_for), says).stored().is_some());
    device.origin.then(Response::ok(&[("Cache-Control", "no-store")], "new"));
    let answer = device.get("/a", &view(&asked));
    answer.text() == "stored"
}

proptest! {
    #![proptest_config(cases(768))]

    #[test]
    fn what_matches_in_the_clear_matches_hashed_and_the_other_way_round(
        one in said(),
        other in said(),
        how in 0..8_u8,
    ) {
        let asked = if how < 4 { told_otherwise(&one, how) } else { other };
        let hashed = Secrets::Hashed(SecretKey::new([1; 32]));
        prop_assert_eq!(selects(hashed, &one, &asked), selects(Secrets::InTheClear, &one, &asked));
        prop_assert!(selects(hashed, &one, &one));
    }
}
