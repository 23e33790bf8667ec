//! Transports against real shells and hosts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod bounds;
mod chaos;
mod conformance;
mod elevation;
mod facts;
mod fake;
#[cfg(feature = "health")]
mod health;
mod here;
#[cfg(feature = "inventory")]
mod inventory;
mod quoting;
mod shell;
#[cfg(feature = "ssh")]
mod ssh;
