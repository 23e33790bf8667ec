//! Tests of directories, over real servers and without.

mod conforms;
mod server;
