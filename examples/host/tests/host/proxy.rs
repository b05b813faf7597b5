//! The proxy: what is answered from the store, and what passes as it is.

use super::fixture::{Message, PATIENCE, Proxy, TestOrigin, Then, proxied, receive, response};
use std::io::Write;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};

#[test]
fn s4_a_second_request_is_answered_from_the_store() {
    let (origin, proxy) = proxied(response(200, "Cache-Control: max-age=60\r\nX-A: 1\r\n", "hello"), &[]);
    let first = proxy.get("/a", "");
    let second = proxy.get("/a", "");
    assert_eq!((first.text(), second.text()), ("hello", "hello"));
    assert!(!first.has("age") && second.has("age"));
    assert_eq!(second.values("x-a"), ["1"]);
    assert_eq!(origin.count(), 1);
}

#[test]
fn s4_3_4_a_stale_response_is_validated_and_freshened() {
    let origin = TestOrigin::new(|request: &Message, stream| {
        let octets = match request.values("if-none-match")[..] {
            ["\"1\""] => b"HTTP/1.1 304 X\r\nETag: \"1\"\r\nX-A: new\r\n\r\n".to_vec(),
            _ => response(200, "ETag: \"1\"\r\nCache-Control: no-cache\r\nX-A: old\r\n", "hello"),
        };
        stream.write_all(&octets).expect("the proxy reads");
        Then::KeepAlive
    });
    let proxy = Proxy::new(origin.address, &[]);
    assert_eq!(proxy.get("/a", "").values("x-a"), ["old"]);
    let second = proxy.get("/a", "");
    assert_eq!((second.status(), second.text(), second.values("x-a")), (200, "hello", vec!["new"]));
    assert_eq!(origin.count(), 2);
}

#[test]
fn rfc9110_s15_2_interim_responses_pass_on_before_the_final_one_is_there() {
    let (seen, was_seen) = mpsc::channel::<()>();
    let was_seen = Mutex::new(was_seen);
    let origin = TestOrigin::new(move |_, stream| {
        let hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\n\r\n";
        stream.write_all(hints).expect("the proxy reads");
        let _ = was_seen.lock().map(|seen| seen.recv_timeout(PATIENCE));
        stream.write_all(&response(200, "", "hello")).expect("the proxy reads");
        Then::KeepAlive
    });
    let proxy = Proxy::new(origin.address, &[]);
    let mut connection = proxy.connect(b"GET /a HTTP/1.1\r\nHost: p\r\n\r\n");
    let interim = receive(&mut connection, false).expect("an interim response");
    assert_eq!((interim.status(), interim.values("link")), (103, vec!["</a>", "</b>"]));
    seen.send(()).expect("the origin waits");
    let last = receive(&mut connection, false).expect("the final response");
    assert_eq!((last.status(), last.text()), (200, "hello"));
}

#[test]
fn rfc9110_s15_2_clients_of_http_1_0_get_no_interim_response() {
    let hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".to_vec();
    let (_origin, proxy) = proxied([hints, response(200, "", "hello")].concat(), &[]);
    assert_eq!(proxy.send("GET /a HTTP/1.0\r\n\r\n").status(), 200);
}

#[test]
fn rfc9110_s7_6_1_lines_of_a_connection_stay_on_it() {
    let hop = "Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\n\
               Upgrade: h2c\r\nX-End: 1\r\nCache-Control: max-age=60\r\n";
    let (origin, proxy) = proxied(response(200, hop, "hello"), &[]);
    let lines = "Connection: X-Mine\r\nX-Mine: 1\r\nTE: trailers\r\nProxy-Connection: close\r\nX-End: 1\r\n";
    let answers = [proxy.get("/a", lines), proxy.get("/a", lines)];
    let request = &origin.requests()[0];
    for name in ["x-mine", "te", "proxy-connection"] {
        assert!(!request.has(name), "{name} in {}", request.head);
    }
    assert!(request.has("x-end"));
    assert_eq!(request.values("host"), [origin.address.to_string()]);
    for answer in answers {
        for name in ["x-hop", "keep-alive", "proxy-authenticate", "upgrade", "connection"] {
            assert!(!answer.has(name), "{name} in {}", answer.head);
        }
        assert!(answer.has("x-end"));
        assert_eq!(answer.values("content-length"), ["5"]);
    }
    assert_eq!(origin.count(), 1);
}

