//! Tests of purlin-tls against a real nginx, a real openssl and real bad peers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod bad_peers;
mod certificate;
mod client;
mod client_auth;
mod inspect;
mod odd_certificates;
mod settings;
mod spans;
mod support;
mod system_roots;
