//! When a connection is used again, and when not.
#![allow(missing_docs, reason = "the name of a case says what it is about")]

use crate::{
    Http1Adapter, Message, TestOrigin, Then, by_path, client, closing, exchange, get, response, run,
};
use larder::client::{BodyError, BodyRead, Call, Failure, Origin, Sending};
use larder::head::{HeadBuf, Method, RequestHead, ResponseHead};
use larder_http1::Error;
use larder_tests::sockets::PATIENCE;
use std::future::{Future, poll_fn};
use std::io::Write;
use std::pin::pin;
use std::task::Poll;

pub fn rfc9112_s9_3_a_connection_is_used_again_after_a_body_read_to_its_end<A: Http1Adapter>() {
    run(async {
        let (origin, mut client) = (by_path(), client::<A>());
        for path in ["/a", "/b", "/c"] {
            assert_eq!(get::<A>(&mut client, &origin.uri(path)).await, path);
        }
        assert_eq!((origin.count(), origin.connections()), (3, 1));
    });
}

pub fn rfc9112_s9_3_a_connection_is_used_again_after_an_answer_without_a_body_and_a_chunked_one<
    A: Http1Adapter,
>() {
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
        let mut adapter = A::origin(true);
        for path in ["/204", "/304", "/chunked", "/204"] {
            let (_, _, end) =
                exchange(&mut adapter, RequestHead::get(&origin.uri(path)), 1024).await.expect("an answer");
            assert_eq!(end, BodyRead::End, "{path}");
        }
        assert_eq!((origin.count(), origin.connections()), (4, 1));
    });
}

pub fn without_keep_alive_every_request_has_a_connection_of_its_own_and_says_so<A: Http1Adapter>() {
    run(async {
        let (origin, mut adapter) = (by_path(), A::origin(false));
        for path in ["/a", "/b"] {
            exchange(&mut adapter, RequestHead::get(&origin.uri(path)), 1024).await.expect("an answer");
        }
        assert_eq!(origin.connections(), 2);
        assert!(origin.requests().iter().all(|request| request.values("connection") == ["close"]));
    });
}

pub fn a_connection_is_not_used_again_when_the_body_was_left_half_read<A: Http1Adapter>() {
    // What is left on the connection looks like the answer to the next request.
    let poison = String::from_utf8(response(200, "Cache-Control: max-age=60\r\n", "poison")).expect("text");
    let octets = response(200, "Cache-Control: max-age=60\r\n", &format!("x{poison}"));
    run(async {
        let (origin, mut client) = (TestOrigin::always(octets), client::<A>());
        for path in ["/a", "/b"] {
            let uri = origin.uri(path);
            let mut reply = client.request(RequestHead::get(&uri)).await;
            let mut first = [0; 1];
            assert_eq!((reply.read(&mut first).await.expect("an octet"), &first), (1, b"x"));
            drop(reply);
        }
        assert_eq!(get::<A>(&mut client, &origin.uri("/b")).await, format!("x{poison}"));
        assert_eq!(origin.connections(), 3);
    });
}

pub fn a_connection_is_not_used_again_when_octets_follow_the_body<A: Http1Adapter>() {
    // Behind a short head they are read with it, behind a long one they wait in the socket.
    for padding in [0, 300] {
        let lines = format!("X: {}\r\n", "x".repeat(padding));
        let mut octets = response(200, &lines, "hello");
        octets.extend(response(200, "", "poison"));
        run(async {
            let (origin, mut client) = (TestOrigin::always(octets), client::<A>());
            for path in ["/a", "/b"] {
                assert_eq!(get::<A>(&mut client, &origin.uri(path)).await, "hello");
            }
            assert_eq!(origin.connections(), 2, "{padding}");
        });
    }
}

