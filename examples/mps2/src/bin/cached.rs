//! A firmware that fetches two resources through a cache on flash, and does nothing else: see
//! `uncached.rs`.

#![no_std]
#![no_main]

use embassy_executor::Spawner;
use embassy_time::Timer;
use larder::head::RequestHead;
use larder::{Client, EmbassyClock};
use larder_mps2::board::{self, Ethernet, Flash, host};
use larder_mps2::content::{Check, version};
use larder_mps2::network::Network;
use larder_reqwless::ReqwlessOrigin;
use larder_storage_flash::{FlashStore, Mounted};
use static_cell::StaticCell;

type Store = FlashStore<Flash, 256>;
type Cache = Client<Store, ReqwlessOrigin<'static, Network, Network>, EmbassyClock>;

const PATHS: [&str; 2] = ["/v1/weather?age=2&octets=700", "/image?age=3600&octets=98304"];

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
    let mut well = true;
    for _ in 0..3 {
        for path in PATHS {
            let fetched = get(cache, path).await;
            defmt::info!("{=str} {}", path, fetched);
            well &= fetched;
        }
        Timer::after_secs(1).await;
    }
    host::exit(well)
}

/// Whether the body was the right one.
async fn get(cache: &mut Cache, path: &str) -> bool {
    let mut uri = heapless::String::<128>::new();
    let fits = uri.push_str("http://api.example").and_then(|()| uri.push_str(path));
    fits.expect("the paths of this program are short");
    let mut reply = cache.request(RequestHead::get(&uri)).await;
    let mut check = Check::new(path, version(reply.fields().get("etag")).unwrap_or_default());
    let mut buf = [0; 1152];
    while let Ok(read @ 1..) = reply.read(&mut buf).await {
        check.feed(&buf[..read]);
    }
    check.is_whole()
}

#[embassy_executor::task]
async fn run_network(mut runner: embassy_net::Runner<'static, Ethernet>) -> ! {
    runner.run().await
}
