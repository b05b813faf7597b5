//! Bodies on their way to the caller and the store.

use crate::{FRESH, Ram, TAG, URI, client, get, rest};
use larder::Reason;
use larder::client::{BodyError, Outcome, Storing};
use larder::head::{Method, RequestHead};
use larder::pair::PairKey;
use larder::store::{Cursor, PairStore};
use larder_tests::origin::OriginError;
use larder_tests::{Response, block_on, heads};

fn download() -> Response {
    Response::new(200).with(&[FRESH, TAG, ("Content-Length", "12")]).chunk(b"first ").chunk(b"second")
}

/// The same without a validator: no part of it is worth keeping.
fn plain() -> Response {
    Response::new(200).with(&[FRESH, ("Content-Length", "12")]).chunk(b"first ").chunk(b"second")
}

#[test]
fn a_body_goes_to_the_caller_and_the_store_at_once() {
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        origin.then(download());
        let mut reply = client.request(get()).await;
        assert_eq!(reply.report().storing, Storing::Underway);
        let mut buf = [0; 32];
        assert_eq!(reply.read(&mut buf).await, Ok(6), "as soon as it is there");
        assert_eq!(&buf[..6], b"first ");
        assert_eq!((reply.report().from_network, reply.report().storing), (6, Storing::Underway));
        assert_eq!(reply.read(&mut buf).await, Ok(6));
        assert_eq!(reply.report().storing, Storing::Underway, "more might come than was announced");
        assert_eq!(reply.read(&mut buf).await, Ok(0));
        assert!(matches!(reply.report().storing, Storing::Stored(_)));
        assert_eq!(reply.read(&mut buf).await, Ok(0), "and again");
        assert!(origin.is_reusable());
        let mut reply = client.request(get()).await;
        assert_eq!(rest(&mut reply).await.as_deref(), Ok(&b"first second"[..]));
        assert_eq!((reply.report().outcome, reply.report().from_store), (Outcome::Hit, 12));
    });
}

#[test]
fn nothing_is_found_before_the_body_is_complete() {
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        origin.then(download());
        let mut reply = client.request(get()).await;
        reply.read(&mut [0; 4]).await.unwrap();
        drop(reply);
        let found = client.store().find(PairKey::new(URI), &mut Cursor::new(), &mut [0; 512]).await;
        assert_eq!(found, Ok(None));
    });
}

#[test]
fn an_empty_buffer_reads_nothing_and_ends_nothing() {
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        origin.then(download());
        let mut reply = client.request(get()).await;
        assert_eq!(reply.read(&mut []).await, Ok(0));
        assert_eq!(rest(&mut reply).await.map(|body| body.len()), Ok(12));
    });
}

#[test]
fn read_to_end_tells_a_body_that_fits_from_one_that_does_not() {
    for (size, expected) in
        [(13, Ok(12)), (12, Ok(12)), (11, Err(BodyError::TooLong)), (0, Err(BodyError::TooLong))]
    {
        block_on(async {
            let (mut client, origin, _) = client(Ram::new());
            for from_store in [false, true] {
                if !from_store {
                    origin.then(download());
                }
                let mut buf = vec![0; size];
                let mut reply = client.request(get()).await;
                assert_eq!(reply.read_to_end(&mut buf).await, expected);
                if expected.is_err() {
                    return;
                }
                assert_eq!(&buf[..12], b"first second");
            }
        });
    }
}

#[test]
fn a_body_without_known_length_is_stored_at_its_end() {
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        origin.then(Response::new(200).with(&[FRESH]).chunk(b"a").chunk(b"b"));
        let mut reply = client.request(get()).await;
        reply.read(&mut [0; 9]).await.unwrap();
        reply.read(&mut [0; 9]).await.unwrap();
        assert_eq!(reply.report().storing, Storing::Underway);
        assert_eq!(reply.read(&mut [0; 9]).await, Ok(0));
        assert!(matches!(reply.report().storing, Storing::Stored(_)));
    });
}

