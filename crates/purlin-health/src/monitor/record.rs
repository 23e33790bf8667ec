//! What is kept of a check.

use crate::spec::{Extras, about};
use crate::{Cadence, Check, CheckId, CheckState, Rule, StateRules};
use purlin_core::Subject;
use std::sync::Arc;
use std::time::Duration;

/// What is kept of a check. There may be 100,000 of them, so what few have is behind one pointer.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) id: CheckId,
    /// None where somebody reports.
    pub(super) check: Option<Arc<dyn Check>>,
    pub(super) pace: Arc<Pace>,
    pub(super) state: CheckState,
    /// The line for people of the last run.
    pub(super) line: Box<str>,
    pub(super) extras: Option<Box<Extras>>,
}

/// What checks of one cadence share.
#[derive(Debug)]
pub(super) struct Pace {
    pub(super) cadence: Cadence,
    pub(super) rules: StateRules,
    /// From which age on a result is stale.
    pub(super) keeps: Duration,
    /// How long a report is good for; none where the monitor runs the check.
    pub(super) ttl: Option<Duration>,
}

impl Record {
    pub(super) fn rules(&self) -> &[Rule] {
        self.extras.as_ref().map_or(&[], |extras| &extras.rules)
    }

    pub(super) fn subject(&self) -> Subject {
        about(&self.id, self.extras.as_deref())
    }

    pub(super) fn is_reference(&self) -> bool {
        self.extras.as_ref().is_some_and(|extras| extras.is_reference)
    }

    pub(super) fn runbook(&self) -> Option<String> {
        self.extras.as_ref().and_then(|extras| extras.runbook.clone())
    }
}
