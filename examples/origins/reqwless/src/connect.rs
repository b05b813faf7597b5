//! Connections, of whatever kind.

use core::net::SocketAddr;
use embedded_io_async::{Error, Read, Write};
use embedded_nal_async::TcpConnect;

/// Makes connections to origins.
///
/// Whatever implements [`TcpConnect`] does, for `http`. For `https` implement it over the TLS library of your
/// choice; `examples/mps2/src/tls.rs` has it over embedded-tls.
#[expect(async_fn_in_trait, reason = "as TcpConnect")]
pub trait Connect {
    /// Whether it makes connections for `https`, which show that the host is the one that was asked for. Else
    /// such URIs are refused.
    const HTTPS: bool;

    /// Why a connection failed.
    type Error: Error;

    /// A connection. One for `https` tells an orderly end (TLS's `close_notify`: a read of 0 octets) from any
    /// other (an error).
    type Connection<'m>: Read<Error = Self::Error> + Write<Error = Self::Error>
    where
        Self: 'm;

    /// Connects. [`Peer::is_https`] only if [`HTTPS`](Self::HTTPS).
    ///
    /// # Errors
    /// Also if the host is not the one that was asked for.
    ///
    /// # Cancel safety
    /// May be dropped at any point: there is no connection then.
    async fn connect(&self, peer: Peer<'_>) -> Result<Self::Connection<'_>, Self::Error>;
}

/// Whom to connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer<'p> {
    /// Whether the URI said `https`.
    pub is_https: bool,
    /// The host of the URI, a name or an address without brackets: what the peer has to prove to be.
    pub host: &'p str,
    /// Where it is.
    pub address: SocketAddr,
}

impl<T: TcpConnect> Connect for T {
    const HTTPS: bool = false;

    type Error = T::Error;

    type Connection<'m>
        = T::Connection<'m>
    where
        Self: 'm;

    async fn connect(&self, peer: Peer<'_>) -> Result<Self::Connection<'_>, Self::Error> {
        TcpConnect::connect(self, peer.address).await
    }
}
