//! When a connection is used again, and when not.

use super::{Message, TestOrigin, Then, by_path, client, exchange, get, response, run};
use embedded_nal_async::TcpConnect;
use larder::client::{BodyError, BodyRead, Origin, Sending};
use larder::head::{HeadBuf, RequestHead, ResponseHead};
use larder_reqwless::{Connect, Peer, ReqwlessOrigin};
use larder_tests::sockets::PATIENCE;
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io::Write;
use std::pin::pin;
use std::task::Poll;
use std_embedded_nal_async::Stack;

#[test]
fn rfc9112_s9_3_a_connection_is_used_again_after_a_body_read_to_its_end() {
    let stack = Stack::default();
    run(async {
        let (origin, mut client) = (by_path(), client(&stack));
        for path in ["/a", "/b", "/c"] {
            assert_eq!(get(&mut client, &origin.uri(path)).await, path);
        }
        assert_eq!((origin.count(), origin.connections()), (3, 1));
    });
}

#[test]
fn rfc9112_s9_3_a_connection_is_used_again_after_an_answer_without_a_body_and_a_chunked_one() {
    let stack = Stack::default();
    let origin = TestOrigin::new(|request: &Message, stream| {
        let head = match request.path() {
            "/204" => "HTTP/1.1 204 X\r\n\r\n",
            "/304" => "HTTP/1.1 304 X\r\nContent-Length: 500\r\n\r\n",
            _ => "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        };
        stream.write_all(head.as_bytes()).expect("open");
        Then::KeepAlive
    });
    run(async {
        let mut reqwless = ReqwlessOrigin::new(&stack, &stack).keep_alive();
        for path in ["/204", "/304", "/chunked", "/204"] {
            let (_, _, end) =
                exchange(&mut reqwless, RequestHead::get(&origin.uri(path)), 1024).await.expect("an answer");
            assert_eq!(end, BodyRead::End, "{path}");
        }
        assert_eq!((origin.count(), origin.connections()), (4, 1));
    });
}

#[test]
fn without_keep_alive_every_request_has_a_connection_of_its_own_and_says_so() {
    let stack = Stack::default();
    run(async {
        let (origin, mut reqwless) = (by_path(), ReqwlessOrigin::new(&stack, &stack));
        for path in ["/a", "/b"] {
            exchange(&mut reqwless, RequestHead::get(&origin.uri(path)), 1024).await.expect("an answer");
        }
        assert_eq!(origin.connections(), 2);
        assert!(origin.requests().iter().all(|request| request.values("connection") == ["close"]));
    });
}

#[test]
fn a_connection_is_not_used_again_when_the_body_was_left_half_read() {
    // What is left on the connection looks like the answer to the next request.
    let stack = Stack::default();
    let poison = String::from_utf8(response(200, "Cache-Control: max-age=60\r\n", "poison")).expect("text");
    let octets = response(200, "Cache-Control: max-age=60\r\n", &format!("x{poison}"));
    run(async {
        let (origin, mut client) = (TestOrigin::always(octets), client(&stack));
        for path in ["/a", "/b"] {
            let uri = origin.uri(path);
            let mut reply = client.request(RequestHead::get(&uri)).await;
            let mut first = [0; 1];
            assert_eq!((reply.read(&mut first).await.expect("an octet"), &first), (1, b"x"));
            drop(reply);
        }
        assert_eq!(get(&mut client, &origin.uri("/b")).await, format!("x{poison}"));
        assert_eq!(origin.connections(), 3);
    });
}

#[test]
fn a_connection_is_not_used_again_when_octets_follow_the_body() {
    let stack = Stack::default();
    // Behind a short head they are read with it, behind a long one they wait in the socket.
    for padding in [0, 300] {
        let lines = format!("X: {}\r\n", "x".repeat(padding));
        let mut octets = response(200, &lines, "hello");
        octets.extend(response(200, "", "poison"));
        run(async {
            let (origin, mut client) = (TestOrigin::always(octets), client(&stack));
            for path in ["/a", "/b"] {
                assert_eq!(get(&mut client, &origin.uri(path)).await, "hello");
            }
            assert_eq!(origin.connections(), 2, "{padding}");
        });
    }
}

#[test]
fn a_connection_is_not_used_again_when_the_origin_closed_it() {
    let stack = Stack::default();
    let (read, was_read) = std::sync::mpsc::channel::<()>();
    let was_read = std::sync::Mutex::new(was_read);
    let origin = TestOrigin::new(move |request: &Message, stream| {
        stream.write_all(&response(200, "", request.path())).expect("open");
        let _ = was_read.lock().map(|read| read.recv_timeout(PATIENCE));
        Then::Close
    });
    run(async {
        let mut client = client(&stack);
        assert_eq!(get(&mut client, &origin.uri("/a")).await, "/a");
        read.send(()).expect("the origin waits");
        origin.wait_for_closed(1);
        read.send(()).expect("the origin waits");
        assert_eq!(get(&mut client, &origin.uri("/b")).await, "/b");
        assert_eq!((origin.count(), origin.connections()), (2, 2));
    });
}

#[test]
fn rfc9112_s9_6_a_connection_is_not_used_again_when_the_origin_said_so_or_is_old() {
    let stack = Stack::default();
    for (version, lines) in [("1.1", "Connection: close\r\n"), ("1.0", "")] {
        let octets = format!("HTTP/{version} 200 X\r\n{lines}Content-Length: 5\r\n\r\nhello");
        run(async {
            let (origin, mut client) = (TestOrigin::always(octets), client(&stack));
            for path in ["/a", "/b"] {
                assert_eq!(get(&mut client, &origin.uri(path)).await, "hello");
            }
            assert_eq!(origin.connections(), 2, "{version} {lines}");
        });
    }
}

#[test]
fn a_connection_is_not_used_again_for_another_origin() {
    let stack = Stack::default();
    run(async {
        let (one, other, mut client) = (by_path(), by_path(), client(&stack));
        for origin in [&one, &other, &one] {
            assert_eq!(get(&mut client, &origin.uri("/a")).await, "/a");
        }
        assert_eq!((one.connections(), other.connections()), (2, 1));
    });
}

#[test]
fn a_connection_is_not_used_again_when_the_answer_was_not_waited_for() {
    let stack = Stack::default();
    // The first request is never answered.
    let origin = TestOrigin::new(|request: &Message, stream| {
        if request.path() != "/silent" {
            stream.write_all(&response(200, "", request.path())).expect("open");
        }
        Then::KeepAlive
    });
    run(async {
        let mut reqwless = ReqwlessOrigin::new(&stack, &stack).keep_alive();
        exchange(&mut reqwless, RequestHead::get(&origin.uri("/a")), 64).await.expect("an answer");
        {
            let (uri, mut head) = (origin.uri("/silent"), HeadBuf::<1024, 16>::new());
            let mut interim = |_: &ResponseHead<'_>| {};
            let sending = Sending { content: None::<&mut &[u8]>, interim: &mut interim };
            let request = RequestHead::get(&uri).into();
            let mut send = pin!(reqwless.send(&request, sending, head.as_mut()));
            while origin.count() < 2 {
                let polled = poll_fn(|cx| Poll::Ready(send.as_mut().poll(cx))).await;
                assert!(polled.is_pending());
            }
        }
        let (_, body, _) =
            exchange(&mut reqwless, RequestHead::get(&origin.uri("/b")), 64).await.expect("an answer");
        assert_eq!((body.as_slice(), origin.connections()), (&b"/b"[..], 2));
    });
}

#[test]
fn a_connection_is_not_used_again_after_a_body_that_was_cut_off() {
    let stack = Stack::default();
    let octets = "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n";
    run(async {
        let (origin, mut client) = (TestOrigin::always(octets), client(&stack));
        for count in 1..=2 {
            let uri = origin.uri("/a");
            let mut reply = client.request(RequestHead::get(&uri)).await;
            assert!(matches!(reply.read(&mut [0; 16]).await, Err(BodyError::Origin(_))));
            drop(reply);
            assert_eq!(origin.connections(), count);
        }
    });
}

/// Says that it speaks TLS, and remembers for whom it should have.
struct Pretending<'s>(&'s Stack, RefCell<Vec<(bool, String, u16)>>);

