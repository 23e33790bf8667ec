//! What a host does next.

use super::state::Phase;
use super::{Action, Flight, Machine};
use crate::{Amount, Effect, Order, Record, Rollback, Turn};
use purlin_core::Timestamp;

/// Which way a host goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Duty {
    Nothing,
    Forward,
    Back,
    /// What is open is closed, and no more.
    Close,
}

/// What comes next on a host's way.
#[derive(Debug, Clone, PartialEq)]
enum Next {
    /// It is done.
    Complete,
    /// It waits for others, or for a person.
    Wait,
    Check(usize),
    Verify(usize),
    Reconcile(usize),
    Close(usize),
    Write(Record),
}

impl Machine {
    pub(super) fn duty(&self, host: usize) -> Duty {
        let state = &self.state.hosts[host];
        if self.goes_back(host) && state.steps.iter().any(|step| step.is_to_be_undone()) {
            return Duty::Back;
        }
        let open = self.open(host).next().is_some();
        if state.is_out() || self.state.turn.is_some() {
            return if open { Duty::Close } else { Duty::Nothing };
        }
        let under_way = state
            .steps
            .iter()
            .any(|step| matches!(step.phase, Phase::Started | Phase::Landed | Phase::Doubt(false)));
        if self.state.paused && !open && !under_way {
            return Duty::Nothing;
        }
        let is_on = self.state.current().contains(&host) && self.state.settled_at.is_none();
        let may = is_on && !state.is_complete() && (state.has_begun() || self.may_begin(host));
        if may || open { Duty::Forward } else { Duty::Nothing }
    }

    fn goes_back(&self, host: usize) -> bool {
        match &self.state.turn {
            Some((Turn::RollBackRun, _)) => true,
            Some((Turn::RollBackBatch, _)) if self.state.current().contains(&host) => true,
            _ => {
                let failed = self.state.hosts[host].failed.is_some();
                failed && self.plan.rollout.rollback != Rollback::None && self.state.abort.is_none()
            }
        }
    }

    /// The steps whose obligation is open, the latest first; without those that could not be closed.
    pub(super) fn open(&self, host: usize) -> impl Iterator<Item = usize> + use<> {
        let steps = &self.state.hosts[host].steps;
        let mut open: Vec<usize> = (0..steps.len())
            .filter(|step| self.plan.steps[*step].obligation.is_some() && steps[*step].is_to_be_undone())
            .collect();
        open.sort_by_key(|step| std::cmp::Reverse(steps[*step].order));
        open.into_iter()
    }

    /// Whether a host is not at its users' service, as far as the run knows.
    pub(super) fn is_out_of_service(&self, host: usize) -> bool {
        let state = &self.state.hosts[host];
        let at_work = (state.has_begun() || self.is_busy(host)) && !state.is_complete();
        let restored = state.failed.is_none() && !state.steps.iter().any(|step| step.touched);
        let back = self.state.turn.is_some() && restored && !self.is_busy(host);
        let open = state.is_complete() && self.open(host).next().is_some();
        let going_back = self.is_busy(host) && self.goes_back(host);
        self.state.down.contains(&host)
            || state.unreachable.is_some()
            || state.failed.is_some()
            || going_back
            || open
            || (at_work && !back && !(state.skipped && restored))
    }

    /// How many hosts may be out of service at once; none where there is no bound but the batch.
    pub(super) fn bound(&self) -> Option<usize> {
        let total = self.plan.hosts.len();
        self.plan.rollout.max_unavailable.map(|amount: Amount| amount.of(total, 1))
    }

    pub(super) fn out_of_service(&self) -> usize {
        (0..self.plan.hosts.len()).filter(|host| self.is_out_of_service(*host)).count()
    }

    fn may_begin(&self, host: usize) -> bool {
        let Some(bound) = self.bound() else { return true };
        let more = usize::from(!self.is_out_of_service(host));
        self.out_of_service() + more <= bound
    }

