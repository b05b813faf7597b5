//! `ReqwlessOrigin`: larder's [`Origin`] over reqwless.

use crate::body::Body;
use crate::connect::{Connect, Peer};
use crate::wire::Wire;
use crate::{content, lines};
use core::fmt;
use core::net::SocketAddr;
use embedded_io_async::{Error as _, Read, Write};
use embedded_nal_async::{AddrType, Dns};
use larder::client::{BodyRead, Content, Origin, Sending};
use larder::head::{HeadMut, Outgoing};
use larder_http1::{Announced, Connection, Counted, Error, Framing, Lines, Schemes, Target, stays};
use reqwless::request::{Method, Request, RequestBuilder};
use reqwless::response::Response;

/// Sends requests over connections that `T` makes, one exchange at a time. `https` URIs if it [can](Connect::HTTPS).
///
/// `HEAD` bounds the head of a response, in octets; `AHEAD` is how many octets are read ahead of it.
/// A body read with a buffer of `AHEAD` octets or more goes straight into that buffer.
///
/// Dropping it, or the future of a `send`, drops the connection.
pub struct ReqwlessOrigin<'n, T: Connect, D, const HEAD: usize = 2048, const AHEAD: usize = 256> {
    tcp: &'n T,
    dns: &'n D,
    keep_alive: bool,
    connection: Option<Connection<Body<T::Connection<'n>, AHEAD>>>,
    head: [u8; HEAD],
}

impl<'n, T: Connect, D: Dns, const HEAD: usize, const AHEAD: usize> ReqwlessOrigin<'n, T, D, HEAD, AHEAD> {
    /// A new connection for every request. `HEAD` and `AHEAD` are those of the type:
    /// `let origin: ReqwlessOrigin<'_, _, _> = ReqwlessOrigin::new(…)` takes the default ones.
    pub const fn new(tcp: &'n T, dns: &'n D) -> Self {
        Self { tcp, dns, keep_alive: false, connection: None, head: [0; HEAD] }
    }

    /// Keeps the connection for the next request to the same host and port, if the last body was
    /// read to its end and the origin did not close.
    pub fn keep_alive(self) -> Self {
        Self { keep_alive: true, ..self }
    }

    /// The last connection, if that may and can be used again.
    async fn kept(&mut self, target: &Target<'_>) -> Option<Wire<T::Connection<'n>, AHEAD>> {
        // Gone from here in any case, so that it is not used again if this future is dropped.
        let mut wire = self.connection.take()?.reusable_for(target)?;
        wire.is_quiet().await.then_some(wire)
    }

    async fn connect(&self, target: &Target<'_>) -> Result<Wire<T::Connection<'n>, AHEAD>, Error> {
        let address = match target.address() {
            Some(address) => address,
            None => {
                let found = self.dns.get_host_by_name(target.host, AddrType::Either).await;
                found.map_err(|_| Error::Resolve)?
            }
        };
        let address = SocketAddr::new(address, target.port);
        let peer = Peer { is_https: target.is_https, host: target.host, address };
        let connected = self.tcp.connect(peer).await;
        Ok(Wire::new(connected.map_err(|error| Error::Connect(error.kind()))?))
    }
}

impl<T: Connect, D: Dns, const HEAD: usize, const AHEAD: usize> Origin
    for ReqwlessOrigin<'_, T, D, HEAD, AHEAD>
{
    type Error = Error;

    async fn send<C: Content>(
        &mut self,
        request: &Outgoing<'_>,
        exchange: Sending<'_, C>,
        mut head: HeadMut<'_>,
    ) -> Result<(), Error> {
        let schemes = if T::HTTPS { Schemes::Both } else { Schemes::Http };
        let target = Target::of(schemes, request.method, request.uri)?;
        let method = lines::method(request.method)?;
        let Sending { content, interim } = exchange;
        let announced = content.as_deref().map(|content| Announced::new(content.len()));
        let to_send = Lines::of(request, &target, announced.as_ref(), self.keep_alive)?;
        let to_send = lines::outgoing(&to_send)?;
        let mut content = match content {
            Some(content) => Some(Counted::begin(content).await?),
            None => None,
        };
        let repeatable = request.method.is_safe() && content.is_none();
        let outgoing = Request::new(method, target.path).headers(&to_send).build();
        let mut kept = self.kept(&target).await;
        let mut wire = loop {
            let was_kept = kept.is_some();
            let mut wire = match kept.take() {
                Some(wire) => wire,
                None => self.connect(&target).await?,
            };
            let mut answered = ask(&mut wire, &outgoing, &mut content).await;
            if answered.is_ok() {
                answered = receive(&mut wire, method, &mut self.head, &mut head).await;
            }
            match answered {
                Ok(()) => break wire,
                // The origin gave it up in the very moment (RFC 9112 §9.3.1).
                Err(Error::NoAnswer(_)) if was_kept && repeatable => {}
                Err(error) => return Err(error),
            }
        };
        while (100..200).contains(&head.response().status) {
            if head.response().status == 101 {
                return Err(Error::Switched);
            }
            interim(&head.response());
            receive(&mut wire, method, &mut self.head, &mut head).await?;
        }
        let is_1_1 = self.head.trim_ascii_start().starts_with(b"HTTP/1.1");
        let response = head.response();
        let framing = Framing::of(request.method, &response, is_1_1)?;
        let stays = self.keep_alive && stays(framing, &response, is_1_1);
        self.connection = Some(Connection::new(&target, framing, Body::new(framing, wire)?, stays));
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<BodyRead, Error> {
        match &mut self.connection {
            Some(connection) => connection.read(buf).await,
            None => Ok(BodyRead::End),
        }
    }
}

impl<T: Connect, D, const HEAD: usize, const AHEAD: usize> fmt::Debug
    for ReqwlessOrigin<'_, T, D, HEAD, AHEAD>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwlessOrigin").field("connected", &self.connection.is_some()).finish()
    }
}

/// Sends a request.
async fn ask<C: Read + Write, T: Content, const AHEAD: usize>(
    wire: &mut Wire<C, AHEAD>,
    outgoing: &Request<'_, ()>,
    content: &mut Option<Counted<'_, T>>,
) -> Result<(), Error> {
    outgoing.write_header(wire).await.map_err(lines::in_head)?;
    if let Some(content) = content {
        content::send(content, wire).await?;
    }
    wire.flush().await.map_err(|error| Error::NoAnswer(error.kind()))
}

/// Receives the next head.
async fn receive<C: Read, const AHEAD: usize>(
    wire: &mut Wire<C, AHEAD>,
    method: Method,
    octets: &mut [u8],
    head: &mut HeadMut<'_>,
) -> Result<(), Error> {
    wire.expect_head();
    let response = Response::read(wire, method, octets).await.map_err(lines::in_head)?;
    lines::take(head, response.status.0, &mut response.headers())
}
