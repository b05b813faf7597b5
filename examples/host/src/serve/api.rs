//! The resources of the device: what it measures, what it is set to, what it has noted.

use core::fmt::Write;
use larder::client::Content;
use larder::fields::EntityTag;
use larder::head::{HeadError, HeadMut, Method, Outgoing};
use larder::server::{Current, Handler, Octets, may_change};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// Where the device's resources are, whatever name or address its clients use.
pub const DEVICE: &str = "http://device";

/// Octets of the longest body: the log.
const BODY_MAX: usize = 16 * 1024;

/// The handler of all resources. Clones are the same device.
#[derive(Clone, Debug, Default)]
pub struct Api(Rc<RefCell<State>>);

#[derive(Debug)]
struct State {
    /// How often the handler was called.
    calls: u32,
    measurements: u32,
    setpoint: u32,
    version: u32,
}

impl Default for State {
    fn default() -> Self {
        Self { calls: 0, measurements: 0, setpoint: 20, version: 1 }
    }
}

impl Api {
    /// How often the handler was called so far.
    pub fn calls(&self) -> u32 {
        self.0.borrow().calls
    }

    /// What takes a sensor a while.
    async fn measure(&self) -> u32 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let mut state = self.0.borrow_mut();
        state.measurements += 1;
        200 + state.measurements % 10
    }

    /// `GET /temperature`: measured at most every ten seconds, however many clients there are.
    async fn temperature(&self, mut response: HeadMut<'_>, body: &mut Body) -> Result<(), HeadError> {
        let tenths = self.measure().await;
        response.push("Cache-Control", b"max-age=10")?;
        response.push("Content-Type", b"application/json")?;
        response.push("ETag", format!("\"{tenths}\"").as_bytes())?;
        let _ = write!(body, "{{\"celsius\":{}.{}}}", tenths / 10, tenths % 10);
        Ok(())
    }

    /// `GET /log`: validated on every use, which is cheap; made anew only when it has changed. Clients may
    /// ask for its end alone.
    fn log(
        &self,
        request: &Outgoing<'_>,
        mut response: HeadMut<'_>,
        body: &mut Body,
    ) -> Result<(), HeadError> {
        let version = self.0.borrow().version;
        let tag = format!("\"log-{version}\"");
        if request.fields.get("if-none-match") == Some(tag.as_bytes()) {
            response.start_response(304);
        }
        response.push("Cache-Control", b"no-cache")?;
        response.push("ETag", tag.as_bytes())?;
        for line in 0..500 {
            let _ = writeln!(body, "line {line:03} of version {version}");
        }
        Ok(())
    }

    /// `GET /setpoint`: fresh until somebody changes it.
    fn setpoint(&self, mut response: HeadMut<'_>, body: &mut Body) -> Result<(), HeadError> {
        let state = self.0.borrow();
        response.push("Cache-Control", b"max-age=86400")?;
        response.push("ETag", format!("\"{}\"", state.version).as_bytes())?;
        let _ = write!(body, "{}", state.setpoint);
        Ok(())
    }

    /// `PUT /setpoint`: invalidates what is stored, since it succeeds; not if somebody else was faster
    /// (`If-Match`).
    async fn set<C: Content>(
        &self,
        request: &Outgoing<'_>,
        content: Option<&mut C>,
        mut response: HeadMut<'_>,
    ) -> Result<(), HeadError> {
        let tag = format!("\"{}\"", self.0.borrow().version);
        let current = Current { etag: EntityTag::parse(tag.as_bytes()), last_modified: None };
        let mut octets = [0; 8];
        let read = match content {
            Some(content) => content.read(&mut octets).await.unwrap_or(0),
            None => 0,
        };
        let text = str::from_utf8(octets.get(..read).unwrap_or_default());
        match text.map(str::parse) {
            _ if !may_change(request, Some(&current)) => response.start_response(412),
            Ok(Ok(setpoint)) => {
                let mut state = self.0.borrow_mut();
                state.setpoint = setpoint;
                state.version += 1;
                response.start_response(204);
                response.push("ETag", format!("\"{}\"", state.version).as_bytes())?;
            }
            _ => response.start_response(400),
        }
        Ok(())
    }
}

/// The body of a response.
type Body = Octets<BODY_MAX>;

impl Handler for Api {
    type Body = Body;
    type Error = HeadError;

    async fn handle<C: Content>(
        &mut self,
        request: &Outgoing<'_>,
        content: Option<&mut C>,
        mut response: HeadMut<'_>,
    ) -> Result<Body, HeadError> {
        self.0.borrow_mut().calls += 1;
        let mut body = Octets::new();
        let path = request.uri.strip_prefix(DEVICE).unwrap_or_default();
        match (request.method, path) {
            (Method::Get | Method::Head, "/temperature") => self.temperature(response, &mut body).await?,
            (Method::Get | Method::Head, "/log") => self.log(request, response, &mut body)?,
            (Method::Get | Method::Head, "/setpoint") => self.setpoint(response, &mut body)?,
            (Method::Put, "/setpoint") => self.set(request, content, response).await?,
            (_, "/temperature" | "/log" | "/setpoint") => response.start_response(405),
            _ => response.start_response(404),
        }
        Ok(body)
    }
}
