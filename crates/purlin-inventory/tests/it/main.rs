//! Tests of purlin-inventory through its public API.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod conformance;
mod ini;
mod loader;
mod model;
mod script;
mod support;
