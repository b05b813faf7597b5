#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

mod body;
mod connect;
mod connection;
mod content;
mod error;
mod framing;
mod lines;
mod origin;
mod target;
mod wire;

pub use connect::{Connect, Peer};
pub use error::Error;
pub use origin::ReqwlessOrigin;
