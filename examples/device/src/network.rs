//! TCP and DNS over an embassy-net stack.

use core::net::{IpAddr, SocketAddr};
use embassy_net::Stack;
use embassy_net::dns::{self, DnsSocket};
use embassy_net::tcp::client::{TcpClient, TcpClientState, TcpConnection};
use embassy_time::Duration;
use embedded_nal_async::{AddrType, Dns, TcpConnect};
use static_cell::ConstStaticCell;

/// Octets that the connection buffers: to send, received.
const SEND: usize = 1024;
const RECEIVE: usize = 4096;

/// No octet for so long is a broken connection.
const PATIENCE: Duration = Duration::from_secs(20);

/// One connection at a time, and DNS.
pub struct Network {
    tcp: TcpClient<'static, 1, SEND, RECEIVE>,
    dns: DnsSocket<'static>,
}

impl Network {
    /// Sockets of the stack that this takes: one of TCP, one of DNS, one of DHCP.
    pub const SOCKETS: usize = 3;

    /// Over `stack`. To be called once.
    ///
    /// # Panics
    /// The second time.
    pub fn new(stack: Stack<'static>) -> Self {
        static STATE: ConstStaticCell<TcpClientState<1, SEND, RECEIVE>> =
            ConstStaticCell::new(TcpClientState::new());
        let mut tcp = TcpClient::new(stack, STATE.take());
        tcp.set_timeout(Some(PATIENCE));
        Self { tcp, dns: DnsSocket::new(stack) }
    }
}

impl TcpConnect for Network {
    type Error = embassy_net::tcp::Error;
    type Connection<'m> = TcpConnection<'m, 1, SEND, RECEIVE>;

    async fn connect(&self, remote: SocketAddr) -> Result<Self::Connection<'_>, Self::Error> {
        self.tcp.connect(remote).await
    }
}

impl Dns for Network {
    type Error = dns::Error;

    async fn get_host_by_name(&self, host: &str, kind: AddrType) -> Result<IpAddr, dns::Error> {
        self.dns.get_host_by_name(host, kind).await
    }

    async fn get_host_by_address(&self, address: IpAddr, name: &mut [u8]) -> Result<usize, dns::Error> {
        self.dns.get_host_by_address(address, name).await
    }
}
