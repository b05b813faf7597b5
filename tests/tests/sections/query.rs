//! QUERY (feature `query`): a safe method whose content is part of the key.

use crate::cc;
use larder::Reason;
use larder::client::{Call, Outcome, Storing};
use larder::head::{Fields, Method, RequestHead};
use larder::options::{AllowStale, CacheOptions, Methods};
use larder_tests::{Device, Response, block_on};

const FRESH: (&str, &str) = ("Cache-Control", "max-age=60");
const TAG: (&str, &str) = ("ETag", "\"1\"");
const JSON: (&str, &str) = ("Content-Type", "application/json");
const URI: &str = "http://example.com/a";
const OPTIONS: CacheOptions = CacheOptions {
    supported_methods: Methods::GET.and(Methods::HEAD).and(Methods::QUERY),
    ..CacheOptions::PRIVATE
};

/// What a QUERY came to.
#[derive(Debug, PartialEq)]
struct Answered {
    status: u16,
    text: String,
    outcome: Outcome,
    storing: Storing,
    forwarded: Option<Reason>,
}

fn ask(device: &mut Device, lines: &[(&str, &str)], content: &str, digest: Option<u8>) -> Answered {
    let head = RequestHead::get(URI).with_method(Method::Query).with_fields(Fields::new(lines));
    let mut call = Call::new(head).content(content.as_bytes());
    if let Some(digest) = digest {
        call = call.content_digest([digest; 32]);
    }
    block_on(async {
        let mut reply = device.client.call(call).await;
        let mut buf = [0; 64];
        let mut text = String::new();
        while let Ok(read @ 1..) = reply.read(&mut buf).await {
            text.push_str(str::from_utf8(&buf[..read]).expect("text"));
        }
        let report = reply.report();
        let (outcome, storing, forwarded) = (report.outcome, report.storing, report.forwarded);
        Answered { status: reply.status(), text, outcome, storing, forwarded }
    })
}

/// A device that has asked once, with the digest 1.
fn stored(options: CacheOptions, said: &[(&str, &str)]) -> Device {
    let mut device = Device::new(options);
    device.origin.then(Response::ok(said, "one"));
    assert_eq!(ask(&mut device, &[JSON], "what?", Some(1)).text, "one");
    assert_eq!(device.origin.last().content, b"what?");
    device
}

#[test]
fn the_same_question_is_answered_from_the_store() {
    let mut device = stored(OPTIONS, &[FRESH]);
    let answer = ask(&mut device, &[JSON], "what?", Some(1));
    assert_eq!((answer.text.as_str(), answer.outcome, device.origin.count()), ("one", Outcome::Hit, 1));
}

#[test]
fn another_content_or_what_is_said_of_it_is_another_question() {
    let other = [("Content-Type", "text/plain")];
    let coded = [JSON, ("Content-Encoding", "gzip")];
    for (lines, digest) in [(&[JSON][..], 2), (&other[..], 1), (&[], 1), (&coded, 1)] {
        let mut device = stored(OPTIONS, &[FRESH]);
        device.origin.then(Response::ok(&[FRESH], "two"));
        let answer = ask(&mut device, lines, "which?", Some(digest));
        assert_eq!((answer.text.as_str(), answer.forwarded), ("two", Some(Reason::NothingStored)));
        assert_eq!(ask(&mut device, lines, "which?", Some(digest)).outcome, Outcome::Hit);
        assert_eq!(ask(&mut device, &[JSON], "what?", Some(1)).text, "one", "both are stored");
    }
}

#[test]
fn it_never_answers_get_or_head_and_get_never_answers_it() {
    let mut device = stored(OPTIONS, &[FRESH]);
    device.forwarded("/a", &[]);
    device.origin.then(Response::new(204).with(&[cc("no-store")]));
    assert_eq!(device.head("/a", &[]).status, 204);
    let mut device = Device::new(OPTIONS);
    device.fetch("/a", &[], Response::ok(&[FRESH], "got"));
    device.origin.then(Response::ok(&[FRESH], "one"));
    assert_eq!(ask(&mut device, &[], "what?", Some(1)).text, "one");
    assert_eq!(device.hit("/a", &[]).text(), "got");
}

