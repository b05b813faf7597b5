//! A device on a desk: a client over a store in RAM, a scripted origin and a mock clock.

use crate::heads::{self, Lines};
use crate::origin::OriginError;
use crate::polls::block_on;
use crate::{MockClock, Response, ScriptedOrigin};
use larder::client::{BodyError, Client, Outcome, Report, Storing};
use larder::head::{Fields, Method, RequestHead};
use larder::pair::PairId;
use larder::store::{Health, PairStore, RamStore};
use larder::{CacheOptions, CacheStatus};

/// The store of a [`Device`]: 32 KiB for at most 16 pairs.
pub type DeviceStore = RamStore<256, 16>;

/// Where a path of a test lies.
pub const HOST: &str = "http://example.com";

/// A device that sends requests through a cache. What it asks for is given by path.
#[derive(Debug)]
pub struct Device {
    /// The client.
    pub client: Client<DeviceStore, ScriptedOrigin, MockClock>,
    /// Its origin.
    pub origin: ScriptedOrigin,
    /// Its clock.
    pub clock: MockClock,
}

/// What a request came to, its body read to the end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The lines handed over.
    pub lines: Lines,
    /// The body, as far as it came.
    pub body: Vec<u8>,
    /// Why it did not come whole.
    pub error: Option<BodyError<OriginError>>,
    /// What happened.
    pub report: Report,
    /// The member of `Cache-Status`, when the head was handed over.
    pub cache_status: Option<CacheStatus>,
}

impl Answer {
    /// The value of the first line called `name`.
    pub fn line(&self, name: &str) -> Option<String> {
        heads::value(&self.lines, name)
    }

    /// The body as text.
    ///
    /// # Panics
    /// If it is no text.
    pub fn text(&self) -> &str {
        str::from_utf8(&self.body).expect("text")
    }

    /// Where it came from.
    pub const fn outcome(&self) -> Outcome {
        self.report.outcome
    }

    /// What it adds to `Cache-Status`, without its name; empty for a 504 of its own.
    pub fn cache_status(&self) -> String {
        let member = self.cache_status.as_ref().and_then(|status| status.by("c"));
        member.map(|member| member.to_string().replacen("c; ", "", 1)).unwrap_or_default()
    }

    /// Its name in the store; `None` if it was not stored.
    pub const fn stored(&self) -> Option<PairId> {
        match self.report.storing {
            Storing::Stored(id) => Some(id),
            _ => None,
        }
    }
}

impl Device {
    /// A device with these options, whose clock knows UTC.
    pub fn new(options: CacheOptions) -> Self {
        Self::with_clock(options, MockClock::new())
    }

    /// A device with these options and this clock.
    pub fn with_clock(options: CacheOptions, clock: MockClock) -> Self {
        let origin = ScriptedOrigin::new();
        origin.moves(&clock);
        let client = Client::with_options(RamStore::new(), origin.clone(), clock.clone(), options);
        Self { client, origin, clock }
    }

    /// A careful private cache.
    pub fn private() -> Self {
        Self::new(CacheOptions::PRIVATE)
    }

    /// A careful shared cache.
    pub fn shared() -> Self {
        Self::new(CacheOptions::SHARED)
    }

    /// GET.
    pub fn get(&mut self, path: &str, lines: &[(&str, &str)]) -> Answer {
        self.ask(Method::Get, path, lines)
    }

    /// HEAD.
    pub fn head(&mut self, path: &str, lines: &[(&str, &str)]) -> Answer {
        self.ask(Method::Head, path, lines)
    }

    /// Any request; its answer is read to the end. An absolute URI is taken as it is.
    pub fn ask(&mut self, method: Method<'_>, path: &str, lines: &[(&str, &str)]) -> Answer {
        let uri = if path.contains("://") { path.to_owned() } else { format!("{HOST}{path}") };
        let request = RequestHead { method, uri: &uri, fields: Fields::new(lines) };
        block_on(async {
            let mut reply = self.client.request(request).await;
            let (status, lines) = (reply.status(), heads::owned(reply.fields()));
            let cache_status = reply.cache_status();
            let mut body = Vec::new();
            let mut buf = [0; 7];
            let error = loop {
                match reply.read(&mut buf).await {
                    Ok(0) => break None,
                    Ok(read) => body.extend_from_slice(&buf[..read]),
                    Err(error) => break Some(error),
                }
            };
            Answer { status, lines, body, error, report: reply.report().clone(), cache_status }
        })
    }

    /// GET, with what the origin will say to it.
    pub fn fetch(&mut self, path: &str, lines: &[(&str, &str)], says: Response) -> Answer {
        self.origin.then(says);
        let answer = self.get(path, lines);
        assert_eq!(self.origin.unsaid(), 0, "the origin was not asked: {answer:?}");
        answer
    }

    /// GET, which must be answered without the origin.
    pub fn hit(&mut self, path: &str, lines: &[(&str, &str)]) -> Answer {
        let before = self.origin.count();
        self.origin.then(Response::new(599));
        let answer = self.get(path, lines);
        assert_eq!(self.origin.count(), before, "the origin was asked: {answer:?}");
        self.origin.withdraw();
        answer
    }

    /// GET, which must reach the origin. It is told what the origin says; answers what it was asked.
    pub fn forwarded(&mut self, path: &str, lines: &[(&str, &str)]) -> (Answer, crate::origin::Asked) {
        let answer = self.fetch(path, lines, Response::ok(&[("Cache-Control", "no-store")], "new"));
        (answer, self.origin.last())
    }

    /// Lets seconds pass.
    pub fn pass(&self, seconds: u64) {
        self.clock.advance(seconds);
    }

    /// How the store is doing.
    pub fn health(&mut self) -> Health {
        block_on(self.client.store().health())
    }
}
