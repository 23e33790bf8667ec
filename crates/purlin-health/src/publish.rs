//! Telling people and other systems.

#[cfg(target_os = "linux")]
mod command;
#[cfg(unix)]
mod nagios;

#[cfg(target_os = "linux")]
pub use command::Command;
#[cfg(unix)]
pub use nagios::NagiosPipe;
