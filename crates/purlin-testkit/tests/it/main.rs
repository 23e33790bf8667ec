//! The test tools against the real thing: real processes, real sockets, a real nginx.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a helper fails the test"
)]

mod again;
mod binary;
#[cfg(feature = "bind")]
mod bind;
#[cfg(feature = "ca")]
mod ca;
mod canary;
#[cfg(feature = "chrony")]
mod chrony;
mod count;
#[cfg(feature = "fuse")]
mod fuse;
mod gone;
mod leaks;
#[cfg(feature = "mariadb")]
mod mariadb;
#[cfg(feature = "nagios")]
mod nagios;
#[cfg(feature = "nginx")]
mod nginx;
#[cfg(all(feature = "ca", feature = "nginx"))]
mod nginx_tls;
mod port;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "proxy")]
mod proxy;
mod server;
mod skip;
#[cfg(feature = "slapd")]
mod slapd;
mod suites;
#[cfg(feature = "ca")]
mod tls;
#[cfg(feature = "ldap")]
mod wire_ldap;
