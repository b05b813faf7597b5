//! The proxy: bodies, in both directions and in every framing.

use super::fixture::{Message, Proxy, TestOrigin, Then, proxied, receive, response};
use std::io::{Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn rfc9112_s6_chunked_and_close_delimited_bodies_are_passed_on_and_stored() {
    let fields = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n";
    let chunked =
        format!("{fields}Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\nX-T: 1\r\n\r\n");
    let by_close = format!("{fields}\r\nhello");
    for octets in [chunked, by_close] {
        let (origin, proxy) = proxied_and_closed(octets.as_bytes());
        for _ in 0..2 {
            let answer = proxy.get("/a", "");
            assert!(answer.whole);
            assert_eq!(answer.text(), "hello", "{octets}");
        }
        assert_eq!(origin.count(), 1, "{octets}");
    }
}

#[test]
fn s3_a_cut_off_body_is_not_stored_and_seen_to_be_cut_off() {
    let fields = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n";
    for framing in ["Content-Length: 10\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"] {
        let (origin, proxy) = proxied_and_closed(format!("{fields}{framing}").as_bytes());
        for _ in 0..2 {
            assert!(!proxy.get("/a", "").whole, "{framing}");
        }
        assert_eq!(origin.count(), 2, "{framing}");
    }
}

#[test]
fn what_was_answered_is_stored_before() {
    let octets = b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n\
                   5\r\nhello\r\n0\r\n\r\n";
    let (origin, proxy) = proxied(*octets, &[]);
    for turn in 0..50 {
        let path = format!("/{turn}");
        assert!(proxy.get(&path, "").whole);
        assert!(proxy.get(&path, "").has("age"));
    }
    assert_eq!(origin.count(), 50);
}

#[test]
fn encoded_content_is_not_touched() {
    let body = "\u{1f}\u{8b} not really gzip";
    let lines = "Content-Encoding: gzip\r\nCache-Control: max-age=60\r\n";
    let (_origin, proxy) = proxied(response(200, lines, body), &[]);
    for _ in 0..2 {
        let answer = proxy.get("/a", "Accept-Encoding: gzip\r\n");
        assert_eq!((answer.text(), answer.values("content-encoding")), (body, vec!["gzip"]));
    }
}

#[test]
fn s4_4_a_put_passes_with_its_content_and_invalidates() {
    let (origin, proxy) = proxied(response(200, "Cache-Control: max-age=60\r\n", "hello"), &[]);
    let content: String = (0..60_000).map(|number| number.to_string()).collect();
    proxy.get("/a", "");
    assert!(proxy.get("/a", "").has("age"));
    let head = format!("PUT /a HTTP/1.1\r\nHost: p\r\nContent-Length: {}\r\n\r\n", content.len());
    assert_eq!(proxy.send(head + &content).status(), 200);
    assert!(!proxy.get("/a", "").has("age"));
    let requests = origin.requests();
    assert_eq!(requests.len(), 3);
    assert_eq!(requests[1].text(), content);
    assert_eq!(requests[1].values("content-length"), [content.len().to_string()]);
}

#[test]
fn other_methods_pass_with_content_of_any_framing() {
    let (origin, proxy) = proxied(response(200, "", "hello"), &[]);
    let chunked = "Host: p\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    for method in ["POST", "M-SEARCH", "PATCH", "DELETE", "MADE-UP"] {
        assert_eq!(proxy.send(format!("{method} /a HTTP/1.1\r\n{chunked}")).text(), "hello");
    }
    proxy.send("POST /a HTTP/1.1\r\nHost: p\r\nContent-Length: 0\r\n\r\n");
    proxy.send("OPTIONS * HTTP/1.1\r\nHost: p\r\n\r\n");
    let requests = origin.requests();
    for request in &requests[..5] {
        assert_eq!((request.text(), request.values("transfer-encoding")), ("abcde", vec!["chunked"]));
    }
    assert_eq!(requests[1].start_line(), "M-SEARCH /a HTTP/1.1");
    assert_eq!(requests[5].values("content-length"), ["0"]);
    assert_eq!(requests[6].start_line(), "OPTIONS * HTTP/1.1");
}

#[test]
fn rfc9110_s9_3_3_answers_to_post_are_stored_on_demand() {
    let lines = "Cache-Control: max-age=60\r\nContent-Location: /a\r\n";
    for (options, count) in [(&[][..], 2), (&["--post"][..], 1)] {
        let (origin, proxy) = proxied(response(200, lines, "hello"), options);
        proxy.send("POST /a HTTP/1.1\r\nHost: p\r\nContent-Length: 1\r\n\r\nx");
        assert_eq!(proxy.get("/a", "").text(), "hello");
        assert_eq!(origin.count(), count, "{options:?}");
    }
}