impl Connect for Pretending<'_> {
    const HTTPS: bool = true;
    type Error = <Stack as TcpConnect>::Error;
    type Connection<'m>
        = <Stack as TcpConnect>::Connection<'m>
    where
        Self: 'm;

    async fn connect(&self, peer: Peer<'_>) -> Result<Self::Connection<'_>, Self::Error> {
        let Peer { is_https, host, address } = peer;
        self.1.borrow_mut().push((is_https, host.to_owned(), address.port()));
        TcpConnect::connect(self.0, address).await
    }
}

#[test]
fn https_goes_over_connections_of_its_own_to_the_host_that_the_uri_names() {
    let stack = Stack::default();
    let secure = Pretending(&stack, RefCell::default());
    run(async {
        let origin = by_path();
        let mut reqwless = ReqwlessOrigin::new(&secure, &stack).keep_alive();
        let (http, https) = (origin.uri("/"), origin.uri("/").replace("http:", "https:"));
        for uri in [&http, &https, &https, &http] {
            exchange(&mut reqwless, RequestHead::get(uri), 1024).await.expect("an answer");
        }
        let port = http.rsplit([':', '/']).nth(1).and_then(|port| port.parse().ok()).expect("a port");
        let to = |is_https| (is_https, "127.0.0.1".to_owned(), port);
        assert_eq!(*secure.1.borrow(), [to(false), to(true), to(false)]);
    });
}
