//! Caches in a file that behaves as NOR flash.

use super::fixture::{Message, Proxy, TestOrigin, Then, response};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A file of its own for a test, gone at the end.
struct Image(PathBuf);

impl Image {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("larder-{name}-{}.img", std::process::id()));
        let _ = std::fs::remove_file(&path);
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a path")
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn fetch(uri: &str, image: &Image) -> (Output, String) {
    let arguments = [uri, "-v", "--flash", image.path()];
    let output = Command::new(env!("CARGO_BIN_EXE_fetch")).args(arguments).output().expect("fetch starts");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, errors)
}

const FRESH: &str = "Cache-Control: max-age=600\r\n";

#[test]
fn what_one_fetch_stores_the_next_one_finds() {
    let image = Image::new("restart");
    let origin = TestOrigin::always(response(200, FRESH, "hello"));
    for _ in 0..3 {
        let (output, errors) = fetch(&origin.uri("/a"), &image);
        assert!(output.status.success(), "{errors}");
        assert_eq!(output.stdout, b"hello");
    }
    assert_eq!(origin.count(), 1);
}

#[test]
fn a_fetch_that_is_killed_in_mid_download_costs_nothing_that_was_stored_before() {
    let image = Image::new("killed");
    let origin = TestOrigin::new(|request: &Message, stream: &mut TcpStream| {
        if request.path() == "/small" {
            stream.write_all(&response(200, FRESH, "hello")).expect("fetch reads");
            return Then::KeepAlive;
        }
        let head = format!("HTTP/1.1 200 OK\r\n{FRESH}Content-Length: 1000000\r\n\r\n");
        let half = vec![b'x'; 500_000];
        // Whoever fetches it may be gone by now.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&half));
        // The other half never comes: this ends when the fetch does.
        let _ = stream.read(&mut [0; 1]);
        Then::Close
    });
    assert!(fetch(&origin.uri("/small"), &image).0.status.success());

    for _ in 0..5 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_fetch"))
            .args([&origin.uri("/large"), "--flash", image.path()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("fetch starts");
        // Some of the body has come through, and so has some of it to flash.
        let mut some = vec![0; 200_000];
        child.stdout.as_mut().expect("it is piped").read_exact(&mut some).expect("the first half");
        child.kill().expect("it runs");
        child.wait().expect("it ends");

        let (output, errors) = fetch(&origin.uri("/small"), &image);
        assert_eq!(output.stdout, b"hello", "{errors}");
        assert!(errors.contains("* hit"), "{errors}");
    }
    let asked = |path: &str| origin.requests().iter().filter(|request| request.path() == path).count();
    assert_eq!((asked("/small"), asked("/large")), (1, 5));
}

#[test]
fn a_file_that_holds_something_else_is_left_as_it_is() {
    let image = Image::new("foreign");
    let octets: Vec<u8> = (0..64 * 1024_u32).map(|at| (at % 251) as u8).collect();
    std::fs::write(Path::new(image.path()), &octets).expect("it is written");
    let origin = TestOrigin::always(response(200, FRESH, "hello"));
    let (output, errors) = fetch(&origin.uri("/a"), &image);
    assert!(!output.status.success());
    assert!(errors.contains("not a store"), "{errors}");
    assert_eq!(std::fs::read(image.path()).expect("it is there"), octets);
}

#[test]
fn what_one_proxy_stores_the_next_one_finds() {
    let image = Image::new("proxy");
    let origin = TestOrigin::always(response(200, FRESH, "hello"));
    for _ in 0..2 {
        let proxy = Proxy::new(origin.address, &["--flash", image.path()]);
        assert_eq!(proxy.get("/a", "").text(), "hello");
        drop(proxy);
    }
    assert_eq!(origin.count(), 1);
}
