//! An embassy firmware with a cache on flash, for QEMU's mps2-an386: it polls an API and fetches an
//! image, and says of each request what it took.

#![no_std]
#![no_main]

mod demo;
mod device;
mod stress;
mod update;

use device::Device;
use embassy_executor::Spawner;
use larder_mps2::board::{self, Ethernet, Flash, host};
use larder_mps2::network::Network;
use static_cell::StaticCell;
use update::Slots;

#[cortex_m_rt::entry]
fn main() -> ! {
    board::run(|spawner| spawner.spawn(work(spawner).expect("it is spawned once")))
}

#[embassy_executor::task]
async fn work(spawner: Spawner) {
    let port =
        host::argument("port").and_then(|port| port.parse().ok()).expect("port= says where the origin is");
    let seed = host::argument("seed").and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let (network, runner) = Network::new(port, seed);
    spawner.spawn(run_network(runner).expect("it is spawned once"));
    static NETWORK: StaticCell<Network> = StaticCell::new();
    let parts = Flash::take_over();
    let device = Device::new(parts.cache, NETWORK.init(network));
    let mut slots = Slots { active: parts.active, update: parts.update, state: parts.state };
    let up = slots.boot();
    device.mount().await;
    let kept = device.check_kept().await;
    let well = match host::argument("job") {
        Some("stress") => stress::run(device, seed).await,
        _ => demo::run(device, &mut slots).await,
    };
    host::exit(up && kept && well)
}

#[embassy_executor::task]
async fn run_network(mut runner: embassy_net::Runner<'static, Ethernet>) -> ! {
    runner.run().await
}
