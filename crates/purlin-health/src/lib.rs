//! Checks, a scheduler that keeps its word, honest state, alarms that live, and publishers.
//!
//! A [`Check`] probes a target once and tells what it found. How often that happens, how many failures make an outage
//! ([`Cadence`]), what it hangs on ([`Needs`]) and what it is about is said beside it, in a [`CheckSpec`].

mod aggregate;
pub mod alarm;
mod cadence;
mod check;
pub mod checks;
#[cfg(target_os = "linux")]
mod child;
#[cfg(feature = "config")]
pub mod config;
#[cfg(feature = "endpoint")]
pub mod endpoint;
pub mod fake;
mod flap;
mod group;
mod history;
mod judge;
mod local;
mod measurement;
mod monitor;
mod needs;
mod outcome;
mod perfdata;
mod plugin_line;
pub mod publish;
mod range;
mod schedule;
mod settings;
mod snapshot;
mod spec;
mod state;
mod stats;
mod status;
mod target;
mod transition;

pub use aggregate::{Aggregate, Blind, Judgement, Member};
pub use cadence::Cadence;
pub use check::{Check, CheckId, CheckKind};
pub use flap::Flap;
pub use group::{Group, Startup};
pub use history::{End, History, Past};
pub use measurement::{Measurement, Unit};
pub use monitor::{Change, Changes, Monitor, MonitorHandle, MonitorStats};
pub use needs::{Condition, Dependencies, Needs, Reach};
pub use outcome::{Cause, CheckOutcome, Evidence, Failure, Phase, Phases, Skip};
pub use perfdata::PluginOutput;
pub use plugin_line::as_plugin;
pub use range::Range;
pub use settings::MonitorSettings;
pub use snapshot::Snapshot;
pub use spec::{CheckSet, CheckSpec, Rule};
pub use state::{CheckState, Counts, Effects, Event, Expiry, SavedState, State, StateRules, step};
pub use stats::{Histogram, RunCounts, Skipped};
pub use status::Status;
pub use target::{OnTarget, TargetAnswer, TargetQuestion};
pub use transition::{Publisher, Transition};

/// The blocks of the guide are run as they stand there.
#[cfg(all(doctest, feature = "config", feature = "db", feature = "endpoint"))]
#[doc = include_str!("../../../docs/health.md")]
mod guide {}
