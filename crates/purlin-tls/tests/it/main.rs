//! Tests of purlin-tls against a real nginx and real bad peers.

mod bad_peers;
mod certificate;
mod client;
mod inspect;
mod settings;
mod support;
