//! `EdgeHttpOrigin`: larder's [`Origin`] over edge-http.

use crate::body::Body;
use crate::head::receive;
use crate::request;
use core::fmt;
use core::net::SocketAddr;
use edge_nal::{AddrType, Dns, TcpConnect};
use embedded_io_async::{Error as _, Write};
use larder::client::{BodyRead, Content, Origin, Sending};
use larder::head::{HeadMut, Outgoing};
use larder_http1::{
    Ahead, Announced, Connection, Counted, Error, Framing, Lines, Schemes, Target, method_name, stays,
};

/// Sends requests over TCP, or over what the caller puts on it, one exchange at a time.
///
/// `HEAD` bounds the head of a response in octets, `LINES` in field lines; `AHEAD` (not 0) is how many
/// octets are read ahead. A body that is not chunked, read with a buffer of `AHEAD` octets or more, goes
/// straight into that buffer.
///
/// Dropping it, or the future of a `send`, drops the connection.
pub struct EdgeHttpOrigin<
    'n,
    T: TcpConnect,
    D,
    const HEAD: usize = 2048,
    const LINES: usize = 64,
    const AHEAD: usize = 256,
> {
    tcp: &'n T,
    dns: &'n D,
    schemes: Schemes,
    keep_alive: bool,
    connection: Option<Connection<Body<T::Socket<'n>, AHEAD>>>,
    head: [u8; HEAD],
}

impl<'n, T: TcpConnect, D: Dns, const HEAD: usize, const LINES: usize, const AHEAD: usize>
    EdgeHttpOrigin<'n, T, D, HEAD, LINES, AHEAD>
{
    /// `http` URIs over `tcp`, with a new connection for every request.
    pub const fn new(tcp: &'n T, dns: &'n D) -> Self {
        const { assert!(HEAD > 0, "a head needs room") };
        Self { tcp, dns, schemes: Schemes::Http, keep_alive: false, connection: None, head: [0; HEAD] }
    }

    /// `https` URIs over `tls`, and no others. It encrypts what is sent over its connections, and sees to
    /// it that the other side is the host of the URI: it is told the address only.
    pub const fn https(tls: &'n T, dns: &'n D) -> Self {
        const { assert!(HEAD > 0, "a head needs room") };
        Self { tcp: tls, dns, schemes: Schemes::Https, keep_alive: false, connection: None, head: [0; HEAD] }
    }

    /// Keeps the connection for the next request to the same host and port, if the last body was
    /// read to its end and the origin did not close.
    pub fn keep_alive(self) -> Self {
        Self { keep_alive: true, ..self }
    }

    /// The last connection, if that may and can be used again.
    async fn kept(&mut self, target: &Target<'_>) -> Option<Ahead<T::Socket<'n>, AHEAD>> {
        // Gone from here in any case, so that it is not used again if this future is dropped.
        let mut wire = self.connection.take()?.reusable_for(target)?;
        wire.is_quiet().await.then_some(wire)
    }

    async fn connect(&self, target: &Target<'_>) -> Result<Ahead<T::Socket<'n>, AHEAD>, Error> {
        let address = match target.address() {
            Some(address) => address,
            None => {
                let found = self.dns.get_host_by_name(target.host, AddrType::Either).await;
                found.map_err(|_| Error::Resolve)?
            }
        };
        let connected = self.tcp.connect(SocketAddr::new(address, target.port)).await;
        Ok(Ahead::new(connected.map_err(|error| Error::Connect(error.kind()))?))
    }

    /// Sends a request and receives the first head that answers it; whether that is of HTTP/1.1.
    async fn ask<C: Content>(
        &mut self,
        wire: &mut Ahead<T::Socket<'n>, AHEAD>,
        (method, path, lines): (&str, &str, &Lines<'_>),
        content: &mut Option<Counted<'_, C>>,
        head: &mut HeadMut<'_>,
    ) -> Result<bool, Error> {
        request::send_head(method, path, lines, wire, &mut self.head).await?;
        if let Some(content) = content {
            request::send_content(content, wire).await?;
        }
        wire.flush().await.map_err(|error| Error::NoAnswer(error.kind()))?;
        receive::<_, LINES>(wire, &mut self.head, head).await
    }
}

impl<T: TcpConnect, D: Dns, const HEAD: usize, const LINES: usize, const AHEAD: usize> Origin
    for EdgeHttpOrigin<'_, T, D, HEAD, LINES, AHEAD>
{
    type Error = Error;

    async fn send<C: Content>(
        &mut self,
        request: &Outgoing<'_>,
        exchange: Sending<'_, C>,
        mut head: HeadMut<'_>,
    ) -> Result<(), Error> {
        let target = Target::of(self.schemes, request.method, request.uri)?;
        let method = method_name(request.method)?;
        let Sending { content, interim } = exchange;
        let announced = content.as_deref().map(|content| Announced::new(content.len()));
        let lines = Lines::of(request, &target, announced.as_ref(), self.keep_alive)?;
        let mut content = match content {
            Some(content) => Some(Counted::begin(content).await?),
            None => None,
        };
        let repeatable = request.method.is_safe() && content.is_none();
        let mut kept = self.kept(&target).await;
        let (mut wire, mut is_1_1) = loop {
            let was_kept = kept.is_some();
            let mut wire = match kept.take() {
                Some(wire) => wire,
                None => self.connect(&target).await?,
            };
            match self.ask(&mut wire, (method, target.path, &lines), &mut content, &mut head).await {
                Ok(is_1_1) => break (wire, is_1_1),
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
            is_1_1 = receive::<_, LINES>(&mut wire, &mut self.head, &mut head).await?;
        }
        let response = head.response();
        let framing = Framing::of(request.method, &response, is_1_1)?;
        let stays = self.keep_alive && stays(framing, &response, is_1_1);
        self.connection = Some(Connection::new(&target, framing, Body::new(framing, wire), stays));
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<BodyRead, Error> {
        match &mut self.connection {
            Some(connection) => connection.read(buf).await,
            None => Ok(BodyRead::End),
        }
    }
}

impl<T: TcpConnect, D, const HEAD: usize, const LINES: usize, const AHEAD: usize> fmt::Debug
    for EdgeHttpOrigin<'_, T, D, HEAD, LINES, AHEAD>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EdgeHttpOrigin").field("connected", &self.connection.is_some()).finish()
    }
}