    /// A host that serves is taken back only where there is room, or where nothing else is going on.
    fn may_go_back(&self, host: usize) -> bool {
        self.is_out_of_service(host)
            || self.may_begin(host)
            || !(0..self.plan.hosts.len()).any(|other| self.is_busy(other))
    }

    /// Decides for every host that has nothing under way.
    pub(super) fn decide_hosts(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        for host in 0..self.plan.hosts.len() {
            if self.is_busy(host) {
                continue;
            }
            if let Some(at) = self.retry_at[host].filter(|at| *at > now) {
                actions.push(Action::Wake(at));
                continue;
            }
            self.retry_at[host] = None;
            match self.duty(host) {
                Duty::Nothing => {}
                Duty::Forward => {
                    let next = self.forward(host);
                    self.go(host, next, actions);
                }
                Duty::Close => self.finish(host, actions),
                Duty::Back if self.may_go_back(host) => self.backward(host, actions),
                Duty::Back => {}
            }
        }
    }

    fn go(&mut self, host: usize, next: Next, actions: &mut Vec<Action>) {
        match next {
            Next::Complete | Next::Wait => {}
            Next::Check(step) => {
                self.flights[host] = Flight::Checking(step);
                actions.push(Action::Check(host, step));
            }
            Next::Verify(step) => {
                self.flights[host] = Flight::Verifying(step);
                actions.push(Action::Verify(host, step));
            }
            Next::Reconcile(step) => {
                self.flights[host] = Flight::Reconciling(step);
                actions.push(Action::Reconcile(host, step, self.before(host, step)));
            }
            Next::Close(step) => self.undo(host, step, true, actions),
            Next::Write(record) => self.write(host, record, actions),
        }
    }

    fn undo(&mut self, host: usize, step: usize, closing: bool, actions: &mut Vec<Action>) {
        self.flights[host] = Flight::Undoing(step, closing);
        actions.push(Action::Undo(host, step, self.before(host, step)));
    }

    fn forward(&self, host: usize) -> Next {
        for step in 0..self.plan.steps.len() {
            match self.phase(host, step) {
                Phase::Done | Phase::Closed => {}
                Phase::Pending => return self.begin(host, step),
                Phase::Started | Phase::Doubt(false) => return self.settle(step),
                Phase::Landed => return Next::Verify(step),
                Phase::Asks | Phase::Doubt(true) | Phase::Failed | Phase::Undone | Phase::NotUndone => {
                    return Next::Wait;
                }
            }
        }
        self.open(host).next().map_or(Next::Complete, Next::Close)
    }

    /// A step of which it is not known whether it took effect.
    fn settle(&self, step: usize) -> Next {
        match self.plan.steps[step].effect {
            Effect::Idempotent => Next::Check(step),
            _ => Next::Reconcile(step),
        }
    }

    fn begin(&self, host: usize, step: usize) -> Next {
        let planned = &self.plan.steps[step];
        if self.waits_at(host, step) {
            return Next::Wait;
        }
        let (name, id) = self.names(host, step);
        let unchanged = Next::Write(Record::Unchanged { host: name, step: id });
        if let Some(closed) = planned.closes.as_ref().and_then(|closed| self.state.step_index(closed)) {
            let is_open = self.open(host).any(|open| open == closed);
            return if is_open { Next::Close(closed) } else { unchanged };
        }
        if planned.obligation.is_some() && self.is_idle(host) {
            return unchanged;
        }
        if !planned.on_change.is_empty() && !self.has_changed(host, step) {
            return unchanged;
        }
        if planned.once {
            if (0..self.plan.hosts.len()).any(|other| self.state.hosts[other].steps[step].is_done()) {
                return unchanged;
            }
            if self.owner(step) != Some(host) {
                return Next::Wait;
            }
        }
        Next::Check(step)
    }

