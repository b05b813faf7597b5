#![cfg_attr(not(test), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![doc = include_str!("lib.md")]

pub mod cache_status;
pub mod client;
#[cfg(feature = "digest")]
pub mod digest;
mod division;
#[cfg(feature = "embassy-time")]
mod embassy;
pub mod fields;
pub mod head;
#[doc = include_str!("how_to.md")]
pub mod how_to {}
pub mod limits;
pub mod options;
pub mod pair;
mod reason;
mod rules;
mod secrets;
#[cfg(feature = "server")]
pub mod server;
pub mod state;
pub mod store;
pub mod time;

pub use cache_status::CacheStatus;
pub use client::{Client, Origin, Reply};
#[cfg(feature = "embassy-time")]
pub use embassy::EmbassyClock;
pub use options::CacheOptions;
pub use reason::Reason;
pub use rules::preconditions::Answer;
pub use rules::redirects;
pub use store::PairStore;
