//! What is kept of a check.

use crate::spec::{Extras, Work, about};
use crate::state::PackedState;
use crate::{
    Cadence, Check, CheckId, CheckSpec, CheckState, Group, History, Rule, Snapshot, State, StateRules, Status,
};
use purlin_core::{Instant, Subject, Timestamp};
use std::sync::Arc;
use std::time::Duration;

/// What is kept of a check. There may be 100,000 of them, so what few have is behind one pointer.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) id: CheckId,
    /// None where somebody reports.
    pub(super) check: Option<Arc<dyn Check>>,
    pub(super) pace: Arc<Pace>,
    state: PackedState,
    pub(super) history: History,
    /// The line for people of the last run.
    pub(super) line: Box<str>,
    pub(super) extras: Option<Box<Extras>>,
    /// Its number among those that hang on each other.
    pub(super) node: Node,
}

/// The number of a check among those that hang on each other; most are not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node(u32);

impl Node {
    pub(super) const NONE: Self = Self(u32::MAX);

    pub(super) fn new(number: usize) -> Self {
        u32::try_from(number).map_or(Self::NONE, Self)
    }

    pub(super) fn get(self) -> Option<usize> {
        (self != Self::NONE).then_some(self.0 as usize)
    }
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
    /// What moments are counted from.
    pub(super) epoch: Instant,
}

impl Record {
    /// A check of which no run was seen yet, with what was kept of it.
    pub(super) fn new(
        spec: CheckSpec,
        pace: Arc<Pace>,
        state: &CheckState,
        history: History,
        node: Node,
    ) -> Self {
        let check = if let Work::Active(check) = spec.work { Some(check) } else { None };
        let state = PackedState::new(state, pace.epoch);
        Self { id: spec.id, check, pace, state, history, line: Box::default(), extras: spec.extras, node }
    }

    /// What is believed.
    pub(super) fn state(&self) -> CheckState {
        self.state.unpack(self.pace.epoch)
    }

    pub(super) fn believe(&mut self, state: &CheckState) {
        self.state = PackedState::new(state, self.pace.epoch);
    }

    /// Most runs say what the one before said.
    pub(super) fn say(&mut self, line: &str) {
        if *self.line != *line {
            self.line = line.into();
        }
    }

    pub(super) fn rules(&self) -> &[Rule] {
        self.extras.as_ref().map_or(&[], |extras| &extras.rules)
    }

    pub(super) fn subject(&self) -> Subject {
        about(&self.id, self.extras.as_deref())
    }

    /// Everything is in deep; the others are joined by name.
    pub(super) fn is_in(&self, group: Group) -> bool {
        group == Group::Deep || self.extras.as_ref().is_some_and(|extras| extras.groups.contains(&group))
    }

    pub(super) fn is_reference(&self) -> bool {
        self.extras.as_ref().is_some_and(|extras| extras.is_reference)
    }

    pub(super) fn runbook(&self) -> Option<&str> {
        self.extras.as_ref().and_then(|extras| extras.runbook.as_deref())
    }
}

/// What is known of a check, lent while its shard is locked.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) record: &'a Record,
    pub(super) state: State,
    pub(super) status: Status,
    pub(super) age: Option<Duration>,
    pub(super) is_stale: bool,
    pub(super) is_flapping: bool,
    /// How long it is as it is.
    since: Duration,
}

impl Record {
    /// What is known at this moment: a result that is too old says nothing any more.
    pub(super) fn view(&self, now: Instant) -> View<'_> {
        let state = self.state();
        let age = state.last_result().map(|last| now.since(last));
        let is_stale = state.is_stale() || age.is_some_and(|age| age > self.pace.keeps);
        View {
            record: self,
            state: state.state(),
            status: if is_stale { Status::Unknown } else { state.status() },
            age,
            is_stale,
            is_flapping: state.is_flapping(),
            since: now.since(state.since()),
        }
    }
}

impl View<'_> {
    pub(super) fn since(&self, wall: Timestamp) -> Timestamp {
        wall.saturating_sub(self.since)
    }

    pub(super) fn snapshot(&self, wall: Timestamp) -> Snapshot {
        Snapshot {
            id: self.record.id.clone(),
            subject: self.record.subject(),
            state: self.state,
            status: self.status,
            since: self.since(wall),
            age: self.age,
            is_stale: self.is_stale,
            is_flapping: self.is_flapping,
            message: self.record.line.to_string(),
        }
    }
}
