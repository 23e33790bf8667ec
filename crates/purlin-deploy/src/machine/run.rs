//! What the run as a whole does next.

use super::host::Duty;
use super::state::Phase;
use super::{Action, Flight, Machine, RunFlight};
use crate::{After, Promotion, Record, Rollback, Turn};
use purlin_core::Timestamp;

impl Machine {
    pub(super) fn decide(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        if self.state.ended.is_some() {
            return;
        }
        if self.run_flight == RunFlight::Nothing && self.turns(now, actions) {
            return;
        }
        if !self.is_turning() {
            self.decide_hosts(now, actions);
        }
        if self.run_flight == RunFlight::Nothing {
            match self.state.turn.is_some() {
                true => self.conclude(actions),
                false => self.advance(now, actions),
            }
        }
        if self.is_dead_end(actions) {
            self.dead_end(actions);
        }
        if self.has_deadline() {
            actions.push(Action::Wake(self.state.progress_at.saturating_add(self.plan.rollout.progress)));
        }
    }

    /// A turn is being written: no host begins anything before it is durable.
    fn is_turning(&self) -> bool {
        self.run_flight == RunFlight::Writing
    }

    /// Whether nothing coming about for long means that something is wrong.
    fn has_deadline(&self) -> bool {
        let working = self.flights.iter().any(|flight| *flight != Flight::Nothing);
        self.state.turn.is_none()
            && self.state.ended.is_none()
            && working
            && self.run_flight == RunFlight::Nothing
    }

    /// Whether the run turns away from its plan now.
    fn turns(&mut self, now: Timestamp, actions: &mut Vec<Action>) -> bool {
        let policy = match self.plan.rollout.rollback {
            Rollback::None | Rollback::Host => Turn::Stop,
            Rollback::Batch => Turn::RollBackBatch,
            Rollback::Run => Turn::RollBackRun,
        };
        let turn = match (&self.state.turn, &self.state.back, &self.state.abort) {
            (Some((Turn::RollBackRun, _)), ..) => None,
            (_, Some(why), _) => Some((Turn::RollBackRun, why.clone())),
            (Some(_), ..) => None,
            (None, None, Some(why)) => Some((Turn::Stop, why.clone())),
            (None, None, None) => self.trouble(now).map(|why| (policy, why)),
        };
        let Some((turn, why)) = turn else { return false };
        self.write_run(Record::Turned { turn, why }, actions);
        true
    }

    /// What is wrong with the run, if anything.
    fn trouble(&self, now: Timestamp) -> Option<String> {
        if let Some(why) = &self.state.refusal {
            return Some(why.clone());
        }
        let rollout = &self.plan.rollout;
        let lost = |hosts: &mut dyn Iterator<Item = usize>| {
            let lost: Vec<&str> = hosts
                .filter_map(|host| {
                    let state = &self.state.hosts[host];
                    state.failed.as_deref().or(state.unreachable.as_deref()).filter(|_| !state.skipped)
                })
                .collect();
            (lost.len(), lost.last().map(|why| (*why).to_owned()))
        };
        let batch = self.state.current();
        let (failed, why) = lost(&mut batch.iter().copied());
        let limit = rollout.max_failed_batch.of(batch.len(), 0);
        if failed > limit {
            return Some(format!("{failed} of the batch failed, {limit} may: {}", why.unwrap_or_default()));
        }
        let (failed, why) = lost(&mut (0..self.plan.hosts.len()));
        let limit = rollout.max_failed.of(self.plan.hosts.len(), 0);
        if failed > limit {
            return Some(format!("{failed} hosts failed, {limit} may: {}", why.unwrap_or_default()));
        }
        let late = self.state.progress_at.saturating_add(rollout.progress);
        (self.has_deadline() && now >= late).then(|| {
            format!("nothing came about for {}", purlin_core::units::duration::format(rollout.progress))
        })
    }

    /// Whether a host of the batch has come as far as it will.
    fn is_settled(&self, host: usize) -> bool {
        let state = &self.state.hosts[host];
        let done = state.is_complete() || state.is_out();
        !self.is_busy(host) && self.retry_at[host].is_none() && done && self.duty(host) == Duty::Nothing
    }

