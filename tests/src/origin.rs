//! An origin that says what the test wrote down, and remembers what it was asked.

use crate::MockClock;
use crate::heads::{self, Lines};
use crate::polls::yield_now;
use crate::response::{Act, End, Response};
use larder::client::{BodyRead, Content, Origin, Sending};
use larder::head::{Fields, HeadMut, Outgoing, ResponseHead};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::future::pending;
use std::rc::Rc;

/// An origin whose responses are written down beforehand. Clones are the same origin.
///
/// It panics when it is asked and has nothing left to say: a test that expects an answer from the
/// store writes nothing down.
#[derive(Clone, Default)]
pub struct ScriptedOrigin(Rc<RefCell<Script>>);

/// A request as an origin saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The method's name.
    pub method: String,
    /// The target URI.
    pub uri: String,
    /// The lines, in order.
    pub lines: Lines,
    /// The content.
    pub content: Vec<u8>,
}

impl Asked {
    /// The value of the first line called `name`.
    pub fn line(&self, name: &str) -> Option<String> {
        heads::value(&self.lines, name)
    }

    /// Whether it carries `If-None-Match` or `If-Modified-Since`.
    pub fn is_conditional(&self) -> bool {
        self.line("if-none-match").is_some() || self.line("if-modified-since").is_some()
    }
}

/// Why the scripted origin did not respond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OriginError {
    /// No connection.
    Refused,
    /// The connection broke while the body was read.
    Broke,
    /// The response's head does not fit the client's, or is malformed.
    Head,
    /// The request's content could not be read.
    Content,
}

type Closure = Box<dyn FnMut(&Asked) -> Response>;

#[derive(Default)]
struct Script {
    queue: VecDeque<Response>,
    closure: Option<Closure>,
    clock: Option<MockClock>,
    yields: bool,
    asked: Vec<Asked>,
    connections: usize,
    /// Set before the first octet of a request, cleared by a complete body.
    busy: bool,
    chunks: VecDeque<Vec<u8>>,
    end: Option<End>,
}

impl ScriptedOrigin {
    /// An origin that has nothing to say yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// An origin that makes up its responses as it is asked.
    pub fn answering(answer: impl FnMut(&Asked) -> Response + 'static) -> Self {
        let origin = Self::default();
        origin.0.borrow_mut().closure = Some(Box::new(answer));
        origin
    }

    /// From here on it makes up its responses as it is asked, where nothing is written down.
    pub fn answers(&self, answer: impl FnMut(&Asked) -> Response + 'static) {
        self.0.borrow_mut().closure = Some(Box::new(answer));
    }

    /// Writes down what it says next, after what was written down before.
    pub fn then(&self, response: Response) {
        self.0.borrow_mut().queue.push_back(response);
    }

    /// Takes back what is written down and not said yet.
    pub fn withdraw(&self) {
        self.0.borrow_mut().queue.clear();
    }

    /// The clock that responses which take time move.
    pub fn moves(&self, clock: &MockClock) {
        self.0.borrow_mut().clock = Some(clock.clone());
    }

    /// Makes it give way once at every await, so that a test can drop futures there.
    pub fn yields(&self) {
        self.0.borrow_mut().yields = true;
    }

    /// Every request seen so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.0.borrow().asked.clone()
    }

    /// The request seen last.
    ///
    /// # Panics
    /// If it was never asked.
    pub fn last(&self) -> Asked {
        self.0.borrow().asked.last().expect("the origin was asked").clone()
    }

    /// How many requests it saw.
    pub fn count(&self) -> usize {
        self.0.borrow().asked.len()
    }

    /// How many responses are written down and not said yet.
    pub fn unsaid(&self) -> usize {
        self.0.borrow().queue.len()
    }

    /// How many connections it took: a new one for the first request, and for each whose
    /// predecessor was not read to its end.
    pub fn connections(&self) -> usize {
        self.0.borrow().connections
    }

    /// Whether the next request could use the same connection.
    pub fn is_reusable(&self) -> bool {
        let script = self.0.borrow();
        script.connections > 0 && !script.busy
    }

    async fn maybe_yield(&self) {
        let yields = self.0.borrow().yields;
        if yields {
            yield_now().await;
        }
    }
}

