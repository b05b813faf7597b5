//! RFC 9111 §4.1 and RFC 9110 §12.5: variants by what a client prefers (feature `negotiation`).

use crate::cc;
use larder::{CacheOptions, Reason};
use larder_tests::{Device, Response, heads};

const FRESH: (&str, &str) = ("Cache-Control", "max-age=600");

/// Whether what is stored for `stored_for`, with these lines, answers `asked`.
fn selects(
    options: CacheOptions,
    said: &[(&str, &str)],
    stored_for: &[(&str, &str)],
    asked: &[(&str, &str)],
) -> bool {
    let mut device = Device::new(options);
    let lines = [&[FRESH], said].concat();
    device.fetch("/a", stored_for, Response::ok(&lines, "a"));
    device.origin.then(Response::ok(&[cc("no-store")], "b"));
    let answer = device.get("/a", asked);
    let hit = answer.text() == "a";
    assert!(hit || answer.report.forwarded == Some(Reason::VariantMismatch));
    hit
}

#[test]
fn s4_1_weights_that_mean_the_same_match() {
    let same = |name: &'static str, stored: &'static str, asked: &'static str| {
        selects(CacheOptions::PRIVATE, &[("Vary", name)], &[(name, stored)], &[(name, asked)])
    };
    assert!(same("Accept-Language", "en, de;q=0.5", "de; q=0.50 , EN;q=1.0"));
    assert!(same("Accept-Encoding", "gzip;q=1.0, identity; q=0.5, *;q=0", "*;q=0.0,identity;q=0.5,GZIP"));
    assert!(same("Accept", "text/html;level=1, */*;q=0.1", "*/*;q=0.10, Text/HTML; Level=1"));
    assert!(!same("Accept-Language", "en, de;q=0.5", "en, de;q=0.51"));
    assert!(!same("Accept-Language", "en, de;q=0.5", "en;q=0.5, de"));
    assert!(!same("Accept", "text/html;level=1", "text/html;level=2"));
    assert!(!same("X-Accept", "a;q=1", "a"), "of an unknown field nothing is known");
}

#[test]
fn s4_1_of_several_that_match_the_preferred_one_answers() {
    let mut device = Device::private();
    let (newer, older) = (heads::date(-5), heads::date(-30));
    let store = |device: &mut Device, asked: &[(&str, &str)], vary, language, date: &str, text| {
        let lines = [FRESH, ("Vary", vary), ("Content-Language", language), ("Date", date)];
        device.fetch("/a", asked, Response::ok(&lines, text));
    };
    let languages = ("Accept-Language", "en, de;q=0.5");
    store(&mut device, &[languages, ("Foo", "1")], "Accept-Language, Foo", "en", &older, "English");
    store(&mut device, &[languages, ("Foo", "2")], "Accept-Language", "de", &newer, "German");
    assert_eq!(device.hit("/a", &[languages, ("Foo", "1")]).text(), "English", "though it is older");
    assert_eq!(device.hit("/a", &[languages, ("Foo", "3")]).text(), "German", "it alone matches");
}

#[test]
fn s4_1_a_language_that_is_preferred_to_all_others_answers_if_the_option_says_so() {
    let options = CacheOptions { select_language: true, ..CacheOptions::PRIVATE };
    let german = [("Vary", "Accept-Language"), ("Content-Language", "de")];
    let for_both = [("Accept-Language", "en, de")];
    let asks = |options, said: &[(&str, &str)], languages| {
        selects(options, said, &for_both, &[("Accept-Language", languages)])
    };
    assert!(asks(options, &german, "fr;q=0.5, de;q=1.0"));
    assert!(asks(options, &german, "DE"));
    assert!(!asks(CacheOptions::PRIVATE, &german, "fr;q=0.5, de;q=1.0"), "§4.1 has the origin asked");
    for languages in ["de;q=0.5, fr", "de, fr", "de;q=0", "fr", "*", "de;q=x, fr;q=0.1"] {
        assert!(!asks(options, &german, languages), "{languages}");
    }
    let vary = german[0];
    assert!(
        !asks(options, &[vary, ("Content-Language", "de, en")], "de"),
        "of two languages nothing is known"
    );
    assert!(!asks(options, &[vary], "de"));
    let by_more = [("Vary", "Accept-Language, Foo"), german[1]];
    assert!(!selects(
        options,
        &by_more,
        &[for_both[0], ("Foo", "1")],
        &[("Accept-Language", "de"), ("Foo", "2")]
    ));
    assert!(!selects(options, &german, &for_both, &[]), "absent in one of them");
}

#[test]
fn s4_1_of_two_languages_that_are_stored_the_preferred_one_answers() {
    let mut device = Device::new(CacheOptions { select_language: true, ..CacheOptions::PRIVATE });
    for (asked, language) in [("de, en;q=0.1", "de"), ("en, de;q=0.1", "en")] {
        let lines = [FRESH, ("Vary", "Accept-Language"), ("Content-Language", language)];
        device.fetch("/a", &[("Accept-Language", asked)], Response::ok(&lines, language));
    }
    for (asked, text) in [("de, en;q=0.5", "de"), ("en;q=0.9, de;q=0.8", "en"), ("fr;q=0.1, DE;q=0.2", "de")]
    {
        assert_eq!(device.hit("/a", &[("Accept-Language", asked)]).text(), text);
    }
}
