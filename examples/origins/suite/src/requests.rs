//! What is sent, and what is not.
#![allow(missing_docs, reason = "the name of a case says what it is about")]

use crate::{Http1Adapter, body, by_path, client, exchange, run};
use larder::client::{Call, Content, Failure};
use larder::head::{Fields, Method, RequestHead};
use larder_http1::Error;

pub fn the_head_goes_out_as_it_is_with_the_host_and_its_port<A: Http1Adapter>() {
    run(async {
        let (origin, mut adapter) = (by_path(), A::origin(true));
        let uri = origin.uri("/a?b=c%20d");
        let lines = [("Accept", "a/b"), ("X-Twice", "1"), ("x-twice", "2"), ("Empty", "")];
        let request = RequestHead::get(&uri).with_fields(Fields::new(&lines));
        exchange(&mut adapter, request, 64).await.expect("an answer");
        let host = format!("Host: {}", origin.address);
        let expected =
            ["GET /a?b=c%20d HTTP/1.1", "Accept: a/b", "X-Twice: 1", "x-twice: 2", "Empty: ", &host];
        assert_eq!(origin.requests()[0].head.lines().collect::<Vec<_>>(), expected);
    });
}

pub fn a_head_of_any_length_goes_out_whole<A: Http1Adapter>() {
    run(async {
        let origin = by_path();
        for length in [1, 2000, 2048, 10_000] {
            let (mut adapter, value) = (A::origin(false), "x".repeat(length));
            let (uri, lines) = (origin.uri("/a"), [("Long", &*value), ("Last", "y")]);
            let request = RequestHead::get(&uri).with_fields(Fields::new(&lines));
            exchange(&mut adapter, request, 64).await.expect("an answer");
            let request = origin.requests().pop().expect("a request");
            assert_eq!((request.values("long"), request.values("last")), (vec![&*value], vec!["y"]));
        }
    });
}

pub fn a_host_line_of_the_request_is_kept<A: Http1Adapter>() {
    run(async {
        let (origin, mut adapter) = (by_path(), A::origin(false));
        let uri = origin.uri("/a");
        let request = RequestHead::get(&uri).with_fields(Fields::new(&[("Host", "other.example")]));
        exchange(&mut adapter, request, 64).await.expect("an answer");
        assert_eq!(origin.requests()[0].values("host"), ["other.example"]);
    });
}

pub fn what_cannot_be_sent_is_an_error_and_not_left_out<A: Http1Adapter>() {
    run(async {
        let (origin, mut client) = (by_path(), client::<A>());
        let uri = origin.uri("/a");
        let get = RequestHead::get(&uri);
        let requests = [
            get.with_fields(Fields::new(&[("X-A", "a\r\nX-B: b")])),
            get.with_fields(Fields::new(&[("X A", "a")])),
            get.with_method(Method::Other("GET /b HTTP/1.1\r\nX:")),
            get.with_method(Method::Connect),
            get.with_fields(Fields::new(&[("Content-Length", "5")])),
        ];
        for request in requests {
            let reply = client.request(request).await;
            assert!(matches!(reply.failure(), Some(Failure::Origin(Error::Unsendable(_)))), "{request:?}");
        }
        for uri in ["https://127.0.0.1/", "ftp://127.0.0.1/", "127.0.0.1"] {
            let reply = client.request(RequestHead::get(uri)).await;
            assert!(matches!(reply.failure(), Some(Failure::Origin(Error::Uri))), "{uri}");
        }
        assert_eq!(origin.connections(), 0);
    });
}

pub fn an_origin_that_does_not_listen_cannot_be_connected_to<A: Http1Adapter>() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let uri = format!("http://{}/a", listener.local_addr().expect("an address"));
    drop(listener);
    run(async {
        let mut client = client::<A>();
        let reply = client.request(RequestHead::get(&uri)).await;
        assert!(matches!(reply.failure(), Some(Failure::Origin(Error::Connect(_)))));
    });
}

/// Content that says it has `said` octets, and has `has`; if `fails`, its end is an error.
struct Claim {
    said: Option<u64>,
    has: usize,
    fails: bool,
}

impl Content for Claim {
    type Error = &'static str;

    fn len(&self) -> Option<u64> {
        self.said
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error> {
        let read = buf.len().min(self.has);
        buf[..read].fill(b'x');
        self.has -= read;
        if read == 0 && self.fails { Err("gone") } else { Ok(read) }
    }
}

pub fn rfc9110_s8_6_content_of_another_length_than_it_said_is_an_error<A: Http1Adapter>() {
    run(async {
        let (origin, mut client) = (by_path(), client::<A>());
        let uri = origin.uri("/a");
        let post = RequestHead::get(&uri).with_method(Method::Post);
        for (said, has, fails) in [
            (Some(5), 3, false),
            (Some(5), 7, false),
            (Some(0), 1, false),
            (Some(256), 300, false),
            (None, 700, true),
            (Some(9), 5, true),
        ] {
            let reply = client.call(Call::new(post).content(Claim { said, has, fails })).await;
            assert!(matches!(reply.failure(), Some(Failure::Origin(Error::Content))), "{said:?} {has}");
        }
        // What was broken off was never seen as whole, and what claims to be empty not at all.
        origin.wait_for_closed(5);
        assert_eq!(origin.requests().iter().map(|request| request.whole).collect::<Vec<_>>(), [false; 5]);
        let origin = by_path();
        let uri = origin.uri("/a");
        let post = RequestHead::get(&uri).with_method(Method::Post);
        for (said, has) in [
            (Some(5), 5),
            (None, 7),
            (Some(0), 0),
            (None, 0),
            (Some(100_000), 100_000),
            (Some(256), 256),
            (None, 70_000),
        ] {
            let reply = client.call(Call::new(post).content(Claim { said, has, fails: false })).await;
            assert_eq!(body(reply).await, "/a");
            let request = origin.requests().pop().expect("a request");
            assert_eq!((request.whole, request.body.len()), (true, has));
            assert_eq!(request.has("transfer-encoding"), said.is_none());
        }
    });
}
