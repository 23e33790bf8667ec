//! The test tools against the real thing: real processes, real sockets, a real nginx.

mod again;
#[cfg(feature = "nginx")]
mod nginx;
mod server;
