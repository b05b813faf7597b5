//! RFC 5861: `stale-while-revalidate` and `stale-if-error`.

use crate::cc;
use larder::client::{Outcome, Step};
use larder::head::RequestHead;
use larder::{CacheOptions, Reason};
use larder_tests::{Device, Response, block_on};

const TAG: (&str, &str) = ("ETag", "\"1\"");
const URI: &str = "http://example.com/a";

fn stored(said: &str) -> Device {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[cc(said), TAG], "old"));
    device
}

#[test]
fn s3_of_5861_stale_while_revalidate_answers_at_once_and_says_that_a_validation_is_due() {
    let mut device = stored("max-age=60, stale-while-revalidate=30");
    device.pass(59);
    assert!(!device.hit("/a", &[]).report.validation_due, "still fresh");
    device.pass(31);
    let answer = device.hit("/a", &[]);
    assert_eq!((answer.text(), answer.outcome()), ("old", Outcome::Stale));
    assert!(answer.report.validation_due);
    assert_eq!(answer.line("age").as_deref(), Some("90"));
    device.pass(1);
    let (answer, _) = device.forwarded("/a", &[]);
    assert_eq!(answer.report.forwarded, Some(Reason::Stale), "the window is over");
}

#[test]
fn s3_of_5861_validate_freshens_what_was_served() {
    let mut device = stored("max-age=60, stale-while-revalidate=100");
    device.pass(70);
    assert!(device.hit("/a", &[]).report.validation_due);
    device.origin.then(Response::not_modified(&[TAG, cc("max-age=60")]));
    let report = block_on(device.client.validate(RequestHead::get(URI), &mut [0; 64]));
    assert_eq!(report.outcome, Outcome::Revalidated);
    assert_eq!(report.walked[..2], [Step::IdleClient, Step::NeedRevalidation]);
    assert_eq!(device.origin.last().line("if-none-match").as_deref(), Some("\"1\""));
    let answer = device.hit("/a", &[]);
    assert_eq!((answer.outcome(), answer.report.validation_due), (Outcome::Hit, false));
}

#[test]
fn s3_of_5861_validate_reads_a_new_body_into_the_store() {
    let mut device = stored("max-age=60, stale-while-revalidate=100");
    device.pass(70);
    assert!(device.hit("/a", &[]).report.validation_due);
    device.origin.then(Response::ok(&[cc("max-age=60")], "a new and longer body"));
    let report = block_on(device.client.validate(RequestHead::get(URI), &mut [0; 4]));
    assert_eq!((report.outcome, report.from_network), (Outcome::Changed, 21));
    assert_eq!(device.hit("/a", &[]).text(), "a new and longer body");
}

#[test]
fn s3_of_5861_validate_of_what_is_fresh_by_now_asks_nobody() {
    let mut device = stored("max-age=60, stale-while-revalidate=100");
    let report = block_on(device.client.validate(RequestHead::get(URI), &mut [0; 4]));
    assert_eq!((report.outcome, device.origin.count()), (Outcome::Hit, 1));
}

#[test]
fn s3_of_5861_a_validation_that_fails_leaves_the_stale_one() {
    let mut device = stored("max-age=60, stale-while-revalidate=100");
    device.pass(70);
    device.origin.then(Response::refused());
    block_on(device.client.validate(RequestHead::get(URI), &mut [0; 4]));
    assert_eq!(device.hit("/a", &[]).text(), "old");
}

#[test]
fn s3_of_5861_not_when_the_request_or_must_revalidate_forbids_it() {
    for asked in ["no-cache", "max-age=0", "min-fresh=5"] {
        let mut device = stored("max-age=60, stale-while-revalidate=100");
        device.pass(70);
        device.forwarded("/a", &[cc(asked)]);
    }
    for said in ["must-revalidate", "no-cache"] {
        let mut device = stored(&format!("max-age=60, stale-while-revalidate=100, {said}"));
        device.pass(70);
        device.forwarded("/a", &[]);
    }
    let mut device = stored("max-age=60, stale-while-revalidate=x");
    device.pass(70);
    device.forwarded("/a", &[]);
}

#[test]
fn s3_of_5861_not_in_a_shared_cache_under_s_maxage() {
    let mut device = Device::shared();
    device.fetch("/a", &[], Response::ok(&[cc("s-maxage=60, stale-while-revalidate=100")], "old"));
    device.pass(70);
    device.forwarded("/a", &[]);
}

fn on_error(said: &str, asked: &[(&str, &str)], age: u64, then: Response) -> (u16, Outcome) {
    let mut device = stored(said);
    device.pass(age);
    device.origin.then(then);
    let answer = device.get("/a", asked);
    (answer.status, answer.outcome())
}

#[test]
fn s4_of_5861_stale_if_error_in_the_response() {
    let said = "max-age=60, stale-if-error=40";
    for status in [500, 502, 503, 504] {
        let stale = (200, Outcome::StaleOnError);
        assert_eq!(on_error(said, &[], 100, Response::new(status)), stale);
        assert_eq!(on_error(said, &[], 101, Response::new(status)).0, status, "the window is over");
    }
    assert_eq!(on_error(said, &[], 100, Response::refused()), (200, Outcome::StaleOnError));
    assert_eq!(on_error(said, &[], 101, Response::refused()).0, 504);
    for status in [501, 505, 404, 429] {
        assert_eq!(on_error(said, &[], 100, Response::new(status)).0, status, "no such error");
    }
}

#[test]
fn s4_of_5861_stale_if_error_in_the_request() {
    let asked = [cc("stale-if-error=40")];
    assert_eq!(on_error("max-age=60", &asked, 100, Response::new(503)), (200, Outcome::StaleOnError));
    assert_eq!(on_error("max-age=60", &asked, 101, Response::new(503)).0, 503);
}

#[test]
fn s4_of_5861_not_under_must_revalidate() {
    let said = "max-age=60, stale-if-error=40, must-revalidate";
    assert_eq!(on_error(said, &[cc("stale-if-error=40")], 100, Response::new(503)).0, 503);
    assert_eq!(on_error(said, &[], 100, Response::refused()).0, 504);
}

#[test]
fn s4_of_5861_the_stale_answer_is_not_stored_anew() {
    let mut device = Device::new(CacheOptions::PRIVATE);
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60, stale-if-error=40"), TAG], "old"));
    device.pass(100);
    device.origin.then(Response::new(503).with(&[cc("max-age=60")]));
    assert_eq!(device.get("/a", &[]).text(), "old");
    device.pass(1);
    device.forwarded("/a", &[]);
}

#[test]
fn s4_of_5861_a_stored_error_is_not_the_stale_answer_to_the_next_error() {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[cc("max-age=60, stale-if-error=1000"), TAG], "good"));
    device.pass(100);
    device.origin.then(Response::new(501).with(&[cc("max-age=1, stale-if-error=1000")]).chunk(b"sorry"));
    device.get("/a", &[]);
    device.pass(10);
    device.origin.then(Response::refused());
    let answer = device.get("/a", &[]);
    assert_eq!((answer.status, answer.text()), (200, "good"));
}
