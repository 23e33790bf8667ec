//! Checks against real servers, and the scheduler on a simulated clock.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod nagios;
#[cfg(feature = "db")]
mod store;
mod week;