#[test]
fn a_body_without_octets_is_stored_with_its_head() {
    for says in [
        Response::new(200).with(&[FRESH, ("Content-Length", "0")]),
        Response::new(204).with(&[FRESH]),
        Response::new(404).with(&[FRESH, ("Content-Length", "0")]),
    ] {
        block_on(async {
            let (mut client, origin, _) = client(Ram::new());
            origin.then(says);
            let reply = client.request(get()).await;
            assert!(matches!(reply.report().storing, Storing::Stored(_)));
            drop(reply);
            assert!(origin.is_reusable());
            assert_eq!(client.request(get()).await.report().outcome, Outcome::Hit);
        });
    }
}

#[test]
fn a_body_that_is_cut_off_is_an_error_and_not_stored_without_validator() {
    for (says, error) in [
        (plain().cut_off(), BodyError::CutOff),
        (Response::new(200).with(&[FRESH]).chunk(b"first ").cut_off(), BodyError::CutOff),
        (Response::new(200).with(&[FRESH]).chunk(b"first ").breaks(), BodyError::Origin(OriginError::Broke)),
        (Response::new(200).with(&[FRESH]).cut_off(), BodyError::CutOff),
    ] {
        block_on(async {
            let (mut client, origin, _) = client(Ram::new());
            origin.then(says);
            let mut reply = client.request(get()).await;
            let mut end = reply.read(&mut [0; 32]).await;
            while let Ok(1..) = end {
                end = reply.read(&mut [0; 32]).await;
            }
            assert_eq!(end, Err(error));
            assert_eq!(reply.report().storing, Storing::No(Reason::CutOff));
            assert!(reply.read(&mut [0; 32]).await.is_err(), "it does not become complete by reading on");
            drop(reply);
            assert!(!origin.is_reusable());
            assert_eq!(client.health().await.pairs, 0);
        });
    }
}

#[test]
fn a_reply_dropped_half_way_leaves_what_was_read_to_go_on_with() {
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        origin.then(download());
        let mut reply = client.request(get()).await;
        reply.read(&mut [0; 4]).await.unwrap();
        drop(reply);
        client.idle().await.unwrap();
        assert_eq!(client.health().await.pairs, 1, "§3.3: it has a strong validator");
        let says = Response::new(206).with(&[FRESH, TAG, ("Content-Range", "bytes 4-11/12")]);
        origin.then(says.chunk(b"t second"));
        let mut reply = client.request(get()).await;
        assert_eq!(origin.last().line("range").as_deref(), Some("bytes=4-"));
        assert_eq!(rest(&mut reply).await.as_deref(), Ok(&b"first second"[..]));
    });
}

#[test]
fn a_body_that_does_not_fit_the_buffer_leaves_what_was_read() {
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        origin.then(download());
        assert_eq!(client.request(get()).await.read_to_end(&mut [0; 6]).await, Err(BodyError::TooLong));
        origin
            .then(Response::new(206).with(&[FRESH, TAG, ("Content-Range", "bytes 7-11/12")]).chunk(b"econd"));
        assert_eq!(rest(&mut client.request(get()).await).await.as_deref(), Ok(&b"first second"[..]));
    });
}

#[test]
fn a_body_shorter_than_its_content_length_is_not_stored() {
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        origin.then(Response::new(200).with(&[FRESH, ("Content-Length", "99")]).chunk(b"short"));
        let mut reply = client.request(get()).await;
        assert_eq!(
            rest(&mut reply).await.as_deref(),
            Ok(&b"short"[..]),
            "the framing is the origin's business"
        );
        assert_eq!(reply.report().storing, Storing::No(Reason::LengthMismatch));
        assert_eq!(client.health().await.pairs, 0);
    });
}