pub fn a_connection_is_not_used_again_when_the_origin_closed_it<A: Http1Adapter>() {
    let (read, was_read) = std::sync::mpsc::channel::<()>();
    let was_read = std::sync::Mutex::new(was_read);
    let origin = TestOrigin::new(move |request: &Message, stream| {
        stream.write_all(&response(200, "", request.path())).expect("open");
        let _ = was_read.lock().map(|read| read.recv_timeout(PATIENCE));
        Then::Close
    });
    run(async {
        let mut client = client::<A>();
        assert_eq!(get::<A>(&mut client, &origin.uri("/a")).await, "/a");
        read.send(()).expect("the origin waits");
        origin.wait_for_closed(1);
        read.send(()).expect("the origin waits");
        assert_eq!(get::<A>(&mut client, &origin.uri("/b")).await, "/b");
        assert_eq!((origin.count(), origin.connections()), (2, 2));
    });
}

pub fn rfc9112_s9_6_a_connection_is_not_used_again_when_the_origin_said_so_or_is_old<A: Http1Adapter>() {
    for (version, lines) in [("1.1", "Connection: close\r\n"), ("1.0", "")] {
        let octets = format!("HTTP/{version} 200 X\r\n{lines}Content-Length: 5\r\n\r\nhello");
        run(async {
            let (origin, mut client) = (TestOrigin::always(octets), client::<A>());
            for path in ["/a", "/b"] {
                assert_eq!(get::<A>(&mut client, &origin.uri(path)).await, "hello");
            }
            assert_eq!(origin.connections(), 2, "{version} {lines}");
        });
    }
}

pub fn a_connection_is_not_used_again_for_another_origin<A: Http1Adapter>() {
    run(async {
        let (one, other, mut client) = (by_path(), by_path(), client::<A>());
        for origin in [&one, &other, &one] {
            assert_eq!(get::<A>(&mut client, &origin.uri("/a")).await, "/a");
        }
        assert_eq!((one.connections(), other.connections()), (2, 1));
    });
}

pub fn a_connection_is_not_used_again_when_the_answer_was_not_waited_for<A: Http1Adapter>() {
    // The first request is never answered.
    let origin = TestOrigin::new(|request: &Message, stream| {
        if request.path() != "/silent" {
            stream.write_all(&response(200, "", request.path())).expect("open");
        }
        Then::KeepAlive
    });
    run(async {
        let mut adapter = A::origin(true);
        exchange(&mut adapter, RequestHead::get(&origin.uri("/a")), 64).await.expect("an answer");
        {
            let (uri, mut head) = (origin.uri("/silent"), HeadBuf::<1024, 16>::new());
            let mut interim = |_: &ResponseHead<'_>| {};
            let sending = Sending { content: None::<&mut &[u8]>, interim: &mut interim };
            let request = RequestHead::get(&uri).into();
            let mut send = pin!(adapter.send(&request, sending, head.as_mut()));
            while origin.count() < 2 {
                let polled = poll_fn(|cx| Poll::Ready(send.as_mut().poll(cx))).await;
                assert!(polled.is_pending());
            }
        }
        let (_, body, _) =
            exchange(&mut adapter, RequestHead::get(&origin.uri("/b")), 64).await.expect("an answer");
        assert_eq!((body.as_slice(), origin.connections()), (&b"/b"[..], 2));
    });
}

