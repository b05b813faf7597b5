//! Traps that were found by reading: each led to a wrong answer once.

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use larder::Reason;
use larder::client::{Client, Storing};
use larder::head::{Fields, Method, RequestHead};
use larder::pair::PairKey;
use larder::store::{PairStore, RamStore};
use larder_tests::{Device, MockClock, Response, ScriptedOrigin, YieldingStore, block_on, poll_times};
use std::collections::HashMap;

const FRESH: (&str, &str) = ("Cache-Control", "max-age=600");

/// Two URIs whose fingerprints in a RAM store are the same.
fn colliding() -> (String, String) {
    let mut seen: HashMap<u32, u32> = HashMap::new();
    for number in 0.. {
        let uri = |number: u32| format!("http://example.com/{number}");
        let fingerprint = PairKey::new(&uri(number)).fingerprint(0);
        if let Some(other) = seen.insert(fingerprint, number) {
            return (uri(other), uri(number));
        }
    }
    unreachable!("there are only 2^32 fingerprints");
}

#[test]
fn a_colliding_fingerprint_never_lends_its_head() {
    let (a, b) = colliding();
    let (origin, clock) = (ScriptedOrigin::new(), MockClock::new());
    let mut client: Client<_, _, _> = Client::new(RamStore::<64, 8>::new(), origin.clone(), clock);
    for (uri, name) in [(&a, "a"), (&b, "b")] {
        origin.then(Response::ok(&[FRESH, ("X-Name", name)], name));
        block_on(async {
            let mut reply = client.request(RequestHead::get(uri)).await;
            while let Ok(1..) = reply.read(&mut [0; 8]).await {}
        });
    }
    for (uri, name) in [(&a, "a"), (&b, "b")] {
        block_on(async {
            let mut reply = client.request(RequestHead::get(uri)).await;
            assert_eq!(reply.fields().get("x-name"), Some(name.as_bytes()));
            let mut body = [0; 8];
            let length = reply.read_to_end(&mut body).await.unwrap();
            assert_eq!(&body[..length], name.as_bytes());
        });
    }
}

#[test]
fn a_read_that_is_dropped_and_tried_again_stores_no_hole() {
    for polls in 1..6 {
        let (origin, clock) = (ScriptedOrigin::new(), MockClock::new());
        let store = YieldingStore::new(RamStore::<64, 8>::new());
        let mut client: Client<_, _, _> = Client::new(store, origin.clone(), clock);
        origin.then(Response::new(200).with(&[FRESH]).chunk(b"aaa").chunk(b"bbb").chunk(b"ccc"));
        block_on(async {
            let mut reply = client.request(RequestHead::get("http://example.com/a")).await;
            let mut buf = [0; 3];
            let _ = poll_times(reply.read(&mut buf), polls);
            while let Ok(1..) = reply.read(&mut buf).await {}
        });
        origin.then(Response::new(200).with(&[FRESH]).chunk(b"aaa").chunk(b"bbb").chunk(b"ccc"));
        let mut body = [0; 16];
        let length = block_on(async {
            let mut reply = client.request(RequestHead::get("http://example.com/a")).await;
            reply.read_to_end(&mut body).await.unwrap()
        });
        assert_eq!(&body[..length], b"aaabbbccc", "{polls}");
    }
}

#[test]
fn statuses_that_answer_the_request_alone_are_not_stored() {
    for status in [407, 408, 412, 416, 417, 425, 428, 429, 431, 511] {
        let mut device = Device::private();
        let answer = device.fetch("/a", &[], Response::new(status).with(&[FRESH]));
        assert_eq!(answer.report.storing, Storing::No(Reason::OfTheRequest), "{status}");
    }
}

#[test]
fn s6_3_of_9112_transfer_encoding_overrides_content_length() {
    let mut device = Device::private();
    let lines = [FRESH, ("Content-Length", "0"), ("Transfer-Encoding", "chunked")];
    device.fetch("/a", &[], Response::new(200).with(&lines).chunk(b"octets"));
    let answer = device.get("/a", &[]);
    assert_eq!((answer.text(), answer.line("content-length")), ("octets", None));
}

#[test]
fn s4_4_what_is_being_stored_is_invalidated_too() {
    let store: Mutex<NoopRawMutex, RamStore<64, 8>> = Mutex::new(RamStore::new());
    let (get, put, clock) = (ScriptedOrigin::new(), ScriptedOrigin::new(), MockClock::new());
    let mut reading: Client<_, _, _> = Client::new(&store, get.clone(), clock.clone());
    let mut writing: Client<_, _, _> = Client::new(&store, put.clone(), clock);
    get.then(Response::new(200).with(&[FRESH]).chunk(b"old").chunk(b" text"));
    put.then(Response::new(204));
    block_on(async {
        let mut reply = reading.request(RequestHead::get("http://example.com/a")).await;
        let mut buf = [0; 8];
        assert!(matches!(reply.read(&mut buf).await, Ok(1..)));
        let _ = writing.request(RequestHead::get("http://example.com/a").with_method(Method::Put)).await;
        while let Ok(1..) = reply.read(&mut buf).await {}
        assert!(matches!(reply.report().storing, Storing::No(_)), "{:?}", reply.report());
    });
    assert_eq!(block_on((&store).health()).pairs, 0);
}

#[test]
fn a_uri_without_authority_is_passed_through() {
    let (origin, clock) = (ScriptedOrigin::new(), MockClock::new());
    let mut client: Client<_, _, _> = Client::new(RamStore::<64, 8>::new(), origin.clone(), clock);
    for host in ["one", "two"] {
        origin.then(Response::ok(&[FRESH], host));
        block_on(async {
            let lines = [("Host", host)];
            let mut reply = client.request(RequestHead::get("/a").with_fields(Fields::new(&lines))).await;
            let mut body = [0; 8];
            let length = reply.read_to_end(&mut body).await.unwrap();
            assert_eq!(&body[..length], host.as_bytes());
            assert_eq!(reply.report().storing, Storing::No(Reason::NoAuthority));
        });
    }
}

#[test]
fn a_head_that_the_client_could_not_load_again_is_not_stored() {
    let (origin, clock) = (ScriptedOrigin::new(), MockClock::new());
    let mut client: Client<_, _, _, 512, 16> = Client::new(RamStore::<64, 8>::new(), origin.clone(), clock);
    let long = "x".repeat(300);
    let uri = format!("http://example.com/{}", "y".repeat(250));
    origin.then(Response::ok(&[FRESH, ("X-Long", &long)], "a"));
    block_on(async {
        let mut reply = client.request(RequestHead::get(&uri)).await;
        while let Ok(1..) = reply.read(&mut [0; 8]).await {}
        assert_eq!(reply.report().storing, Storing::No(Reason::HeadTooLarge));
    });
}
