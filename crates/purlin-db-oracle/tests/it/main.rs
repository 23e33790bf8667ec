//! Oracle against listeners of our own and an independent server of its protocol.

mod conformance;
mod stage;
mod types;
