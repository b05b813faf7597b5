//! `ReqwlessOrigin` against real sockets.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "it is a test")]

use embedded_nal_async::TcpConnect;
use larder::client::Failure;
use larder::head::{Fields, Method, RequestHead};
use larder_origin_suite::{Adapter, by_path, client, exchange, run};
use larder_reqwless::{Connect, Error, Peer, ReqwlessOrigin};
use std::cell::RefCell;
use std_embedded_nal_async::Stack;

struct Reqwless;

impl Adapter for Reqwless {
    type Origin = ReqwlessOrigin<'static, Stack, Stack>;

    const READS_TRAILERS: bool = false;

    fn origin(keep_alive: bool) -> Self::Origin {
        let stack: &Stack = Box::leak(Box::default());
        let origin = ReqwlessOrigin::new(stack, stack);
        if keep_alive { origin.keep_alive() } else { origin }
    }
}

larder_origin_suite::origin_suite!(Reqwless);

/// As of an origin that nothing is known of.
mod contract {
    larder_origin_suite::contract_suite!(super::Reqwless);
}

#[test]
fn what_reqwless_cannot_carry_is_an_error() {
    run(async {
        let (origin, mut client) = (by_path(), client::<Reqwless>());
        let uri = origin.uri("/a");
        let (get, many) = (RequestHead::get(&uri), [("X", "y"); 40]);
        for request in [get.with_fields(Fields::new(&many)), get.with_method(Method::Other("PROPFIND"))] {
            let reply = client.request(request).await;
            assert!(matches!(reply.failure(), Some(Failure::Origin(Error::Unsendable(_)))), "{request:?}");
        }
        assert_eq!(origin.connections(), 0);
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
        let mut reqwless: ReqwlessOrigin<'_, _, _> = ReqwlessOrigin::new(&secure, &stack).keep_alive();
        let (http, https) = (origin.uri("/"), origin.uri("/").replace("http:", "https:"));
        for uri in [&http, &https, &https, &http] {
            exchange(&mut reqwless, RequestHead::get(uri), 1024).await.expect("an answer");
        }
        let port = http.rsplit([':', '/']).nth(1).and_then(|port| port.parse().ok()).expect("a port");
        let to = |is_https| (is_https, "127.0.0.1".to_owned(), port);
        assert_eq!(*secure.1.borrow(), [to(false), to(true), to(false)]);
    });
}
