//! The checks that come with the crate.
//!
//! Each is a plain value: what to reach, what to expect. How often it runs is said elsewhere. Every one ends by the
//! deadline that it is given and says in which [phase](crate::Phase) it was then; dropping one leaves nothing behind.

mod fault;
#[cfg(feature = "http")]
mod http;
mod limit;
#[cfg(target_os = "linux")]
mod plugin;
mod tcp;

pub use fault::failed;
#[cfg(feature = "http")]
pub use http::Http;
#[cfg(target_os = "linux")]
pub use plugin::Plugin;
pub use tcp::Tcp;

#[cfg(any(feature = "http", target_os = "linux"))]
use limit::limited;
