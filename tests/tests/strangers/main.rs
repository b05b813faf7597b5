//! Numbers, dates, lists and heads from strangers, and clocks of any kind: each has a defined outcome.

mod clocks;
mod dates;
mod heads;
mod lists;
mod numbers;
mod octets;

/// A `Cache-Control` line.
const fn cc(value: &str) -> (&str, &str) {
    ("Cache-Control", value)
}
