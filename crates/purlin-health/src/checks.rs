//! The checks that come with the crate.
//!
//! Each is a plain value: what to reach, what to expect. How often it runs is said elsewhere. Every one ends by the
//! deadline that it is given and says in which [phase](crate::Phase) it was then; dropping one leaves nothing behind.

#[cfg(feature = "dns")]
mod dns;
mod fault;
#[cfg(feature = "http")]
mod http;
#[cfg(unix)]
mod icmp;
mod limit;
mod ntp;
#[cfg(target_os = "linux")]
mod plugin;
mod tcp;
#[cfg(feature = "tls")]
mod tls;
mod udp;

#[cfg(feature = "dns")]
pub use dns::{Dns, DnsRecord, DnsSerial};
pub use fault::failed;
#[cfg(feature = "http")]
pub use http::Http;
#[cfg(unix)]
pub use icmp::Icmp;
pub use ntp::Ntp;
#[cfg(target_os = "linux")]
pub use plugin::Plugin;
pub use tcp::Tcp;
#[cfg(feature = "tls")]
pub use tls::Tls;

use limit::limited;
