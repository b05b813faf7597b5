//! The network: a static address in QEMU's, and every host of the world on one port of the machine
//! that QEMU runs on. So the URIs are those of a real device, and the same on every run.

use crate::board::Ethernet;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use embassy_net::tcp::client::{TcpClient, TcpClientState, TcpConnection};
use embassy_net::{Config, Ipv4Address, Ipv4Cidr, Runner, StackResources, StaticConfigV4};
use embassy_time::Duration;
use embedded_nal_async::{AddrType, Dns, TcpConnect};
use static_cell::{ConstStaticCell, StaticCell};

/// Octets that a connection buffers: to send, received.
const SEND: usize = 1024;
const RECEIVE: usize = 8192;

/// The device in QEMU's network, and the machine that QEMU runs on.
const DEVICE: Ipv4Address = Ipv4Address::new(10, 0, 2, 15);
const HOST: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 2);

/// No answer for so long is a broken connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// Leads to `port` on the machine that QEMU runs on, whoever is asked for.
pub struct Network {
    tcp: TcpClient<'static, 1, SEND, RECEIVE>,
    port: u16,
}

impl Network {
    /// The network, and what must run for it. To be called once.
    pub fn new(port: u16, seed: u64) -> (Self, Runner<'static, Ethernet>) {
        static RESOURCES: StaticCell<StackResources<2>> = StaticCell::new();
        static CONNECTIONS: ConstStaticCell<TcpClientState<1, SEND, RECEIVE>> =
            ConstStaticCell::new(TcpClientState::new());
        let address = Ipv4Cidr::new(DEVICE, 24);
        let config = StaticConfigV4 { address, gateway: None, dns_servers: Default::default() };
        let resources = RESOURCES.init(StackResources::new());
        let (stack, runner) =
            embassy_net::new(Ethernet::take_over(), Config::ipv4_static(config), resources, seed);
        let mut tcp = TcpClient::new(stack, CONNECTIONS.take());
        tcp.set_timeout(Some(PATIENCE));
        (Self { tcp, port }, runner)
    }
}

impl TcpConnect for Network {
    type Error = embassy_net::tcp::Error;
    type Connection<'m> = TcpConnection<'m, 1, SEND, RECEIVE>;

    async fn connect(&self, _remote: SocketAddr) -> Result<Self::Connection<'_>, Self::Error> {
        self.tcp.connect(SocketAddr::new(IpAddr::V4(HOST), self.port)).await
    }
}

impl Dns for Network {
    type Error = embassy_net::tcp::Error;

    async fn get_host_by_name(&self, _host: &str, _kind: AddrType) -> Result<IpAddr, Self::Error> {
        Ok(IpAddr::V4(HOST))
    }

    async fn get_host_by_address(&self, _address: IpAddr, _name: &mut [u8]) -> Result<usize, Self::Error> {
        Ok(0)
    }
}
