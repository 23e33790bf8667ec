//! Checks against real servers, and the monitor on a clock that jumps.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod alarms;
#[cfg(feature = "config")]
mod config;
mod conformance;
mod corpus;
#[cfg(feature = "db")]
mod databases;
#[cfg(feature = "dns")]
mod dns;
#[cfg(feature = "db")]
mod engines;
mod exhausted;
#[cfg(feature = "http")]
mod http;
mod icmp;
#[cfg(all(feature = "config", feature = "db", feature = "dns", feature = "http", feature = "tls"))]
mod kinds;
mod monitor;
mod mounts;
mod nagios;
mod ntp;
mod plugins;
mod pull;
#[cfg(all(feature = "endpoint", feature = "webhook"))]
mod served;
#[cfg(feature = "db")]
mod silent;
#[cfg(feature = "db")]
mod store;
mod support;
#[cfg(target_os = "linux")]
mod targets;
#[cfg(feature = "tls")]
mod tls;
mod week;
