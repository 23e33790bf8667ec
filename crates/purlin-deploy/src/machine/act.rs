//! What follows from what a call of a step answers.

use super::{Action, Answer, Fault, FaultClass, Flight, Machine, RunFlight, TRIES};
use crate::{Before, Effect, FailureClass, Finding, Landed, Outputs, Record, Undo, Verdict};
use purlin_core::Timestamp;
use std::time::Duration;

impl Machine {
    /// The step that was under way on a host.
    fn landing(&mut self, host: usize) -> Option<usize> {
        match std::mem::replace(&mut self.flights[host], Flight::Nothing) {
            Flight::Checking(step)
            | Flight::Applying(step)
            | Flight::Verifying(step)
            | Flight::Reconciling(step)
            | Flight::Undoing(step, _) => Some(step),
            other => {
                self.flights[host] = other;
                None
            }
        }
    }

    /// Tries a host again later; false where it was tried often enough.
    fn later(&mut self, host: usize, now: Timestamp) -> bool {
        self.tries[host] += 1;
        if self.tries[host] > TRIES {
            return false;
        }
        self.retry_at[host] = Some(now.saturating_add(Duration::from_secs(1 << self.tries[host])));
        true
    }

    fn fail(&mut self, at: (usize, usize), class: FailureClass, why: String, actions: &mut Vec<Action>) {
        let planned = &self.plan.steps[at.1];
        let tried = self.state.hosts[at.0].steps[at.1].attempts;
        let may = match class {
            FailureClass::Failed => planned.effect != Effect::AtMostOnce,
            FailureClass::Unproven => planned.effect == Effect::Idempotent,
            FailureClass::Blocked | FailureClass::Drift => false,
        };
        let again = may && tried > 0 && tried <= planned.retries && self.state.turn.is_none();
        let (host, step) = self.names(at.0, at.1);
        self.write(at.0, Record::Failed { host, step, class, why, again }, actions);
    }

    fn unreachable(&mut self, host: usize, why: String, actions: &mut Vec<Action>) {
        let name = self.plan.hosts[host].name.clone();
        self.write(host, Record::Unreachable { host: name, why }, actions);
    }

    pub(super) fn checked(
        &mut self,
        host: usize,
        found: Answer<Finding>,
        now: Timestamp,
        actions: &mut Vec<Action>,
    ) {
        let Some(index) = self.landing(host) else { return };
        let finding = match found {
            Ok(finding) => finding,
            Err(Fault { class: FaultClass::Failed, why }) => {
                return self.fail((host, index), FailureClass::Failed, why, actions);
            }
            Err(Fault { why, .. }) => {
                if !self.later(host, now) {
                    self.unreachable(host, why, actions);
                }
                return;
            }
        };
        self.tries[host] = 0;
        if let Some(why) = self.drift(host, index, &finding) {
            return self.fail((host, index), FailureClass::Drift, why, actions);
        }
        let (name, step) = self.names(host, index);
        match &finding {
            Finding::NoChange => self.write(host, Record::Unchanged { host: name, step }, actions),
            Finding::Blocked { why } => {
                self.fail((host, index), FailureClass::Blocked, why.clone(), actions);
            }
            _ => {
                let attempt = self.state.hosts[host].steps[index].attempts + 1;
                let before = finding.before().cloned().unwrap_or_default();
                let text = finding.text().to_owned();
                self.flights[host] = Flight::Starting(index, Box::new(finding));
                actions.push(Action::Record(Record::Started { host: name, step, attempt, text, before }));
            }
        }
    }

    /// How the host differs from what the plan found; not asked where the run itself has been at work.
    fn drift(&self, host: usize, step: usize, finding: &Finding) -> Option<String> {
        let (state, planned) = (&self.state.hosts[host].steps[step], &self.plan.steps[step]);
        if state.attempts > 0 || !planned.on_change.is_empty() || *finding == Finding::NoChange {
            return None;
        }
        let planned = self.plan.hosts[host].findings.get(step)?;
        let before = planned.fingerprint.as_ref()?;
        let now = finding.fingerprint().ok().flatten()?;
        (*before != now).then(|| {
            let (was, is) = (planned.finding.as_str(), finding.word());
            format!("the host is not as the plan found it ({was} then, {is} now): {}", finding.text())
        })
    }

