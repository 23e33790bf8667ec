//! What is kept of a check.

use crate::{Cadence, Check, CheckId, CheckState, Needs, Rule, StateRules};
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
    pub(super) more: Option<Box<More>>,
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

/// What few checks have.
#[derive(Debug, Default, PartialEq)]
pub(super) struct More {
    pub(super) rules: Vec<Rule>,
    pub(super) needs: Option<Needs>,
    pub(super) subject: Option<Subject>,
    pub(super) runbook: Option<String>,
    pub(super) is_reference: bool,
}

impl Record {
    pub(super) fn rules(&self) -> &[Rule] {
        self.more.as_ref().map_or(&[], |more| &more.rules)
    }

    pub(super) fn subject(&self) -> Subject {
        let own = self.more.as_ref().and_then(|more| more.subject.clone());
        own.unwrap_or_else(|| Subject::new("check", self.id.as_str()))
    }

    pub(super) fn is_reference(&self) -> bool {
        self.more.as_ref().is_some_and(|more| more.is_reference)
    }

    pub(super) fn runbook(&self) -> Option<String> {
        self.more.as_ref().and_then(|more| more.runbook.clone())
    }
}
