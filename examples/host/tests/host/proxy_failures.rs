//! The proxy, when something is wrong with the origin or the request.

use super::fixture::{Message, Proxy, TestOrigin, Then, proxied, response};
use std::io::Write;
use tokio::net::TcpSocket;

#[test]
fn rfc9110_s15_6_5_an_origin_that_cannot_be_reached_is_504() {
    // Bound, so that nobody else gets the port, but nobody listens.
    let nobody = TcpSocket::new_v4().expect("a socket");
    nobody.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let proxy = Proxy::new(nobody.local_addr().expect("an address"), &[]);
    assert_eq!(proxy.get("/a", "").status(), 504);
}

#[test]
fn rfc9110_s15_6_3_an_origin_whose_answer_is_none_is_502_and_asked_once() {
    let long = format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n\r\n", "x".repeat(20_000));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(150));
    let answers: [&[u8]; 7] = [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"what?\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        long.as_bytes(),
        many.as_bytes(),
    ];
    for answer in answers {
        let octets = answer.to_vec();
        let origin = TestOrigin::new(move |_, stream| {
            let _ = stream.write_all(&octets);
            Then::Close
        });
        let proxy = Proxy::new(origin.address, &[]);
        let text = String::from_utf8_lossy(answer).chars().take(60).collect::<String>();
        assert_eq!(proxy.get("/a", "").status(), 502, "{text}");
        assert_eq!(origin.count(), 1, "{text}");
    }
}

#[test]
fn rfc6585_s5_a_request_head_that_does_not_fit_is_431() {
    let (origin, proxy) = proxied(response(200, "", "hello"), &[]);
    for length in [20_000, 80_000] {
        let line = format!("X-Long: {}\r\n", "x".repeat(length));
        assert_eq!(proxy.get("/a", &line).status(), 431, "{length}");
    }
    assert_eq!(proxy.get("/a", &"X: y\r\n".repeat(150)).status(), 431);
    assert_eq!(origin.count(), 0);
}

#[test]
fn s4_2_4_stale_answers_help_out_on_demand() {
    for (options, status) in [(&[][..], 502), (&["--stale-on-error"][..], 200)] {
        let origin = TestOrigin::new(|request: &Message, stream| {
            if request.has("if-none-match") {
                return Then::Close;
            }
            let octets = response(200, "ETag: \"1\"\r\nCache-Control: max-age=0\r\n", "hello");
            stream.write_all(&octets).expect("the proxy reads");
            Then::KeepAlive
        });
        let proxy = Proxy::new(origin.address, options);
        assert_eq!(proxy.get("/a", "").status(), 200);
        assert_eq!(proxy.get("/a", "").status(), status, "{options:?}");
        assert_eq!(origin.count(), 2);
    }
}

#[test]
fn s5_2_1_7_only_if_cached_asks_nobody() {
    let (origin, proxy) = proxied(response(200, "", "hello"), &[]);
    assert_eq!(proxy.get("/a", "Cache-Control: only-if-cached\r\n").status(), 504);
    assert_eq!(origin.count(), 0);
}

#[test]
fn a_response_in_the_body_of_another_is_never_taken_for_one() {
    // More octets than the framing says, and they look like the answer to the next request.
    let poison = response(200, "Cache-Control: max-age=60\r\n", "poison");
    let mut octets = response(200, "Cache-Control: max-age=60\r\n", "hello");
    octets.extend(poison);
    let (_origin, proxy) = proxied(octets, &[]);
    for path in ["/a", "/b", "/a", "/b"] {
        assert_eq!(proxy.get(path, "").text(), "hello");
    }
}
