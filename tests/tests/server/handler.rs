//! What comes with the handler: `Octets`, and several servers over one store.

use crate::{FRESH, made};
use core::fmt::Write;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use larder::client::{Content, Outcome};
use larder::head::{HeadError, HeadMut, Method, Outgoing, RequestHead};
use larder::server::{Handler, Octets, Server};
use larder::store::RamStore;
use larder_tests::{MockClock, block_on};

/// Counts its calls, and says so.
struct Counter<'a>(&'a core::cell::Cell<u32>);

impl Handler for Counter<'_> {
    type Body = Octets<8>;
    type Error = HeadError;

    async fn handle<C: Content>(
        &mut self,
        request: &Outgoing<'_>,
        _content: Option<&mut C>,
        mut response: HeadMut<'_>,
    ) -> Result<Octets<8>, HeadError> {
        self.0.set(self.0.get() + 1);
        let mut body = Octets::new();
        if request.method == Method::Get {
            response.push("Cache-Control", b"max-age=60")?;
            write!(body, "call {}", self.0.get()).expect("it fits");
        } else {
            response.start_response(204);
        }
        Ok(body)
    }
}

#[test]
fn servers_of_several_tasks_share_what_their_handlers_made() {
    let store: Mutex<NoopRawMutex, _> = Mutex::new(RamStore::<64, 8>::new());
    let (calls, clock) = (core::cell::Cell::new(0), MockClock::new());
    let server = || Server::<_, _, _>::new(&store, Counter(&calls), clock.clone());
    let (mut one, mut two) = (server(), server());
    let get = RequestHead::get("http://device/a");
    let mut buf = [0; 16];
    block_on(async {
        assert_eq!(one.request(get).await.read_to_end(&mut buf).await, Ok(6));
        let mut reply = two.request(get).await;
        assert_eq!(reply.report().outcome, Outcome::Hit);
        assert_eq!(reply.read_to_end(&mut buf).await.map(|read| &buf[..read]), Ok(&b"call 1"[..]));
        drop(reply);
        assert_eq!(two.request(get.with_method(Method::Put)).await.status(), 204);
        assert_eq!(
            one.request(get).await.read_to_end(&mut buf).await.map(|read| &buf[..read]),
            Ok(&b"call 3"[..])
        );
    });
    assert_eq!(calls.get(), 3);
}

#[test]
fn octets_are_taken_whole_or_not_at_all() {
    let mut body = Octets::<4>::new();
    assert!(body.push(b"abc").is_ok());
    assert!(body.push(b"de").is_err());
    assert!(write!(body, "f").is_ok());
    assert_eq!(body.len(), Some(4));
    let mut buf = [0; 3];
    block_on(async {
        assert_eq!((body.read(&mut buf).await, &buf), (Ok(3), b"abc"));
        assert_eq!((body.read(&mut buf).await, buf[0]), (Ok(1), b'f'));
        assert_eq!(body.read(&mut buf).await, Ok(0));
    });
}

#[test]
fn a_head_that_has_no_room_for_its_length_is_500() {
    let handler = crate::Scripted {
        makes: Box::new(|_| made(200, &[FRESH], "0123456789")),
        asked: std::rc::Rc::default(),
    };
    let mut server = Server::<_, _, _, 64, 1>::new(RamStore::<64, 8>::new(), handler, MockClock::new());
    block_on(async {
        let reply = server.request(RequestHead::get("http://device/a")).await;
        assert_eq!(reply.status(), 500);
        assert!(reply.failure().is_some());
    });
}
