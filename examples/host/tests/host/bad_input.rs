//! What the programs say to arguments that are none, files that cannot be used, and readers that go away: on one
//! line, that names what it is about.

use super::fixture::{Message, PATIENCE, Proxy, TestOrigin, receive, response};
use super::flash::Image;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

const FETCH: &str = env!("CARGO_BIN_EXE_fetch");
const INSPECT: &str = env!("CARGO_BIN_EXE_inspect");
const PROXY: &str = env!("CARGO_BIN_EXE_proxy");
const SERVE: &str = env!("CARGO_BIN_EXE_serve");

/// Fails, and says so on one line that has all of `expected`.
fn fails(program: &str, arguments: &[&str], expected: &[&str]) {
    let output = Command::new(program).args(arguments).output().expect("it starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
    for words in expected {
        assert!(errors.contains(words), "{arguments:?}: {errors}");
    }
}

/// Is refused before the program begins, for a reason that has `expected`.
fn is_refused(program: &str, arguments: &[&str], expected: &str) {
    let output = Command::new(program).args(arguments).output().expect("it starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
    assert!(errors.contains(expected), "{arguments:?}: {errors}");
}

#[test]
fn a_file_that_cannot_be_used_is_named() {
    let (uri, folder) = ("http://127.0.0.1:1/", std::env::temp_dir());
    let (folder, image) = (folder.to_str().expect("a path"), Image::new("unusable"));
    let nowhere = format!("{}/nowhere", image.path());
    fails(FETCH, &[uri, "-o", &nowhere], &["fetch: ", &nowhere, "No such file"]);
    fails(FETCH, &[uri, "-o", folder], &["fetch: ", folder, "directory"]);
    fails(FETCH, &[uri, "--flash", &nowhere], &["fetch: ", &nowhere, "No such file"]);
    fails(PROXY, &["--origin", "http://h", "--flash", &nowhere], &["proxy: ", &nowhere, "No such file"]);
    std::fs::write(image.path(), [0xff; 5000]).expect("it is written");
    fails(
        FETCH,
        &[uri, "--flash", image.path()],
        &[image.path(), "a whole number of 4 KiB units, and not 5000"],
    );
    std::fs::write(image.path(), [0xff; 16 * 4096]).expect("it is written");
    for picture in ["--png", "--svg"] {
        fails(INSPECT, &[image.path(), picture, &nowhere], &["inspect: ", &nowhere, "Not a directory"]);
    }
}

#[test]
fn a_flash_image_is_used_by_one_program_at_a_time() {
    let image = Image::new("taken");
    let origin = TestOrigin::always(response(200, "", "hello"));
    let proxy = Proxy::new(origin.address, &["--flash", image.path()]);
    fails(FETCH, &[&origin.uri("/"), "--flash", image.path()], &[image.path(), "another program"]);
    // Who only looks may.
    assert!(Command::new(INSPECT).arg(image.path()).output().expect("it starts").status.success());
    drop(proxy);
    let fetched = Command::new(FETCH).args([&*origin.uri("/"), "--flash", image.path()]).output();
    assert_eq!(fetched.expect("it starts").stdout, b"hello");
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let names = ["--listen", &address, "in use"];
    fails(SERVE, &["--listen", &address], &names);
    fails(PROXY, &["--listen", &address, "--origin", "http://h"], &names);
}

#[test]
fn a_request_or_an_origin_that_cannot_be_is_named() {
    fails(FETCH, &["http://h/a b"], &["http://h/a b", "start line"]);
    fails(FETCH, &[""], &["GET \"\"", "start line"]);
    fails(FETCH, &["http://h/", "-H", "A: b\r\nC: d"], &["the line A: b", "value"]);
    fails(FETCH, &["nonsense"], &["nonsense", "not an http URI"]);
    let digest = "0".repeat(64);
    fails(FETCH, &["nonsense", "--sha256", &digest], &["fetch: nonsense: not an http URI"]);
    for origin in ["nonsense", "https://h", "http://", "http://:80", "http://h:99999", "http://h/path"] {
        fails(PROXY, &["--origin", origin], &["--origin takes http://host", origin]);
    }
}

#[test]
fn numbers_that_no_flash_has_are_refused_and_no_other_is_taken_for_them() {
    let image = Image::new("numbers");
    std::fs::write(image.path(), [0xff; 16 * 4096]).expect("it is written");
    for sector in ["0", "7", "3000", "262144"] {
        fails(
            INSPECT,
            &[image.path(), "--sector", sector],
            &[image.path(), "no power of two or above 128 KiB"],
        );
    }
    for write_size in ["0", "3", "64"] {
        fails(INSPECT, &[image.path(), "--write-size", write_size], &["1, 2, 4, 8, 16 or 32"]);
    }
    is_refused(INSPECT, &[image.path(), "--sector", "99999999999"], "out of range");
    is_refused(INSPECT, &[image.path(), "--at", "2026-11-23"], "nor seconds since 1970");
    let told = Command::new(INSPECT).args([image.path(), "--at", "-5"]).output().expect("it starts");
    assert!(told.status.success());
}

#[test]
fn an_image_that_was_cut_within_a_sector_tells_how_long_it_was() {
    let image = Image::new("cut");
    let origin = TestOrigin::always(response(200, "Cache-Control: max-age=600\r\n", &"x".repeat(300_000)));
    std::fs::write(image.path(), [0xff; 128 * 4096]).expect("it is written");
    let fetched = Command::new(FETCH).args([&*origin.uri("/"), "--flash", image.path()]).output();
    assert!(fetched.expect("it starts").status.success());
    let octets = std::fs::read(image.path()).expect("it is there");
    for length in [10_000, 100_000, 200_001, 40 * 4096 + 1] {
        std::fs::write(image.path(), &octets[..length]).expect("it is written");
        let expected = "sectors of 4096: it was cut off, the partition has 524288 octets";
        fails(INSPECT, &[image.path()], &[&length.to_string(), expected]);
    }
}

/// Starts a program, reads `octets` of what it writes, and goes away.
fn read_of(command: &mut Command, octets: usize) -> Child {
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut stdout = child.stdout.take().expect("it was piped");
    stdout.read_exact(&mut vec![0; octets]).expect("it writes as much");
    child
}

#[test]
fn who_stops_reading_is_no_failure() {
    let image = Image::new("unread");
    let origin = TestOrigin::always(response(200, "ETag: \"1\"\r\n", &"x".repeat(300_000)));
    let uri = origin.uri("/");
    let mut commands = [
        (Command::new(FETCH), 10, vec![&*uri, "-v", "--flash", image.path()]),
        (Command::new(env!("CARGO_BIN_EXE_demo")), 1, vec![]),
        (Command::new(INSPECT), 1, vec![image.path(), "--json"]),
    ];
    for (command, octets, arguments) in &mut commands {
        let output = read_of(command.args(&*arguments), *octets).wait_with_output().expect("it ends");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        assert!(!errors.contains("panicked") && !errors.contains("Broken pipe"), "{errors}");
    }
    // Nor who does not read what goes beside.
    let mut fetch = Command::new(FETCH);
    fetch.args([&*uri, "-v"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = fetch.spawn().expect("it starts");
    drop(child.stderr.take());
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success() && output.stdout.len() == 300_000, "{output:?}");
}

#[test]
fn a_device_serves_on_when_nobody_reads_what_it_says() {
    let mut command = Command::new(SERVE);
    command.args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("it was piped");
    BufReader::new(stdout).read_line(&mut line).expect("it says where it listens");
    let address = line.split(' ').find_map(|word| word.strip_prefix("http://")).expect("an address");
    let answers: Vec<Option<Message>> = (0..2).map(|_| get(address)).collect();
    child.kill().expect("it is there");
    child.wait().expect("it ends");
    assert!(answers.iter().all(|answer| answer.as_ref().is_some_and(|answer| answer.status() == 200)));
}

fn get(address: &str) -> Option<Message> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.write_all(b"GET /temperature HTTP/1.1\r\nHost: h\r\n\r\n").ok()?;
    receive(&mut BufReader::new(stream), false)
}
