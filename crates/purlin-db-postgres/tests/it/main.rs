//! The driver against a real PostgreSQL.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod conformance;
mod connecting;
mod dropped;
mod errors;
mod failover;
mod parameters;
mod results;
mod server;
mod stale;
mod tls;
mod transactions;
mod types;
mod wire;
