//! `TcpOrigin` under a client: what a device would meet.

use super::fixture::{Message, TestOrigin, Then, response};
use larder::client::{BodyError, Call, Client, Content, Failure, Outcome, Reply, Storing};
use larder::head::{Fields, Method, RequestHead};
use larder::store::{PairStore, RamStore};
use larder_host::{SystemClock, TcpError, TcpOrigin};
use std::future::Future;
use std::io::{Read, Write};
use std::time::Duration;

type TestClient = Client<RamStore<1024, 16>, TcpOrigin, SystemClock, 4096, 64>;

fn client() -> Box<TestClient> {
    Box::new(Client::new(RamStore::new(), TcpOrigin::new().keep_alive(), SystemClock::new()))
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime").block_on(future)
}

async fn body<S: PairStore>(mut reply: Reply<'_, S, TcpOrigin>) -> String {
    let mut buf = vec![0; 100_000];
    let read = reply.read_to_end(&mut buf).await.expect("a whole body");
    String::from_utf8(buf[..read].to_vec()).expect("text")
}

async fn get(client: &mut TestClient, uri: &str) -> String {
    body(client.request(RequestHead::get(uri)).await).await
}

fn by_path() -> TestOrigin {
    TestOrigin::new(|request: &Message, stream| {
        stream.write_all(&response(200, "", request.path())).expect("open");
        Then::KeepAlive
    })
}

#[test]
fn rfc9112_s9_3_a_connection_is_used_again_after_a_body_read_to_its_end() {
    run(async {
        let (origin, mut client) = (by_path(), client());
        for path in ["/a", "/b", "/c"] {
            assert_eq!(get(&mut client, &origin.uri(path)).await, path);
        }
        assert_eq!((origin.count(), origin.connections()), (3, 1));
    });
}

