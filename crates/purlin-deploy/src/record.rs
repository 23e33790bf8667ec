//! What a journal holds.

use crate::data::sha256;
use crate::{Baseline, Before, HostName, Outputs, Plan, RunId, StepId, Verdict};
use purlin_core::{Fence, Timestamp};
use serde::{Deserialize, Serialize};

/// Who runs a deployment, and from where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Holder {
    /// The person.
    pub operator: String,
    /// The machine that the run is driven from.
    pub controller: String,
    /// Its process there.
    pub process: u32,
}

impl Holder {
    /// A person at a machine, in this process.
    pub fn new(operator: impl Into<String>, controller: impl Into<String>) -> Self {
        Self { operator: operator.into(), controller: controller.into(), process: std::process::id() }
    }
}

/// What a person tells a run, from any process that can write its journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "control", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Control {
    /// Begin no more hosts. Hosts with an open obligation go on until it is closed.
    Pause,
    /// Go on after a pause; where the run is not paused, the answer to every step that asks a person.
    Continue,
    /// Begin no more steps, close obligations, end.
    Abort,
    /// Take all hosts of the run back.
    Rollback,
    /// Go on, as the answer to every step that asks a person; where none does, go on after the canary.
    Promote,
    /// Leave that host out, or take that step of it as done.
    Skip {
        /// The host.
        host: HostName,
        /// The step; none for the whole host.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<StepId>,
    },
    /// Try that host again from the step that failed or is in doubt.
    Retry {
        /// The host.
        host: HostName,
    },
    /// The lease was broken by a person.
    Unlock,
}

/// Why a step did not come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailureClass {
    /// The step's own failure.
    Failed,
    /// Something is in its way.
    Blocked,
    /// The host is no longer as the plan found it.
    Drift,
    /// What it did does not hold.
    Unproven,
}

/// What is done with a run that failed or is aborted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Turn {
    /// It ends as it is, once obligations are closed.
    Stop,
    /// The hosts of the batch go back.
    RollBackBatch,
    /// All hosts of the run go back.
    RollBackRun,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ending {
    /// All hosts have the new release.
    Succeeded,
    /// All hosts have what they had before.
    RolledBack,
    /// It ended early, and all hosts are on one release.
    Stopped,
    /// A person has to look: something is in doubt, the hosts are on different releases, an obligation is open, or a host
    /// could not be taken back.
    NeedsPerson,
}

impl Ending {
    /// The exit code of a tool that ran it: 0, 1, 1, 4.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Succeeded => 0,
            Self::RolledBack | Self::Stopped => 1,
            Self::NeedsPerson => 4,
        }
    }
}

/// Which release a host has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HostRelease {
    /// The host.
    pub host: HostName,
    /// The release; none where no run has left word of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// What is left to be settled there, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<String>,
}

