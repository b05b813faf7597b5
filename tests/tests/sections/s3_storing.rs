//! RFC 9111 §3: which responses are stored.

use crate::cc;
use larder::client::Storing;
use larder::head::Method;
use larder::options::{Methods, Secrets};
use larder::{CacheOptions, Reason};
use larder_tests::{Device, Response, heads};

const POST_TOO: CacheOptions = CacheOptions {
    supported_methods: Methods::GET.and(Methods::HEAD).and(Methods::POST),
    ..CacheOptions::PRIVATE
};

/// What becomes of a response to GET.
fn storing(options: CacheOptions, asked: &[(&str, &str)], status: u16, said: &[(&str, &str)]) -> Storing {
    let mut device = Device::new(options);
    let answer = device.fetch("/a", asked, Response::new(status).with(said).chunk(b"octets"));
    assert_eq!(answer.status, status, "handed over all the same");
    let pairs = device.health().pairs;
    assert_eq!(pairs, u32::from(answer.stored().is_some()));
    answer.report.storing
}

fn private(status: u16, said: &[(&str, &str)]) -> Storing {
    storing(CacheOptions::PRIVATE, &[], status, said)
}

fn is_stored(storing: Storing) -> bool {
    matches!(storing, Storing::Stored(_))
}

#[test]
fn s3_the_method_is_one_we_cache() {
    for method in [
        Method::Post,
        Method::Put,
        Method::Delete,
        Method::Patch,
        Method::Options,
        Method::Trace,
        Method::Connect,
        Method::Other("PROPFIND"),
    ] {
        for options in [CacheOptions::PRIVATE, CacheOptions::SHARED, POST_TOO] {
            let mut device = Device::new(options);
            device.origin.then(Response::ok(&[cc("public, max-age=60")], "a"));
            let answer = device.ask(method, "/a", &[]);
            assert!(matches!(answer.report.storing, Storing::No(_)), "{method}");
            assert_eq!(device.health().pairs, 0);
        }
    }
}

#[test]
fn s3_a_method_switched_off_is_neither_stored_nor_answered() {
    let mut device = Device::new(CacheOptions { supported_methods: Methods::GET, ..CacheOptions::PRIVATE });
    device.origin.then(Response::ok(&[cc("max-age=60")], "a"));
    assert_eq!(device.head("/a", &[]).report.storing, Storing::No(Reason::MethodNotCached));
}

#[test]
fn s9_3_3_of_9110_post_is_stored_with_freshness_and_its_own_location_and_answers_get_and_head() {
    let mut device = Device::new(POST_TOO);
    device.origin.then(Response::ok(&[cc("max-age=60"), ("Content-Location", "/a")], "posted"));
    let answer = device.ask(Method::Post, "/a", &[]);
    assert!(answer.stored().is_some());
    assert_eq!(device.hit("/a", &[]).text(), "posted");
    assert_eq!(device.head("/a", &[]).status, 200);
    device.origin.then(Response::ok(&[cc("no-store")], "again"));
    assert_eq!(device.ask(Method::Post, "/a", &[]).text(), "again", "never another POST");
}

#[test]
fn s9_3_3_of_9110_post_is_not_stored_with_less() {
    let here = ("Content-Location", "/a");
    for said in [
        &[cc("max-age=60")][..],
        &[cc("public"), here],
        &[here],
        &[cc("max-age=60"), ("Content-Location", "/b")],
        &[cc("max-age=60"), ("Content-Location", "http://example.org/a")],
        &[cc("s-maxage=60"), here],
    ] {
        let mut device = Device::new(POST_TOO);
        device.origin.then(Response::ok(said, "posted"));
        let answer = device.ask(Method::Post, "/a", &[]);
        assert_eq!(answer.report.storing, Storing::No(Reason::PostNotReusable), "{said:?}");
    }
}

