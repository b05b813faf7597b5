//! Bodies that do not come whole, and replies that are dropped.

use crate::{DEVICE, Device, FRESH, TAG, TEN, hangs, made};
use larder::client::{Call, Failure};
use larder::head::{Fields, Method, RequestHead};
use larder_tests::{after_polls, block_on};

#[test]
fn a_body_that_breaks_is_not_stored() {
    let mut device = Device::new(|_| made(200, &[FRESH], "01234").breaking());
    for calls in 1..3 {
        let got = device.get("/a", &[]);
        assert_eq!((got.text(), got.error), ("01234", true));
        assert_eq!(device.calls(), calls);
    }
}

#[test]
fn a_body_shorter_than_its_window_is_cut_off() {
    let mut device = Device::new(|_| made(200, &[FRESH, ("Content-Length", "20")], TEN));
    let got = device.get("/a", &[("Range", "bytes=8-12")]);
    assert_eq!((got.status, got.text(), got.error), (206, "89", true));
    assert!(!got.is_stored());
    let got = device.get("/a", &[("Range", "bytes=2-3")]);
    assert_eq!(got.is(), (206, "23"), "this one came");
    assert!(!got.is_stored());
}

#[test]
fn a_reply_that_is_dropped_leaves_nothing() {
    for lines in [&[][..], &[("If-None-Match", "\"1\"")], &[("Range", "bytes=2-4")]] {
        let mut device = Device::new(|_| made(200, &[FRESH, TAG], TEN));
        let uri = format!("{DEVICE}/a");
        let request = RequestHead::get(&uri).with_fields(Fields::new(lines));
        block_on(async {
            drop(device.server.request(request).await);
            let mut reply = device.server.request(request).await;
            let mut some = [0; 2];
            // A 304 has no octets, and is then read to its end.
            let read = reply.read(&mut some).await.expect("octets");
            assert_eq!(read, if reply.status() == 304 { 0 } else { 2 });
        });
        let calls = if lines.first().is_some_and(|(name, _)| *name == "If-None-Match") { 2 } else { 3 };
        assert_eq!(device.get("/a", &[]).is(), (200, TEN));
        assert_eq!(device.calls(), calls);
        assert_eq!(block_on(device.server.health()).pairs, 1);
    }
}

#[test]
fn what_is_not_stored_is_read_no_further_than_the_window() {
    let lines = [("Cache-Control", "no-store"), ("Content-Length", "10")];
    // Behind the window the body would fail.
    let mut device = Device::new(move |_| made(200, &lines, "01234").breaking());
    assert_eq!(device.read_by(5, Method::Get, "/a", &[("Range", "bytes=2-4")]).is(), (206, "234"));
}

#[test]
fn a_deadline_ends_a_handler_that_hangs_and_a_stale_answer_stands_in() {
    let mut is_first = true;
    let mut device = Device::new(move |_| {
        let line = ("Cache-Control", "max-age=60, stale-if-error=600");
        if core::mem::take(&mut is_first) { made(200, &[line], TEN) } else { hangs() }
    });
    device.get("/a", &[]);
    device.clock.advance(100);
    for (path, status) in [("/a", 200), ("/b", 500)] {
        let uri = format!("{DEVICE}{path}");
        let call = Call::new(RequestHead::get(&uri)).until(after_polls(3));
        let reply = block_on(device.server.call(call));
        assert_eq!(reply.status(), status);
        assert_eq!(reply.failure(), Some(&Failure::DeadlinePassed));
    }
}

#[test]
fn a_204_and_a_304_of_the_handler_have_no_length() {
    for status in [204, 304] {
        let mut device = Device::new(move |_| made(status, &[FRESH], "never sent"));
        let got = device.get("/a", &[]);
        assert_eq!((got.is(), got.line("content-length")), ((status, ""), None));
    }
}
