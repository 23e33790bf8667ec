//! Checks against real servers, and the monitor on a clock that jumps.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod alarms;
#[cfg(feature = "db")]
mod databases;
#[cfg(feature = "db")]
mod engines;
mod exhausted;
mod monitor;
mod mounts;
mod nagios;
mod plugins;
mod pull;
#[cfg(all(feature = "endpoint", feature = "webhook"))]
mod served;
