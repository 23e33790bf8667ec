//! The checks that come with the crate.
//!
//! Each is a plain value: what to reach, what to expect. How often it runs is said elsewhere. Every one ends by the
//! deadline that it is given and says in which [phase](crate::Phase) it was then; dropping one leaves nothing behind.

#[cfg(feature = "db")]
pub mod db;
#[cfg(target_os = "linux")]
mod disk;
#[cfg(feature = "dns")]
mod dns;
mod fault;
#[cfg(target_os = "linux")]
mod file_age;
#[cfg(feature = "http")]
mod http;
#[cfg(unix)]
mod icmp;
mod limit;
#[cfg(target_os = "linux")]
mod load;
#[cfg(target_os = "linux")]
mod mount;
mod ntp;
#[cfg(target_os = "linux")]
mod plugin;
#[cfg(target_os = "linux")]
mod processes;
#[cfg(target_os = "linux")]
mod roots;
#[cfg(target_os = "linux")]
mod systemd;
mod tcp;
#[cfg(feature = "tls")]
mod tls;
mod udp;

#[cfg(feature = "dns")]
pub use dns::{Dns, DnsRecord, DnsSerial};
#[cfg(target_os = "linux")]
mod touch;

#[cfg(feature = "http")]
pub use self::http::Http;
#[cfg(target_os = "linux")]
pub use disk::Disk;
pub use fault::failed;
#[cfg(target_os = "linux")]
pub use file_age::FileAge;
#[cfg(unix)]
pub use icmp::Icmp;
#[cfg(target_os = "linux")]
pub use load::Load;
#[cfg(target_os = "linux")]
pub use mount::Mount;
pub use ntp::Ntp;
#[cfg(target_os = "linux")]
pub use plugin::Plugin;
#[cfg(target_os = "linux")]
pub use processes::{ProcessState, ProcessTable, Processes};
#[cfg(target_os = "linux")]
pub use roots::SystemRoots;
#[cfg(target_os = "linux")]
pub use systemd::Systemd;
pub use tcp::Tcp;
#[cfg(feature = "tls")]
pub use tls::Tls;

use limit::limited;
#[cfg(target_os = "linux")]
pub use touch::{Touch, TouchStats};
