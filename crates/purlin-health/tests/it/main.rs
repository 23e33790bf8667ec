//! Checks against real servers, and the monitor on a clock that jumps.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod alarms;
mod conformance;
#[cfg(feature = "http")]
mod http;
mod monitor;
mod nagios;
mod pull;
#[cfg(feature = "http")]
mod support;
