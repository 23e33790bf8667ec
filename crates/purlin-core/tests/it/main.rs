//! Tests of purlin-core through its public API.

mod clock;
mod cx;
mod diagnostics;
mod endpoint;
mod error;
mod names;
mod policy;
mod policy_machines;
mod secret;
mod timestamp;
mod units;
