//! The origin of the demo: what a device meets in a day.

use super::ranges;
use super::sending::{self, End, Sending};
use crate::MockClock;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use larder::time::HttpDate;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_local;

/// Octets of a firmware image.
pub const FIRMWARE: usize = 512 * 1024;

/// The release that is at `/update`.
pub(super) const RELEASE: u32 = 3;

/// What the origin has, at the time that the clock shows.
#[derive(Debug)]
pub struct World {
    /// The device's clock, too: both know UTC.
    pub clock: MockClock,
    /// Whether the link between device and origin works.
    pub link: Cell<bool>,
    /// Whether the origin answers 503.
    pub failing: Cell<bool>,
    /// Requests that arrived.
    pub requests: Cell<u32>,
    /// How the next responses end, if not as they should.
    pub ends: RefCell<VecDeque<End>>,
    /// Readings that the device has posted.
    readings: Cell<u32>,
}

impl World {
    /// An origin whose link works.
    pub fn new(clock: MockClock) -> Self {
        let (requests, readings) = (Cell::new(0), Cell::new(0));
        let (link, failing) = (Cell::new(true), Cell::new(false));
        Self { clock, link, failing, requests, ends: RefCell::default(), readings }
    }

    /// Answers every connection that `listener` accepts.
    pub async fn serve(self: Rc<Self>, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            spawn_local(Rc::clone(&self).serve_connection(stream));
        }
    }

    async fn serve_connection(self: Rc<Self>, stream: TcpStream) {
        let service = service_fn(move |request: Request<Incoming>| {
            let end = self.ends.borrow_mut().pop_front().unwrap_or_default();
            let answer = self.answer(&request).map(|answer| answer.map(|body| Sending::new(body, end)));
            async move { answer }
        });
        let mut builder = http1::Builder::new();
        // A connection that ends early is part of the demo.
        let _ = builder.auto_date_header(false).serve_connection(TokioIo::new(stream), service).await;
    }

    /// Without a link the connection is closed in place of an answer.
    fn answer(&self, request: &Request<Incoming>) -> Result<Response<Bytes>, sending::NoLink> {
        if !self.link.get() {
            return Err(sending::NoLink);
        }
        self.requests.set(self.requests.get() + 1);
        if self.failing.get() {
            return Ok(self.response(503, &[("Retry-After", "600")], "busy"));
        }
        if request.method() == Method::POST {
            self.readings.set(self.readings.get() + 1);
            return Ok(self.response(204, &[], ""));
        }
        let mut response = self.resource(request);
        if is_current(request.headers(), response.headers()) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            *response.body_mut() = Bytes::new();
        } else if request.method() == Method::GET {
            ranges::cut_out(request.headers(), &mut response);
        }
        Ok(response)
    }

    fn resource(&self, request: &Request<Incoming>) -> Response<Bytes> {
        let hour = self.clock.seconds() / 3600;
        match request.uri().path() {
            "/api/weather" => {
                // It changes every two hours, and with every reading.
                let edition = format!("\"w{}-{}\"", hour / 2, self.readings.get());
                self.response(
                    200,
                    &[("Cache-Control", "max-age=600"), ("ETag", &edition)],
                    &weather(&edition),
                )
            }
            "/config" => {
                let modified = if hour < 10 { self.ago(5 * 24) } else { self.ago(-10) };
                let text =
                    format!("{{\"modified\": \"{modified}\", \"table\": \"{}\"}}", "0123456789".repeat(200));
                self.response(200, &[("Last-Modified", &modified.to_string())], &text)
            }
            "/text" => {
                let language = request.headers().get(header::ACCEPT_LANGUAGE);
                let (language, text) = match language.map(HeaderValue::as_bytes) {
                    Some(b"de") => ("de", "Guten Morgen."),
                    Some(b"fr") => ("fr", "Bonjour."),
                    _ => ("en", "Good morning."),
                };
                let lines = [
                    ("Vary", "Accept-Language"),
                    ("Content-Language", language),
                    ("Cache-Control", "max-age=86400"),
                ];
                self.response(200, &lines, &text.repeat(20))
            }
            "/me" => self.response(200, &[("Cache-Control", "private, max-age=3600")], "{\"device\": 7}"),
            "/token" => self.response(200, &[("Cache-Control", "no-store")], "{\"token\": \"b7Qx\"}"),
            "/map" => {
                let lines = [("Cache-Control", "max-age=300, stale-if-error=7200"), ("ETag", "\"m1\"")];
                self.response(200, &lines, &"..#..".repeat(300))
            }
            "/news" => {
                let edition = format!("\"n{}\"", self.clock.seconds() / 300);
                let lines = [("Cache-Control", "max-age=60, stale-while-revalidate=600"), ("ETag", &edition)];
                self.response(200, &lines, &format!("edition {edition}").repeat(40))
            }
            "/firmware" => {
                let release = if hour < 18 { 1 } else { 2 };
                let lines = [("Cache-Control", "max-age=21600"), ("ETag", &*format!("\"fw{release}\""))];
                let mut response = self.response(200, &lines, "");
                *response.body_mut() = firmware(release);
                response
            }
            "/update" => {
                let lines = [("Cache-Control", "max-age=86400"), ("ETag", &*format!("\"fw{RELEASE}\""))];
                let mut response = self.response(200, &lines, "");
                *response.body_mut() = firmware(RELEASE);
                response
            }
            _ => self.response(404, &[], "not here"),
        }
    }

    fn response(&self, status: u16, lines: &[(&str, &str)], body: &str) -> Response<Bytes> {
        let mut response = Response::new(Bytes::copy_from_slice(body.as_bytes()));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
        let date = self.clock.utc().to_string();
        for (name, value) in [("Date", &*date)].iter().chain(lines) {
            if let Some((name, value)) =
                name.parse::<HeaderName>().ok().zip(HeaderValue::from_str(value).ok())
            {
                response.headers_mut().append(name, value);
            }
        }
        response
    }

    /// So many hours before the device's boot; after it if negative.
    fn ago(&self, hours: i64) -> HttpDate {
        let boot = self.clock.utc().unix() - i64::try_from(self.clock.seconds()).unwrap_or_default();
        HttpDate::from_unix(boot - hours * 3600)
    }
}

