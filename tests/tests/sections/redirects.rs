//! RFC 9110 §15.4 and RFC 3986 §5: where a redirection leads, and whether it is followed.

use heapless::String;
use larder::head::{Fields, Method};
use larder::limits::REDIRECTS_MAX;
use larder::redirects::{Hop, RedirectRefused, Redirects, resolve};

fn resolved(base: &str, reference: &str) -> Result<std::string::String, RedirectRefused> {
    let mut uri: String<128> = String::new();
    resolve(base, reference, &mut uri)?;
    Ok(uri.as_str().to_owned())
}

/// One hop from `from`, as the first of its request.
fn hop<'a>(
    status: u16,
    method: Method<'a>,
    from: &str,
    location: &str,
) -> Result<Option<Hop<'a>>, RedirectRefused> {
    let mut next: String<128> = String::new();
    let said = [("Location", location)];
    Redirects::new(method, from).next(status, Fields::new(&said).into(), method, from, &mut next)
}

#[test]
fn s5_4_1_of_3986_normal_examples() {
    for (reference, uri) in [
        ("g", "http://a/b/c/g"),
        ("./g", "http://a/b/c/g"),
        ("g/", "http://a/b/c/g/"),
        ("/g", "http://a/g"),
        ("//g", "http://g"),
        ("?y", "http://a/b/c/d;p?y"),
        ("g?y", "http://a/b/c/g?y"),
        ("#s", "http://a/b/c/d;p?q#s"),
        ("g#s", "http://a/b/c/g#s"),
        ("g?y#s", "http://a/b/c/g?y#s"),
        (";x", "http://a/b/c/;x"),
        ("g;x", "http://a/b/c/g;x"),
        ("g;x?y#s", "http://a/b/c/g;x?y#s"),
        ("", "http://a/b/c/d;p?q"),
        (".", "http://a/b/c/"),
        ("./", "http://a/b/c/"),
        ("..", "http://a/b/"),
        ("../", "http://a/b/"),
        ("../g", "http://a/b/g"),
        ("../..", "http://a/"),
        ("../../", "http://a/"),
        ("../../g", "http://a/g"),
    ] {
        assert_eq!(resolved("http://a/b/c/d;p?q", reference).as_deref(), Ok(uri), "{reference}");
    }
    assert_eq!(resolved("http://a/b/c/d;p?q", "g:h"), Err(RedirectRefused::Scheme));
}

#[test]
fn s5_4_2_of_3986_abnormal_examples() {
    for (reference, uri) in [
        ("../../../g", "http://a/g"),
        ("../../../../g", "http://a/g"),
        ("/./g", "http://a/g"),
        ("/../g", "http://a/g"),
        ("g.", "http://a/b/c/g."),
        (".g", "http://a/b/c/.g"),
        ("g..", "http://a/b/c/g.."),
        ("..g", "http://a/b/c/..g"),
        ("./../g", "http://a/b/g"),
        ("./g/.", "http://a/b/c/g/"),
        ("g/./h", "http://a/b/c/g/h"),
        ("g/../h", "http://a/b/c/h"),
        ("g;x=1/./y", "http://a/b/c/g;x=1/y"),
        ("g;x=1/../y", "http://a/b/c/y"),
        ("g?y/./x", "http://a/b/c/g?y/./x"),
        ("g?y/../x", "http://a/b/c/g?y/../x"),
        ("g#s/./x", "http://a/b/c/g#s/./x"),
        ("g#s/../x", "http://a/b/c/g#s/../x"),
    ] {
        assert_eq!(resolved("http://a/b/c/d;p?q", reference).as_deref(), Ok(uri), "{reference}");
    }
    // For strict parsers: a scheme without a host.
    assert_eq!(resolved("http://a/b/c/d;p?q", "http:g"), Err(RedirectRefused::Authority));
}

#[test]
fn s5_2_of_3986_bases_and_references_one_meets() {
    for (base, reference, uri) in [
        ("http://h", "g", "http://h/g"),
        ("http://h", "../g", "http://h/g"),
        ("http://h?q", "", "http://h?q"),
        ("http://h?q", "#f", "http://h?q#f"),
        ("http://h/a/../b/..", "g", "http://h/b/g"),
        ("http://h/a/./x", "g", "http://h/a/g"),
        ("http://h/a//b", "g", "http://h/a//g"),
        ("http://h/a", "https://i:8443/b/../c?d=/../e", "https://i:8443/c?d=/../e"),
        ("http://h/a", "//i?q", "http://i?q"),
        ("https://h/a", "//i/b", "https://i/b"),
        ("http://h/a", "a:b/c", "a refused scheme"),
        ("http://h/a", "./a:b", "http://h/a:b"),
        ("http://h/a", "/a:b", "http://h/a:b"),
        ("http://h/a", "http://[2001:db8::1]:80/b", "http://[2001:db8::1]:80/b"),
        ("http://h/a", "HTTP://I/b", "HTTP://I/b"),
        (
            "http://h/a",
            "https://objects.example/x?sig=a%2Bb&e=1#f",
            "https://objects.example/x?sig=a%2Bb&e=1#f",
        ),
    ] {
        let expected = if uri.starts_with("a ") { Err(RedirectRefused::Scheme) } else { Ok(uri) };
        assert_eq!(resolved(base, reference).as_deref(), expected.as_deref(), "{base} {reference}");
    }
}

