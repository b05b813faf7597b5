//! A firmware that fetches two resources through a cache on flash, and does nothing else: see
//! `uncached.rs`.

#![no_std]
#![no_main]

use embassy_executor::Spawner;
use larder::{Client, EmbassyClock};
use larder_mps2::board::{self, Ethernet, Flash, host};
use larder_mps2::network::Network;
use larder_mps2::polls::polls;
use larder_reqwless::ReqwlessOrigin;
use larder_storage_flash::{FlashStore, Mounted};
use static_cell::StaticCell;

type Store = FlashStore<Flash, 256>;
type Cache = Client<Store, ReqwlessOrigin<'static, Network, Network>, EmbassyClock>;

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
    static CACHE: StaticCell<Cache> = StaticCell::new();
    let store = Store::new(Flash::take_over().cache, 0..512 << 10, 1).expect("the flash can hold a store");
    let origin = ReqwlessOrigin::new(network, network).keep_alive();
    let cache = CACHE.init(Client::new(store, origin, EmbassyClock::new()));
    let mounted = cache.store().mount().await.expect("the flash can be read");
    if let Mounted::Foreign { .. } = mounted {
        cache.store().format().await.expect("the flash can be erased");
    }
    let well = polls(cache, "http://api.example").await;
    host::exit(well)
}

#[embassy_executor::task]
async fn run_network(mut runner: embassy_net::Runner<'static, Ethernet>) -> ! {
    runner.run().await
}