pub fn a_body_that_was_not_waited_for_is_cut_off_and_its_connection_not_used_again<A: Http1Adapter>() {
    // The second half comes when it is too late.
    let (late, is_late) = std::sync::mpsc::channel::<()>();
    let is_late = std::sync::Mutex::new(is_late);
    let origin = TestOrigin::new(move |request: &Message, stream| {
        if request.path() == "/slow" {
            stream.write_all(b"HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\nhello").expect("open");
            let _ = is_late.lock().map(|late| late.recv_timeout(PATIENCE));
            let _ = stream.write_all(b"world");
        } else {
            stream.write_all(&response(200, "", request.path())).expect("open");
        }
        Then::KeepAlive
    });
    run(async {
        let mut adapter = A::origin(true);
        let (uri, mut head) = (origin.uri("/slow"), HeadBuf::<1024, 16>::new());
        let mut interim = |_: &ResponseHead<'_>| {};
        let sending = Sending { content: None::<&mut &[u8]>, interim: &mut interim };
        adapter.send(&RequestHead::get(&uri).into(), sending, head.as_mut()).await.expect("a head");
        let mut buf = [0; 5];
        let mut came = 0;
        while came < 5 {
            match adapter.read(&mut buf[came..]).await {
                Ok(BodyRead::Octets(read)) => came += read,
                read => panic!("{read:?}"),
            }
        }
        {
            let mut read = pin!(adapter.read(&mut buf));
            assert!(poll_fn(|cx| Poll::Ready(read.as_mut().poll(cx))).await.is_pending());
        }
        late.send(()).expect("the origin waits");
        assert_eq!(adapter.read(&mut [0; 100]).await, Ok(BodyRead::CutOff));
        let (_, body, _) =
            exchange(&mut adapter, RequestHead::get(&origin.uri("/b")), 64).await.expect("an answer");
        assert_eq!((body.as_slice(), origin.connections()), (&b"/b"[..], 2));
    });
}

pub fn a_connection_is_not_used_again_after_a_body_that_was_cut_off<A: Http1Adapter>() {
    let octets = "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n";
    run(async {
        let (origin, mut client) = (TestOrigin::always(octets), client::<A>());
        for count in 1..=2 {
            let uri = origin.uri("/a");
            let mut reply = client.request(RequestHead::get(&uri)).await;
            assert!(matches!(reply.read(&mut [0; 16]).await, Err(BodyError::Origin(_))));
            drop(reply);
            assert_eq!(origin.connections(), count);
        }
    });
}

/// Answers the first request of every connection, and ends it when the second one comes.
fn once_each() -> TestOrigin {
    let last = std::sync::Mutex::new(Vec::new());
    TestOrigin::new(move |request: &Message, stream| {
        let peer = stream.peer_addr().expect("a peer");
        let mut known = last.lock().expect("no test thread panics with it");
        if known.contains(&peer) {
            return Then::Close;
        }
        known.push(peer);
        stream.write_all(&response(200, "", request.path())).expect("open");
        Then::KeepAlive
    })
}

pub fn rfc9112_s9_3_1_what_may_be_repeated_is_sent_again_if_the_kept_connection_ends<A: Http1Adapter>() {
    run(async {
        let (origin, mut client) = (once_each(), client::<A>());
        for path in ["/a", "/b", "/c"] {
            assert_eq!(get::<A>(&mut client, &origin.uri(path)).await, path);
        }
        let paths: Vec<String> = origin.requests().iter().map(|request| request.path().to_owned()).collect();
        assert_eq!(
            (&paths[..], origin.connections()),
            (&["/a", "/b", "/b", "/c", "/c"].map(String::from)[..], 3)
        );
    });
}

pub fn rfc9112_s9_3_1_nothing_else_is_ever_sent_again<A: Http1Adapter>() {
    // What is not safe, what has content, and what had a connection of its own.
    for (method, content) in [(Method::Post, None), (Method::Get, Some(&b"hello"[..]))] {
        run(async {
            let (origin, mut client) = (once_each(), client::<A>());
            assert_eq!(get::<A>(&mut client, &origin.uri("/a")).await, "/a");
            let uri = origin.uri("/b");
            let request = RequestHead::get(&uri).with_method(method);
            let reply = match content {
                Some(content) => client.call(Call::new(request).content(content)).await,
                None => client.request(request).await,
            };
            assert!(matches!(reply.failure(), Some(Failure::Origin(Error::NoAnswer(_)))), "{method}");
            assert_eq!((origin.count(), origin.connections()), (2, 1), "{method}");
        });
    }
    run(async {
        let (origin, mut client) = (closing(""), client::<A>());
        let uri = origin.uri("/a");
        let reply = client.request(RequestHead::get(&uri)).await;
        assert!(matches!(reply.failure(), Some(Failure::Origin(Error::NoAnswer(_)))));
        assert_eq!((origin.count(), origin.connections()), (1, 1));
    });
}