#[test]
fn a_body_longer_than_its_content_length_is_not_stored_however_it_is_cut() {
    for chunks in [&["longer"][..], &["long", "er"], &["lo", "ng", "er"], &["lo", "nge", "r"]] {
        block_on(async {
            let (mut client, origin, _) = client(Ram::new());
            let says = Response::new(200).with(&[FRESH, ("Content-Length", "4")]);
            origin.then(chunks.iter().fold(says, |says, chunk| says.chunk(chunk.as_bytes())));
            let mut reply = client.request(get()).await;
            assert_eq!(rest(&mut reply).await.as_deref(), Ok(&b"longer"[..]));
            assert_eq!(reply.report().storing, Storing::No(Reason::LengthMismatch), "{chunks:?}");
            assert_eq!(client.health().await.pairs, 0);
        });
    }
}

#[test]
fn a_body_that_looks_like_a_response_is_a_body() {
    let evil = b"HTTP/1.1 200 OK\r\nCache-Control: max-age=9999\r\nContent-Length: 4\r\n\r\nevil";
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        let length = evil.len().to_string();
        origin.then(
            Response::new(200)
                .with(&[FRESH, ("Content-Length", &length)])
                .chunk(&evil[..3])
                .chunk(&evil[3..]),
        );
        let mut reply = client.request(get()).await;
        reply.read(&mut [0; 3]).await.unwrap();
        drop(reply);
        // What is left on the connection is a body: the next request must not read it as a head.
        origin.then(Response::ok(&[FRESH], "good"));
        let mut reply = client.request(RequestHead::get("http://example.com/b")).await;
        assert_eq!(rest(&mut reply).await.as_deref(), Ok(&b"good"[..]));
        assert_eq!(origin.connections(), 2);
        origin.then(Response::new(200).with(&[FRESH, ("Content-Length", &length)]).chunk(evil));
        let mut reply = client.request(get()).await;
        assert_eq!(rest(&mut reply).await.as_deref(), Ok(&evil[..]));
        let mut reply = client.request(get()).await;
        assert_eq!(rest(&mut reply).await.as_deref(), Ok(&evil[..]));
    });
}

#[test]
fn a_reply_dropped_half_way_stores_nothing_without_validator_and_its_writer_is_given_up() {
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        for round in 1..=20 {
            origin.then(plain());
            let mut reply = client.request(get()).await;
            assert_eq!(reply.report().outcome, Outcome::Miss);
            reply.read(&mut [0; 4]).await.unwrap();
            drop(reply);
            assert!(!origin.is_reusable());
            assert_eq!(origin.connections(), round, "the connection is not used again");
        }
        assert_eq!(client.health().await.pairs, 0);
        assert_eq!(client.health().await.evictions, 0, "given up by the next request, not evicted");
        client.idle().await.unwrap();
        origin.then(download());
        assert_eq!(rest(&mut client.request(get()).await).await.map(|body| body.len()), Ok(12));
        assert_eq!(client.health().await.pairs, 1);
    });
}

#[test]
fn a_body_too_large_for_the_store_passes_through() {
    for known in [true, false] {
        block_on(async {
            let (mut client, origin, _) = client(Ram::new());
            origin.then(download());
            rest(&mut client.request(get()).await).await.unwrap();
            let large = vec![b'x'; 20_000];
            let mut says = Response::new(200).with(&[FRESH]);
            if known {
                says = says.with(&[("Content-Length", "20000")]);
            }
            for chunk in large.chunks(999) {
                says = says.chunk(chunk);
            }
            origin.then(says);
            let mut reply = client.request(RequestHead::get("http://example.com/large")).await;
            assert_eq!(rest(&mut reply).await, Ok(large), "the caller gets all of it");
            let storing = reply.report().storing;
            assert!(matches!(storing, Storing::No(Reason::BodyTooLarge | Reason::NoRoom)), "{storing:?}");
            assert!(!reply.report().store_failed);
            if known {
                assert_eq!(client.request(get()).await.report().outcome, Outcome::Hit, "nothing was evicted");
            }
        });
    }
}

