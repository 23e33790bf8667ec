//! Reach a host: run things on it, move files, ask it many small questions in one round trip.
//!
//! A [`Transport`] gives a [`Session`] with a [`Host`]; what is done with it can be trusted:
//!
//! - Each wait ends, at the deadline of its [`Cx`](purlin_core::Cx) or after a documented limit; what was started is ended
//!   then, with all that it has started in its turn.
//! - A [`Command`] is an argument list. No shell text is made from data, and secrets never stand in an argument list.
//! - A link that breaks says so: [`Outcome::Maybe`](purlin_core::Outcome) where a command had begun,
//!   [`NotSent`](purlin_core::Outcome) where none had; never a made-up exit status.
//! - A file is [written](WriteFile) whole or not at all, and not at all where it is as wanted.
//! - Outputs are bounded, and say how much of them was passed over.
//!
//! ```
//! use purlin_core::Cx;
//! use purlin_transport::fake::{FakeTransport, Reply};
//! use purlin_transport::{Command, Host, SessionExt, Transport, WriteFile, Session};
//! use std::time::Duration;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! // A real one is `Local`, or `Ssh` behind the feature `ssh`; this one is scripted.
//! let transport = FakeTransport::new();
//! transport.host("web01.lon").folder("/etc/map").on(["systemctl", "is-active", "map"], Reply::stdout("active\n"));
//!
//! let cx = Cx::background().with_timeout(Duration::from_secs(30));
//! let web01 = transport.connect(&cx, &Host::new("web01.lon")).await?;
//!
//! // A file of which the host knows the wanted content is left alone.
//! let file = WriteFile::new("/etc/map/map.conf", "port = 8080\n").mode(0o640);
//! assert!(web01.write(&cx, &file).await?.changed);
//! assert!(!web01.write(&cx, &file).await?.changed);
//!
//! let state = web01.run(&cx, &Command::new("systemctl").args(["is-active", "map"])).await?.checked()?;
//! assert_eq!(state.stdout.line(), "active");
//! # Ok::<(), purlin_core::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Whoever writes a transport implements [`Transport`], [`Session::exec`] and [`Process`]; files come with them. Whoever
//! tests what is built on transports has [`fake`] and [`Chaos`].

mod capabilities;
mod chaos;
mod command;
mod ext;
mod facts;
pub mod fake;
mod fault;
mod files;
#[cfg(feature = "health")]
mod health;
mod host;
#[cfg(feature = "inventory")]
mod inventory;
#[cfg(feature = "ssh")]
mod known_hosts;
mod launch;
#[cfg(unix)]
mod local;
mod output;
mod quote;
mod running;
mod shell;
#[cfg(feature = "ssh")]
mod ssh;
#[cfg(feature = "ssh")]
mod ssh_config;
mod transport;

pub use capabilities::{Capabilities, Capability};
pub use chaos::{Chaos, ChaosFault};
pub use command::{Become, Command};
pub use ext::SessionExt;
pub use facts::{
    Address, ClockOffset, Cpu, Disk, Fact, Facts, Interface, Kernel, Memory, Mount, Os, Usage, Virtualization,
};
pub use fault::{FaultClass, TransportDetail};
pub use files::{
    Content, FileKind, FileRead, FileReply, FileRequest, FileVerb, Progress, ReadFile, Stat, WriteFile,
    Written,
};
#[cfg(feature = "health")]
pub use health::{Target, TargetCheck, Targets, WayCheck};
pub use host::Host;
#[cfg(feature = "inventory")]
pub use inventory::Reach;
#[cfg(feature = "ssh")]
pub use known_hosts::{HostKeyVerdict, KnownHost, KnownHosts, Marker};
pub use launch::Launch;
#[cfg(unix)]
pub use local::Local;
pub use output::{Captured, Output};
pub use quote::quote;
pub use running::Running;
pub use shell::{Probe, Shell, ShellSettings};
#[cfg(feature = "ssh")]
pub use ssh::{AgentUse, HostKeyTrust, Ssh, SshSettings};
#[cfg(feature = "ssh")]
pub use ssh_config::{HostConfig, SshConfig};
pub use transport::{Event, Exit, Process, Session, Transport};

use std::time::Duration;

/// How long a session may take to come about where the call has no deadline.
pub(crate) const CONNECT_LIMIT: Duration = Duration::from_secs(30);
