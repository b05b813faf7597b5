//! Fixtures for the tests of larder: a mock clock, a scripted origin, heads, a conformance suite for
//! stores, a simulated NOR flash, the workload stores are measured with, and an origin on real sockets.

pub mod clock;
pub mod device;
pub mod heads;
pub mod hooked_store;
pub mod kept;
pub mod nor;
pub mod origin;
pub mod partial_model;
pub mod polls;
pub mod representation;
pub mod response;
pub mod sockets;
pub mod store_suite;
pub mod workload;

pub use clock::MockClock;
pub use device::{Answer, Device};
pub use hooked_store::{FailingStore, HookedStore, YieldingStore};
pub use kept::Kept;
pub use origin::ScriptedOrigin;
pub use polls::{after_polls, block_on, poll_times};
pub use representation::Representation;
pub use response::Response;

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
