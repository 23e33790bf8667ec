//! The test tools against the real thing: real processes, real sockets, a real nginx.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod again;
mod binary;
mod gone;
#[cfg(feature = "nginx")]
mod nginx;
mod port;
mod server;
mod skip;
