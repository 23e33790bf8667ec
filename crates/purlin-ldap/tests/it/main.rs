//! Tests of directories, over real servers and without.

mod active_directory;
mod authenticate;
mod broken;
mod conforms;
mod deadlines;
mod failover;
mod rounds;
mod secrets;
mod server;
mod tls;