#[test]
fn s3_206_and_304_are_not_stored_as_whole_responses() {
    let part = ("Content-Range", "bytes 0-5/10");
    assert_eq!(private(206, &[cc("max-age=60"), part]), Storing::No(Reason::PartialContent));
    assert_eq!(private(304, &[cc("max-age=60")]), Storing::No(Reason::NotModified));
}

#[test]
fn s3_no_store_in_the_request_in_every_case() {
    let asked = [cc("no-store")];
    for said in ["max-age=60", "public, max-age=60", "must-understand, no-store, max-age=60"] {
        let options = CacheOptions::PRIVATE;
        assert_eq!(storing(options, &asked, 200, &[cc(said)]), Storing::No(Reason::RequestNoStore));
    }
}

#[test]
fn s3_no_store_in_the_response() {
    for said in
        ["no-store", "No-Store", "max-age=60, no-store", "public, no-store=1", "private=\"x, no-store"]
    {
        assert_eq!(private(200, &[cc(said)]), Storing::No(Reason::ResponseNoStore), "{said}");
    }
    let second_line = [cc("max-age=60"), cc("no-store")];
    assert_eq!(private(200, &second_line), Storing::No(Reason::ResponseNoStore));
}

#[test]
fn s3_no_store_is_seen_behind_octets_that_are_no_text() {
    let mut device = Device::private();
    let says = Response::new(200).with_octets("Cache-Control", b"x=\xff\xfe\", max-age=60, no-store");
    assert_eq!(device.fetch("/a", &[], says).report.storing, Storing::No(Reason::ResponseNoStore));
}

#[test]
fn s3_connection_cannot_hide_no_store() {
    for said in [
        [("Connection", "cache-control"), cc("no-store, max-age=60")],
        [cc("no-store, max-age=60"), ("Connection", "close, Cache-Control")],
    ] {
        assert_eq!(private(200, &said), Storing::No(Reason::ResponseNoStore));
    }
    let private_too = [("Connection", "cache-control"), cc("private, max-age=60")];
    assert_eq!(storing(CacheOptions::SHARED, &[], 200, &private_too), Storing::No(Reason::Private));
}

#[test]
fn s5_2_2_3_must_understand_ignores_no_store_where_the_status_is_implemented() {
    let said = [cc("must-understand, no-store, max-age=60")];
    for status in [200, 203, 204, 301, 404, 410, 501] {
        assert!(is_stored(private(status, &said)), "{status}");
    }
}

#[test]
fn s5_2_2_3_must_understand_is_not_stored_at_all_without_understanding() {
    for said in ["must-understand, max-age=60", "must-understand, no-store, max-age=60, public"] {
        for status in [226, 299, 418, 499, 599] {
            assert_eq!(private(status, &[cc(said)]), Storing::No(Reason::NotUnderstood), "{status} {said}");
        }
    }
}

#[test]
fn s3_private_is_not_for_shared_caches() {
    for said in ["private", "private, max-age=60", "public, private, max-age=60", "private=\"\", max-age=60"]
    {
        let shared = storing(CacheOptions::SHARED, &[], 200, &[cc(said)]);
        assert_eq!(shared, Storing::No(Reason::Private), "{said}");
        assert!(is_stored(private(200, &[cc(said)])), "{said}");
    }
}

#[test]
fn s5_2_2_7_a_qualified_private_takes_the_fields_only() {
    let said = [cc("max-age=60, private=\"Set-Cookie\"")];
    assert!(is_stored(storing(CacheOptions::SHARED, &[], 200, &said)));
}

#[test]
fn s3_some_status_are_stored_without_lifetime() {
    for status in [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501] {
        for options in [CacheOptions::PRIVATE, CacheOptions::SHARED] {
            assert!(is_stored(storing(options, &[], status, &[])), "{status}");
        }
    }
}

