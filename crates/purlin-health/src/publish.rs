//! Telling people and other systems.

#[cfg(target_os = "linux")]
mod command;
#[cfg(unix)]
mod nagios;
#[cfg(target_os = "linux")]
mod systemd;
#[cfg(feature = "webhook")]
mod webhook;

#[cfg(target_os = "linux")]
pub use command::Command;
#[cfg(unix)]
pub use nagios::NagiosPipe;
#[cfg(target_os = "linux")]
pub use systemd::Systemd;
#[cfg(feature = "webhook")]
pub use webhook::{Heartbeat, Webhook};
