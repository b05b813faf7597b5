//! `TcpOrigin`: larder's [`Origin`] over plain TCP, by hyper's client connections.

mod body;
mod connection;
mod error;
mod head;
mod target;
mod wire;

pub use error::TcpError;
pub use wire::Wire;

use connection::Connection;
use larder::client::{BodyRead, Content, Origin, Sending};
use larder::head::{HeadMut, Outgoing};
use std::cell::Cell;
use std::io;
use std::rc::Rc;
use target::Target;
use tokio::net::TcpStream;

/// Sends requests over TCP, `http` URIs only, one exchange at a time.
///
/// Field lines go out and come in as they are: the order within a name, duplicates and obs-text
/// are kept, nothing is decompressed. `Host` is added where it is missing, the content's framing
/// always (`Content-Length`, or chunked if the length is not known). Names are sent in lower case.
/// Nothing is ever sent a second time.
///
/// An origin that answers before it has taken the whole content is not sent the rest of it if the
/// answer is a refusal (300 and above); after any other answer the rest is sent first.
///
/// Dropping it, or the future of a `send`, closes the connection at once.
#[derive(Debug, Default)]
pub struct TcpOrigin {
    keep_alive: bool,
    connection: Option<Connection>,
    wire: Rc<Cell<Wire>>,
}

impl TcpOrigin {
    /// A new connection for every request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps the connection for the next request to the same host and port, if the last body was
    /// read to its end and the origin did not close.
    pub fn keep_alive(self) -> Self {
        Self { keep_alive: true, ..self }
    }

    /// Octets sent and received so far, on all connections.
    pub fn wire(&self) -> Wire {
        self.wire.get()
    }

    /// The connection of the last exchange, if it may and can be used for the next.
    async fn kept(&mut self, target: &Target) -> Option<Connection> {
        // Gone from here in any case, so that it is not used again if this future is dropped.
        let mut connection = self.connection.take()?;
        (self.keep_alive && connection.is_ready_for(target).await).then_some(connection)
    }

    async fn connect(&self, target: &Target) -> Result<Connection, TcpError> {
        let addresses =
            tokio::net::lookup_host((target.host(), target.port())).await.map_err(TcpError::Resolve)?;
        let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => return Connection::open(stream, target, Rc::clone(&self.wire)).await,
                Err(error) => last = error,
            }
        }
        Err(TcpError::Connect(last))
    }
}

impl Origin for TcpOrigin {
    type Error = TcpError;

    async fn send<C: Content>(
        &mut self,
        request: &Outgoing<'_>,
        exchange: Sending<'_, C>,
        mut head: HeadMut<'_>,
    ) -> Result<(), TcpError> {
        let target = Target::of(request.method, request.uri)?;
        let len = exchange.content.as_ref().map(|content| content.len());
        let outgoing = head::outgoing(request, &target, len, self.keep_alive)?;
        let mut connection = match self.kept(&target).await {
            Some(connection) => connection,
            None => self.connect(&target).await?,
        };
        let response = connection.exchange(outgoing, exchange, head.reborrow()).await?;
        if response.status() == http::StatusCode::SWITCHING_PROTOCOLS {
            return Err(TcpError::Switched);
        }
        head::take(&mut head, response.status().as_u16(), response.headers())?;
        connection.receive(response.into_body());
        self.connection = Some(connection);
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<BodyRead, TcpError> {
        let Some(connection) = &mut self.connection else {
            return Ok(BodyRead::End);
        };
        let read = connection.read(buf).await;
        if !self.keep_alive {
            connection.close_at_end();
        }
        read
    }
}