/// Whether the client has what would be sent (RFC 9110 §13.1.2, §13.1.3).
fn is_current(request: &HeaderMap, response: &HeaderMap) -> bool {
    let same = |condition, validator| {
        let validator: Option<&HeaderValue> = response.get(validator);
        let mut conditions = request.get_all::<HeaderName>(condition).iter();
        conditions.any(|value| validator.is_some_and(|validator| contains(value, validator)))
    };
    if request.contains_key(header::IF_NONE_MATCH) {
        return same(header::IF_NONE_MATCH, header::ETAG);
    }
    same(header::IF_MODIFIED_SINCE, header::LAST_MODIFIED)
}

/// Whether a list of entity-tags has this one, or a date is this one.
fn contains(value: &HeaderValue, validator: &HeaderValue) -> bool {
    value == validator
        || value.as_bytes().split(|octet| *octet == b',').any(|tag| tag.trim_ascii() == validator)
}

fn weather(edition: &str) -> String {
    let hours: Vec<String> = (0..24).map(|hour| format!("{{\"hour\": {hour}, \"c\": 21.5}}")).collect();
    format!("{{\"edition\": {edition}, \"forecast\": [{}]}}", hours.join(", "))
}

/// An image that cannot be compressed, another one for every release.
pub(super) fn firmware(release: u32) -> Bytes {
    let mut state = 0x9e37_79b9_u32.wrapping_mul(release);
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_be_bytes()
    };
    std::iter::repeat_with(next).take(FIRMWARE / 4).flatten().collect()
}
