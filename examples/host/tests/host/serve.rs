//! The device that serves, in a process of its own, asked by hyper's client.

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};
use tokio::net::TcpStream;

/// The device, which ends with this value.
struct Device {
    child: Child,
    says: Lines<BufReader<ChildStdout>>,
    client: SendRequest<Full<Bytes>>,
    address: String,
}

/// An answer, and how often the handler had been called by then.
struct Got {
    status: u16,
    fields: HeaderMap,
    body: Bytes,
    calls: u32,
}

impl Got {
    fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    fn is(&self) -> (u16, &str, u32) {
        (self.status, str::from_utf8(&self.body).expect("text"), self.calls)
    }
}

impl Device {
    async fn new() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_serve"))
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the device starts");
        let mut says = BufReader::new(child.stdout.take().expect("it was piped")).lines();
        let line = says.next().expect("a line").expect("text");
        let address = line.split(' ').find_map(|word| word.strip_prefix("http://")).expect("an address");
        let stream = TcpStream::connect(address).await.expect("the device listens");
        let (client, connection) = handshake(TokioIo::new(stream)).await.expect("a connection");
        tokio::spawn(connection);
        Self { child, says, client, address: address.to_owned() }
    }

    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        lines: &[(&str, &str)],
        content: &'static str,
    ) -> Got {
        let mut request = Request::builder().method(method).uri(path).header("Host", "192.0.2.1");
        for (name, value) in lines {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from_static(content.as_bytes()))).expect("a request");
        self.client.ready().await.expect("the connection is kept");
        let (parts, body) = self.client.send_request(request).await.expect("an answer").into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        let line = self.says.next().expect("a line").expect("text");
        let calls = line.rsplit(' ').next().expect("a number").parse().expect("a number");
        Got { status: parts.status.as_u16(), fields: parts.headers, body, calls }
    }

    async fn get(&mut self, path: &str, lines: &[(&str, &str)]) -> Got {
        self.ask(Method::GET, path, lines, "").await
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn conditions_and_ranges_are_answered_without_the_handler() {
    let mut device = Device::new().await;
    let first = device.get("/temperature", &[]).await;
    assert_eq!(first.is(), (200, "{\"celsius\":20.1}", 1));
    assert_eq!((first.field("age"), first.field("etag")), ("", "\"201\""));
    let again = device.get("/temperature", &[("Cache-Control", "no-cache")]).await;
    assert_eq!(again.is(), (200, "{\"celsius\":20.1}", 1), "nobody makes the sensor run");
    assert!(!again.field("age").is_empty(), "§5.1");
    let got = device.get("/temperature", &[("If-None-Match", "\"201\"")]).await;
    assert_eq!(got.is(), (304, "", 1));
    let got = device.get("/temperature", &[("Range", "bytes=11-14")]).await;
    assert_eq!((got.is(), got.field("content-range")), ((206, "20.1", 1), "bytes 11-14/16"));
    let got = device.get("/temperature", &[("Range", "bytes=16-")]).await;
    assert_eq!((got.is(), got.field("content-range")), ((416, "", 1), "bytes */16"));
    assert_eq!(device.ask(Method::HEAD, "/temperature", &[], "").await.is(), (200, "", 1));
    assert_eq!(device.get("/nothing", &[]).await.is(), (404, "", 2));
}

#[tokio::test]
async fn the_end_of_what_the_handler_has_just_made_is_a_part_and_all_of_it_is_stored() {
    let mut device = Device::new().await;
    let end = "line 499 of version 1\n";
    let got = device.get("/log", &[("Range", "bytes=-22")]).await;
    assert_eq!((got.is(), got.field("content-range")), ((206, end, 1), "bytes 10978-10999/11000"));
    // The handler validates it, and makes nothing.
    let whole = device.get("/log", &[]).await;
    assert_eq!((whole.status, whole.body.len(), whole.calls), (200, 11_000, 2));
    assert!(whole.body.ends_with(end.as_bytes()));
    assert_eq!(device.get("/log", &[("If-None-Match", "\"log-1\"")]).await.is(), (304, "", 3));
}

#[tokio::test]
async fn a_change_invalidates_what_is_stored_and_a_lost_update_is_refused() {
    let mut device = Device::new().await;
    let got = device.get("/setpoint", &[]).await;
    assert_eq!((got.is(), got.field("etag")), ((200, "20", 1), "\"1\""));
    let put = device.ask(Method::PUT, "/setpoint", &[("If-Match", "\"1\"")], "22").await;
    assert_eq!((put.is(), put.field("etag")), ((204, "", 2), "\"2\""));
    assert_eq!(device.get("/setpoint", &[("If-None-Match", "\"1\"")]).await.is(), (200, "22", 3));
    let late = device.ask(Method::PUT, "/setpoint", &[("If-Match", "\"1\"")], "18").await;
    assert_eq!(late.is(), (412, "", 4));
    assert_eq!(device.get("/setpoint", &[("If-Match", "\"2\"")]).await.is(), (200, "22", 4), "still stored");
    assert_eq!(device.get("/setpoint", &[("If-Match", "\"1\"")]).await.is(), (412, "", 4));
}

#[tokio::test]
async fn ten_clients_at_once_make_the_sensor_run_once() {
    let device = Device::new().await;
    let address = device.address.clone();
    let ask = |lines: &'static [(&'static str, &'static str)]| {
        let address = address.clone();
        async move {
            let stream = TcpStream::connect(address).await.expect("the device listens");
            let (mut client, connection) = handshake(TokioIo::new(stream)).await.expect("a connection");
            tokio::spawn(connection);
            let request = lines
                .iter()
                .fold(Request::get("/temperature"), |request, (name, value)| request.header(*name, *value));
            let request = request.header("Host", "192.0.2.1").body(Full::new(Bytes::new()));
            let answer = client.send_request(request.expect("a request")).await.expect("an answer");
            let status = answer.status().as_u16();
            (status, answer.into_body().collect().await.expect("a body").to_bytes())
        }
    };
    let tasks: Vec<_> = (0..10)
        .map(|client| {
            tokio::spawn(ask(match client % 3 {
                0 => &[],
                1 => &[("Cache-Control", "no-cache")],
                _ => &[("Range", "bytes=11-14")],
            }))
        })
        .collect();
    for (client, task) in tasks.into_iter().enumerate() {
        let (status, body) = task.await.expect("no task fails");
        match client % 3 {
            2 => assert_eq!((status, &*body), (206, &b"20.1"[..])),
            _ => assert_eq!((status, &*body), (200, &b"{\"celsius\":20.1}"[..])),
        }
    }
    let mut device = device;
    for _ in 0..10 {
        let line = device.says.next().expect("a line").expect("text");
        assert!(line.ends_with("handler calls so far: 1"), "{line}");
    }
}