/// One thing that happened in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Record {
    /// The run began, and its plan is spent.
    Opened {
        /// What it does.
        plan: Box<Plan>,
        /// Who runs it.
        holder: Holder,
    },
    /// Somebody drives it on after it was left or crashed.
    Resumed {
        /// Who.
        holder: Holder,
    },
    /// How things stood before it, by a gate.
    Baseline {
        /// The gate.
        gate: String,
        /// What it found.
        baseline: Baseline,
        /// Hosts that were out of service already.
        down: Vec<HostName>,
    },
    /// A step found nothing to change.
    Unchanged {
        /// Where.
        host: HostName,
        /// Which.
        step: StepId,
    },
    /// A step is about to be applied. Durable before it is.
    Started {
        /// Where.
        host: HostName,
        /// Which.
        step: StepId,
        /// From 1.
        attempt: u32,
        /// What it will change.
        text: String,
        /// What undoing needs.
        before: Before,
    },
    /// A step was applied.
    Landed {
        /// Where.
        host: HostName,
        /// Which.
        step: StepId,
        /// What it gave.
        #[serde(default, skip_serializing_if = "Outputs::is_empty")]
        outputs: Outputs,
    },
    /// A step was proven to work.
    Verified {
        /// Where.
        host: HostName,
        /// Which.
        step: StepId,
    },
    /// A step did not come about.
    Failed {
        /// Where.
        host: HostName,
        /// Which.
        step: StepId,
        /// In what way.
        class: FailureClass,
        /// Why.
        why: String,
        /// Whether it is tried again.
        again: bool,
    },
    /// A step may have taken effect or not.
    InDoubt {
        /// Where.
        host: HostName,
        /// Which.
        step: StepId,
        /// Why that is not known.
        why: String,
        /// Whether a person has to say.
        ask: bool,
    },
    /// A step that was in doubt took no effect.
    NotLanded {
        /// Where.
        host: HostName,
        /// Which.
        step: StepId,
    },
    /// A step asks a person, and has done nothing: the run waits there until it is told to go on.
    Asked {
        /// Where.
        host: HostName,
        /// Which.
        step: StepId,
        /// What the person is to look at.
        why: String,
    },
    /// A host could not be reached, which is not a failure of a step.
    Unreachable {
        /// Which.
        host: HostName,
        /// Why.
        why: String,
    },
    /// A step was undone, or there was nothing to undo.
    Undone {
        /// Where.
        host: HostName,
        /// Which.
        step: StepId,
    },
    /// An obligation was closed in the course of things.
    Closed {
        /// Where.
        host: HostName,
        /// The step that had opened it.
        step: StepId,
    },
    /// A step could not be undone.
    NotUndone {
        /// Where.
        host: HostName,
        /// Which.
        step: StepId,
        /// Why.
        why: String,
        /// Whether it never can be.
        irreversible: bool,
    },
    /// A gate was asked.
    Gated {
        /// Which.
        gate: String,
        /// After which batch, from 0; after the last one for a gate of the run and after a rollback.
        batch: usize,
        /// What it said.
        verdict: Verdict,
    },
    /// All hosts of a batch are settled.
    BatchSettled {
        /// Which, from 0.
        batch: usize,
    },
    /// The run goes on behind that batch.
    BatchPassed {
        /// Which, from 0.
        batch: usize,
    },
    /// A person said something.
    Told {
        /// What.
        control: Control,
        /// Who.
        by: String,
        /// Why.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// The run does not go on as planned.
    Turned {
        /// What is done instead.
        turn: Turn,
        /// Why.
        why: String,
    },
    /// The run ended.
    Ended {
        /// How.
        ending: Ending,
        /// Why, where it did not succeed.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why: String,
        /// What each host has now.
        hosts: Vec<HostRelease>,
    },
}

/// A record in its place: the event that everything shown is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// The form: 1.
    pub version: u32,
    /// The run.
    pub run: RunId,
    /// From 1, without gaps.
    pub seq: u64,
    /// When it was written, by the writer's clock.
    pub at: Timestamp,
    /// The writer's fencing number; none for what a person said from elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fence: Option<Fence>,
    /// What happened.
    #[serde(flatten)]
    pub record: Record,
    /// The hash of the entry before; empty for the first.
    pub prev: String,
    /// SHA-256 over the previous hash and this entry.
    pub hash: String,
}

impl Entry {
    /// The entry that follows one with the hash `prev`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) for a record that cannot be written as JSON.
    pub fn chained(
        run: &RunId,
        seq: u64,
        (at, fence): (Timestamp, Option<Fence>),
        record: Record,
        prev: &str,
    ) -> purlin_core::Result<Self> {
        let hash = hash_of(run, seq, (at, fence), &record, prev)?;
        let (run, prev) = (run.clone(), prev.to_owned());
        Ok(Self { version: 1, run, seq, at, fence, record, prev, hash })
    }

    /// Whether it is what was written, behind an entry with the hash `prev`.
    pub fn is_sound(&self, prev: &str) -> bool {
        let hash = hash_of(&self.run, self.seq, (self.at, self.fence), &self.record, prev);
        self.prev == prev && hash.is_ok_and(|hash| hash == self.hash)
    }
}

fn hash_of(
    run: &RunId,
    seq: u64,
    stamp: (Timestamp, Option<Fence>),
    record: &Record,
    prev: &str,
) -> purlin_core::Result<String> {
    let text = serde_json::to_value((run, seq, stamp, record, prev));
    let text = text.map_err(|error| crate::data::unwritable(&error))?;
    Ok(sha256(text.to_string().as_bytes()))
}
