//! `ReqwlessOrigin` under a client, against real sockets: what a device would meet.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "it is a test")]

mod connections;
mod requests;
mod responses;

use larder::client::{BodyRead, Client, Origin, Reply, Sending};
use larder::head::{HeadBuf, RequestHead, ResponseHead};
use larder::store::{PairStore, RamStore};
use larder::time::{Clock, HttpDate, Now, Uptime};
use larder_reqwless::{Connect, Error, ReqwlessOrigin};
use larder_tests::sockets::{Message, TestOrigin, Then, response};
use std::future::Future;
use std::io::Write;
use std::time::Instant;
use std_embedded_nal_async::Stack;

type Reqwless<'n> = ReqwlessOrigin<'n, Stack, Stack>;
type TestClient<'n> = Client<RamStore<1024, 16>, Reqwless<'n>, UptimeClock, 4096, 64>;

/// Uptime, and a UTC that stands still.
struct UptimeClock(Instant);

impl Clock for UptimeClock {
    fn now(&self) -> Now {
        let millis = u64::try_from(self.0.elapsed().as_millis()).expect("tests are short");
        Now { uptime: Uptime::from_millis(millis), utc: Some(HttpDate::from_unix(1_790_841_600)) }
    }
}

fn client(stack: &Stack) -> Box<TestClient<'_>> {
    Box::new(Client::new(
        RamStore::new(),
        Reqwless::new(stack, stack).keep_alive(),
        UptimeClock(Instant::now()),
    ))
}

fn run<T>(future: impl Future<Output = T>) -> T {
    async_io::block_on(future)
}

async fn body<S: PairStore, O: Origin>(mut reply: Reply<'_, S, O>) -> String {
    let mut buf = vec![0; 200_000];
    let read = reply.read_to_end(&mut buf).await.expect("a whole body");
    String::from_utf8(buf[..read].to_vec()).expect("text")
}

async fn get(client: &mut TestClient<'_>, uri: &str) -> String {
    body(client.request(RequestHead::get(uri)).await).await
}

/// Answers with the path that was asked for.
fn by_path() -> TestOrigin {
    TestOrigin::new(|request: &Message, stream| {
        stream.write_all(&response(200, "", request.path())).expect("open");
        Then::KeepAlive
    })
}

/// Answers with these octets and closes in order.
fn closing(octets: &str) -> TestOrigin {
    let octets = octets.as_bytes().to_vec();
    TestOrigin::new(move |_, stream| {
        stream.write_all(&octets).expect("open");
        Then::Close
    })
}

/// One exchange without a client, read with a buffer of `room` octets: the head, the body, and how
/// that ended.
async fn exchange<T: Connect>(
    origin: &mut ReqwlessOrigin<'_, T, Stack>,
    request: RequestHead<'_>,
    room: usize,
) -> Result<(HeadBuf<4096, 64>, Vec<u8>, BodyRead), Error> {
    let mut head = HeadBuf::new();
    let mut interim = |_: &ResponseHead<'_>| {};
    let sending = Sending { content: None::<&mut &[u8]>, interim: &mut interim };
    origin.send(&request.into(), sending, head.as_mut()).await?;
    let (mut body, mut buf) = (Vec::new(), vec![0; room]);
    loop {
        match origin.read(&mut buf).await? {
            BodyRead::Octets(read) => body.extend_from_slice(&buf[..read]),
            end => {
                assert_eq!(origin.read(&mut buf).await, Ok(end), "after the end it answers the same again");
                return Ok((head, body, end));
            }
        }
    }
}
