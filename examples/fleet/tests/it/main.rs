//! fleet, as its users meet it: the built binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod check;
mod config;
mod config_faults;
mod db;
mod deploy;
mod docs;
mod exit_codes;
mod inventory;
mod ldap;
mod output;
mod schema;
mod signals;
mod support;
mod tls;
mod transport;
