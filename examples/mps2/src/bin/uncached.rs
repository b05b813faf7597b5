//! A firmware that fetches two resources, and has no cache: what it is smaller by than `cached.rs` is what
//! the cache takes.

#![no_std]
#![no_main]

use embassy_executor::Spawner;
use embassy_time::Timer;
use larder::client::{BodyRead, Origin, Sending};
use larder::head::{HeadBuf, RequestHead, ResponseHead};
use larder_mps2::board::{self, Ethernet, host};
use larder_mps2::content::{Check, version};
use larder_mps2::network::Network;
use larder_reqwless::{Error, ReqwlessOrigin};
use static_cell::StaticCell;

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
    static ORIGIN: StaticCell<ReqwlessOrigin<'static, Network, Network>> = StaticCell::new();
    let origin = ORIGIN.init(ReqwlessOrigin::new(network, network).keep_alive());
    let mut well = true;
    for _ in 0..3 {
        for path in PATHS {
            let fetched = get(origin, path).await;
            defmt::info!("{=str} {}", path, fetched);
            well &= fetched == Ok(true);
        }
        Timer::after_secs(1).await;
    }
    host::exit(well)
}

/// Whether the body was the right one.
async fn get(origin: &mut ReqwlessOrigin<'static, Network, Network>, path: &str) -> Result<bool, Error> {
    let mut uri = heapless::String::<128>::new();
    let fits = uri.push_str("http://api.example").and_then(|()| uri.push_str(path));
    fits.expect("the paths of this program are short");
    let mut head = HeadBuf::<2048, 40>::new();
    let mut interim = |_: &ResponseHead<'_>| {};
    let sending = Sending { content: None::<&mut &[u8]>, interim: &mut interim };
    origin.send(&RequestHead::get(&uri).into(), sending, head.as_mut()).await?;
    let mut check = Check::new(path, version(head.fields().get("etag")).unwrap_or_default());
    let mut buf = [0; 1152];
    while let BodyRead::Octets(read) = origin.read(&mut buf).await? {
        check.feed(&buf[..read]);
    }
    Ok(check.is_whole())
}

#[embassy_executor::task]
async fn run_network(mut runner: embassy_net::Runner<'static, Ethernet>) -> ! {
    runner.run().await
}
