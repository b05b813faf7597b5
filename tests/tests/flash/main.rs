//! The flash store on a simulated flash that forgives nothing: reboots, power cuts, dropped futures,
//! flipped bits, and what it costs.

mod basics;
mod blocking;
mod counters;
mod cuts;
mod downloads;
mod faults;
mod groups;
mod images;
mod inspect;
mod mishaps;
mod model;
mod parts;
mod pins;
mod secrets;
mod seldom;
mod storm;
mod world;
