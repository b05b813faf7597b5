//! What the firmware examples share: the cache of a device, its clock, its polls, its firmware updates.
//!
//! A board sets up its flash and its network, and then:
//!
//! ```text
//! let cache = CACHE.init(larder_device::cache(flash, PARTITION, network, TRUSTED, seed));
//! larder_device::mount(cache).await?;
//! loop {
//!     let mut body = [0; 1024];
//!     larder_device::poll(cache, API, &mut body).await;
//!     larder_device::rest(cache, Duration::from_secs(60)).await;
//! }
//! ```

#![no_std]

mod aligned;
mod cache;
mod log;
#[cfg(feature = "network")]
mod network;
mod patience;
mod release;
mod update;

pub use aligned::Aligned;
pub use cache::{Cache, PAIRS, Store, cache, mount, poll, rest};
#[cfg(feature = "network")]
pub use network::Network;
pub use patience::Patience;
pub use release::Release;
pub use update::{UpdateError, Updated, hand_over, update};
