//! `fetch --sha256 … --name …` against a server that redirects to a signed URI, another one each time.

use super::fixture::{Message, TestOrigin, Then, response};
use super::flash::{IMAGE, Image, first_asked, image_octets};
use larder::digest::{Verdict, Verifier};
use larder::fields::Digest;
use std::io::Write;
use std::net::TcpStream;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Octets of the image that one connection gives.
const PART: usize = 150_000;

/// Octets that the store gathers before it programs them.
const GATHERED: usize = 2048;

fn fetch(arguments: &[&str]) -> (Output, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_fetch")).args(arguments).output().expect("fetch starts");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, errors)
}

/// An origin whose `/latest` leads to the image under a URI that is good until the next one is given out,
/// and that closes each connection after [`PART`] octets of it.
fn signing_origin() -> TestOrigin {
    let signature = AtomicUsize::new(0);
    TestOrigin::new(move |request: &Message, stream: &mut TcpStream| {
        if request.path() == "/latest" {
            let next = signature.fetch_add(1, Ordering::SeqCst) + 1;
            let octets = response(302, &format!("Location: /image?sig={next}\r\n"), "");
            stream.write_all(&octets).expect("fetch reads");
            return Then::KeepAlive;
        }
        if request.path() != format!("/image?sig={}", signature.load(Ordering::SeqCst)) {
            stream.write_all(&response(403, "", "expired")).expect("fetch reads");
            return Then::KeepAlive;
        }
        let first = first_asked(request);
        let (status, more) = match request.has("range") {
            true => (206, format!("Content-Range: bytes {first}-{}/{IMAGE}\r\n", IMAGE - 1)),
            false => (200, String::new()),
        };
        let length = IMAGE - first;
        let head = format!("HTTP/1.1 {status} OK\r\nETag: \"one\"\r\n{more}Content-Length: {length}\r\n\r\n");
        let end = IMAGE.min(first + PART);
        stream.write_all(head.as_bytes()).expect("fetch reads");
        stream.write_all(&image_octets()[first..end]).expect("fetch reads");
        if end < IMAGE { Then::Close } else { Then::KeepAlive }
    })
}

/// The digits of a digest.
fn digits(octets: &[u8]) -> String {
    let mut verifier = Verifier::new(Digest::Sha256([0; 32]));
    verifier.update(octets);
    let (Verdict::Mismatch { found, .. } | Verdict::Verified(found)) = verifier.finish();
    found.octets().iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The first octets that were asked of the image, in order.
fn asked(origin: &TestOrigin) -> Vec<usize> {
    origin.requests().iter().filter(|request| request.path() != "/latest").map(first_asked).collect()
}

#[test]
fn a_signed_uri_that_changes_with_each_run_costs_one_image() {
    let (flash, out) = (Image::new("named"), Image::new("named-out"));
    let origin = signing_origin();
    let (uri, sha256) = (origin.uri("/latest"), digits(&image_octets()));
    let arguments = [&*uri, "-v", "--flash", flash.path(), "--sha256", &sha256, "--name", "firmware/board-7"];
    let arguments = [&arguments[..], &["-o", out.path()]].concat();
    let mut runs = 0;
    loop {
        let (output, errors) = fetch(&arguments);
        runs += 1;
        if output.status.success() {
            assert!(errors.contains("* verified: Some"), "{errors}");
            break;
        }
        assert!(runs <= IMAGE / PART, "{errors}");
        assert!(errors.contains("before the body was complete"), "{errors}");
        assert_eq!(std::fs::read(out.path()).expect("it is there"), b"", "not before it is verified");
    }
    assert!(std::fs::read(out.path()).expect("it is there") == image_octets(), "byte for byte");
    let asked = asked(&origin);
    assert_eq!(asked[0], 0);
    for pair in asked.windows(2) {
        assert!(pair[1] >= pair[0] + PART - GATHERED && pair[1] <= pair[0] + PART, "{asked:?}");
    }
    let sent: usize = asked.iter().map(|first| PART.min(IMAGE - first)).sum();
    assert!(sent <= IMAGE + GATHERED * asked.len(), "{sent} octets were sent: {asked:?}");
}

#[test]
fn one_run_may_try_more_than_once() {
    let origin = signing_origin();
    let (uri, sha256) = (origin.uri("/latest"), digits(&image_octets()));
    let (output, errors) =
        fetch(&[&uri, "-v", "--sha256", &sha256, "--name", "firmware/board-7", "--attempts", "9"]);
    assert!(output.status.success(), "{errors}");
    assert!(output.stdout == image_octets(), "byte for byte");
    assert!(
        errors.contains(&format!("* {IMAGE} octets, {IMAGE} from the network, in 4 attempts")),
        "{errors}"
    );
    assert_eq!(asked(&origin), [0, PART, 2 * PART, 3 * PART]);
}

#[test]
fn what_is_not_the_wanted_one_is_not_written() {
    let origin = TestOrigin::always(response(200, "Cache-Control: max-age=60\r\n", "something else"));
    let (output, errors) = fetch(&[&origin.uri("/a"), "--sha256", &digits(b"something")]);
    assert!(!output.status.success() && output.stdout.is_empty(), "{errors}");
    assert!(errors.contains("the body is another one"), "{errors}");
    // Nor is what was there before lost for it.
    let file = Image::new("kept");
    std::fs::write(file.path(), "the last good one").expect("it is written");
    let wanted = |octets| fetch(&[&origin.uri("/a"), "--sha256", &digits(octets), "-o", file.path()]);
    assert!(!wanted(b"something").0.status.success());
    assert_eq!(std::fs::read(file.path()).expect("it is there"), b"the last good one");
    assert!(wanted(b"something else").0.status.success());
    assert_eq!(std::fs::read(file.path()).expect("it is there"), b"something else");
    let (output, errors) = fetch(&[&origin.uri("/a"), "--name", "firmware/board-7"]);
    assert!(!output.status.success(), "{errors}");
    assert!(errors.contains("--sha256"), "a name needs a digest: {errors}");
    let (output, errors) = fetch(&[&origin.uri("/a"), "--sha256", &digits(b"x"), "--name", "http://h/a"]);
    assert!(!output.status.success(), "{errors}");
    assert!(errors.contains("the name is none"), "{errors}");
    assert_eq!(origin.count(), 3);
}
