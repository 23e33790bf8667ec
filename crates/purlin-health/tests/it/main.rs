//! Checks against real servers, and the monitor on a clock that jumps.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod alarms;
mod conformance;
#[cfg(feature = "dns")]
mod dns;
#[cfg(feature = "http")]
mod http;
mod icmp;
mod monitor;
mod nagios;
mod ntp;
mod pull;
mod support;
#[cfg(feature = "tls")]
mod tls;
