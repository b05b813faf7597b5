//! Benchmarks that count; see `benches` of this package.
