//! `EdgeHttpOrigin` against real sockets.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "it is a test")]

use edge_nal_std::Stack;
use larder::client::Failure;
use larder::head::{Fields, HeadError, Method, RequestHead};
use larder_edge_http::{EdgeHttpOrigin, Error};
use larder_origin_suite::{Adapter, TestOrigin, by_path, client, exchange, response, run};

static STACK: Stack = Stack::new();

struct EdgeHttp;

impl Adapter for EdgeHttp {
    type Origin = EdgeHttpOrigin<'static, Stack, Stack>;

    const READS_TRAILERS: bool = true;

    fn origin(keep_alive: bool) -> Self::Origin {
        let origin = EdgeHttpOrigin::new(&STACK, &STACK);
        if keep_alive { origin.keep_alive() } else { origin }
    }
}

larder_origin_suite::origin_suite!(EdgeHttp);

#[test]
fn any_method_and_any_number_of_lines_are_carried() {
    run(async {
        let (origin, mut client) = (by_path(), client::<EdgeHttp>());
        let (uri, many) = (origin.uri("/a"), [("X", "y"); 50]);
        let request = RequestHead::get(&uri).with_method(Method::Other("PROPFIND"));
        let reply = client.request(request.with_fields(Fields::new(&many))).await;
        assert_eq!(reply.status(), 200);
        let sent = origin.requests().pop().expect("a request");
        assert_eq!((sent.start_line(), sent.values("x").len()), ("PROPFIND /a HTTP/1.1", 50));
    });
}

#[test]
fn a_request_without_content_has_no_line_that_frames_one() {
    run(async {
        let (origin, mut adapter) = (by_path(), EdgeHttp::origin(true));
        exchange(&mut adapter, RequestHead::get(&origin.uri("/a")), 64).await.expect("an answer");
        let sent = origin.requests().pop().expect("a request");
        assert_eq!(sent.head, format!("GET /a HTTP/1.1\r\nHost: {}", origin.address));
    });
}

#[test]
fn a_name_is_looked_up() {
    run(async {
        let (origin, mut adapter) = (by_path(), EdgeHttp::origin(false));
        let uri = format!("http://localhost:{}/a", origin.address.port());
        let (_, body, _) = exchange(&mut adapter, RequestHead::get(&uri), 64).await.expect("an answer");
        assert_eq!(body, b"/a");
    });
}

#[test]
fn an_origin_over_tls_asks_for_https_and_never_for_http() {
    run(async {
        // What would encrypt is the caller's; here it is left out, so that one sees what is sent.
        let origin = by_path();
        let mut tls: EdgeHttpOrigin<'_, _, _> = EdgeHttpOrigin::https(&STACK, &STACK);
        let uri = format!("https://{}/a", origin.address);
        let (_, body, _) = exchange(&mut tls, RequestHead::get(&uri), 64).await.expect("an answer");
        assert_eq!(body, b"/a");
        let refused = exchange(&mut tls, RequestHead::get(&origin.uri("/a")), 64).await;
        assert_eq!((refused.err(), origin.count()), (Some(Error::Uri), 1));
    });
}

#[test]
fn a_response_of_more_lines_than_there_is_room_for_is_refused_whole() {
    run(async {
        let origin = TestOrigin::always(response(200, "A: b\r\nC: d\r\n", "hello"));
        let mut three: EdgeHttpOrigin<'_, _, _, 1024, 3> = EdgeHttpOrigin::new(&STACK, &STACK);
        let mut two: EdgeHttpOrigin<'_, _, _, 1024, 2> = EdgeHttpOrigin::new(&STACK, &STACK);
        let uri = origin.uri("/a");
        exchange(&mut three, RequestHead::get(&uri), 64).await.expect("three lines");
        let refused = exchange(&mut two, RequestHead::get(&uri), 64).await;
        assert_eq!(refused.err(), Some(Error::Head(HeadError::TooManyFields)));
    });
}

#[test]
fn a_status_that_is_none_is_malformed() {
    run(async {
        let (origin, mut client) = (TestOrigin::always(*b"HTTP/1.1 099 X\r\n\r\n"), client::<EdgeHttp>());
        let uri = origin.uri("/a");
        let reply = client.request(RequestHead::get(&uri)).await;
        assert_eq!(reply.failure(), Some(&Failure::Origin(Error::Malformed)));
    });
}
