#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

mod body;
mod chunked;
mod head;
mod origin;
mod request;

pub use larder_http1::Error;
pub use origin::EdgeHttpOrigin;