    fn advance(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let batch = self.state.batch;
        let Some(settled_at) = self.state.settled_at else {
            if self.state.current().iter().all(|host| self.is_settled(*host)) {
                self.write_run(Record::BatchSettled { batch }, actions);
            }
            return;
        };
        if self.judge(After::Batch, batch, actions) {
            return;
        }
        let is_last = batch + 1 >= self.state.batches.len();
        if !is_last {
            let is_canary = batch == 0 && self.plan.rollout.canary.is_some();
            let wants_person = self.plan.rollout.promotion == Promotion::Person && is_canary;
            if self.state.paused || (wants_person && !self.state.promoted) {
                actions.push(Action::Wait);
                return;
            }
            let until = settled_at.saturating_add(self.plan.rollout.soak);
            if now < until {
                actions.push(Action::Wake(until));
                return;
            }
            self.write_run(Record::BatchPassed { batch }, actions);
        } else if !self.judge(After::Run, self.state.batches.len(), actions) {
            let ended = self.ended();
            self.write_run(ended, actions);
        }
    }

    /// Asks the next gate that was not asked yet, about the hosts that have the release.
    fn judge(&mut self, after: After, batch: usize, actions: &mut Vec<Action>) -> bool {
        let gates = self.plan.gates.iter().enumerate();
        let mut asked = gates.filter(|(_, gate)| gate.after == after);
        let next = asked.find(|(_, gate)| !self.state.gated.contains(&(gate.name.clone(), batch)));
        let Some((gate, _)) = next else { return false };
        let back = batch > self.state.batches.len();
        let hosts = (0..self.plan.hosts.len()).filter(|host| {
            let state = &self.state.hosts[*host];
            state.has_begun() && (back || state.is_complete()) && state.unreachable.is_none()
        });
        let hosts: Vec<usize> = hosts.collect();
        self.run_flight = RunFlight::Judging(gate, batch);
        actions.push(Action::Judge(gate, hosts));
        true
    }

    /// After a turn: once all hosts are quiet the run ends.
    fn conclude(&mut self, actions: &mut Vec<Action>) {
        let quiet = (0..self.plan.hosts.len()).all(|host| {
            !self.is_busy(host) && self.retry_at[host].is_none() && self.duty(host) == Duty::Nothing
        });
        if !quiet {
            return;
        }
        let back = matches!(self.state.turn, Some((Turn::RollBackRun | Turn::RollBackBatch, _)));
        if back && self.judge(After::Batch, self.state.batches.len() + 1, actions) {
            return;
        }
        let ended = self.ended();
        self.write_run(ended, actions);
    }

    /// Nothing is under way, and nothing will come of waiting.
    fn is_dead_end(&self, actions: &[Action]) -> bool {
        let idle = self.run_flight == RunFlight::Nothing
            && self.flights.iter().all(|flight| *flight == Flight::Nothing)
            && self.retry_at.iter().all(Option::is_none);
        idle && actions.is_empty() && self.state.ended.is_none()
    }

    fn dead_end(&mut self, actions: &mut Vec<Action>) {
        if self.state.turn.is_none() && !self.state.questions().is_empty() {
            actions.push(Action::Wait);
            return;
        }
        let asks = self.state.hosts.iter().flat_map(|host| &host.steps);
        if asks.into_iter().any(|step| step.phase == Phase::Doubt(true)) && !self.state.paused {
            let ended = self.ended();
            return self.write_run(ended, actions);
        }
        if self.state.paused {
            actions.push(Action::Wait);
            return;
        }
        let (out, bound) = (self.out_of_service(), self.bound().unwrap_or(self.plan.hosts.len()));
        let why = format!("no host can go on: {out} are out of service, {bound} may be");
        let turn = match self.plan.rollout.rollback {
            Rollback::None | Rollback::Host => Turn::Stop,
            Rollback::Batch => Turn::RollBackBatch,
            Rollback::Run => Turn::RollBackRun,
        };
        let record = match &self.state.turn {
            None => Record::Turned { turn, why },
            Some(_) => self.ended(),
        };
        self.write_run(record, actions);
    }
}
