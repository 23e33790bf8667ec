//! Integration tests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod crash;
mod gates;
#[cfg(feature = "db")]
mod journals;
mod runs;
mod steps;
mod support;
