//! The demo: a device lives through a day, over real TCP, with a clock that is set by hand.
//!
//! [`world`] is the origin, [`device`] asks and checks, [`day`] says what is asked and what must
//! come of it, [`ledger`] prints. [`update`] ends the day with a download that is interrupted.

pub mod day;
pub mod device;
pub mod ledger;
pub mod ranges;
pub mod sending;
pub mod update;
pub mod world;

use crate::MockClock;
use crate::say;
use device::Device;
use larder::store::PairStore;
use larder::time::HttpDate;
use std::io;
use std::rc::Rc;
use tokio::net::TcpListener;
use tokio::task::{LocalSet, spawn_local};
use world::World;

/// Midnight, 1 June 2026.
const BOOT: HttpDate = HttpDate::from_unix(1_780_272_000);

/// Runs the day with an empty cache in `store`. Whether everything was as RFC 9111 says.
///
/// # Errors
/// If no port can be had on the loopback interface, or no temporary file.
pub async fn run<S: PairStore>(store: S) -> io::Result<bool> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let base = format!("http://{}", listener.local_addr()?);
    say!("A device with larder lives through a day. Its origin is {base}; both have the same clock.\n");
    let day = async {
        let world = Rc::new(World::new(MockClock::new(BOOT)));
        let serving = spawn_local(Rc::clone(&world).serve(listener));
        let mut device = Device::new(Rc::clone(&world), base.clone(), store);
        day::live(&mut device).await;
        let day = device.ledger.finish();
        let update = update::run(&world, &base).await;
        serving.abort();
        Ok(day && update?)
    };
    LocalSet::new().run_until(day).await
}