#[test]
fn without_a_digest_or_the_option_it_passes_through() {
    for (options, digest, reason) in
        [(OPTIONS, None, Reason::HasContent), (CacheOptions::PRIVATE, Some(1), Reason::MethodNotCached)]
    {
        let mut device = Device::new(options);
        for text in ["one", "two"] {
            device.origin.then(Response::ok(&[FRESH], text));
            let answer = ask(&mut device, &[], "what?", digest);
            assert_eq!((answer.text.as_str(), answer.forwarded), (text, Some(reason)));
            assert_eq!(answer.storing, Storing::No(reason));
        }
    }
}

#[test]
fn it_is_safe_and_unsafe_methods_invalidate_it() {
    let mut device = Device::new(OPTIONS);
    device.fetch("/a", &[], Response::ok(&[FRESH], "got"));
    device.origin.then(Response::ok(&[FRESH], "one"));
    ask(&mut device, &[], "what?", Some(1));
    device.hit("/a", &[]);
    device.origin.then(Response::new(204));
    device.ask(Method::Put, "/a", &[]);
    device.origin.then(Response::ok(&[FRESH], "two"));
    assert_eq!(ask(&mut device, &[], "what?", Some(1)).text, "two");
}

#[test]
fn what_is_stale_is_asked_again_with_its_content_and_without_conditions() {
    let mut device = stored(OPTIONS, &[cc("max-age=60, stale-while-revalidate=100"), TAG]);
    device.pass(70);
    device.origin.then(Response::ok(&[FRESH, TAG], "two"));
    let answer = ask(&mut device, &[JSON], "what?", Some(1));
    assert_eq!((answer.text.as_str(), answer.forwarded), ("two", Some(Reason::Stale)));
    assert!(!device.origin.last().is_conditional());
    assert_eq!(device.origin.last().content, b"what?");
    assert_eq!(device.health().pairs, 1, "the new one stands for the old one");
    assert_eq!(ask(&mut device, &[JSON], "what?", Some(1)).outcome, Outcome::Hit);
}

#[test]
fn where_a_stale_answer_may_be_served_it_is() {
    let options = CacheOptions { allow_stale: AllowStale::OnError, ..OPTIONS };
    let mut device = stored(options, &[FRESH]);
    device.pass(100);
    let answer = ask(&mut device, &[JSON, cc("max-stale")], "what?", Some(1));
    assert_eq!((answer.text.as_str(), answer.outcome), ("one", Outcome::Stale));
    device.origin.then(Response::refused());
    let answer = ask(&mut device, &[JSON], "what?", Some(1));
    assert_eq!((answer.text.as_str(), answer.outcome), ("one", Outcome::StaleOnError));
    device.origin.then(Response::ok(&[cc("no-store")], "two"));
    assert_eq!(ask(&mut device, &[JSON], "what?", Some(1)).text, "two");
    device.origin.then(Response::refused());
    assert_eq!(ask(&mut device, &[JSON], "what?", Some(1)).status, 504, "there was a newer one");
}

#[test]
fn the_clients_own_condition_is_answered_from_the_store() {
    let mut device = stored(OPTIONS, &[FRESH, TAG]);
    let answer = ask(&mut device, &[JSON, ("If-None-Match", "\"1\"")], "what?", Some(1));
    assert_eq!((answer.status, answer.text.as_str()), (304, ""));
    let answer = ask(&mut device, &[JSON, ("Range", "bytes=0-0")], "what?", Some(1));
    assert_eq!((answer.status, answer.text.as_str()), (200, "one"), "ranges are for GET");
}

#[test]
fn vary_selects_among_answers_to_one_question() {
    let mut device = Device::new(OPTIONS);
    for (language, text) in [("de", "eins"), ("en", "one")] {
        device.origin.then(Response::ok(&[FRESH, ("Vary", "Accept-Language")], text));
        ask(&mut device, &[("Accept-Language", language)], "what?", Some(1));
    }
    for (language, text) in [("de", "eins"), ("en", "one")] {
        let answer = ask(&mut device, &[("Accept-Language", language)], "what?", Some(1));
        assert_eq!((answer.text.as_str(), answer.outcome), (text, Outcome::Hit));
    }
}

#[test]
fn a_304_to_a_question_of_its_own_condition_leaves_what_is_stored() {
    let mut device = stored(OPTIONS, &[FRESH, TAG]);
    device.origin.then(Response::not_modified(&[TAG]));
    let lines = [JSON, ("If-None-Match", "\"1\""), cc("no-cache")];
    assert_eq!(ask(&mut device, &lines, "what?", Some(1)).status, 304);
    let answer = ask(&mut device, &[JSON], "what?", Some(1));
    assert_eq!((answer.text.as_str(), answer.outcome), ("one", Outcome::Hit));
}
