#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

mod body;
mod connect;
mod content;
mod lines;
mod origin;
mod wire;

pub use connect::{Connect, Peer};
pub use larder_http1::Error;
pub use origin::ReqwlessOrigin;
