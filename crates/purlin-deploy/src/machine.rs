//! What a run does next: a state machine without I/O, so that tests, simulations and resumed runs use what runs for real.
//!
//! Its state is what the journal says, folded: nothing counts before it is durable. What is under way in this process
//! stands beside it, and is lost with the process; what was started and has not come back then is in doubt.

mod act;
mod ending;
mod host;
mod run;
mod state;
#[cfg(test)]
mod tests;

pub(crate) use state::RunState;

use crate::{Before, Finding, Landed, Outputs, Plan, Record, Undo, Verdict};
use purlin_core::{Result, Timestamp};
use state::Phase;
use std::sync::Arc;

/// Why a call of a step did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) class: FaultClass,
    pub(crate) why: String,
}

impl Fault {
    /// The same of a step that asks a person.
    pub(crate) fn asking(self) -> Self {
        Self { class: FaultClass::Asks, ..self }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaultClass {
    /// The host was not reached: nothing happened.
    Unreachable,
    /// It may have happened.
    Doubtful,
    /// It did not work.
    Failed,
    /// Nothing happened: a person has to answer first.
    Asks,
}

type Answer<T> = std::result::Result<T, Fault>;

/// What happened. Hosts and steps are numbered as in the plan.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    /// The run begins, or goes on.
    Begin,
    /// A record is durable.
    Recorded(Record),
    Checked(usize, Answer<Finding>),
    Applied(usize, Answer<Outputs>),
    Verified(usize, Answer<()>),
    Reconciled(usize, Answer<Landed>),
    Undone(usize, Answer<Undo>),
    Judged(usize, Verdict),
    /// Time has passed.
    Tick,
}

/// What is to be done.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// Make it durable, then tell.
    Record(Record),
    Check(usize, usize),
    /// The number is that of the attempt.
    Apply(usize, usize, u32, Box<Finding>),
    Verify(usize, usize),
    Reconcile(usize, usize, Before),
    Undo(usize, usize, Before),
    /// Ask a gate about these hosts.
    Judge(usize, Vec<usize>),
    /// Tell when it is that late.
    Wake(Timestamp),
    /// Nothing goes on until a person says so.
    Wait,
}

/// What is under way for a host.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Flight {
    Nothing,
    Checking(usize),
    /// Its start is being written; it is applied then.
    Starting(usize, Box<Finding>),
    Applying(usize),
    Verifying(usize),
    Reconciling(usize),
    /// The flag: it is closed in the course of things.
    Undoing(usize, bool),
    Writing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RunFlight {
    Nothing,
    Writing,
    Judging(usize, usize),
}

/// How often a host that is not reached is tried again.
const TRIES: u32 = 3;

#[derive(Debug, Clone)]
pub(crate) struct Machine {
    pub(super) plan: Arc<Plan>,
    pub(super) state: RunState,
    pub(super) flights: Vec<Flight>,
    pub(super) run_flight: RunFlight,
    pub(super) retry_at: Vec<Option<Timestamp>>,
    pub(super) tries: Vec<u32>,
}

impl Machine {
    /// A run of which the journal says that much.
    pub(crate) fn new<'r>(
        plan: Arc<Plan>,
        entries: impl IntoIterator<Item = (&'r Record, Timestamp)>,
    ) -> Result<Self> {
        let mut state = RunState::new(&plan)?;
        for (record, at) in entries {
            state.fold(&plan, record, at);
        }
        let hosts = plan.hosts.len();
        Ok(Self {
            plan,
            state,
            flights: vec![Flight::Nothing; hosts],
            run_flight: RunFlight::Nothing,
            retry_at: vec![None; hosts],
            tries: vec![0; hosts],
        })
    }

    pub(crate) fn state(&self) -> &RunState {
        &self.state
    }

    /// Takes what happened, and says what is to be done.
    pub(crate) fn step(&mut self, event: Event, now: Timestamp) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Begin | Event::Tick => {}
            Event::Recorded(record) => self.recorded(&record, now, &mut actions),
            Event::Judged(gate, verdict) => self.judged(gate, verdict, &mut actions),
            Event::Checked(host, found) => self.checked(host, found, now, &mut actions),
            Event::Applied(host, done) => self.applied(host, done, now, &mut actions),
            Event::Verified(host, proven) => self.verified(host, proven, now, &mut actions),
            Event::Reconciled(host, landed) => self.reconciled(host, landed, now, &mut actions),
            Event::Undone(host, undone) => self.undone(host, undone, now, &mut actions),
        }
        self.decide(now, &mut actions);
        actions
    }

    fn recorded(&mut self, record: &Record, now: Timestamp, actions: &mut Vec<Action>) {
        self.state.fold(&self.plan, record, now);
        let host = state::host_of(record).and_then(|host| self.state.host_index(host));
        match (record, host) {
            (Record::Told { control, .. }, _) => {
                if let crate::Control::Retry { host } = control
                    && let Some(host) = self.state.host_index(host)
                {
                    (self.tries[host], self.retry_at[host]) = (0, None);
                }
            }
            (_, Some(host)) => match std::mem::replace(&mut self.flights[host], Flight::Nothing) {
                Flight::Starting(step, finding) => {
                    self.flights[host] = Flight::Applying(step);
                    let attempt = self.state.hosts[host].steps[step].attempts;
                    actions.push(Action::Apply(host, step, attempt, finding));
                }
                Flight::Writing => {}
                other => self.flights[host] = other,
            },
            (Record::Opened { .. } | Record::Resumed { .. } | Record::Baseline { .. }, None) => {}
            (_, None) => self.run_flight = RunFlight::Nothing,
        }
    }

    /// Writes something about a host.
    pub(super) fn write(&mut self, host: usize, record: Record, actions: &mut Vec<Action>) {
        self.flights[host] = Flight::Writing;
        actions.push(Action::Record(record));
    }

    /// Writes something about the run.
    pub(super) fn write_run(&mut self, record: Record, actions: &mut Vec<Action>) {
        self.run_flight = RunFlight::Writing;
        actions.push(Action::Record(record));
    }

    pub(super) fn phase(&self, host: usize, step: usize) -> Phase {
        self.state.hosts[host].steps[step].phase
    }

    pub(super) fn names(&self, host: usize, step: usize) -> (crate::HostName, crate::StepId) {
        (self.plan.hosts[host].name.clone(), self.plan.steps[step].id.clone())
    }

    pub(super) fn is_busy(&self, host: usize) -> bool {
        self.flights[host] != Flight::Nothing
    }
}
