//! Tests of purlin-inventory through its public API.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod ansible_cfg;
mod conformance;
mod connection;
mod constructed;
mod explain;
mod ini;
mod lint;
mod loader;
mod model;
mod native;
mod native_properties;
mod nodeset;
mod patterns;
mod sample;
mod script;
mod select;
mod selected_groups;
mod several;
mod source;
mod support;
mod typed;
mod values;
#[cfg(feature = "vault")]
mod vault;
mod write;