#[test]
fn a_head_too_large_for_the_client_is_an_error_of_the_origin_and_never_shortened() {
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        origin.then(Response::ok(&[FRESH, ("X", &"x".repeat(3000))], "a"));
        let reply = client.request(get()).await;
        assert_eq!(reply.status(), 504);
        assert!(matches!(reply.failure(), Some(larder::client::Failure::Origin(OriginError::Head))));
    });
}

#[test]
fn a_stored_head_too_large_for_this_client_is_passed_over() {
    block_on(async {
        let (mut large, origin, clock) = client(Ram::new());
        origin.then(Response::ok(&[FRESH, ("X", &"x".repeat(1000))], "a"));
        rest(&mut large.request(get()).await).await.unwrap();
        let store = large.store();
        let mut small: larder::client::Client<_, _, _, 512, 16> =
            larder::client::Client::new(core::mem::take(store), origin.clone(), clock);
        origin.then(Response::ok(&[FRESH], "b"));
        let mut reply = small.request(get()).await;
        assert_eq!(rest(&mut reply).await.as_deref(), Ok(&b"b"[..]));
    });
}

#[test]
fn a_pair_evicted_between_two_reads_is_lost_and_the_next_request_asks_again() {
    block_on(async {
        let (mut client, origin, _) = client(&*Box::leak(Box::new(shared())));
        origin.then(download());
        rest(&mut client.request(get()).await).await.unwrap();
        let mut store = *client.store();
        let mut reply = client.request(get()).await;
        reply.read(&mut [0; 4]).await.unwrap();
        store.invalidate(PairKey::new(URI)).await.unwrap();
        assert_eq!(reply.read(&mut [0; 4]).await, Err(BodyError::Lost));
        assert!(!reply.report().store_failed);
        origin.then(download());
        let mut reply = client.request(get()).await;
        assert_eq!(rest(&mut reply).await.map(|body| body.len()), Ok(12));
    });
}

fn shared() -> embassy_sync::mutex::Mutex<embassy_sync::blocking_mutex::raw::NoopRawMutex, Ram> {
    embassy_sync::mutex::Mutex::new(Ram::new())
}

#[test]
fn a_post_has_its_content_and_invalidates() {
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        origin.then(download());
        rest(&mut client.request(get()).await).await.unwrap();
        origin.then(Response::new(201));
        let content = vec![b'c'; 300];
        let call = larder::client::Call::new(get().with_method(Method::Post)).content(&content[..]);
        assert_eq!(client.call(call).await.status(), 201);
        assert_eq!(origin.last().content, content);
        assert_eq!(client.health().await.pairs, 0);
    });
}

#[test]
fn interim_responses_reach_the_listener_in_order_and_are_not_final() {
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        origin.then(
            Response::ok(&[FRESH], "final").after_interim(100, &[]).after_interim(103, &[("Link", "</x>")]),
        );
        let mut seen = Vec::new();
        let mut listener = |head: &larder::head::ResponseHead<'_>| {
            seen.push((head.status, heads::owned(head.fields)));
        };
        let mut reply = client.call(larder::client::Call::new(get()).interim(&mut listener)).await;
        assert_eq!((reply.status(), rest(&mut reply).await.as_deref()), (200, Ok(&b"final"[..])));
        assert_eq!(seen, [(100, vec![]), (103, vec![("Link".to_owned(), b"</x>".to_vec())])]);
    });
}

#[test]
fn the_body_is_an_embedded_io_reader() {
    async fn all(mut reader: impl embedded_io_async::Read) -> Vec<u8> {
        let mut all = Vec::new();
        let mut buf = [0; 5];
        while let Ok(read @ 1..) = reader.read(&mut buf).await {
            all.extend_from_slice(&buf[..read]);
        }
        all
    }
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        origin.then(download());
        assert_eq!(all(client.request(get()).await).await, b"first second");
    });
}
