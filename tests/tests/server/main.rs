//! A device that serves HTTP itself: `Server` over a store in RAM, a handler that the test writes down, and a
//! mock clock. Named by clause, as the sections are.

mod bodies;
mod conditions;
mod handler;
mod storing;

use larder::CacheOptions;
use larder::client::{Call, Content, Report, Storing};
use larder::head::{Fields, HeadError, HeadMut, Method, Outgoing, RequestHead};
use larder::server::{Handler, Server};
use larder::store::RamStore;
use larder_tests::heads::{self, Lines};
use larder_tests::origin::Asked;
use larder_tests::{MockClock, block_on};
use std::cell::RefCell;
use std::future::pending;
use std::rc::Rc;

const DEVICE: &str = "http://device";
const TAG: (&str, &str) = ("ETag", "\"1\"");
const FRESH: (&str, &str) = ("Cache-Control", "max-age=60");
const TEN: &str = "0123456789";

/// What a handler makes.
#[derive(Clone, Debug)]
struct Made {
    status: u16,
    lines: Lines,
    body: Result<Pieces, &'static str>,
}

/// A body that is read in pieces, as they stand here.
#[derive(Clone, Debug, Default)]
struct Pieces {
    pieces: Vec<Vec<u8>>,
    is_length_known: bool,
    breaks: bool,
}

fn made(status: u16, lines: &[(&str, &str)], body: &str) -> Made {
    let pieces = if body.is_empty() { Vec::new() } else { vec![body.as_bytes().to_vec()] };
    let lines = lines.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
    Made { status, lines, body: Ok(Pieces { pieces, is_length_known: true, breaks: false }) }
}

fn fails() -> Made {
    Made { status: 200, lines: Lines::new(), body: Err("the sensor does not answer") }
}

/// It never gets done.
fn hangs() -> Made {
    Made { status: 0, ..fails() }
}

impl Made {
    fn in_pieces(mut self, pieces: &[&str]) -> Self {
        if let Ok(body) = &mut self.body {
            body.pieces = pieces.iter().map(|piece| piece.as_bytes().to_vec()).collect();
        }
        self
    }

    fn of_unknown_length(mut self) -> Self {
        if let Ok(body) = &mut self.body {
            body.is_length_known = false;
        }
        self
    }

    fn breaking(mut self) -> Self {
        if let Ok(body) = &mut self.body {
            body.breaks = true;
        }
        self
    }
}

impl Content for Pieces {
    type Error = &'static str;

    fn len(&self) -> Option<u64> {
        let length = self.pieces.iter().map(Vec::len).sum::<usize>() as u64;
        (self.is_length_known && !self.breaks).then_some(length)
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, &'static str> {
        let Some(piece) = self.pieces.first_mut() else {
            return if self.breaks { Err("the bus does not answer") } else { Ok(0) };
        };
        let now = piece.len().min(buf.len());
        buf[..now].copy_from_slice(&piece[..now]);
        piece.drain(..now);
        if piece.is_empty() {
            self.pieces.remove(0);
        }
        Ok(now)
    }
}

type Makes = Box<dyn FnMut(&Asked) -> Made>;

/// A handler that makes what the test says, and remembers what it was asked.
struct Scripted {
    makes: Makes,
    asked: Rc<RefCell<Vec<Asked>>>,
}

impl Handler for Scripted {
    type Body = Pieces;
    type Error = &'static str;

    async fn handle<C: Content>(
        &mut self,
        request: &Outgoing<'_>,
        content: Option<&mut C>,
        mut response: HeadMut<'_>,
    ) -> Result<Pieces, &'static str> {
        let mut octets = [0; 64];
        let read = match content {
            Some(content) => content.read(&mut octets).await.map_err(|_| "no content")?,
            None => 0,
        };
        let asked = Asked {
            method: request.method.name().to_owned(),
            uri: request.uri.to_owned(),
            lines: heads::owned(request.fields),
            content: octets[..read].to_vec(),
        };
        self.asked.borrow_mut().push(asked.clone());
        let Made { status, lines, body } = (self.makes)(&asked);
        if status == 0 {
            return pending().await;
        }
        if status != 200 {
            response.start_response(status);
        }
        for (name, value) in &lines {
            response.push(name, value).map_err(|_: HeadError| "the head is full")?;
        }
        body
    }
}

/// A device with a server in it.
struct Device {
    server: Server<RamStore<128, 8>, Scripted, MockClock>,
    asked: Rc<RefCell<Vec<Asked>>>,
    clock: MockClock,
}

/// What a client got.
#[derive(Debug)]
struct Got {
    status: u16,
    lines: Lines,
    body: Vec<u8>,
    error: bool,
    report: Report,
}

impl Got {
    fn line(&self, name: &str) -> Option<String> {
        heads::value(&self.lines, name)
    }

    fn text(&self) -> &str {
        str::from_utf8(&self.body).expect("text")
    }

    /// Status and text.
    fn is(&self) -> (u16, &str) {
        assert!(!self.error, "{self:?}");
        (self.status, self.text())
    }

    fn is_stored(&self) -> bool {
        matches!(self.report.storing, Storing::Stored(_))
    }
}

impl Device {
    fn new(makes: impl FnMut(&Asked) -> Made + 'static) -> Self {
        Self::with(CacheOptions::SERVER, makes)
    }

    fn with(options: CacheOptions, makes: impl FnMut(&Asked) -> Made + 'static) -> Self {
        let (asked, clock) = (Rc::default(), MockClock::new());
        let handler = Scripted { makes: Box::new(makes), asked: Rc::clone(&asked) };
        let server = Server::with_options(RamStore::new(), handler, clock.clone(), options);
        Self { server, asked, clock }
    }

    fn get(&mut self, path: &str, lines: &[(&str, &str)]) -> Got {
        self.ask(Method::Get, path, lines)
    }

    fn ask(&mut self, method: Method<'_>, path: &str, lines: &[(&str, &str)]) -> Got {
        self.read_by(7, method, path, lines)
    }

    /// A request whose answer is read so many octets at a time.
    fn read_by(&mut self, octets: usize, method: Method<'_>, path: &str, lines: &[(&str, &str)]) -> Got {
        let uri = format!("{DEVICE}{path}");
        let request = RequestHead { method, uri: &uri, fields: Fields::new(lines) };
        let mut buf = vec![0; octets];
        block_on(async {
            let call = Call::new(request);
            let mut reply = match method {
                Method::Put | Method::Post => self.server.call(call.content(&b"21"[..])).await,
                _ => self.server.call(call).await,
            };
            let (status, lines) = (reply.status(), heads::owned(reply.fields()));
            let mut body = Vec::new();
            let error = loop {
                match reply.read(&mut buf).await {
                    Ok(0) => break false,
                    Ok(read) => body.extend_from_slice(&buf[..read]),
                    Err(_) => break true,
                }
            };
            Got { status, lines, body, error, report: reply.report().clone() }
        })
    }

    /// How often the handler was called.
    fn calls(&self) -> usize {
        self.asked.borrow().len()
    }

    /// What it was asked last.
    fn last(&self) -> Asked {
        self.asked.borrow().last().expect("it was asked").clone()
    }
}
