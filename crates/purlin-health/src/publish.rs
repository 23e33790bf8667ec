//! Telling people and other systems.

#[cfg(target_os = "linux")]
mod command;
#[cfg(unix)]
mod nagios;
#[cfg(feature = "webhook")]
mod webhook;

#[cfg(target_os = "linux")]
pub use command::Command;
#[cfg(unix)]
pub use nagios::NagiosPipe;
#[cfg(feature = "webhook")]
pub use webhook::{Heartbeat, Webhook};