#[test]
fn s10_2_2_of_9110_a_location_without_a_fragment_inherits_one() {
    for (base, reference, uri) in [
        ("http://www.example.org/~tim", "/People.html#tim", "http://www.example.org/People.html#tim"),
        (
            "http://www.example.org/index.html#larry",
            "http://www.example.net/index.html",
            "http://www.example.net/index.html#larry",
        ),
        ("http://h/a#x", "b#y", "http://h/b#y"),
        ("http://h/a#x", "b#", "http://h/b#"),
    ] {
        assert_eq!(resolved(base, reference).as_deref(), Ok(uri), "{base} {reference}");
    }
}

#[test]
fn s4_2_of_9110_what_is_no_http_uri_is_refused() {
    for (reference, reason) in [
        ("ftp://h/a", RedirectRefused::Scheme),
        ("javascript:alert(1)", RedirectRefused::Scheme),
        ("http:///a", RedirectRefused::Authority),
        ("//", RedirectRefused::Authority),
        ("http://:80/", RedirectRefused::Authority),
        ("http://user@h/", RedirectRefused::Authority),
        ("http://h.example:pass@evil/", RedirectRefused::Authority),
        ("http://h:99999/", RedirectRefused::Authority),
        ("http://h:+80/", RedirectRefused::Authority),
        ("http://h:8a/", RedirectRefused::Authority),
        ("http://[::1/", RedirectRefused::Authority),
        ("http://[]/", RedirectRefused::Authority),
        ("http://a\\b/", RedirectRefused::Authority),
        ("/a b", RedirectRefused::Malformed),
        ("/\u{e4}", RedirectRefused::Malformed),
        ("/a\r\nX: y", RedirectRefused::Malformed),
    ] {
        assert_eq!(resolved("http://h/a", reference), Err(reason), "{reference}");
    }
    for base in ["", "/a", "h", "http:a", "http:///a"] {
        assert_eq!(resolved(base, "b"), Err(RedirectRefused::Base), "{base}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut uri: String<16> = String::new();
    assert_eq!(resolve("http://h/a/b", "12345", &mut uri), Ok(()));
    assert_eq!(uri, "http://h/a/12345");
    for reference in ["123456", "12345?", "12345#", "http://hosts/12345"] {
        assert_eq!(
            resolve("http://h/a/b", reference, &mut uri),
            Err(RedirectRefused::TooLong),
            "{reference}"
        );
    }
}

#[test]
fn s15_4_which_method_follows() {
    let (get, head) = (Method::Get, Method::Head);
    for status in [301, 302, 307, 308] {
        for method in [get, head, Method::Options] {
            assert_eq!(hop(status, method, "http://h/a", "b"), Ok(Some(Hop { method, crossed: false })));
        }
        for method in [Method::Post, Method::Put, Method::Delete, Method::Connect, Method::Other("get")] {
            assert_eq!(hop(status, method, "http://h/a", "b"), Err(RedirectRefused::Unsafe));
        }
    }
    for (method, follows) in [(get, get), (head, head), (Method::Post, get), (Method::Options, get)] {
        let expected = Hop { method: follows, crossed: false };
        assert_eq!(hop(303, method, "http://h/a", "b"), Ok(Some(expected)), "{method}");
    }
    for status in [200, 201, 300, 304, 305, 306, 309, 399, 404] {
        assert_eq!(hop(status, get, "http://h/a", "b"), Ok(None));
    }
}

#[test]
fn s15_4_a_post_may_be_answered_by_a_get_of_the_same_uri_once() {
    let mut next: String<64> = String::new();
    let mut redirects = Redirects::new(Method::Post, "http://h/a");
    let to_itself = Fields::new(&[("Location", "/a")]);
    assert!(redirects.next(303, to_itself.into(), Method::Post, "http://h/a", &mut next).unwrap().is_some());
    let again = redirects.next(303, to_itself.into(), Method::Get, "http://h/a", &mut next);
    assert_eq!(again, Err(RedirectRefused::Loop));
}

#[test]
fn never_from_https_to_http() {
    for to in ["http://h/b", "HTTP://h/b", "http://other/b", "http://h:443/b"] {
        assert_eq!(hop(302, Method::Get, "https://h/a", to), Err(RedirectRefused::Downgrade), "{to}");
        assert_eq!(hop(302, Method::Get, "HTTPS://h/a", to), Err(RedirectRefused::Downgrade), "{to}");
    }
    assert!(hop(302, Method::Get, "http://h/a", "https://h/b").is_ok());
    assert!(hop(302, Method::Get, "https://h/a", "//other/b").is_ok());
}

#[test]
fn secrets_stay_with_their_origin() {
    let mut next: String<64> = String::new();
    let mut redirects = Redirects::new(Method::Get, "https://h/a");
    let mut follow = |from: &str, to: &str| {
        let said = [("Location", to)];
        redirects.next(302, Fields::new(&said).into(), Method::Get, from, &mut next).unwrap().unwrap()
    };
    let same = follow("https://h/a", "https://H:443/b");
    assert!(!same.crossed && same.may_carry("Authorization") && same.may_carry("cookie"));
    for (from, to) in [
        ("https://h/b", "https://other/c"),
        // Not when it comes back either.
        ("https://other/c", "https://h/d"),
    ] {
        let hop = follow(from, to);
        assert!(hop.crossed);
        for name in ["Authorization", "COOKIE", "Proxy-Authorization"] {
            assert!(!hop.may_carry(name), "{name}");
        }
        assert!(hop.may_carry("Accept") && hop.may_carry("Want-Repr-Digest") && hop.may_carry("Range"));
    }
    for (from, to) in [
        ("http://h/a", "https://h/a"),
        ("http://h/a", "http://h:8080/a"),
        ("http://h/a", "http://sub.h/a"),
        ("http://h/a", "http://h./a"),
    ] {
        assert_eq!(hop(302, Method::Get, from, to).unwrap().map(|hop| hop.crossed), Some(true), "{to}");
    }
    for name in ["If-None-Match", "if-range", "Host", "Content-Length", "Referer"] {
        assert!(!same.may_carry(name), "{name}");
    }
}

#[test]
fn s15_4_a_response_without_one_location_is_the_answer() {
    let mut next: String<64> = String::new();
    let ask = |lines: &[(&str, &str)], next: &mut String<64>| {
        Redirects::new(Method::Get, "http://h/a")
            .next(301, Fields::new(lines).into(), Method::Get, "http://h/a", next)
            .map(|hop| hop.is_some())
    };
    assert_eq!(ask(&[], &mut next), Err(RedirectRefused::NoLocation));
    assert_eq!(ask(&[("Content-Location", "/b")], &mut next), Err(RedirectRefused::NoLocation));
    assert_eq!(ask(&[("Location", "/b"), ("location", "/c")], &mut next), Err(RedirectRefused::Ambiguous));
    assert_eq!(ask(&[("Location", "/b"), ("location", "/b")], &mut next), Ok(true));
}

#[test]
fn loops_and_long_chains_end() {
    assert_eq!(hop(301, Method::Get, "http://h/a", "/a"), Err(RedirectRefused::Loop));
    assert_eq!(hop(301, Method::Get, "http://h/a", "HTTP://H:80/%61#x"), Err(RedirectRefused::Loop));
    assert_eq!(hop(301, Method::Get, "http://h/a", ""), Err(RedirectRefused::Loop));

    let mut next: String<64> = String::new();
    let mut chain = |mut redirects: Redirects| {
        let mut from = "http://h/0".to_owned();
        loop {
            let to = format!("/{}", redirects.hops() + 1);
            let said = [("Location", &*to)];
            let hop = redirects.next(302, Fields::new(&said).into(), Method::Get, &from, &mut next);
            if let Err(reason) = hop {
                return (redirects.hops(), reason);
            }
            from = next.as_str().to_owned();
        }
    };
    let start = Redirects::new(Method::Get, "http://h/0");
    assert_eq!(chain(start.clone()), (REDIRECTS_MAX, RedirectRefused::TooMany));
    assert_eq!(chain(start.clone().at_most(2)), (2, RedirectRefused::TooMany));
    assert_eq!(chain(start.clone().at_most(0)), (0, RedirectRefused::TooMany));
    assert_eq!(chain(start.at_most(1000)), (REDIRECTS_MAX, RedirectRefused::TooMany));
}

#[test]
fn a_chain_that_comes_back_is_a_loop() {
    let mut next: String<64> = String::new();
    let mut redirects = Redirects::new(Method::Get, "http://h/a");
    for (from, to) in [("http://h/a", "/b"), ("http://h/b", "/c")] {
        let said = [("Location", to)];
        assert!(redirects.next(302, Fields::new(&said).into(), Method::Get, from, &mut next).is_ok());
    }
    let back =
        redirects.next(302, Fields::new(&[("Location", "/b")]).into(), Method::Get, "http://h/c", &mut next);
    assert_eq!(back, Err(RedirectRefused::Loop));
}
