//! A proxy in a process of its own, and a client that shows raw octets.

pub use larder_tests::sockets::{Message, PATIENCE, TestOrigin, Then, receive, response};

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};

/// The proxy, in a process of its own, which ends with this value.
#[derive(Debug)]
pub struct Proxy {
    child: Child,
    pub address: SocketAddr,
}

impl Proxy {
    pub fn new(origin: SocketAddr, options: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_proxy"))
            .args(["--listen", "127.0.0.1:0", "--origin", &format!("http://{origin}")])
            .args(options)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the proxy starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it was piped");
        BufReader::new(stdout).read_line(&mut line).expect("the proxy says where it listens");
        let address = line.split(' ').find_map(|word| word.strip_prefix("http://")).expect("an address");
        Self { address: address.parse().expect("an address"), child }
    }

    /// Sends octets and reads one answer on a connection of its own.
    pub fn send(&self, octets: impl AsRef<[u8]>) -> Message {
        let octets = octets.as_ref();
        let mut connection = self.connect(octets);
        receive(&mut connection, octets.starts_with(b"HEAD ")).expect("an answer")
    }

    /// A GET with these lines, each ending with CRLF.
    pub fn get(&self, path: &str, lines: &str) -> Message {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: proxy.example\r\n{lines}\r\n"))
    }

    /// Sends octets; what comes back is the caller's to read.
    pub fn connect(&self, octets: &[u8]) -> BufReader<TcpStream> {
        let mut stream = TcpStream::connect(self.address).expect("the proxy listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.write_all(octets).expect("the proxy reads");
        BufReader::new(stream)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A [`TestOrigin`] that sends the same for every request, and a proxy before it.
pub fn proxied(octets: impl Into<Vec<u8>>, options: &[&str]) -> (TestOrigin, Proxy) {
    let origin = TestOrigin::always(octets);
    let proxy = Proxy::new(origin.address, options);
    (origin, proxy)
}
