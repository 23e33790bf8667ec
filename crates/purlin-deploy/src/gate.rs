//! What must hold before a run goes on.

use crate::{Baseline, Definition, HostName};
use async_trait::async_trait;
use purlin_core::{Cx, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// When a gate is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum After {
    /// After each batch.
    #[default]
    Batch,
    /// After the last batch.
    Run,
}

/// What a gate says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Verdict {
    /// Whether the run may go on.
    pub passed: bool,
    /// What was seen, for people.
    pub evidence: String,
}

impl Verdict {
    /// The run may go on.
    pub fn passed(evidence: impl Into<String>) -> Self {
        Self { passed: true, evidence: evidence.into() }
    }

    /// It may not.
    pub fn failed(evidence: impl Into<String>) -> Self {
        Self { passed: false, evidence: evidence.into() }
    }
}

/// Something that must hold before a run goes on. It is compared with how things stood before the run, so that a host
/// that was ill already is neither blamed on the run nor hidden by it.
#[async_trait]
pub trait Gate: Send + Sync + fmt::Debug {
    /// Its name, unique in its deployment.
    fn name(&self) -> &str;

    /// When it is asked.
    fn after(&self) -> After {
        After::Batch
    }

    /// All its settings.
    ///
    /// # Errors
    /// Those of [`Definition::of`].
    fn definition(&self) -> Result<Definition>;

    /// How things stand before the run, with the hosts that are out of service already.
    ///
    /// # Errors
    /// What keeps it from looking.
    async fn baseline(&self, cx: &Cx, hosts: &[HostName]) -> Result<(Baseline, Vec<HostName>)>;

    /// Whether the run may go on, by what is seen of these hosts. It takes its own time; its `cx` has the limit of
    /// [`Gate::limit`].
    ///
    /// # Errors
    /// What keeps it from looking: the gate has failed then.
    async fn judge(&self, cx: &Cx, hosts: &[HostName], baseline: &Baseline) -> Result<Verdict>;

    /// How long it may take at the most. 10 minutes unless it says otherwise.
    fn limit(&self) -> std::time::Duration {
        std::time::Duration::from_secs(600)
    }
}
