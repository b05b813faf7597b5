//! `ReqwlessOrigin`: larder's [`Origin`] over reqwless.

use crate::Error;
use crate::body::Body;
use crate::connect::{Connect, Peer};
use crate::connection::{Connection, kept_authority};
use crate::content::Announced;
use crate::framing::{self, Framing};
use crate::lines;
use crate::target::Target;
use crate::wire::Wire;
use core::fmt;
use core::net::SocketAddr;
use embedded_io_async::{Error as _, Read, Write};
use embedded_nal_async::{AddrType, Dns};
use larder::client::{BodyRead, Content, Origin, Sending};
use larder::head::{HeadMut, Outgoing};
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
    connection: Option<Connection<T::Connection<'n>, AHEAD>>,
    head: [u8; HEAD],
}

impl<'n, T: Connect, D: Dns, const HEAD: usize, const AHEAD: usize> ReqwlessOrigin<'n, T, D, HEAD, AHEAD> {
    /// A new connection for every request.
    pub const fn new(tcp: &'n T, dns: &'n D) -> Self {
        Self { tcp, dns, keep_alive: false, connection: None, head: [0; HEAD] }
    }

    /// Keeps the connection for the next request to the same host and port, if the last body was
    /// read to its end and the origin did not close.
    pub fn keep_alive(self) -> Self {
        Self { keep_alive: true, ..self }
    }

    /// A connection to send on: the last one, if that may and can be used again, or a new one.
    async fn wire(&mut self, target: &Target<'_>) -> Result<Wire<T::Connection<'n>, AHEAD>, Error> {
        // Gone from here in any case, so that it is not used again if this future is dropped.
        if let Some(connection) = self.connection.take()
            && let Some(wire) = connection.reusable_for(target).await
        {
            return Ok(wire);
        }
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
        let target = Target::of(request.method, request.uri, T::HTTPS)?;
        let method = lines::method(request.method)?;
        let Sending { mut content, interim } = exchange;
        let announced = content.as_deref().map(Announced::new).transpose()?;
        let lines = lines::outgoing(request, &target, announced.as_ref(), self.keep_alive)?;
        if let (Some(announced), Some(content)) = (&announced, &mut content) {
            announced.check(*content).await?;
        }
        let mut wire = self.wire(&target).await?;
        let outgoing = Request::new(method, target.path).headers(&lines).build();
        outgoing.write_header(&mut wire).await.map_err(Error::in_head)?;
        if let (Some(announced), Some(content)) = (&announced, content) {
            announced.send(content, &mut wire).await?;
        }
        wire.flush().await.map_err(|error| Error::NoAnswer(error.kind()))?;
        wire.expect_head();
        let octets = &mut self.head;
        receive(&mut wire, method, octets, &mut head).await?;
        while (100..200).contains(&head.response().status) {
            if head.response().status == 101 {
                return Err(Error::Switched);
            }
            interim(&head.response());
            receive(&mut wire, method, octets, &mut head).await?;
        }
        let is_1_1 = octets.trim_ascii_start().starts_with(b"HTTP/1.1");
        let response = head.response();
        let framing = Framing::of(request.method, &response)?;
        let stays =
            self.keep_alive && is_1_1 && framing != Framing::ToClose && !framing::closes(response.fields);
        let (authority, body) = (kept_authority(&target), Body::new(framing, wire));
        self.connection = Some(Connection { is_https: target.is_https, authority, body, end: None, stays });
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<BodyRead, Error> {
        let Some(connection) = &mut self.connection else {
            return Ok(BodyRead::End);
        };
        if let Some(end) = connection.end {
            return Ok(end);
        }
        if buf.is_empty() {
            return Ok(BodyRead::Octets(0));
        }
        let read = connection.body.read(buf).await;
        match read {
            Ok(BodyRead::Octets(_)) => {}
            Ok(end) => connection.end = Some(end),
            Err(_) => connection.end = Some(BodyRead::CutOff),
        }
        read
    }
}

impl<T: Connect, D, const HEAD: usize, const AHEAD: usize> fmt::Debug
    for ReqwlessOrigin<'_, T, D, HEAD, AHEAD>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwlessOrigin").field("connected", &self.connection.is_some()).finish()
    }
}

/// Receives the next head.
async fn receive<C: Read, const AHEAD: usize>(
    wire: &mut Wire<C, AHEAD>,
    method: Method,
    octets: &mut [u8],
    head: &mut HeadMut<'_>,
) -> Result<(), Error> {
    let response = Response::read(wire, method, octets).await.map_err(Error::in_head)?;
    lines::take(head, response.status.0, &mut response.headers())
}
