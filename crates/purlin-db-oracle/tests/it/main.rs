//! Oracle against listeners of our own and an independent server of its protocol.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "what fails in a helper fails the test"
)]

mod broken;
mod conformance;
mod corpus;
mod garbler;
mod leaks;
mod listener;
mod lobs;
mod mirrored;
mod noise;
mod peer;
mod secure;
mod stage;
mod threads;
mod types;
