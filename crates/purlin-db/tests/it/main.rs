//! Tests of purlin-db through its public API, most of them over the fake.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod broken;
mod conformance;
mod database;
mod dialect;
mod drivers;
mod estate;
mod fake;
mod fault;
mod pool;
mod script;
mod session;
mod sql;
mod values;
