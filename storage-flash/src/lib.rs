#![doc = include_str!("lib.md")]
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod append;
mod blocking;
mod bodies;
mod catalog;
mod crc;
mod delta;
mod extents;
mod few;
mod footer;
mod geometry;
#[cfg(feature = "groups")]
mod groups;
mod header;
mod heads;
mod health;
mod index;
mod inherited;
mod inspect;
mod joined;
mod log;
mod mount;
mod notes;
mod pair_store;
mod pins;
mod reader;
mod records;
mod rescue;
mod ring;
mod scan;
mod sectors;
mod slots;
mod store;
mod writer;

pub use blocking::Blocking;
pub use geometry::{Refused, SEGMENT};
pub use header::VERSION;
pub use health::Wear;
pub use inspect::{Layout, RecordCursor, RecordInfo, RecordKind, RecordState, SectorInfo, SectorState};
pub use mount::Mounted;
pub use pins::PINS_MAX;
pub use store::FlashStore;
