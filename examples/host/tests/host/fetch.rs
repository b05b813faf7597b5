//! `fetch` against a plain server.

use super::fixture::{Message, TestOrigin, Then, response};
use std::io::Write;
use std::process::{Command, Output};

fn fetch(arguments: &[&str]) -> (Output, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_fetch")).args(arguments).output().expect("fetch starts");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, errors)
}

#[test]
fn s4_2_the_second_fetch_of_a_fresh_response_is_a_hit() {
    let origin = TestOrigin::always(response(200, "Cache-Control: max-age=60\r\n", "hello"));
    let (output, errors) = fetch(&[&origin.uri("/a"), "--repeat", "2", "-v"]);
    assert!(output.status.success(), "{errors}");
    assert_eq!(output.stdout, b"hello");
    assert!(errors.contains("* Cache-Status: larder; hit; ttl="), "{errors}");
    assert!(errors.contains("* IdleClient → FromCache\n* hit\n"), "{errors}");
    assert_eq!(origin.count(), 1);
}

#[test]
fn s4_3_the_second_fetch_of_a_stale_response_is_a_304_on_the_same_connection() {
    let origin = TestOrigin::new(|request: &Message, stream| {
        let lines = "ETag: \"1\"\r\nCache-Control: no-cache\r\n";
        let octets = match request.values("if-none-match")[..] {
            ["\"1\""] => format!("HTTP/1.1 304 X\r\n{lines}\r\n").into_bytes(),
            _ => response(200, lines, "hello"),
        };
        stream.write_all(&octets).expect("fetch reads");
        Then::KeepAlive
    });
    let (output, errors) = fetch(&[&origin.uri("/a"), "--repeat", "2", "-v"]);
    assert!(output.status.success(), "{errors}");
    assert!(errors.contains("NeedToBeUpdated → FromCache\n* revalidated"), "{errors}");
    assert_eq!((origin.count(), origin.connections()), (2, 1));
}

#[test]
fn field_lines_content_and_output_are_the_callers() {
    let origin = TestOrigin::always(response(200, "", "done"));
    let path = std::env::temp_dir().join(format!("larder-fetch-{}", std::process::id()));
    let file = path.to_str().expect("a path");
    let (output, errors) =
        fetch(&[&origin.uri("/a"), "-X", "PUT", "-d", "21.5", "-H", "X-A: 1", "-H", "X-A: 2", "-o", file]);
    assert!(output.status.success(), "{errors}");
    let written = std::fs::read(&path).expect("the file is there");
    std::fs::remove_file(&path).expect("the file is there");
    assert_eq!(written, b"done");
    let request = &origin.requests()[0];
    assert_eq!(request.start_line(), "PUT /a HTTP/1.1");
    assert_eq!((request.values("x-a"), request.text()), (vec!["1", "2"], "21.5"));
}

#[test]
fn a_failure_is_seen_in_the_exit_code() {
    let cut_off = TestOrigin::new(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").expect("fetch reads");
        Then::Close
    });
    let (output, errors) = fetch(&[&cut_off.uri("/")]);
    assert!(!output.status.success());
    assert!(errors.contains("before the body was complete"), "{errors}");

    let silent = TestOrigin::new(|_, _| Then::Close);
    let (output, errors) = fetch(&[&silent.uri("/")]);
    assert!(!output.status.success());
    assert!(errors.contains("504"), "{errors}");
}

#[test]
fn a_deadline_ends_the_wait_for_an_origin_that_never_answers() {
    let origin = TestOrigin::new(|_, _| Then::KeepAlive);
    let (output, errors) = fetch(&[&origin.uri("/"), "--deadline", "1"]);
    assert!(!output.status.success());
    assert!(errors.contains("504") && errors.contains("the deadline passed"), "{errors}");
}

#[test]
fn a_deadline_ends_the_wait_for_a_body_that_never_goes_on() {
    let origin = TestOrigin::new(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").expect("fetch reads");
        Then::KeepAlive
    });
    let (output, errors) = fetch(&[&origin.uri("/"), "--deadline", "1"]);
    assert!(!output.status.success());
    assert_eq!(output.stdout, b"half");
    assert!(errors.contains("the deadline passed"), "{errors}");
}
