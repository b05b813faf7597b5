//! The client over a store in RAM and an origin that answers at once. What the larder adds is the
//! difference to `fetch`.

#![no_std]
#![no_main]

use core::hint::black_box;
use core::pin::pin;
use core::task::{Context, Waker};
use larder::Client;
use larder::store::RamStore;
use larder_sizes::device::{Device, Ready, once};

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    let mut device: Device<RamStore<64, 16>> = Client::new(RamStore::new(), Ready, larder_sizes::Still);
    let mut work = pin!(once(&mut device));
    let mut context = Context::from_waker(Waker::noop());
    black_box(work.as_mut().poll(&mut context).is_ready());
    larder_sizes::stop()
}
