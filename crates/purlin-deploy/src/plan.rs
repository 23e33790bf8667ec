//! What a run will do, as a file.

mod batches;
mod make;
mod order;
mod runbook;
mod validate;
mod vouched;

pub(crate) use make::{Content, make};

use crate::{After, Definition, Effect, Finding, HostName, Origin, PlanId, Rollout, StepId, StepKind, span};
use purlin_core::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a run will do: every step with what it found on every host, in the order in which hosts take turns. A run does
/// what its plan says or stops; a plan is spent by its first run.
///
/// It is written as JSON and read back by serde; the number of its form stands in `purlin`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Plan {
    /// The form: 1.
    pub purlin: u32,
    /// Its name.
    pub id: PlanId,
    /// The deployment's name: the release that hosts have after it.
    pub name: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// A digest of steps, gates and rollout, without hosts: the same in a rehearsal and in production.
    pub content: String,
    /// Where it comes from.
    pub origin: Origin,
    /// How it goes over its hosts.
    pub rollout: Rollout,
    /// The steps, in the order in which each host does them.
    pub steps: Vec<PlannedStep>,
    /// The gates.
    pub gates: Vec<PlannedGate>,
    /// The hosts, with what was found on them.
    pub hosts: Vec<PlannedHost>,
    /// Who goes with whom.
    pub batches: Vec<Vec<HostName>>,
    /// What people should know before it runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A step of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlannedStep {
    /// Its name.
    pub id: StepId,
    /// The sort of it.
    pub kind: StepKind,
    /// What it promises about being applied more than once.
    pub effect: Effect,
    /// All its settings.
    #[serde(default, skip_serializing_if = "Definition::is_empty")]
    pub definition: Definition,
    /// It is done only where one of these steps changed something in the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_change: Vec<StepId>,
    /// Whether one host does it for all.
    #[serde(default)]
    pub once: bool,
    /// Whether all hosts of the batch have to come this far before one goes on.
    #[serde(default)]
    pub barrier: bool,
    /// What it leaves open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obligation: Option<String>,
    /// The step whose obligation it closes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes: Option<StepId>,
    /// Why it cannot be undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub irreversible: Option<String>,
    /// How often it is tried again.
    #[serde(default)]
    pub retries: u32,
    /// How long each call may take.
    #[serde(with = "span")]
    pub timeout: Duration,
}

/// A gate of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlannedGate {
    /// Its name.
    pub name: String,
    /// When it is asked.
    pub after: After,
    /// All its settings.
    pub definition: Definition,
}

/// A host of a plan, as the inventory had it, and what was found on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlannedHost {
    /// Its name.
    pub name: HostName,
    /// Where it is.
    pub address: String,
    /// Its failure domains.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub domains: BTreeMap<String, String>,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Whom to call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// The release that it has now, as far as earlier runs left word of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// The release that a rollback takes it to: the one that it has, where the journal says that it passed its gates. None
    /// where nothing vouches for it: the rollback then has no target, though what the run did is taken back all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_to: Option<String>,
    /// What each step found, in their order.
    pub findings: Vec<PlannedFinding>,
}

/// What a step found when the plan was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlannedFinding {
    /// The step.
    pub step: StepId,
    /// What it found: `no_change`, `change`, `may`, `unknown`, `blocked`.
    pub finding: String,
    /// The diff, or the reason.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// A digest of how the host looked to the step; none where it could not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

impl PlannedFinding {
    pub(crate) fn of(step: StepId, finding: &Finding, text: String) -> purlin_core::Result<Self> {
        let fingerprint = finding.fingerprint()?;
        Ok(Self { step, finding: finding.word().to_owned(), text, fingerprint })
    }
}
