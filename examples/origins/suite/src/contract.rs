//! What every origin owes, whatever carries it and whatever its errors are called.
#![allow(missing_docs, reason = "the name of a case says what it is about")]

use crate::{
    Adapter, Message, TestOrigin, Then, body, by_path, client, closing, end_to_end, exchange, get, response,
    run,
};
use larder::client::{BodyRead, Call, Failure, Origin, Sending};
use larder::head::{Fields, HeadBuf, Method, RequestHead, ResponseHead};
use larder_tests::sockets::PATIENCE;
use std::future::{Future, poll_fn};
use std::io::Write;
use std::pin::pin;
use std::task::Poll;
use std::time::Instant;

pub fn every_line_goes_out_as_it_is_and_once<A: Adapter>() {
    run(async {
        let (origin, mut adapter) = (by_path(), A::origin(false));
        let uri = origin.uri("/a?b=c%20d");
        let lines = [("Accept", "a/b"), ("X-Twice", "1"), ("x-twice", "2"), ("X-Text", r"a\b; c='d', e")];
        let request = RequestHead::get(&uri).with_fields(Fields::new(&lines));
        exchange(&mut adapter, request, 64).await.expect("an answer");
        let sent = &origin.requests()[0];
        assert_eq!(sent.start_line(), "GET /a?b=c%20d HTTP/1.1");
        assert_eq!((sent.values("accept"), sent.values("x-twice")), (vec!["a/b"], vec!["1", "2"]));
        assert_eq!(sent.values("x-text"), [r"a\b; c='d', e"]);
        assert_eq!(sent.values("host"), [origin.address.to_string()]);
    });
}

/// Lines and URIs are the caller's, and nobody has looked at them.
pub fn what_would_be_another_request_is_an_error_and_nothing_is_sent<A: Adapter>() {
    run(async {
        let (origin, mut client) = (by_path(), client::<A>());
        let (uri, split, blank) = (origin.uri("/a"), origin.uri("/a\r\nX-B: b"), origin.uri("/a HTTP/1.1"));
        let get = RequestHead::get(&uri);
        for request in [
            get.with_fields(Fields::new(&[("X-A", "a\r\nX-B: b")])),
            get.with_fields(Fields::new(&[("X-A", "a\0")])),
            get.with_fields(Fields::new(&[("X-A: a\r\nX-B", "b")])),
            get.with_method(Method::Other("GET /b HTTP/1.1\r\nX:")),
            RequestHead::get(&split),
            RequestHead::get(&blank),
            RequestHead::get("ftp://127.0.0.1/"),
            RequestHead::get("127.0.0.1"),
        ] {
            let reply = client.request(request).await;
            assert!(matches!(reply.failure(), Some(Failure::Origin(_))), "{request:?}");
        }
        assert_eq!(origin.count(), 0);
    });
}

/// An origin that carries no content says so by an error.
pub fn content_goes_out_whole_or_the_request_fails<A: Adapter>() {
    run(async {
        let (origin, mut client) = (by_path(), client::<A>());
        let uri = origin.uri("/a");
        let content: Vec<u8> = (0..5_000).map(|number: u32| number.to_le_bytes()[0]).collect();
        let call = Call::new(RequestHead::get(&uri).with_method(Method::Post)).content(&content[..]);
        let reply = client.call(call).await;
        if reply.failure().is_none() {
            assert_eq!(body(reply).await, "/a");
            let request = &origin.requests()[0];
            assert!(request.whole && request.body == content, "{} octets", request.body.len());
        } else {
            assert!(origin.requests().iter().all(|request| !request.whole));
        }
    });
}

pub fn an_origin_that_does_not_listen_is_an_error<A: Adapter>() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let uri = format!("http://{}/a", listener.local_addr().expect("an address"));
    drop(listener);
    let refused = run(exchange(&mut A::origin(true), RequestHead::get(&uri), 64));
    assert!(refused.is_err());
}

