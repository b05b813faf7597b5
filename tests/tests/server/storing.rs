//! What is stored, for how long, and what makes it go.

use crate::{Device, FRESH, TAG, TEN, fails, made};
use larder::client::Outcome;
use larder::head::Method;
use larder::options::{CacheOptions, Clockless};
use larder::{Reason, client::Storing};
use larder_tests::block_on;

#[test]
fn s4_the_handler_is_called_once_while_its_response_is_fresh() {
    let mut device = Device::new(|_| made(200, &[FRESH], "21.5"));
    let first = device.get("/a", &[]);
    assert_eq!(first.is(), (200, "21.5"));
    assert_eq!(first.line("age"), None, "§5.1: the origin has just made it");
    assert!(first.line("date").is_some(), "RFC 9110 §6.6.1: it has a clock");
    device.clock.advance(59);
    let second = device.get("/a", &[]);
    assert_eq!((second.is(), second.line("age").as_deref()), ((200, "21.5"), Some("59")), "§4, §5.1");
    assert_eq!(second.report.outcome, Outcome::Hit);
    assert_eq!(device.calls(), 1);
    device.clock.advance(1);
    device.get("/a", &[]);
    assert_eq!(device.calls(), 2);
}

#[test]
fn s5_1_no_age_where_the_handler_has_just_validated() {
    let mut device = Device::new(|asked| match asked.line("if-none-match") {
        Some(_) => made(304, &[FRESH, TAG], ""),
        None => made(200, &[FRESH, TAG], TEN),
    });
    device.get("/a", &[]);
    device.clock.advance(60);
    let got = device.get("/a", &[]);
    assert_eq!((got.is(), got.line("age")), ((200, TEN), None));
    assert_eq!(got.report.outcome, Outcome::Revalidated);
    device.clock.advance(3);
    assert_eq!(device.get("/a", &[]).line("age").as_deref(), Some("3"));
    assert_eq!(device.calls(), 2);
}

#[test]
fn s3_a_handler_asks_for_storing() {
    for (line, is_stored) in [
        ("max-age=60", true),
        ("s-maxage=60", true),
        ("public", true),
        ("no-cache", true),
        ("no-cache=\"x\"", true),
        ("no-transform", false),
        ("no-store", false),
        ("no-store, max-age=60", false),
        ("private, max-age=60", false),
    ] {
        let mut device = Device::new(move |_| made(200, &[("Cache-Control", line), TAG], "x"));
        assert_eq!(device.get("/a", &[]).is_stored(), is_stored, "{line}");
    }
    let mut device = Device::new(|_| made(200, &[TAG], "x"));
    assert_eq!(device.get("/a", &[]).report.storing, Storing::No(Reason::NotCacheable));
    let heuristic = CacheOptions { heuristic: CacheOptions::SHARED.heuristic, ..CacheOptions::SERVER };
    let mut device = Device::with(heuristic, |_| made(200, &[TAG], "x"));
    assert!(device.get("/a", &[]).is_stored());
}

#[test]
fn s5_2_2_4_no_cache_is_validated_by_the_handler_each_time() {
    let lines = [("Cache-Control", "no-cache"), TAG];
    let mut device = Device::new(move |asked| match asked.line("if-none-match") {
        Some(_) => made(304, &lines, ""),
        None => made(200, &lines, TEN),
    });
    for calls in 1..4 {
        assert_eq!(device.get("/a", &[]).is(), (200, TEN));
        assert_eq!(device.calls(), calls);
    }
}

#[test]
fn s3_5_authorization_is_that_of_a_shared_cache() {
    let asked = [("Authorization", "Bearer x")];
    let mut device = Device::new(|_| made(200, &[FRESH], TEN));
    assert_eq!(device.get("/a", &asked).report.storing, Storing::No(Reason::Authorization));
    let mut device = Device::new(|_| made(200, &[("Cache-Control", "public, max-age=60")], TEN));
    assert!(device.get("/a", &asked).is_stored());
    device.get("/a", &[]);
    assert_eq!(device.calls(), 1);
}

#[test]
fn s5_2_1_request_directives_do_not_make_the_handler_run() {
    const ADVICE: [(&str, &str); 6] = [
        ("Cache-Control", "no-cache"),
        ("Cache-Control", "max-age=0"),
        ("Cache-Control", "min-fresh=1000"),
        ("Cache-Control", "max-age=x"),
        ("Pragma", "no-cache"),
        ("Cache-Control", "no-store"),
    ];
    let mut device = Device::new(|_| made(200, &[FRESH], TEN));
    device.get("/a", &[]);
    for line in ADVICE {
        assert_eq!(device.get("/a", &[line]).is(), (200, TEN), "{line:?}");
        assert_eq!(device.calls(), 1, "{line:?}");
    }
    let options = CacheOptions { heed_request_directives: true, ..CacheOptions::SERVER };
    let mut device = Device::with(options, |_| made(200, &[FRESH], TEN));
    device.get("/a", &[]);
    for (calls, line) in ADVICE[..5].iter().enumerate() {
        device.get("/a", &[*line]);
        assert_eq!(device.calls(), calls + 2, "{line:?}");
    }
}

