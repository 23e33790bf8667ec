//! Ready steps. Texts in them (paths, arguments, contents) are filled in for each host by [`StepEnv::text`].
//!
//! | step | kind | effect | undoing |
//! |---|---|---|---|
//! | [`File`], [`Template`] | `file`, `template` | idempotent | the old file |
//! | [`Directory`] | `directory` | idempotent | its old mode and owner; away, where it is empty |
//! | [`Link`] | `link` | idempotent | where it led |
//! | [`Archive`] | `archive` | idempotent | away |
//! | [`Release`] | `release` | idempotent | the release before |
//! | [`Command`] | `command` | as it says | as it says |
//! | [`Service`] | `service` | see there | see there |
//! | [`WaitFor`], [`Pause`] | `wait`, `pause` | idempotent | nothing to undo |
//! | [`HttpCall`] (feature `http`) | `http` | as it says | as it says |
//! | [`Sql`] (feature `db`) | `sql` | check-then-act or transactional | as it says |
//! | [`Drain`] | `drain` | idempotent | back in service, whatever happens |
//! | [`Downtime`] | `downtime` | idempotent | ended, whatever happens |
//! | [`Lock`] | `lock` | check-then-act | given back, whatever happens |
//!
//! [`StepEnv::text`]: crate::StepEnv::text

mod archive;
mod bundle;
mod command;
mod directory;
mod downtime;
mod drain;
mod file;
#[cfg(feature = "http")]
mod http;
mod link;
mod lock;
mod on_host;
mod pause;
mod release;
mod service;
#[cfg(feature = "db")]
mod sql;
mod template;
mod via;
mod wait;

pub use archive::Archive;
pub use command::Command;
pub use directory::Directory;
pub use downtime::Downtime;
pub use drain::{Balancer, BalancerCommands, Drain, Haproxy, Member};
pub use file::File;
#[cfg(feature = "http")]
pub use http::{HttpCall, HttpRequest};
pub use link::Link;
pub use lock::Lock;
pub use pause::{Pause, Person, WaitsForPerson};
pub use release::Release;
pub use service::Service;
#[cfg(feature = "db")]
pub use sql::Sql;
pub use template::Template;
pub use wait::WaitFor;
