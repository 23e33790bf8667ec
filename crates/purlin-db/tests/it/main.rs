//! The tests of purlin-db that use its public API only.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod database;
mod drivers;
mod estate;
mod values;