#[test]
fn s5_2_1_a_client_that_takes_stale_answers_gets_a_fresh_one() {
    let mut device = Device::new(|_| made(200, &[FRESH], TEN));
    device.get("/a", &[]);
    device.clock.advance(100);
    device.get("/a", &[("Cache-Control", "max-stale")]);
    assert_eq!(device.calls(), 2);
    let got = device.get("/b", &[("Cache-Control", "only-if-cached")]);
    assert_eq!((got.is(), device.calls()), ((200, TEN), 3), "the origin itself can always be asked");
}

#[test]
fn s5_2_1_5_no_store_of_a_request_always_counts() {
    let mut device = Device::new(|_| made(200, &[FRESH], TEN));
    let got = device.get("/a", &[("Cache-Control", "no-store")]);
    assert_eq!((got.is(), got.report.storing), ((200, TEN), Storing::No(Reason::RequestNoStore)));
}

#[test]
fn s5_2_1_7_only_if_cached_is_504_where_it_is_heeded() {
    let options = CacheOptions { heed_request_directives: true, ..CacheOptions::SERVER };
    let mut device = Device::with(options, |_| made(200, &[FRESH], TEN));
    assert_eq!(device.get("/a", &[("Cache-Control", "only-if-cached")]).status, 504);
    assert_eq!(device.calls(), 0);
}

#[test]
fn s4_4_an_unsafe_method_that_succeeds_invalidates() {
    for method in [Method::Put, Method::Post, Method::Delete] {
        for (status, goes) in
            [(200, true), (204, true), (303, true), (400, false), (412, false), (500, false)]
        {
            let mut device = Device::new(move |asked| match asked.method.as_str() {
                "GET" => made(200, &[FRESH, TAG], TEN),
                _ => made(status, &[("Location", "/b")], ""),
            });
            device.get("/a", &[]);
            device.get("/b", &[]);
            assert_eq!(device.ask(method, "/a", &[("If-Match", "\"1\"")]).status, status);
            let asked = device.last();
            assert_eq!(asked.line("if-match").as_deref(), Some("\"1\""), "it is the handler's to evaluate");
            assert_eq!(asked.content, if method == Method::Delete { &b""[..] } else { b"21" });
            device.get("/a", &[]);
            device.get("/b", &[]);
            assert_eq!(device.calls(), if goes { 5 } else { 3 }, "{method} {status}");
        }
    }
}

#[test]
fn what_the_device_changes_itself_it_invalidates() {
    let mut device = Device::new(|_| made(200, &[FRESH], TEN));
    device.get("/a", &[]);
    device.get("/b", &[]);
    block_on(device.server.invalidate("http://device/a")).expect("RAM");
    device.get("/a", &[]);
    device.get("/b", &[]);
    assert_eq!(device.calls(), 3);
}

#[test]
fn s15_6_1_of_9110_a_handler_that_fails_is_500() {
    let mut device = Device::new(|_| fails());
    let got = device.get("/a", &[]);
    assert_eq!((got.is(), got.report.outcome), ((500, ""), Outcome::GatewayTimeout));
    assert_eq!(device.ask(Method::Put, "/a", &[]).status, 500);
}

#[test]
fn rfc5861_s4_a_stale_answer_stands_in_for_a_handler_that_fails() {
    let mut broken = false;
    let mut device = Device::new(move |_| {
        let line = ("Cache-Control", "max-age=60, stale-if-error=600");
        if core::mem::replace(&mut broken, true) { fails() } else { made(200, &[line], TEN) }
    });
    device.get("/a", &[]);
    device.clock.advance(100);
    let got = device.get("/a", &[]);
    assert_eq!((got.is(), got.line("age").as_deref()), ((200, TEN), Some("100")));
    assert_eq!(device.calls(), 2);
}

#[test]
fn s4_a_device_without_utc_counts_its_own_responses_by_uptime() {
    let mut device = Device::new(|_| made(200, &[FRESH], TEN));
    device.clock.forget_utc();
    assert_eq!(device.get("/a", &[]).line("date"), None, "RFC 9110 §6.6.1: none is invented");
    device.clock.advance(59);
    assert_eq!(device.get("/a", &[]).line("age").as_deref(), Some("59"));
    assert_eq!(device.calls(), 1);
    device.clock.advance(1);
    device.get("/a", &[]);
    assert_eq!(device.calls(), 2);
    let strict = CacheOptions { clockless: Clockless::Validate, ..CacheOptions::SERVER };
    let mut device = Device::with(strict, |_| made(200, &[FRESH], TEN));
    device.clock.forget_utc();
    device.get("/a", &[]);
    device.get("/a", &[]);
    assert_eq!(device.calls(), 2);
}

#[test]
fn s4_1_variants_are_kept_apart() {
    let mut device = Device::new(|asked| {
        let language = asked.line("accept-language").unwrap_or_default();
        made(200, &[FRESH, ("Vary", "Accept-Language")], &language)
    });
    for _ in 0..2 {
        for language in ["de", "en"] {
            assert_eq!(device.get("/a", &[("Accept-Language", language)]).is(), (200, language));
        }
    }
    assert_eq!(device.calls(), 2);
}
