//! Caches in a file that behaves as NOR flash.

use super::fixture::{Message, Proxy, TestOrigin, Then, response};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A file of its own for a test, gone at the end.
pub struct Image(PathBuf);

impl Image {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("larder-{name}-{}.img", std::process::id()));
        let _ = std::fs::remove_file(&path);
        Self(path)
    }

    pub fn path(&self) -> &str {
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

/// Octets of the image that is fetched in pieces.
pub const IMAGE: usize = 600_000;

/// The image: no two parts of it are alike.
pub fn image_octets() -> Vec<u8> {
    (0..IMAGE as u32).map(|at| (at.wrapping_mul(0x9e37_79b9) >> 24) as u8).collect()
}

/// An origin that knows ranges, but sends no more than `part` octets before it hangs.
fn hanging_origin(part: usize) -> TestOrigin {
    TestOrigin::new(move |request: &Message, stream: &mut TcpStream| {
        let image = image_octets();
        let range = request.values("range").first().map(|range| (*range).to_owned());
        let first =
            range.as_deref().and_then(|range| range.strip_prefix("bytes=")?.split('-').next()?.parse().ok());
        let first: usize = first.unwrap_or(0);
        let (status, more) = match range {
            Some(_) => (206, format!("Content-Range: bytes {first}-{}/{IMAGE}\r\n", IMAGE - 1)),
            None => (200, String::new()),
        };
        let length = IMAGE - first;
        let head =
            format!("HTTP/1.1 {status} OK\r\nETag: \"one\"\r\n{FRESH}{more}Content-Length: {length}\r\n\r\n");
        let end = IMAGE.min(first + part);
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&image[first..end]));
        if end < IMAGE {
            let _ = stream.read(&mut [0; 1]);
            return Then::Close;
        }
        Then::KeepAlive
    })
}

#[test]
fn a_download_that_is_killed_goes_on_where_it_stopped() {
    const PART: usize = 150_000;
    const GATHERED: usize = 2048;
    let (image, out) = (Image::new("resumed"), Image::new("resumed-out"));
    let origin = hanging_origin(PART);
    let uri = origin.uri("/image");
    let mut seen = Vec::new();
    for _ in 0..4 {
        let child = Command::new(env!("CARGO_BIN_EXE_fetch"))
            .args([&uri, "--flash", image.path()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = child.expect("fetch starts");
        // What was stored comes first, then nearly all that this connection gives.
        let stored = seen.last().map_or(0, |seen| seen - GATHERED);
        let mut some = vec![0; stored + PART - 20_000];
        child.stdout.as_mut().expect("it is piped").read_exact(&mut some).expect("so much comes");
        assert!(some == image_octets()[..some.len()], "the octets of the image");
        child.kill().expect("it runs");
        child.wait().expect("it ends");
        seen.push(some.len());
    }
    let arguments = [uri.as_str(), "-v", "--flash", image.path(), "-o", out.path()];
    let output = Command::new(env!("CARGO_BIN_EXE_fetch")).args(arguments).output().expect("fetch starts");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    assert!(std::fs::read(out.path()).expect("it is there") == image_octets(), "byte for byte");

    let asked: Vec<usize> = origin.requests().iter().map(first_asked).collect();
    assert_eq!((asked.len(), asked[0]), (5, 0), "{asked:?}");
    for (seen, next) in seen.iter().zip(&asked[1..]) {
        // All that came through was stored, but for what the writer had gathered.
        assert!(*next >= seen - GATHERED, "{asked:?}, but {seen} octets were seen");
    }
    let (output, errors) = fetch(&uri, &image);
    assert!(output.stdout == image_octets() && errors.contains("* hit"), "{errors}");
    assert_eq!(origin.count(), 5);
}

/// The first octet that a request asks for.
pub fn first_asked(request: &Message) -> usize {
    let range = request.values("range").first().and_then(|range| range.strip_prefix("bytes="));
    range.and_then(|range| range.split('-').next()).map_or(0, |first| first.parse().expect("a range"))
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
