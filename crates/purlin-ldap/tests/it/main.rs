//! Tests of directories, over real servers and without.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "what fails in a helper fails the test"
)]

mod active_directory;
mod authenticate;
mod broken;
mod conforms;
mod deadlines;
mod failover;
mod health;
mod inventory;
mod names;
mod referrals;
mod rounds;
mod secrets;
mod server;
mod srv;
mod tls;
