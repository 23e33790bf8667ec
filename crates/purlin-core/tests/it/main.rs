//! Tests of purlin-core through its public API.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod clock;
mod cx;
mod diagnostics;
mod endpoint;
mod error;
mod names;
#[cfg(feature = "net")]
mod net;
mod policy;
mod policy_breaker;
mod policy_machines;
mod policy_queue;
mod secret;
mod timestamp;
mod tls;
mod units;
