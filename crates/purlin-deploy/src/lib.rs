//! Deployments that survive their own crash: see what would change, rehearse it, run it, get it back.
//!
//! A [`Deployment`] is a list of [steps](Step), hosts and a [`Rollout`]. A [`Deployer`] looks at every host and makes a
//! [`Plan`] of it, a file that says what will change where; applying it does that or stops. What can be trusted:
//!
//! - Nothing happens before the [journal](Journal) knows of it, and what undoing it needs stands there too. So a run can
//!   be killed at any moment and [resumed](Deployer::resume), and what is in doubt then is settled by what the step
//!   promises about being done twice: its [`Effect`].
//! - What must be closed again, such as a drained member of a balancer, is an [obligation](Step::obligation): closed after
//!   a failure, an abort and a crash, or named when the run ends.
//! - A run ends in exactly one of four ways, its [`Ending`], and names the release of each host.
//! - Secrets that steps resolve are left out of plans, journals and messages.
//!
//! ```
//! use purlin_core::Cx;
//! use purlin_deploy::{Deployer, Deployment, Ending, Holder, MemoryJournal, Rollout, Target, steps};
//! use purlin_transport::Local;
//! use std::sync::Arc;
//!
//! # fn folder() -> std::io::Result<tempfile::TempDir> { tempfile::tempdir() }
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let folder = folder()?;
//! let root = folder.path().display().to_string();
//! let deployment = Deployment::named("map 42")
//!     .step("conf", steps::File::new(format!("{root}/{{{{ host }}}}.conf"), "port = 8080\n"))
//!     .rollout(Rollout::canary(1).then_rest())
//!     .targets(["web01", "web02"].map(|host| Target::new(host, Arc::new(Local::new()))))
//!     .evidence(format!("{root}/evidence"));
//!
//! let cx = Cx::background();
//! let deployer = Deployer::new(Arc::new(MemoryJournal::new()), Holder::new("kim", "desk"));
//! let plan = deployer.plan(&cx, &deployment).await?;
//! assert_eq!(plan.hosts[0].findings[0].finding, "change");
//! let ended = deployer.apply(&cx, &deployment, &plan).await?;
//! assert_eq!(ended.ending, Some(Ending::Succeeded));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Whoever writes a step implements [`Step`]; the ready ones are in [`steps`].

#[cfg(feature = "config")]
pub mod config;
mod data;
mod deployer;
mod deployment;
mod diff;
mod driver;
mod effect;
mod env;
mod evidence;
mod finding;
mod gate;
mod health;
mod id;
mod journal;
mod machine;
mod outputs;
mod plan;
mod record;
mod redact;
mod rollout;
mod span;
mod step;
pub mod steps;
mod target;
mod variables;

pub use data::{Baseline, Before, Definition};
pub use deployer::{Deployer, RunReport};
pub use deployment::{Deployment, Node, Origin};
pub use effect::Effect;
pub use env::StepEnv;
pub use finding::Finding;
pub use gate::{After, Gate, Verdict};
pub use health::HealthGate;
pub use id::{HostName, PlanId, RunId, StepId, StepKind};
#[cfg(feature = "db")]
pub use journal::DatabaseJournal;
pub use journal::{Author, Force, Journal, Lease, LeaseRequest, MemoryJournal, RunHead, Spent};
pub use outputs::{OutputKey, Outputs};
pub use plan::{Plan, PlannedFinding, PlannedGate, PlannedHost, PlannedStep};
pub use record::{Control, Ending, Entry, FailureClass, Holder, HostRelease, Record, Turn};
pub use redact::Redactor;
pub use rollout::{Amount, Canary, Order, Promotion, Rollback, Rollout};
pub use step::{Landed, Step, Undo};
pub use target::Target;
pub use variables::Variables;
