//! Fixtures for the tests of larder: a mock clock, a scripted origin, heads, a conformance suite for
//! stores, and a simulated NOR flash.