#[test]
fn a_connection_is_not_used_again_when_the_body_was_left_half_read() {
    // What is left on the connection looks like the answer to the next request.
    let poison = String::from_utf8(response(200, "Cache-Control: max-age=60\r\n", "poison")).expect("text");
    let octets = response(200, "Cache-Control: max-age=60\r\n", &format!("x{poison}"));
    run(async {
        let (origin, mut client) = (TestOrigin::always(octets), client());
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
    run(async {
        let mut octets = response(200, "", "hello");
        octets.extend(response(200, "", "poison"));
        let (origin, mut client) = (TestOrigin::always(octets), client());
        for path in ["/a", "/b"] {
            assert_eq!(get(&mut client, &origin.uri(path)).await, "hello");
        }
        assert_eq!(origin.connections(), 2);
    });
}

#[test]
fn a_connection_is_not_used_again_when_the_origin_closed_it() {
    let (read, was_read) = std::sync::mpsc::channel::<()>();
    let was_read = std::sync::Mutex::new(was_read);
    let origin = TestOrigin::new(move |request: &Message, stream| {
        stream.write_all(&response(200, "", request.path())).expect("open");
        let _ = was_read.lock().map(|read| read.recv_timeout(super::fixture::PATIENCE));
        Then::Close
    });
    run(async {
        let mut client = client();
        assert_eq!(get(&mut client, &origin.uri("/a")).await, "/a");
        read.send(()).expect("the origin waits");
        origin.wait_for_closed(1);
        assert_eq!(get(&mut client, &origin.uri("/b")).await, "/b");
        assert_eq!((origin.count(), origin.connections()), (2, 2));
    });
    drop(read);
}

#[test]
fn s4_2_4_an_origin_that_never_answers_ends_in_504_at_the_deadline() {
    run(async {
        let (origin, mut client) = (TestOrigin::new(|_, _| Then::KeepAlive), client());
        let uri = origin.uri("/a");
        let call = Call::new(RequestHead::get(&uri)).until(tokio::time::sleep(Duration::from_millis(50)));
        let reply = client.call(call).await;
        assert_eq!((reply.status(), reply.report().outcome), (504, Outcome::GatewayTimeout));
        assert!(matches!(reply.failure(), Some(Failure::DeadlinePassed)));
    });
}

#[test]
fn rfc5861_s4_an_origin_that_falls_silent_leaves_the_stale_answer_at_the_deadline() {
    let origin = TestOrigin::new(|request: &Message, stream| {
        if !request.has("if-none-match") {
            let lines = "ETag: \"1\"\r\nCache-Control: max-age=0, stale-if-error=60\r\n";
            stream.write_all(&response(200, lines, "hello")).expect("open");
        }
        Then::KeepAlive
    });
    run(async {
        let (uri, mut client) = (origin.uri("/a"), client());
        assert_eq!(get(&mut client, &uri).await, "hello");
        let call = Call::new(RequestHead::get(&uri)).until(tokio::time::sleep(Duration::from_millis(50)));
        let reply = client.call(call).await;
        assert_eq!((reply.status(), reply.report().outcome), (200, Outcome::StaleOnError));
        assert_eq!(body(reply).await, "hello");
        // The answer that never came is not waited for on that connection.
        assert_eq!(get(&mut client, &origin.uri("/b")).await, "hello");
        assert_eq!(origin.connections(), 2);
    });
}

#[test]
fn a_cut_off_body_is_told_from_a_whole_one() {
    for (framing, whole) in [
        ("Content-Length: 5\r\n\r\nhello", true),
        ("Content-Length: 6\r\n\r\nhello", false),
        ("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", true),
        ("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", false),
        ("Transfer-Encoding: chunked\r\n\r\n6\r\nhello", false),
        ("\r\nhello", true),
    ] {
        let octets = format!("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n{framing}");
        let origin = TestOrigin::new(move |_, stream| {
            stream.write_all(octets.as_bytes()).expect("open");
            Then::Close
        });
        run(async {
            let (uri, mut client) = (origin.uri("/a"), client());
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

#[test]
fn trailers_are_never_merged_into_the_head() {
    let head =
        "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nETag: \"1\"\r\nTransfer-Encoding: chunked\r\n\r\n";
    let trailers = "Cache-Control: no-store\r\nETag: \"2\"\r\nX-Trailer: 1\r\n";
    let octets = format!("{head}5\r\nhello\r\n0\r\n{trailers}\r\n");
    run(async {
        let (origin, mut client) = (TestOrigin::always(octets), client());
        let uri = origin.uri("/a");
        for outcome in [Outcome::Miss, Outcome::Hit] {
            let mut reply = client.request(RequestHead::get(&uri)).await;
            assert!(matches!(reply.read_to_end(&mut [0; 100]).await, Ok(5)));
            assert_eq!(reply.report().outcome, outcome);
            let fields = reply.fields();
            let tags: Vec<_> =
                fields.iter().filter(|line| line.is("etag")).map(|line| line.value()).collect();
            assert_eq!(tags, [b"\"1\""]);
            assert!(fields.get("x-trailer").is_none());
        }
        assert_eq!(origin.count(), 1);
    });
}

#[test]
fn the_wire_is_counted_to_the_octet() {
    let answer = response(200, "X: y\r\n", "hello");
    let received = answer.len() as u64;
    run(async {
        let (origin, mut client) = (TestOrigin::always(answer), client());
        assert_eq!(get(&mut client, &origin.uri("/a")).await, "hello");
        let sent = origin.requests()[0].head.len() + "\r\n\r\n".len();
        let wire = client.origin().wire();
        assert_eq!((wire.sent, wire.received), (sent as u64, received));
    });
}

#[test]
fn interim_responses_come_one_by_one() {
    let interim = b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".to_vec();
    let origin = TestOrigin::always([interim, response(200, "", "hello")].concat());
    run(async {
        let (uri, mut client) = (origin.uri("/a"), client());
        let mut seen = Vec::new();
        let mut listener =
            |head: &larder::head::ResponseHead<'_>| seen.push((head.status, head.fields.contains("link")));
        let reply = client.call(Call::new(RequestHead::get(&uri)).interim(&mut listener)).await;
        assert_eq!(body(reply).await, "hello");
        assert_eq!(seen, [(102, false), (103, true)]);
    });
}

#[test]
fn what_cannot_be_sent_is_an_error_and_not_left_out() {
    run(async {
        let (origin, mut client) = (by_path(), client());
        let uri = origin.uri("/a");
        let broken = [("X-A", "a\r\nX-B: b")];
        let get = RequestHead::get(&uri);
        let requests = [
            get.with_fields(Fields::new(&broken)),
            get.with_method(Method::Other("NOT A TOKEN")),
            get.with_method(Method::Connect),
            get.with_fields(Fields::new(&[("Content-Length", "5")])),
        ];
        for request in requests {
            let reply = client.request(request).await;
            assert!(matches!(reply.failure(), Some(Failure::Origin(TcpError::Unsendable(_)))), "{request:?}");
        }
        for uri in ["https://127.0.0.1/", "ftp://127.0.0.1/", "127.0.0.1"] {
            let reply = client.request(RequestHead::get(uri)).await;
            assert!(matches!(reply.failure(), Some(Failure::Origin(TcpError::Uri(_)))), "{uri}");
        }
        assert_eq!(origin.connections(), 0);
    });
}

/// Content that says it has `said` octets, and has `has`.
struct Claim {
    said: Option<u64>,
    has: usize,
}

impl Content for Claim {
    type Error = std::convert::Infallible;

    fn len(&self) -> Option<u64> {
        self.said
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error> {
        let read = buf.len().min(self.has);
        buf[..read].fill(b'x');
        self.has -= read;
        Ok(read)
    }
}

#[test]
fn rfc9110_s8_6_content_of_another_length_than_it_said_is_an_error() {
    run(async {
        let (origin, mut client) = (by_path(), client());
        let uri = origin.uri("/a");
        let post = RequestHead::get(&uri).with_method(Method::Post);
        for has in [3, 7] {
            let reply = client.call(Call::new(post).content(Claim { said: Some(5), has })).await;
            assert!(matches!(reply.failure(), Some(Failure::Origin(TcpError::Content(_)))), "{has}");
        }
        for (said, has) in [(Some(5), 5), (None, 7), (Some(0), 0), (None, 0), (Some(100_000), 100_000)] {
            let reply = client.call(Call::new(post).content(Claim { said, has })).await;
            assert_eq!(body(reply).await, "/a");
            let request = origin.requests().pop().expect("a request");
            assert_eq!((request.whole, request.body.len()), (true, has));
            assert_eq!(request.has("transfer-encoding"), said.is_none());
        }
    });
}

#[test]
fn an_origin_that_refuses_before_the_content_has_ended_is_heard() {
    // The head is answered alone: content that is not taken stays on its way.
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let uri = format!("http://{}/a", listener.local_addr().expect("an address"));
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let serving = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut head = Vec::new();
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            let mut octets = [0; 256];
            let read = stream.read(&mut octets).expect("a request");
            head.extend_from_slice(&octets[..read]);
        }
        stream.write_all(&response(413, "", "too much")).expect("open");
        wait.recv_timeout(super::fixture::PATIENCE)
    });
    run(async {
        let mut client = client();
        let put = RequestHead::get(&uri).with_method(Method::Put);
        let reply = client.call(Call::new(put).content(Claim { said: None, has: usize::MAX })).await;
        assert_eq!(reply.status(), 413);
        assert_eq!(body(reply).await, "too much");
    });
    done.send(()).expect("the server waits");
    serving.join().expect("no panic").expect("it was told");
}
