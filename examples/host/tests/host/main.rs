//! The programs, over real TCP, against origins written here: framing is theirs, not hyper's.

mod bad_input;
mod collapsing;
mod demo;
mod fetch;
mod fetch_download;
mod fixture;
mod flash;
mod inspect;
mod proxy;
mod proxy_bodies;
mod proxy_failures;
mod serve;
mod tcp_origin;
