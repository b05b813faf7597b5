//! A client over the adapter, and exchanges without one.

use crate::Adapter;
use async_io::Timer;
use larder::client::{BodyRead, Client, Origin, Reply, Sending};
use larder::head::{HeadBuf, RequestHead, ResponseHead};
use larder::store::{PairStore, RamStore};
use larder::time::{Clock, HttpDate, Now, Uptime};
use larder_tests::sockets::{Message, PATIENCE, TestOrigin, Then, response};
use std::future::{Future, poll_fn};
use std::io::Write;
use std::pin::pin;
use std::task::Poll;
use std::time::Instant;

/// A client with 64 KiB in RAM.
pub type TestClient<A> = Client<RamStore<1024, 64>, <A as Adapter>::Origin, UptimeClock, 4096, 64>;

/// Uptime, and a UTC that stands still.
#[derive(Debug)]
pub struct UptimeClock(Instant);

impl Clock for UptimeClock {
    fn now(&self) -> Now {
        let millis = u64::try_from(self.0.elapsed().as_millis()).expect("tests are short");
        Now { uptime: Uptime::from_millis(millis), utc: Some(HttpDate::from_unix(1_790_841_600)) }
    }
}

/// A client that keeps connections.
pub fn client<A: Adapter>() -> Box<TestClient<A>> {
    Box::new(Client::new(RamStore::new(), A::origin(true), UptimeClock(Instant::now())))
}

/// Waits for `future`, not for ever.
///
/// # Panics
/// If it takes too long.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    async_io::block_on(async {
        let (mut future, mut patience) = (pin!(future), pin!(Timer::after(PATIENCE)));
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Pending if patience.as_mut().poll(cx).is_ready() => {
                panic!("it waits for what does not come")
            }
            polled => polled,
        })
        .await
    })
}

/// The body of a reply, which is whole.
pub async fn body<S: PairStore, O: Origin>(mut reply: Reply<'_, S, O>) -> String {
    let mut buf = vec![0; 200_000];
    let read = reply.read_to_end(&mut buf).await.expect("a whole body");
    String::from_utf8(buf[..read].to_vec()).expect("text")
}

/// The body under `uri`.
pub async fn get<A: Adapter>(client: &mut TestClient<A>, uri: &str) -> String {
    body(client.request(RequestHead::get(uri)).await).await
}

/// Answers with the path that was asked for.
pub fn by_path() -> TestOrigin {
    TestOrigin::new(|request: &Message, stream| {
        stream.write_all(&response(200, "", request.path())).expect("open");
        Then::KeepAlive
    })
}

/// Answers with these octets and closes in order.
pub fn closing(octets: &str) -> TestOrigin {
    let octets = octets.as_bytes().to_vec();
    TestOrigin::new(move |_, stream| {
        stream.write_all(&octets).expect("open");
        Then::Close
    })
}

/// A head, a body, and how that ended.
pub type Exchanged = (HeadBuf<4096, 64>, Vec<u8>, BodyRead);

/// One exchange without a client, read with a buffer of `room` octets.
pub async fn exchange<O: Origin>(
    origin: &mut O,
    request: RequestHead<'_>,
    room: usize,
) -> Result<Exchanged, O::Error> {
    let mut head = HeadBuf::new();
    let mut interim = |_: &ResponseHead<'_>| {};
    let sending = Sending { content: None::<&mut &[u8]>, interim: &mut interim };
    origin.send(&request.into(), sending, head.as_mut()).await?;
    let (mut body, mut buf) = (Vec::new(), vec![0; room]);
    loop {
        match origin.read(&mut buf).await? {
            BodyRead::Octets(read) => body.extend_from_slice(&buf[..read]),
            end => {
                let again = origin.read(&mut buf).await?;
                assert_eq!(again, end, "after the end it answers the same again");
                return Ok((head, body, end));
            }
        }
    }
}