    /// Whether the plan found nothing to do there but to open and to close.
    fn is_idle(&self, host: usize) -> bool {
        let findings = &self.plan.hosts[host].findings;
        findings.len() == self.plan.steps.len()
            && findings
                .iter()
                .zip(&self.plan.steps)
                .all(|(found, step)| found.finding == "no_change" || step.obligation.is_some())
    }

    fn has_changed(&self, host: usize, step: usize) -> bool {
        let changed = |other: usize| {
            let hosts = if self.plan.steps[other].once { 0..self.plan.hosts.len() } else { host..host + 1 };
            hosts.into_iter().any(|host| self.state.hosts[host].steps[other].changed)
        };
        let waits = self.plan.steps[step].on_change.iter();
        waits.filter_map(|other| self.state.step_index(other)).any(changed)
    }

    /// The host that does a step for all: one that is at it already, else the first that can still get there.
    fn owner(&self, step: usize) -> Option<usize> {
        let mut all = self.state.batches.iter().flatten().copied();
        let at_it = all.clone().find(|host| {
            let state = &self.state.hosts[*host].steps[step];
            state.attempts > 0 && !state.is_done()
        });
        at_it.or_else(|| all.find(|host| !self.state.hosts[*host].is_out()))
    }

    /// Whether others of the batch have to come this far first.
    fn waits_at(&self, host: usize, step: usize) -> bool {
        if !self.plan.steps[step].barrier && self.plan.rollout.order != Order::LockStep {
            return false;
        }
        self.state.current().iter().any(|other| {
            let state = &self.state.hosts[*other];
            *other != host && !state.is_out() && state.steps.iter().take(step).any(|step| !step.is_done())
        })
    }

    /// Closes what is open, the latest first.
    fn finish(&mut self, host: usize, actions: &mut Vec<Action>) {
        if let Some(step) = self.open(host).next() {
            self.undo(host, step, true, actions);
        }
    }

    /// Settles what is in doubt, then undoes the step whose turn it is.
    fn backward(&mut self, host: usize, actions: &mut Vec<Action>) {
        let steps = &self.state.hosts[host].steps;
        let unsettled = (0..steps.len()).filter(|step| {
            let open = matches!(steps[*step].phase, Phase::Started | Phase::Doubt(false));
            open && steps[*step].touched && self.plan.steps[*step].effect != Effect::Idempotent
        });
        if let Some(step) = unsettled.max_by_key(|step| steps[*step].order) {
            return self.go(host, Next::Reconcile(step), actions);
        }
        let Some(step) = self.next_back(host) else { return };
        let effect = self.plan.steps[step].effect;
        match steps[step].phase {
            Phase::Doubt(true) if effect == Effect::AtMostOnce => {
                let why = format!("it is in doubt: {}", steps[step].why);
                let (host_name, id) = self.names(host, step);
                let record = Record::NotUndone { host: host_name, step: id, why, irreversible: false };
                self.write(host, record, actions);
            }
            _ => self.undo(host, step, false, actions),
        }
    }

    /// The step that is undone next: the one that was started last, except that what a change of others had set off, such
    /// as a restart, waits until those are undone, so that the service comes up with what it had before; and what was
    /// opened around steps stays open until they are undone.
    fn next_back(&self, host: usize) -> Option<usize> {
        let steps = &self.state.hosts[host].steps;
        let touched: Vec<usize> = (0..steps.len()).filter(|step| steps[*step].is_to_be_undone()).collect();
        let waits = |step: usize| {
            let planned = &self.plan.steps[step];
            touched.iter().any(|other| {
                let later = steps[*other].order > steps[step].order;
                planned.on_change.contains(&self.plan.steps[*other].id)
                    || (planned.obligation.is_some() && later)
            })
        };
        let free = touched.iter().filter(|step| !waits(**step)).max_by_key(|step| steps[**step].order);
        free.or_else(|| touched.iter().max_by_key(|step| steps[**step].order)).copied()
    }
}
