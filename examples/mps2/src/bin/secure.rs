//! The firmware of `cached.rs`, over https: what it is larger by is what TLS takes.

#![no_std]
#![no_main]

use embassy_executor::Spawner;
use larder::{Client, EmbassyClock};
use larder_mps2::board::{self, Ethernet, Flash, host};
use larder_mps2::network::Network;
use larder_mps2::polls::polls;
use larder_mps2::tls::Secure;
use larder_reqwless::ReqwlessOrigin;
use larder_storage_flash::{FlashStore, Mounted};
use static_cell::StaticCell;

type Store = FlashStore<Flash, 256>;
type Cache = Client<Store, ReqwlessOrigin<'static, Secure, Network>, EmbassyClock>;

/// The origin's key, that of `origin.pem`: a point of P-256, uncompressed.
#[rustfmt::skip]
const KEY: [u8; 65] = [
    0x04,
    0x91, 0x8e, 0x2a, 0xc2, 0xf2, 0x82, 0x13, 0x37, 0x9a, 0xf2, 0xb7, 0x2e, 0x84, 0xfc, 0x5f, 0x67,
    0x00, 0xcd, 0x68, 0xe9, 0x43, 0x5c, 0x40, 0x43, 0x58, 0xe3, 0xb0, 0x4c, 0x5c, 0x44, 0x62, 0x3e,
    0x37, 0x3b, 0x92, 0x9c, 0x6b, 0xdb, 0xc7, 0x1f, 0xb9, 0x42, 0x57, 0xee, 0xc4, 0x45, 0x24, 0x02,
    0x97, 0xbe, 0xf4, 0xe0, 0xe5, 0xb5, 0x55, 0x2c, 0x9b, 0xb5, 0x9f, 0xf7, 0xa8, 0x48, 0x84, 0x81,
];

#[cortex_m_rt::entry]
fn main() -> ! {
    board::run(|spawner| spawner.spawn(work(spawner).expect("it is spawned once")))
}

#[embassy_executor::task]
async fn work(spawner: Spawner) {
    let port = host::argument("port").and_then(|port| port.parse().ok());
    let (network, runner) = Network::new(port.expect("port= says where the origin is"), 1);
    spawner.spawn(run_network(runner).expect("it is spawned once"));
    static NETWORK: StaticCell<Network> = StaticCell::new();
    let network: &'static Network = NETWORK.init(network);
    static SECURE: StaticCell<Secure> = StaticCell::new();
    let entropy = entropy().expect("entropy= has 32 octets");
    let secure = SECURE.init(Secure::new(network, &KEY, entropy).expect("the key is one of P-256"));
    static CACHE: StaticCell<Cache> = StaticCell::new();
    let store = Store::new(Flash::take_over().cache, 0..512 << 10, 1).expect("the flash can hold a store");
    let origin = ReqwlessOrigin::new(secure, network).keep_alive();
    let cache = CACHE.init(Client::new(store, origin, EmbassyClock::new()));
    let mounted = cache.store().mount().await.expect("the flash can be read");
    if let Mounted::Foreign { .. } = mounted {
        cache.store().format().await.expect("the flash can be erased");
    }
    let well = polls(cache, "https://api.example").await;
    host::exit(well)
}

/// What only this device knows: QEMU's has no random numbers of its own, so the script gives it some.
fn entropy() -> Option<[u8; 32]> {
    let digits = host::argument("entropy")?;
    let mut octets = [0; 32];
    for (at, octet) in octets.iter_mut().enumerate() {
        *octet = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(octets)
}

#[embassy_executor::task]
async fn run_network(mut runner: embassy_net::Runner<'static, Ethernet>) -> ! {
    runner.run().await
}
