//! The driver against a fake that speaks TDS.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "what fails in a helper fails the test"
)]

mod broken;
mod cancelling;
mod conformance;
mod connecting;
mod errors;
mod evaluated;
mod leaks;
mod mock;
mod parameters;
mod real;
mod results;
mod server;
mod tds;
mod tls;
mod transactions;
mod types;
