//! The stores.

pub mod ekv;
pub mod larder;
pub mod littlefs;
pub mod map;
pub mod queue;