pub fn what_is_no_answer_and_what_does_not_fit_is_an_error<A: Adapter>() {
    let many = (0..70).map(|number| format!("X-{number}: y\r\n")).collect::<String>();
    for octets in [
        "",
        "HTTP/1.1 200 X\r\nX: y\r\n",
        "HTTP/1.1 nonsense\r\n\r\n",
        "HTTP/1.1 101 X\r\n\r\n",
        &format!("HTTP/1.1 200 X\r\n{many}\r\n"),
        &format!("HTTP/1.1 200 X\r\nX: {}\r\n\r\n", "y".repeat(5000)),
    ] {
        let (origin, mut head) = (closing(octets), HeadBuf::<4096, 64>::new());
        let uri = origin.uri("/a");
        let mut interim = |_: &ResponseHead<'_>| {};
        let sending = Sending { content: None::<&mut &[u8]>, interim: &mut interim };
        let mut adapter = A::origin(true);
        let sent = run(adapter.send(&RequestHead::get(&uri).into(), sending, head.as_mut()));
        assert!(sent.is_err(), "{octets:.60}");
    }
}

pub fn rfc9112_s6_3_head_204_and_304_have_no_body<A: Adapter>() {
    without_a_body::<A>(false);
}

/// Answers to HEAD, 204 and 304. How many connections there were.
pub(crate) fn without_a_body<A: Adapter>(keeps: bool) -> usize {
    let origin = TestOrigin::new(|request: &Message, stream| {
        let status = request.path().trim_start_matches('/');
        let length = if status == "204" { 0 } else { 50 };
        let head = format!("HTTP/1.1 {status} X\r\nETag: \"1\"\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("open");
        Then::KeepAlive
    });
    run(async {
        let mut adapter = A::origin(keeps);
        for (method, path) in [(Method::Head, "/200"), (Method::Get, "/204"), (Method::Get, "/304")] {
            let uri = origin.uri(path);
            let answered = exchange(&mut adapter, RequestHead::get(&uri).with_method(method), 64).await;
            let (head, body, end) = answered.expect("an answer");
            assert_eq!((head.fields().get("etag"), body.len(), end), (Some(&b"\"1\""[..]), 0, BodyRead::End));
        }
    });
    origin.connections()
}

/// Half a body, a body whose read was dropped, and an answer that was not waited for.
pub fn the_next_answer_is_right_whatever_was_left_of_the_last<A: Adapter>() {
    let poison = String::from_utf8(response(200, "", "poison")).expect("text");
    let origin = TestOrigin::new(move |request: &Message, stream| {
        let _ = match request.path() {
            "/silent" => Ok(()),
            "/slow" => stream.write_all(b"HTTP/1.1 200 X\r\nContent-Length: 9000\r\n\r\nx"),
            "/long" => stream.write_all(&response(200, "", &format!("x{poison}"))),
            path => stream.write_all(&response(200, "", path)),
        };
        Then::KeepAlive
    });
    run(async {
        let mut client = client::<A>();
        for path in ["/long", "/slow"] {
            let uri = origin.uri(path);
            let mut reply = client.request(RequestHead::get(&uri)).await;
            assert_eq!(reply.read(&mut [0; 1]).await.expect("an octet"), 1);
            if path == "/slow" {
                let mut buf = [0; 16];
                let mut read = pin!(reply.read(&mut buf));
                assert!(poll_fn(|cx| Poll::Ready(read.as_mut().poll(cx))).await.is_pending());
            }
            drop(reply);
            assert_eq!(get::<A>(&mut client, &origin.uri("/after")).await, "/after", "{path}");
        }
        let (uri, before, end) = (origin.uri("/silent"), origin.count(), Instant::now() + PATIENCE);
        {
            let mut request = pin!(client.request(RequestHead::get(&uri)));
            while origin.count() == before {
                assert!(Instant::now() < end, "it is never sent");
                assert!(poll_fn(|cx| Poll::Ready(request.as_mut().poll(cx))).await.is_pending());
            }
        }
        assert_eq!(get::<A>(&mut client, &origin.uri("/after")).await, "/after");
    });
}

pub fn a_miss_a_hit_and_a_304<A: Adapter>() {
    end_to_end::live::<A>();
}
