//! Tests of purlin-inventory through its public API.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod ansible_cfg;
mod connection;
mod lint;
mod model;
#[cfg(feature = "vault")]
mod vault;
