//! HTTP over real sockets: messages as they stand on the wire, and an origin whose answers are raw
//! octets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// No test waits longer than this for something that should come.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A message as it stood on the wire, its body freed from chunks.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Start line and fields, without the empty line. Obs-text is shown as Latin-1.
    pub head: String,
    /// The body's octets, as many as came.
    pub body: Vec<u8>,
    /// Whether the framing says that the body is complete.
    pub whole: bool,
}

impl Message {
    /// The request line or the status line.
    pub fn start_line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// The second word of the start line: the request target.
    pub fn path(&self) -> &str {
        self.start_line().split(' ').nth(1).unwrap_or_default()
    }

    /// The second word of the start line: the status code.
    pub fn status(&self) -> u16 {
        self.path().parse().expect("a status line")
    }

    /// The values of the lines called `name`, in order.
    pub fn values(&self, name: &str) -> Vec<&str> {
        let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        let same = fields.filter(|(line, _)| line.eq_ignore_ascii_case(name));
        same.map(|(_, value)| value.trim()).collect()
    }

    /// Whether there is a line called `name`.
    pub fn has(&self, name: &str) -> bool {
        !self.values(name).is_empty()
    }

    /// The body.
    pub fn text(&self) -> &str {
        str::from_utf8(&self.body).expect("text")
    }
}

/// Reads one message. `bodiless`: the framing does not count, as in answers to HEAD.
pub fn receive(stream: &mut impl BufRead, bodiless: bool) -> Option<Message> {
    let mut octets = Vec::new();
    while !octets.ends_with(b"\r\n\r\n") {
        if stream.read_until(b'\n', &mut octets).ok()? == 0 {
            return None;
        }
    }
    octets.truncate(octets.len() - 4);
    let head = octets.iter().copied().map(char::from).collect();
    let mut message = Message { head, body: Vec::new(), whole: true };
    let is_response = message.head.starts_with("HTTP/");
    let number = if is_response { message.status() } else { 0 };
    if bodiless || matches!(number, 100..=199 | 204 | 304) {
        return Some(message);
    }
    let length = message.values("content-length").first().map(|length| length.parse().expect("a length"));
    if message.values("transfer-encoding").contains(&"chunked") {
        message.whole = chunks(stream, &mut message.body).is_some();
    } else if length.is_some() || !is_response {
        let length = length.unwrap_or(0);
        let _ = stream.take(length).read_to_end(&mut message.body);
        message.whole = message.body.len() as u64 == length;
    } else {
        message.whole = stream.read_to_end(&mut message.body).is_ok();
    }
    Some(message)
}

fn chunks(stream: &mut impl BufRead, body: &mut Vec<u8>) -> Option<()> {
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let length = u64::from_str_radix(line.trim(), 16).ok()?;
        let before = body.len() as u64;
        stream.take(length).read_to_end(body).ok()?;
        stream.read_line(&mut String::new()).ok().filter(|read| *read > 0)?;
        if body.len() as u64 != before + length {
            return None;
        }
        if length == 0 {
            return Some(());
        }
    }
}

/// What an origin does after it has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Waits for the next request.
    KeepAlive,
    /// Closes the connection in order.
    Close,
}

/// An origin whose answers are raw octets, with a thread for every connection.
#[derive(Debug)]
pub struct TestOrigin {
    /// Where it listens.
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<Message>>>,
    connections: Arc<AtomicUsize>,
    closed: Arc<AtomicUsize>,
}

impl TestOrigin {
    /// Answers by writing to the stream.
    pub fn new(answer: impl Fn(&Message, &mut TcpStream) -> Then + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::<Mutex<Vec<Message>>>::default();
        let connections = Arc::<AtomicUsize>::default();
        let closed = Arc::<AtomicUsize>::default();
        let (seen, count, answer) = (Arc::clone(&requests), Arc::clone(&connections), Arc::new(answer));
        let ended = Arc::clone(&closed);
        // It ends with the test program.
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                count.fetch_add(1, Ordering::SeqCst);
                let (seen, answer, ended) = (Arc::clone(&seen), Arc::clone(&answer), Arc::clone(&ended));
                thread::spawn(move || {
                    serve(stream, &seen, &*answer);
                    ended.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        Self { address, requests, connections, closed }
    }

    /// Answers every request with the same octets and keeps the connection.
    pub fn always(octets: impl Into<Vec<u8>>) -> Self {
        let octets = octets.into();
        Self::new(move |_, stream| {
            let _ = stream.write_all(&octets);
            Then::KeepAlive
        })
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Message> {
        self.requests.lock().expect("no test thread panics with it").clone()
    }

    /// How many requests so far.
    pub fn count(&self) -> usize {
        self.requests().len()
    }

    /// How many connections so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Waits until so many connections were closed.
    pub fn wait_for_closed(&self, count: usize) {
        let end = Instant::now() + PATIENCE;
        while self.closed.load(Ordering::SeqCst) < count {
            assert!(Instant::now() < end, "no connection was closed");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// The URI of `path` at this origin.
    pub fn uri(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

fn serve(
    mut stream: TcpStream,
    seen: &Mutex<Vec<Message>>,
    answer: &(impl Fn(&Message, &mut TcpStream) -> Then + ?Sized),
) {
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    while let Some(request) = receive(&mut reader, false) {
        seen.lock().expect("no test thread panics with it").push(request.clone());
        if answer(&request, &mut stream) == Then::Close {
            let _ = stream.shutdown(Shutdown::Both);
            return;
        }
    }
}

/// A response with `Content-Length`.
pub fn response(status: u16, lines: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} X\r\n{lines}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}