    pub(super) fn applied(
        &mut self,
        host: usize,
        done: Answer<Outputs>,
        now: Timestamp,
        actions: &mut Vec<Action>,
    ) {
        let Some(index) = self.landing(host) else { return };
        let (name, step) = self.names(host, index);
        match done {
            Ok(outputs) => {
                self.tries[host] = 0;
                self.write(host, Record::Landed { host: name, step, outputs }, actions);
            }
            Err(Fault { class: FaultClass::Failed, why }) => {
                self.fail((host, index), FailureClass::Failed, why, actions);
            }
            Err(Fault { class: FaultClass::Asks, why }) => {
                self.tries[host] = 0;
                self.write(host, Record::Asked { host: name, step, why }, actions);
            }
            Err(Fault { class: FaultClass::Unreachable, why }) => {
                if self.later(host, now) {
                    self.write(host, Record::NotLanded { host: name, step }, actions);
                } else {
                    self.unreachable(host, why, actions);
                }
            }
            Err(Fault { class: FaultClass::Doubtful, why }) => {
                let tried = self.state.hosts[host].steps[index].attempts;
                if tried > self.plan.steps[index].retries + TRIES {
                    return self.fail((host, index), FailureClass::Failed, why, actions);
                }
                self.write(host, Record::InDoubt { host: name, step, why, ask: false }, actions);
            }
        }
    }

    pub(super) fn verified(
        &mut self,
        host: usize,
        proven: Answer<()>,
        now: Timestamp,
        actions: &mut Vec<Action>,
    ) {
        let Some(index) = self.landing(host) else { return };
        match proven {
            Ok(()) => {
                self.tries[host] = 0;
                let (host_name, step) = self.names(host, index);
                self.write(host, Record::Verified { host: host_name, step }, actions);
            }
            Err(Fault { class: FaultClass::Failed, why }) => {
                self.fail((host, index), FailureClass::Unproven, why, actions);
            }
            Err(Fault { why, .. }) => {
                if !self.later(host, now) {
                    self.unreachable(host, why, actions);
                }
            }
        }
    }

    pub(super) fn reconciled(
        &mut self,
        host: usize,
        landed: Answer<Landed>,
        now: Timestamp,
        actions: &mut Vec<Action>,
    ) {
        let Some(index) = self.landing(host) else { return };
        let (name, step) = self.names(host, index);
        let record = match landed {
            Ok(Landed::Yes(outputs)) => Record::Landed { host: name, step, outputs },
            Ok(Landed::No) => Record::NotLanded { host: name, step },
            Ok(Landed::Unknown) => {
                let why = match self.state.hosts[host].steps[index].why.as_str() {
                    "" => "the run was cut off while it was applied".to_owned(),
                    why => why.to_owned(),
                };
                Record::InDoubt { host: name, step, why, ask: true }
            }
            Err(Fault { class: FaultClass::Failed, why })
                if self.plan.steps[index].effect == Effect::AtMostOnce =>
            {
                Record::InDoubt { host: name, step, why, ask: true }
            }
            Err(Fault { class: FaultClass::Failed, why }) => {
                return self.fail((host, index), FailureClass::Failed, why, actions);
            }
            Err(Fault { why, .. }) => {
                if self.later(host, now) {
                    return;
                }
                Record::Unreachable { host: name, why }
            }
        };
        self.write(host, record, actions);
    }

    pub(super) fn undone(
        &mut self,
        host: usize,
        undone: Answer<Undo>,
        now: Timestamp,
        actions: &mut Vec<Action>,
    ) {
        let closing = matches!(self.flights[host], Flight::Undoing(_, true));
        let Some(index) = self.landing(host) else { return };
        let (name, step) = self.names(host, index);
        let record = match undone {
            Ok(Undo::Undone | Undo::NotNeeded) if closing => Record::Closed { host: name, step },
            Ok(Undo::Undone | Undo::NotNeeded) => Record::Undone { host: name, step },
            Ok(Undo::Irreversible { why }) => Record::NotUndone { host: name, step, why, irreversible: true },
            Err(Fault { why, .. }) => {
                if self.later(host, now) {
                    return;
                }
                Record::NotUndone { host: name, step, why, irreversible: false }
            }
        };
        self.tries[host] = 0;
        self.write(host, record, actions);
    }

    pub(super) fn judged(&mut self, gate: usize, verdict: Verdict, actions: &mut Vec<Action>) {
        let RunFlight::Judging(asked, batch) = self.run_flight else { return };
        if asked != gate {
            return;
        }
        let gate = self.plan.gates[gate].name.clone();
        self.write_run(Record::Gated { gate, batch, verdict }, actions);
    }

    pub(super) fn before(&self, host: usize, step: usize) -> Before {
        self.state.hosts[host].steps[step].before.clone().unwrap_or_default()
    }
}
