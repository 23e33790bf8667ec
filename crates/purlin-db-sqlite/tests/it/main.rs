//! SQLite through purlin-db, on real files.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod answers;
mod cancel;
mod conformance;
mod crash;
mod errors;
mod files;
mod locks;
mod native;
mod rights;
mod support;
mod threads;
mod transactions;
mod types;
