//! What larder's adapters over HTTP/1.1 libraries have in common: where a URI leads, which lines are
//! sent, how a body is framed, and when a connection may be used again.
//!
//! `larder-reqwless` and `larder-edge-http` stand on it, and so can another adapter: see them for how.
#![no_std]
#![forbid(unsafe_code)]

mod ahead;
mod connection;
mod content;
mod error;
mod framing;
mod lines;
mod target;

pub use ahead::Ahead;
pub use connection::{Body, Connection};
pub use content::{Announced, Counted};
pub use error::Error;
pub use framing::{Framing, stays};
pub use lines::{Lines, method_name};
pub use target::{Schemes, Target};
