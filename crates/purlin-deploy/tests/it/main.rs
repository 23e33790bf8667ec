//! Integration tests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod conformance;
mod crash;
#[cfg(feature = "db")]
mod engines;
mod faults;
#[cfg(feature = "config")]
mod files;
mod gates;
#[cfg(feature = "db")]
mod journals;
#[cfg(feature = "db")]
mod kill;
#[cfg(feature = "db")]
mod persons;
mod runs;
mod steps;
mod support;
mod turns;
mod witness;
