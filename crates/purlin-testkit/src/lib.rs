//! Test tools.

mod binary;
#[cfg(feature = "ca")]
mod ca;
mod enclosure;
#[cfg(feature = "nginx")]
mod nginx;
mod port;
mod processes;
mod program;
#[cfg(feature = "proxy")]
mod proxy;
mod quote;
mod server;
mod skip;
mod wait;

pub use binary::{Binary, Output, Running, Signal};
#[cfg(feature = "ca")]
pub use ca::{Leaf, LeafSettings, TestCa};
#[cfg(feature = "nginx")]
pub use nginx::{Nginx, NginxSettings, TlsVersion};
pub use port::ReservedPort;
pub use program::Program;
#[cfg(feature = "proxy")]
pub use proxy::{Accept, Counters, Fault, FaultProxy, Traffic};
pub use server::{Instance, Server, ServerSettings};
pub use skip::{require_program, skip};
