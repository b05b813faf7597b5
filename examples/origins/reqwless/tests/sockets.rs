//! `ReqwlessOrigin` against real sockets.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "it is a test")]

use larder::client::Failure;
use larder::head::{Fields, Method, RequestHead};
use larder_origin_suite::{Adapter, by_path, client, run};
use larder_reqwless::{Error, ReqwlessOrigin};
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