impl fmt::Debug for ScriptedOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedOrigin").field("asked", &self.asked()).finish_non_exhaustive()
    }
}

impl Script {
    fn next(&mut self, asked: &Asked) -> Response {
        if let Some(response) = self.queue.pop_front() {
            return response;
        }
        match &mut self.closure {
            Some(closure) => closure(asked),
            None => panic!("the origin was asked and has nothing to say: {asked:?}"),
        }
    }

    /// Begins a body; one that has no octets is complete at once.
    fn begin(&mut self, method: &str, response: &Response) {
        let bodiless = method == "HEAD" || matches!(response.status, 204 | 304);
        self.chunks = if bodiless { VecDeque::new() } else { response.chunks.clone().into() };
        self.end = Some(if bodiless { End::Complete } else { response.end });
        self.finish_if_done();
    }

    fn finish_if_done(&mut self) {
        if self.chunks.is_empty() && self.end == Some(End::Complete) {
            self.busy = false;
        }
    }
}

impl Origin for ScriptedOrigin {
    type Error = OriginError;

    async fn send<C: Content>(
        &mut self,
        request: &Outgoing<'_>,
        exchange: Sending<'_, C>,
        mut head: HeadMut<'_>,
    ) -> Result<(), OriginError> {
        {
            let mut script = self.0.borrow_mut();
            if script.connections == 0 || script.busy {
                script.connections += 1;
            }
            script.busy = true;
        }
        self.maybe_yield().await;
        let content = match exchange.content {
            Some(content) => read_all(content).await?,
            None => Vec::new(),
        };
        let asked = Asked {
            method: request.method.name().to_owned(),
            uri: request.uri.to_owned(),
            lines: heads::owned(request.fields),
            content,
        };
        let response = {
            let mut script = self.0.borrow_mut();
            script.asked.push(asked.clone());
            script.next(&asked)
        };
        match response.act {
            Act::Respond => {}
            Act::Refuse => return Err(OriginError::Refused),
            Act::Hang => return pending().await,
        }
        for (status, lines) in &response.interim {
            let lines: Vec<_> = lines
                .iter()
                .map(|(name, value)| (&**name, str::from_utf8(value).unwrap_or_default()))
                .collect();
            (exchange.interim)(&ResponseHead { status: *status, fields: Fields::new(&lines) });
        }
        self.maybe_yield().await;
        head.start_response(response.status);
        for (name, value) in &response.lines {
            head.push(name, value).map_err(|_| OriginError::Head)?;
        }
        let mut script = self.0.borrow_mut();
        if let Some(clock) = &script.clock {
            clock.advance(response.takes);
        }
        script.begin(&asked.method, &response);
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<BodyRead, OriginError> {
        self.maybe_yield().await;
        let end = {
            let mut script = self.0.borrow_mut();
            if let Some(chunk) = script.chunks.front_mut() {
                let now = chunk.len().min(buf.len());
                buf[..now].copy_from_slice(&chunk[..now]);
                chunk.drain(..now);
                if chunk.is_empty() {
                    script.chunks.pop_front();
                }
                return Ok(BodyRead::Octets(now));
            }
            script.finish_if_done();
            script.end
        };
        match end {
            Some(End::Complete) | None => Ok(BodyRead::End),
            Some(End::CutOff) => Ok(BodyRead::CutOff),
            Some(End::Break) => Err(OriginError::Broke),
            Some(End::Hang) => pending().await,
        }
    }
}

async fn read_all(content: &mut impl Content) -> Result<Vec<u8>, OriginError> {
    let mut all = Vec::new();
    let mut buf = [0; 64];
    loop {
        match content.read(&mut buf).await {
            Ok(0) => return Ok(all),
            Ok(read) => all.extend_from_slice(&buf[..read]),
            Err(_) => return Err(OriginError::Content),
        }
    }
}