#[test]
fn a_body_arrives_piece_by_piece() {
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let origin = TestOrigin::new(move |_, stream| {
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
            .expect("open");
        let _ = wait.lock().map(|wait| wait.recv_timeout(super::fixture::PATIENCE));
        stream.write_all(b"4\r\nlast\r\n0\r\n\r\n").expect("open");
        Then::KeepAlive
    });
    let proxy = Proxy::new(origin.address, &[]);
    let mut connection = proxy.connect(b"GET /a HTTP/1.1\r\nHost: p\r\n\r\n");
    let mut octets = Vec::new();
    while !octets.ends_with(b"first\r\n") {
        std::io::BufRead::read_until(&mut connection, b'\n', &mut octets).expect("the first piece");
    }
    go_on.send(()).expect("the origin waits");
    std::io::Read::read_to_end(&mut std::io::Read::take(&mut connection, 14), &mut octets).expect("the rest");
    assert!(octets.ends_with(b"4\r\nlast\r\n0\r\n\r\n"));
}

#[test]
fn a_client_that_leaves_half_way_leaves_nothing_behind() {
    let body = "x".repeat(2_000_000);
    let octets = response(200, "Cache-Control: max-age=60\r\n", &body);
    let asked = AtomicUsize::new(0);
    // The first answer ends only once the proxy has gone, too.
    let origin = TestOrigin::new(move |_, stream| {
        let is_first = asked.fetch_add(1, Ordering::Relaxed) == 0;
        let octets = if is_first { &octets[..octets.len() / 2] } else { &octets };
        let _ = stream.write_all(octets);
        if is_first {
            let _ = stream.read(&mut [0; 1]);
        }
        Then::Close
    });
    let proxy = Proxy::new(origin.address, &[]);
    let mut connection = proxy.connect(b"GET /a HTTP/1.1\r\nHost: p\r\n\r\n");
    std::io::Read::read_exact(&mut connection, &mut [0; 1000]).expect("the beginning");
    drop(connection);
    let answer: Message = proxy.get("/a", "");
    assert!(answer.whole && answer.body == body.as_bytes());
    assert!(!answer.has("age"));
    assert_eq!(origin.count(), 2);
    assert!(proxy.get("/a", "").has("age"));
}

#[test]
fn clients_that_leave_half_way_take_no_room_in_the_store() {
    let body = "x".repeat(1_200_000);
    let (origin, proxy) = proxied(response(200, "Cache-Control: max-age=60\r\n", &body), &[]);
    proxy.get("/kept", "");
    for turn in 0..10 {
        // Ten halves are more than the store takes.
        let mut connection = proxy.connect(format!("GET /{turn} HTTP/1.1\r\nHost: p\r\n\r\n").as_bytes());
        std::io::Read::read_exact(&mut connection, &mut vec![0; 600_000]).expect("the first half");
        drop(connection);
        // Used, so that it is the last to be evicted.
        assert!(proxy.get("/kept", "").has("age"), "after {turn}");
    }
    assert_eq!(origin.count(), 11);
}

/// An origin that closes after every answer, and a proxy before it.
fn proxied_and_closed(octets: &[u8]) -> (TestOrigin, Proxy) {
    let octets = octets.to_vec();
    let origin = TestOrigin::new(move |_, stream| {
        let _ = stream.write_all(&octets);
        Then::Close
    });
    let proxy = Proxy::new(origin.address, &[]);
    (origin, proxy)
}

#[test]
fn rfc9112_s9_3_requests_on_one_connection_are_answered_in_order() {
    let origin = TestOrigin::new(|request: &Message, stream| {
        stream.write_all(&response(200, "", request.path())).expect("the proxy reads");
        Then::KeepAlive
    });
    let proxy = Proxy::new(origin.address, &[]);
    let mut connection = proxy.connect(
        b"GET /a HTTP/1.1\r\nHost: p\r\n\r\nPOST /b HTTP/1.1\r\nHost: p\r\nContent-Length: 2\r\n\r\nxyGET /c HTTP/1.1\r\nHost: p\r\n\r\n",
    );
    for path in ["/a", "/b", "/c"] {
        assert_eq!(receive(&mut connection, false).expect("an answer").text(), path);
    }
    assert_eq!(origin.connections(), 3);
}
