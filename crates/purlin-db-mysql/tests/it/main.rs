//! The driver against a real MariaDB.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod cancel;
mod conformance;
mod cuts;
mod errors;
mod failover;
mod login;
mod results;
mod stage;
mod tls;
mod transactions;
mod trap;
mod types;