#[test]
fn duplicates_their_order_and_obs_text_are_kept() {
    let octets = b"HTTP/1.1 200 OK\r\nX-A: one\r\nX-B: \xe4\r\nX-A: two, three\r\nX-A: \r\n\
                   Cache-Control: max-age=60\r\nContent-Length: 0\r\n\r\n";
    let (origin, proxy) = proxied(*octets, &[]);
    let lines = "X-C: 1\r\nX-D: x\r\nX-C: 2, 3\r\nX-C: 1\r\n";
    for answer in [proxy.get("/a", lines), proxy.get("/a", lines)] {
        assert_eq!(answer.values("x-a"), ["one", "two, three", ""]);
        assert_eq!(answer.values("x-b"), ["ä"]);
    }
    let requests = origin.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].values("x-c"), ["1", "2, 3", "1"]);
}

#[test]
fn unusual_status_codes_pass() {
    let origin = TestOrigin::new(|request: &Message, stream| {
        let status = request.path().trim_start_matches('/').parse().expect("a number");
        stream.write_all(&response(status, "", "body")).expect("the proxy reads");
        Then::KeepAlive
    });
    let proxy = Proxy::new(origin.address, &[]);
    for status in [203, 299, 418, 499, 599, 999] {
        let answer = proxy.get(&format!("/{status}"), "");
        assert_eq!((answer.status(), answer.text()), (status, "body"));
    }
}

#[test]
fn rfc9110_s9_3_2_answers_to_head_and_304_have_no_body() {
    let origin = TestOrigin::new(|request: &Message, stream| {
        let octets = response(200, "ETag: \"1\"\r\nCache-Control: max-age=60\r\n", "hello");
        let end = if request.head.starts_with("HEAD") { octets.len() - 5 } else { octets.len() };
        stream.write_all(&octets[..end]).expect("the proxy reads");
        Then::KeepAlive
    });
    let proxy = Proxy::new(origin.address, &[]);
    // Two requests on one connection: an octet too many would be seen as the second head.
    let both = b"HEAD /a HTTP/1.1\r\nHost: p\r\n\r\nGET /a HTTP/1.1\r\nHost: p\r\n\r\n";
    let mut connection = proxy.connect(both);
    let head = receive(&mut connection, true).expect("an answer");
    assert_eq!((head.status(), head.values("content-length")), (200, vec!["5"]));
    assert_eq!(receive(&mut connection, false).expect("an answer").text(), "hello");

    let both =
        b"GET /a HTTP/1.1\r\nHost: p\r\nIf-None-Match: \"1\"\r\n\r\nHEAD /a HTTP/1.1\r\nHost: p\r\n\r\n";
    let mut connection = proxy.connect(both);
    let not_modified = receive(&mut connection, false).expect("an answer");
    assert_eq!((not_modified.status(), not_modified.values("etag")), (304, vec!["\"1\""]));
    assert_eq!(receive(&mut connection, true).expect("an answer").status(), 200);
    assert_eq!(origin.count(), 2, "the stored GET answers HEAD and the condition");
}

#[test]
fn rfc5861_s3_a_stale_answer_comes_at_once_and_is_validated_afterwards() {
    let (asked, was_asked) = mpsc::channel::<bool>();
    let asked = Mutex::new(asked);
    let origin = TestOrigin::new(move |request: &Message, stream| {
        let conditional = request.has("if-none-match");
        let octets = if conditional {
            b"HTTP/1.1 304 X\r\nCache-Control: max-age=60\r\nETag: \"1\"\r\n\r\n".to_vec()
        } else {
            let lines = "ETag: \"1\"\r\nAge: 5\r\nCache-Control: max-age=1, stale-while-revalidate=60\r\n";
            response(200, lines, "hello")
        };
        stream.write_all(&octets).expect("the proxy reads");
        let _ = asked.lock().map(|asked| asked.send(conditional));
        Then::KeepAlive
    });
    let proxy = Proxy::new(origin.address, &[]);
    proxy.get("/a", "");
    assert_eq!(was_asked.recv_timeout(PATIENCE), Ok(false));
    assert_eq!(proxy.get("/a", "").text(), "hello");
    assert_eq!(was_asked.recv_timeout(PATIENCE), Ok(true));
}

