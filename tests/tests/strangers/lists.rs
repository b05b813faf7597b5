//! Lists with a thousand members.

use crate::cc;
use larder::client::Outcome;
use larder::head::{Fields, RequestHead, ResponseHead};
use larder::state::{Candidates, IdleClient, IdleNext, MissNext};
use larder::time::Exchange;
use larder::{Answer, CacheOptions, Reason};
use larder_tests::{Device, Kept, MockClock, Response};

const URI: &str = "http://example.com/a";

/// A thousand members, `last` behind them.
fn thousand(member: impl Fn(usize) -> String, last: &str) -> String {
    let members = (0..1_000).map(member).chain([last.to_owned()]);
    members.collect::<Vec<_>>().join(",")
}

/// What becomes of a response with these lines to a request with those.
fn stored(asked: &[(&str, &str)], said: &[(&str, &str)]) -> Result<Kept, Reason> {
    let options = CacheOptions::PRIVATE;
    let mut scratch = Candidates::new();
    let now = MockClock::new().now();
    let request = RequestHead::get(URI).with_fields(Fields::new(asked));
    let IdleNext::CacheMiss(miss) = IdleClient::new(&options).next(request, [], now, &mut scratch) else {
        panic!("nothing is stored");
    };
    match miss.next(ResponseHead { status: 200, fields: Fields::new(said) }, Exchange::at(now)) {
        MissNext::StoreAndUse(state) => Ok(Kept::new(&state.pair(), 10)),
        MissNext::CouldNotBeStored(state) => Err(state.reason()),
        other => panic!("{other:?}"),
    }
}

/// What a stored response is to a request with these lines; `None` if the origin is asked.
fn answer(kept: &Kept, asked: &[(&str, &str)]) -> Option<Answer> {
    let options = CacheOptions::PRIVATE;
    let mut scratch = Candidates::new();
    let request = RequestHead::get(URI).with_fields(Fields::new(asked));
    match IdleClient::new(&options).next(request, [kept.pair()], MockClock::new().now(), &mut scratch) {
        IdleNext::FromCache(state) => Some(state.answer()),
        _ => None,
    }
}

#[test]
fn a_thousand_members_hide_nothing_behind_them() {
    let unknown = |number| format!("x{number}=\"a, b\"");
    let line = thousand(unknown, "no-store");
    assert_eq!(stored(&[], &[cc("max-age=60"), cc(&line)]).err(), Some(Reason::ResponseNoStore));
    assert_eq!(stored(&[cc(&line)], &[cc("max-age=60")]).err(), Some(Reason::RequestNoStore));
    let kept = stored(&[], &[cc(&thousand(unknown, "max-age=60"))]).expect("it may be stored");
    assert_eq!(answer(&kept, &[]), Some(Answer::Whole));
    assert_eq!(answer(&kept, &[cc(&thousand(unknown, "no-cache"))]), None);
    // A quote that is never closed is no quote.
    let line = thousand(|number| format!("x{number}=\"a"), "no-store");
    assert_eq!(stored(&[], &[cc(&line)]).err(), Some(Reason::ResponseNoStore));
}

#[test]
fn a_thousand_members_with_one_number_are_that_number() {
    let line = thousand(|_| "max-age=60".into(), "max-age=60");
    assert_eq!(answer(&stored(&[], &[cc(&line)]).expect("stored"), &[]), Some(Answer::Whole));
    let line = thousand(|_| "max-age=60".into(), "max-age=61");
    assert_eq!(answer(&stored(&[], &[cc(&line)]).expect("stored"), &[]), None, "stale");
    let commas = ",".repeat(1_000);
    let line = format!("{commas}max-age=60{commas}");
    assert_eq!(answer(&stored(&[], &[cc(&line)]).expect("stored"), &[]), Some(Answer::Whole));
}

#[test]
fn a_thousand_members_of_vary_all_select() {
    let vary = thousand(|number| format!("X{number}"), "Y");
    let said = [cc("max-age=60"), ("Vary", &*vary)];
    let kept = stored(&[("Y", "1"), ("Z", "1")], &said).expect("stored");
    assert_eq!(answer(&kept, &[("Y", "1"), ("Z", "2")]), Some(Answer::Whole));
    assert_eq!(answer(&kept, &[("Y", "2")]), None);
    assert_eq!(answer(&kept, &[("Y", "1"), ("x999", "1")]), None);
    let vary = thousand(|number| format!("X{number}"), "*");
    assert_eq!(stored(&[], &[cc("max-age=60"), ("Vary", &vary)]).err(), Some(Reason::VariesByAnything));
}

#[test]
fn a_thousand_members_of_a_nominated_field_are_all_compared() {
    let said = [cc("max-age=60"), ("Vary", "Accept, X-Kind")];
    let [one, other] = ["a", "b"].map(|last| thousand(|number| format!("t/{number}"), last));
    for name in ["Accept", "X-Kind"] {
        let kept = stored(&[(name, &one)], &said).expect("stored");
        assert_eq!(answer(&kept, &[(name, &one)]), Some(Answer::Whole), "{name}");
        assert_eq!(answer(&kept, &[(name, &other)]), None, "{name}");
    }
}

#[test]
fn a_thousand_members_of_if_none_match_are_all_compared() {
    let kept = stored(&[], &[cc("max-age=60"), ("ETag", "\"here\"")]).expect("stored");
    let tags = |last| thousand(|number| format!("W/\"{number}, x\""), last);
    assert_eq!(answer(&kept, &[("If-None-Match", &tags("\"here\""))]), Some(Answer::NotModified));
    assert_eq!(answer(&kept, &[("If-None-Match", &tags("\"there\""))]), Some(Answer::Whole));
}

#[test]
fn a_thousand_members_of_connection_are_all_dropped() {
    let named = thousand(|number| format!("X{number}"), "X-Last");
    let lines = [cc("max-age=60"), ("X-Last", "1"), ("X-Kept", "1"), ("Connection", &*named)];
    let kept = stored(&[], &lines).expect("stored");
    let fields = kept.pair().response.fields;
    assert!(fields.contains("x-kept") && !fields.contains("x-last") && !fields.contains("connection"));
}

#[test]
fn a_thousand_members_of_age_are_the_first() {
    let mut device = Device::private();
    let line = thousand(|number| (number + 7).to_string(), "0");
    // More than a client's head holds of such a line: a hundred.
    let line = &line[..400];
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), ("Age", line)], "stored"));
    let answer = device.hit("/a", &[]);
    assert_eq!((answer.outcome(), answer.line("age").as_deref()), (Outcome::Hit, Some("7")));
}
