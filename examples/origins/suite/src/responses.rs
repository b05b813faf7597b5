//! Heads and bodies that come from an origin.
#![allow(missing_docs, reason = "the name of a case says what it is about")]

use crate::contract::without_a_body;
use crate::{Adapter, Http1Adapter, TestOrigin, body, client, closing, exchange, response, run};
use larder::client::{BodyError, BodyRead, Call, Failure, Storing};
use larder::head::{HeadError, RequestHead, ResponseHead};
use larder_http1::Error;
use std::io::Write;

pub fn a_cut_off_body_is_told_from_a_whole_one<A: Adapter>() {
    for (framing, whole) in [
        ("Content-Length: 5\r\n\r\nhello", true),
        ("Content-Length: 6\r\n\r\nhello", false),
        ("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", true),
        ("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", false),
        ("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", false),
        ("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0", false),
        ("Transfer-Encoding: chunked\r\n\r\n6\r\nhello", false),
        ("\r\nhello", true),
    ] {
        let origin = closing(&format!("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n{framing}"));
        run(async {
            let (uri, mut client) = (origin.uri("/a"), client::<A>());
            let mut reply = client.request(RequestHead::get(&uri)).await;
            let read = reply.read_to_end(&mut [0; 100]).await;
            if whole {
                assert!(matches!(read, Ok(5)), "{framing}: {read:?}");
            } else {
                assert!(matches!(read, Err(BodyError::CutOff)), "{framing}: {read:?}");
                assert!(matches!(reply.read(&mut [0; 100]).await, Err(BodyError::CutOff)));
            }
            assert_eq!(matches!(reply.report().storing, Storing::Stored(_)), whole, "{framing}");
        });
    }
}

pub fn what_came_before_the_cut_is_handed_over<A: Adapter>() {
    for framing in [
        "Content-Length: 6\r\n\r\nhello",
        "Transfer-Encoding: chunked\r\n\r\n6\r\nhello",
        "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n",
    ] {
        let origin = closing(&format!("HTTP/1.1 200 OK\r\n{framing}"));
        for room in [1, 4, 1000] {
            let (mut adapter, uri) = (A::origin(false), origin.uri("/a"));
            let exchanged = run(exchange(&mut adapter, RequestHead::get(&uri), room));
            let (_, body, end) = exchanged.expect("a head");
            assert_eq!((&body[..], end), (&b"hello"[..], BodyRead::CutOff), "{framing} {room}");
        }
    }
}

pub fn rfc9112_s7_1_malformed_chunks_are_an_error_and_never_the_end<A: Http1Adapter>() {
    // An empty line for a size; a size that is none; no line end behind a chunk.
    for chunks in ["5\r\nhello\r\n\r\n\r\n", "5\r\nhello\r\nx\r\n", "5\r\nhellohello"] {
        let origin = closing(&format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"));
        run(async {
            let (uri, mut client) = (origin.uri("/a"), client::<A>());
            let mut reply = client.request(RequestHead::get(&uri)).await;
            let read = reply.read_to_end(&mut [0; 100]).await;
            assert!(matches!(read, Err(BodyError::Origin(Error::Malformed))), "{chunks:?}: {read:?}");
        });
    }
}

pub fn rfc9112_s7_1_2_trailers_are_passed_over_or_an_error<A: Http1Adapter>() {
    let origin =
        closing("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n");
    run(async {
        let (uri, mut client) = (origin.uri("/a"), client::<A>());
        let mut reply = client.request(RequestHead::get(&uri)).await;
        match reply.read_to_end(&mut [0; 100]).await {
            Ok(5) => assert!(A::READS_TRAILERS),
            read => {
                assert!(matches!(read, Err(BodyError::Origin(Error::Malformed))), "{read:?}");
                assert!(!A::READS_TRAILERS);
            }
        }
    });
}

pub fn a_reset_in_a_body_that_the_close_delimits_is_an_error<A: Http1Adapter>() {
    // The origin leaves octets of the request unread, so that its close is a reset.
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let uri = format!("http://{}/a", listener.local_addr().expect("an address"));
    let serving = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut head = [0; 16];
        std::io::Read::read_exact(&mut stream, &mut head).expect("a request");
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nhello").expect("open");
    });
    run(async {
        let mut client = client::<A>();
        let mut reply = client.request(RequestHead::get(&uri)).await;
        serving.join().expect("no panic");
        if reply.status() == 504 {
            // The reset overtook the head.
            assert!(matches!(reply.failure(), Some(Failure::Origin(Error::NoAnswer(_)))));
            return;
        }
        let read = reply.read_to_end(&mut [0; 100]).await;
        assert!(matches!(read, Err(BodyError::Origin(Error::Broken(_)))), "{read:?}");
    });
}

