//! larder beside other caches: random but plausible exchanges are decided by each, and every difference is
//! explained, once, by the clause that decides it.
//!
//! The others are http-cache-semantics (`tests/semantics.rs`, in every test run) and hishel, whose states
//! have the same names (`tests/differential/run`, which installs it). What is asked is in [`answers`], what
//! is sent in [`generate`], what differs and why in [`explained`].

pub mod answers;
pub mod case;
pub mod explained;
pub mod generate;
pub mod hishel_side;
pub mod larder_side;
pub mod oracle;
pub mod report;
pub mod semantics_side;
