//! Tests of purlin-tls against a real nginx and real bad peers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod bad_peers;
mod certificate;
mod client;
mod inspect;
mod settings;
mod support;
