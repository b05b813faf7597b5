//! Single fields: dates, directives, ranges, tags, keys.

use crate::{cases, value};
use larder::fields::{ByteRange, EntityTag, RequestDirectives, ResponseDirectives};
use larder::head::{Fields, HeadBuf};
use larder::pair::PairKey;
use larder::time::{DeltaSeconds, HttpDate};
use proptest::prelude::*;

/// An element of a `Cache-Control` line in which quotes come in pairs.
fn element() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~&&[^\",\\\\]]{0,12}",
        "[a-z-]{1,10}=[0-9]{0,12}",
        "[a-z-]{1,10}=\"([ -~&&[^\"\\\\]]|\\\\[ -~]){0,12}\"",
        Just("no-cache=\"x, no-store, y\"".to_owned()),
        Just(String::new()),
    ]
}

fn directives(line: &[u8]) -> (ResponseDirectives, RequestDirectives) {
    let mut head: HeadBuf<4096, 4> = HeadBuf::new();
    head.as_mut().start_response(200);
    head.as_mut().push("cache-control", line).expect("no CR, LF or NUL");
    (ResponseDirectives::of(head.fields()), RequestDirectives::of(head.fields()))
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn a_date_is_emitted_and_parsed_to_the_same(unix in any::<i64>()) {
        let date = HttpDate::from_unix(unix);
        prop_assert_eq!(HttpDate::parse(&date.to_octets(), None), Some(date));
    }

    #[test]
    fn a_date_in_the_years_one_meets_is_emitted_and_parsed_to_the_same(unix in -2_000_000_000..9_000_000_000_i64) {
        let date = HttpDate::from_unix(unix);
        prop_assert_eq!(date.unix(), unix);
        prop_assert_eq!(HttpDate::parse(&date.to_octets(), None), Some(date));
    }

    #[test]
    fn the_three_forms_of_a_date_are_the_same_second(unix in 0..3_000_000_000_i64) {
        let date = HttpDate::from_unix(unix);
        let imf = date.to_string();
        let (day, rest) = imf.split_once(", ").unwrap();
        let [number, month, year, time, _] = rest.split(' ').collect::<Vec<_>>()[..] else { panic!("{imf}") };
        let long = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        let long = long.iter().find(|long| long.starts_with(day)).unwrap();
        let rfc850 = format!("{long}, {number}-{month}-{} {time} GMT", &year[2..]);
        prop_assert_eq!(HttpDate::parse(rfc850.as_bytes(), Some(date)), Some(date));
        let padded = number.strip_prefix('0').map_or(number.to_owned(), |digit| format!(" {digit}"));
        let asctime = format!("{day} {month} {padded} {time} {year}");
        prop_assert_eq!(HttpDate::parse(asctime.as_bytes(), None), Some(date));
    }

    #[test]
    fn whatever_is_a_date_is_emitted_and_parsed_to_the_same(
        text in "(Sun|Mon|Tuesday), [0-3][0-9][ -](Jan|Feb|Nov)[ -]([0-9]{2}|[0-9]{4}) [0-2][0-9]:[0-6][0-9]:[0-6][0-9] GMT",
        now in proptest::option::of(0..4_000_000_000_i64),
    ) {
        if let Some(date) = HttpDate::parse(text.as_bytes(), now.map(HttpDate::from_unix)) {
            prop_assert_eq!(HttpDate::parse(&date.to_octets(), None), Some(date));
        }
    }

    #[test]
    fn any_octets_make_a_date_or_none(octets in proptest::collection::vec(any::<u8>(), 20..36), now in any::<i64>()) {
        let _ = HttpDate::parse(&octets, Some(HttpDate::from_unix(now)));
        let _ = HttpDate::parse(&octets, None);
    }

    #[test]
    fn no_store_is_always_seen(
        before in proptest::collection::vec(element(), 0..4),
        after in proptest::collection::vec(element(), 0..4),
        blanks in "[ \t]{0,2}",
    ) {
        let own = vec![format!("{blanks}No-Store{blanks}")];
        let line = [before, own, after].concat().join(",");
        let (response, request) = directives(line.as_bytes());
        prop_assert!(response.no_store() && request.no_store(), "{line}");
    }

    #[test]
    fn a_quote_that_is_never_closed_hides_nothing(
        before in "[ -~&&[^\"\\\\]]{0,12}",
        after in "[ -~&&[^\"]]{0,12}",
    ) {
        for line in [format!("{before}\"{after},no-store"), format!("x=\"{before},no-store,{after}")] {
            let (response, request) = directives(line.as_bytes());
            prop_assert!(response.no_store() && request.no_store(), "{line}");
        }
    }

    #[test]
    fn octets_that_are_no_text_do_no_harm_and_hide_nothing(junk in value()) {
        let junk: Vec<u8> = junk.into_iter().filter(|octet| !matches!(octet, b'"')).collect();
        let line = [&junk[..], b", no-store, ", &junk].concat();
        let (response, request) = directives(&line);
        prop_assert!(response.no_store() && request.no_store());
    }

    #[test]
    fn any_octets_are_directives_of_some_kind(line in value()) {
        let _ = directives(&line);
    }

    #[test]
    fn what_a_quoted_string_says_is_no_directive(inside in "([ -~&&[^\"\\\\]]|\\\\[ -~]){0,12}") {
        let line = format!("x=\"{inside}, no-store, {inside}\"");
        let (response, request) = directives(line.as_bytes());
        prop_assert!(!response.no_store() && !request.no_store(), "{line}");
    }

    #[test]
    fn seconds_saturate_and_never_wrap(number in any::<u128>(), zeros in 0..30_usize) {
        let text = format!("{}{number}", "0".repeat(zeros));
        let expected = u64::try_from(number).unwrap_or(u64::MAX);
        prop_assert_eq!(DeltaSeconds::parse(text.as_bytes()), Some(DeltaSeconds::new(expected)));
        prop_assert!(DeltaSeconds::new(expected) <= DeltaSeconds::MAX);
    }

    #[test]
    fn a_part_lies_within_its_representation(
        range in "(bytes|Bytes|x)=[0-9]{0,3}-[0-9]{0,20}(,[0-9]-)?",
        complete in 0..200_u64,
    ) {
        if let Some(part) = ByteRange::parse(range.as_bytes()).and_then(|range| range.of(complete)) {
            prop_assert!(part.first <= part.last && part.last < complete && part.complete == Some(complete));
            prop_assert_eq!(part.len(), part.last - part.first + 1);
            let named = format!("bytes={}-{}", part.first, part.last);
            prop_assert_eq!(ByteRange::parse(named.as_bytes()).and_then(|range| range.of(complete)), Some(part));
        }
    }

    #[test]
    fn any_octets_make_a_range_or_none(octets in value(), complete in any::<u64>()) {
        let _ = ByteRange::parse(&octets).map(|range| range.of(complete));
    }

    #[test]
    fn tags_are_compared_as_they_should_be(a in value(), b in value()) {
        let (a, b) = (EntityTag::parse(&a), EntityTag::parse(&b));
        if let (Some(a), Some(b)) = (a, b) {
            prop_assert_eq!(a.weak_eq(&b), b.weak_eq(&a));
            prop_assert_eq!(a.strong_eq(&b), b.strong_eq(&a));
            prop_assert!(!a.strong_eq(&b) || a.weak_eq(&b));
            prop_assert!(a.weak_eq(&a));
            prop_assert_eq!(a.strong_eq(&a), !a.is_weak());
        }
    }

    #[test]
    fn a_normalised_key_is_its_own_normal_form(uri in "(HTTP|https|x)?(://)?[a-zA-Z.]{0,6}(:[0-9]{0,3})?([/?#%~]|%[0-9a-fA-F]{2}|[a-z]){0,8}") {
        let key = PairKey::new(&uri);
        let normal: Vec<u8> = key.normalized().collect();
        if let Ok(normal) = core::str::from_utf8(&normal) {
            prop_assert!(key.matches(normal), "{uri} {normal}");
            prop_assert!(PairKey::new(normal).matches(&uri));
            prop_assert_eq!(PairKey::new(normal).fingerprint(3), key.fingerprint(3));
        }
    }

    #[test]
    fn keys_match_if_and_only_if_their_normal_forms_are_equal(
        a in "http://h/?(%[34][1f]|A|O|\\?)?#?x?", b in "HTTP://h:80/?(%[34][1F]|A|O|\\?)?#?x?",
    ) {
        let (left, right) = (PairKey::new(&a), PairKey::new(&b));
        prop_assert_eq!(left.matches(&b), left.normalized().eq(right.normalized()), "{} {}", a, b);
        prop_assert_eq!(left.matches(&b), right.matches(&a));
    }

    #[test]
    fn any_text_is_a_key(uri in any::<String>(), other in any::<String>()) {
        let key = PairKey::new(&uri);
        prop_assert!(key.matches(&uri));
        let _ = (key.fingerprint(1), key.matches(&other), Fields::EMPTY);
    }
}