#[test]
fn many_clients_at_once_each_get_their_own_answer() {
    let origin = TestOrigin::new(|request: &Message, stream| {
        let body = format!("{} ", request.path()).repeat(2000);
        let octets = response(200, "Cache-Control: max-age=60\r\n", &body);
        // In pieces, so that the bodies of several clients are on their way at once.
        for piece in octets.chunks(3000) {
            stream.write_all(piece).expect("the proxy reads");
            std::thread::yield_now();
        }
        Then::KeepAlive
    });
    let proxy = Arc::new(Proxy::new(origin.address, &[]));
    std::thread::scope(|scope| {
        for client in 0..25 {
            let proxy = &proxy;
            scope.spawn(move || {
                for turn in 0..8 {
                    let path = format!("/{}", (client + turn) % 10);
                    let answer = proxy.get(&path, "");
                    assert_eq!(answer.text(), format!("{path} ").repeat(2000));
                }
            });
        }
    });
    // Each is a miss until the first copy is stored, and a hit from there on.
    let before = origin.count();
    (0..10).for_each(|path| drop(proxy.get(&format!("/{path}"), "")));
    assert_eq!(origin.count(), before);
}

#[test]
fn s5_2_2_7_private_answers_are_stored_for_one_user_only() {
    for (option, count) in [("--shared", 2), ("--private", 1)] {
        let octets = response(200, "Cache-Control: private, max-age=60\r\n", "hello");
        let (origin, proxy) = proxied(octets, &[option]);
        proxy.get("/a", "");
        proxy.get("/a", "");
        assert_eq!(origin.count(), count, "{option}");
    }
}

#[test]
fn s4_2_2_heuristic_freshness_can_be_switched_off() {
    let lines = "Date: Mon, 01 Jun 2026 00:00:00 GMT\r\nLast-Modified: Mon, 01 Jan 2018 00:00:00 GMT\r\n";
    for (options, count) in [(&[][..], 1), (&["--no-heuristic"][..], 2)] {
        let now = larder::time::Clock::now(&larder_host::SystemClock::new()).utc.expect("UTC").to_string();
        let lines = lines.replace("Mon, 01 Jun 2026 00:00:00 GMT", &now);
        let (origin, proxy) = proxied(response(200, &lines, "hello"), options);
        proxy.get("/a", "");
        proxy.get("/a", "");
        assert_eq!(origin.count(), count, "{options:?}");
    }
}

#[test]
fn s2_of_9211_cache_status_is_appended_to_what_other_caches_sent() {
    let lines = "Cache-Status: Upstream; hit; ttl=1100\r\nCache-Status: \"CDN Co\"; fwd=uri-miss\r\n\
                 Cache-Control: max-age=60\r\n";
    let upstream = ["Upstream; hit; ttl=1100", "\"CDN Co\"; fwd=uri-miss"];
    let (_origin, proxy) = proxied(response(200, lines, "hello"), &[]);
    let miss = proxy.get("/a", "");
    let ours = "larder; fwd=uri-miss; fwd-status=200; stored; ttl=60";
    assert_eq!(miss.values("cache-status"), [upstream[0], upstream[1], ours]);
    let hit = proxy.get("/a", "");
    let values = hit.values("cache-status");
    assert_eq!(values[..2], upstream, "one's own is not stored");
    assert!(values.len() == 3 && values[2].starts_with("larder; hit; ttl="), "{values:?}");
}

#[test]
fn s2_of_9211_the_name_in_cache_status_is_the_operators() {
    for (options, expected) in [
        (&["--name", "Edge 7"][..], vec!["\"Edge 7\"; fwd=method; fwd-status=200; detail=method-not-cached"]),
        (&["--no-cache-status"][..], vec![]),
        (&["--name", "k\u{fc}che"][..], vec![]),
    ] {
        let (_origin, proxy) = proxied(response(200, "", "hello"), options);
        let answer = proxy.send("OPTIONS /a HTTP/1.1\r\nHost: p\r\n\r\n");
        assert_eq!(answer.values("cache-status"), expected);
    }
}

#[test]
fn s2_of_9211_an_answer_that_the_proxy_makes_itself_has_no_cache_status() {
    let (origin, proxy) = proxied(response(200, "", "hello"), &[]);
    let answer = proxy.get("/a", "Cache-Control: only-if-cached\r\n");
    assert_eq!((answer.status(), answer.has("cache-status"), origin.count()), (504, false, 0));
}