pub fn bodies_are_the_same_through_buffers_of_any_size<A: Adapter>() {
    let long: String = (0..3000).map(|number| format!("{number} ")).collect();
    let chunks: String = long
        .as_bytes()
        .chunks(700)
        .map(|chunk| format!("{:X}\r\n{}\r\n", chunk.len(), str::from_utf8(chunk).expect("text")))
        .collect();
    for answer in [
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{long}", long.len()),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\n\r\n{long}"),
    ] {
        let origin = closing(&answer);
        for room in [1, 7, 255, 256, 1000, 100_000] {
            let mut adapter = A::origin(false);
            let uri = origin.uri("/a");
            let (_, body, end) =
                run(exchange(&mut adapter, RequestHead::get(&uri), room)).expect("an answer");
            assert!(end == BodyRead::End && body == long.as_bytes(), "{room}: {} octets", body.len());
        }
    }
}

pub fn rfc9112_s6_3_head_204_and_304_have_no_body_whatever_they_say<A: Http1Adapter>() {
    assert_eq!(without_a_body::<A>(true), 1);
}

pub fn interim_responses_come_one_by_one<A: Http1Adapter>() {
    let interim = b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".to_vec();
    let origin = TestOrigin::always([interim, response(200, "", "hello")].concat());
    run(async {
        let (uri, mut client) = (origin.uri("/a"), client::<A>());
        let mut seen = Vec::new();
        let mut listener = |head: &ResponseHead<'_>| seen.push((head.status, head.fields.contains("link")));
        let reply = client.call(Call::new(RequestHead::get(&uri)).interim(&mut listener)).await;
        assert_eq!(body(reply).await, "hello");
        assert_eq!(seen, [(102, false), (103, true)]);
    });
}

pub fn field_lines_come_as_they_were_sent<A: Adapter>() {
    let octets = b"HTTP/1.1 200 \r\nSet-Cookie: a\r\nX-Obs: \xe4\r\nset-cookie: b\r\nEmpty:\r\nContent-Length: 0\r\n\r\n";
    let origin = TestOrigin::always(octets.to_vec());
    run(async {
        let mut adapter = A::origin(false);
        let (head, _, _) =
            exchange(&mut adapter, RequestHead::get(&origin.uri("/a")), 64).await.expect("an answer");
        let lines: Vec<(&str, &[u8])> =
            head.fields().iter().map(|field| (field.name(), field.value())).collect();
        assert_eq!(
            lines[..4],
            [("Set-Cookie", &b"a"[..]), ("X-Obs", b"\xe4"), ("set-cookie", b"b"), ("Empty", b""),]
        );
    });
}

pub fn what_is_no_answer_is_an_error<A: Http1Adapter>() {
    for (octets, error) in [
        ("HTTP/1.1 101 X\r\n\r\n".to_owned(), Error::Switched),
        ("HTTP/1.1 nonsense\r\n\r\n".to_owned(), Error::Malformed),
        (format!("HTTP/1.1 200 X\r\nX: {}\r\n\r\n", "y".repeat(3000)), Error::Head(HeadError::TooLong)),
        (
            "HTTP/1.1 200 X\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(),
            Error::Malformed,
        ),
        ("HTTP/1.1 200 X\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n".to_owned(), Error::Malformed),
        ("HTTP/1.1 200 X\r\nTransfer-Encoding: gzip, chunked\r\n\r\n".to_owned(), Error::Malformed),
    ] {
        let origin = closing(&octets);
        run(async {
            let (uri, mut client) = (origin.uri("/a"), client::<A>());
            let reply = client.request(RequestHead::get(&uri)).await;
            assert_eq!(
                (reply.status(), reply.failure()),
                (504, Some(&Failure::Origin(error))),
                "{octets:.60}"
            );
        });
    }
    for octets in ["", "HTTP/1.1 200 X\r\nX: y\r\n"] {
        let origin = closing(octets);
        run(async {
            let (uri, mut client) = (origin.uri("/a"), client::<A>());
            let reply = client.request(RequestHead::get(&uri)).await;
            assert!(matches!(reply.failure(), Some(Failure::Origin(Error::NoAnswer(_)))), "{octets}");
        });
    }
}

pub fn a_head_of_too_many_lines_is_refused_whole<A: Http1Adapter>() {
    let many = (0..70).map(|number| format!("X-{number}: y\r\n")).collect::<String>();
    let origin = closing(&format!("HTTP/1.1 200 X\r\n{many}\r\n"));
    let refused = run(exchange(&mut A::origin(true), RequestHead::get(&origin.uri("/a")), 64)).err();
    assert!(matches!(refused, Some(Error::Malformed | Error::Head(HeadError::TooManyFields))), "{refused:?}");
}