#[test]
fn s3_others_need_a_lifetime_or_public_or_private() {
    for status in [201, 202, 205, 226, 302, 303, 307, 400, 401, 403, 500, 502, 503, 504, 599] {
        assert_eq!(private(status, &[]), Storing::No(Reason::NotCacheable), "{status}");
        let expires = heads::date(60);
        for said in
            [cc("max-age=60"), cc("max-age=0"), cc("public"), ("Expires", &*expires), ("Expires", "0")]
        {
            assert!(is_stored(private(status, &[said])), "{status} {said:?}");
            assert!(is_stored(storing(CacheOptions::SHARED, &[], status, &[said])), "{status} {said:?}");
        }
        assert!(is_stored(private(status, &[cc("private")])), "private cache");
        assert!(is_stored(storing(CacheOptions::SHARED, &[], status, &[cc("s-maxage=60")])), "shared cache");
        assert_eq!(private(status, &[cc("s-maxage=60")]), Storing::No(Reason::NotCacheable));
    }
}

#[test]
fn s3_a_status_of_another_kind_is_forwarded_as_it_is() {
    for status in [200, 299, 499, 599, 999] {
        let mut device = Device::private();
        let answer = device.fetch("/a", &[], Response::new(status).with(&[cc("max-age=60")]).chunk(b"x"));
        assert_eq!((answer.status, answer.text()), (status, "x"));
        assert_eq!(device.hit("/a", &[]).status, status);
    }
}

#[test]
fn s4_1_vary_by_anything_is_not_stored() {
    for said in ["*", "Accept, *", "*, Accept", ", *"] {
        let lines = [cc("max-age=60"), ("Vary", said)];
        assert_eq!(private(200, &lines), Storing::No(Reason::VariesByAnything), "{said}");
    }
}

#[test]
fn secrets_that_vary_names_are_not_stored_unless_the_option_says_so() {
    for said in ["Authorization", "Cookie", "accept, COOKIE", "proxy-authorization"] {
        let lines = [cc("max-age=60"), ("Vary", said)];
        assert_eq!(private(200, &lines), Storing::No(Reason::Secret), "{said}");
        let options = CacheOptions { secrets: Secrets::InTheClear, ..CacheOptions::PRIVATE };
        assert!(is_stored(storing(options, &[("Cookie", "c")], 200, &lines)), "{said}");
    }
}

#[test]
fn s6_6_1_of_9110_a_date_is_made_when_there_is_none() {
    for said in [&[][..], &[("Date", "yesterday")], &[("Date", "0")]] {
        let mut device = Device::private();
        let answer = device.fetch("/a", &[], Response::ok(&[cc("max-age=60")], "a").with(said));
        assert_eq!(heads::values(&answer.lines, "date"), [heads::date(0)], "forwarded: {said:?}");
        device.pass(10);
        assert_eq!(heads::values(&device.hit("/a", &[]).lines, "date"), [heads::date(0)], "stored: {said:?}");
    }
}

#[test]
fn s6_6_1_of_9110_a_valid_date_stays_as_it_is() {
    let date = "Thursday, 01-Oct-26 08:00:00 GMT";
    let mut device = Device::private();
    let answer = device.fetch("/a", &[], Response::ok(&[cc("max-age=60"), ("Date", date)], "a"));
    assert_eq!(heads::values(&answer.lines, "date"), [date]);
    assert_eq!(heads::values(&device.hit("/a", &[]).lines, "date"), [date]);
}

#[test]
fn s3_3_a_body_that_is_cut_off_is_not_stored_as_whole() {
    for says in [
        Response::new(200).with(&[cc("max-age=60")]).chunk(b"half").cut_off(),
        Response::new(200).with(&[cc("max-age=60")]).chunk(b"half").breaks(),
        Response::new(200).with(&[cc("max-age=60"), ("Content-Length", "8")]).chunk(b"half"),
    ] {
        let mut device = Device::private();
        let answer = device.fetch("/a", &[], says);
        assert!(matches!(answer.report.storing, Storing::No(Reason::CutOff | Reason::LengthMismatch)));
        assert_eq!(answer.body, b"half");
        assert_eq!(device.health().pairs, 0);
        device.forwarded("/a", &[]);
    }
}
