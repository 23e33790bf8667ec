//! The checks of some hosts: what is known of them, and whose turn it is.

use super::MonitorStats;
use super::record::{Node, Record, View};
use crate::judge::judge;
use crate::local::LocalHealth;
use crate::schedule::{Scheduler, Start};
use crate::settings::Rounds;
use crate::{
    Check, CheckId, CheckOutcome, CheckState, Event, Past, RunCounts, State, Status, Transition, step,
};
use purlin_core::{Instant, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The reference checks of all shards.
#[derive(Debug, Default)]
pub(super) struct References {
    all: AtomicUsize,
    failing: AtomicUsize,
}

impl References {
    fn are_cut_off(&self) -> bool {
        let all = self.all.load(Ordering::Relaxed);
        all > 0 && self.failing.load(Ordering::Relaxed) >= all
    }
}

/// The checks of some hosts.
#[derive(Debug)]
pub(super) struct Shard {
    pub(super) scheduler: Scheduler,
    pub(super) records: Vec<Record>,
    counts: RunCounts,
    prober_faults: u64,
    local: LocalHealth,
    references: Arc<References>,
    /// The beginning of the scheduler's time.
    epoch: Instant,
    /// How many checks that run are neither up nor down.
    unsure: usize,
    rounds: Rounds,
    /// How many of a single round have not ended.
    unrun: usize,
    starts: Vec<Start>,
}

/// What came of a result.
#[derive(Debug)]
pub(super) struct Moved {
    pub(super) job: u32,
    /// What is believed now.
    pub(super) change: Option<Transition>,
    /// Whether there is something to keep.
    pub(super) is_new: bool,
    /// When the run began that it came from; none for a report.
    pub(super) begun: Option<Instant>,
    /// Whether the desk has to know.
    pub(super) is_notable: bool,
}

/// A run that begins now.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) job: u32,
    pub(super) check: Arc<dyn Check>,
    pub(super) timeout: Duration,
}

impl Shard {
    /// With room for so many checks.
    pub(super) fn new(
        scheduler: Scheduler,
        epoch: Instant,
        references: Arc<References>,
        rounds: Rounds,
        room: usize,
    ) -> Self {
        Self {
            scheduler,
            records: Vec::with_capacity(room),
            counts: RunCounts::default(),
            prober_faults: 0,
            local: LocalHealth::new(epoch),
            references,
            epoch,
            unsure: 0,
            rounds,
            unrun: 0,
            starts: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, record: Record) {
        if record.is_reference() {
            self.references.all.fetch_add(1, Ordering::Relaxed);
        }
        // What a process before this one was sure of is sure until something speaks against it.
        self.unsure += usize::from(record.check.is_some() && !record.state().state().is_hard());
        self.unrun += usize::from(record.check.is_some());
        self.records.push(record);
    }

    /// Whether each check of a single round has run.
    pub(super) fn is_round_over(&self) -> bool {
        self.rounds == Rounds::One && self.unrun == 0
    }

    /// What is kept of a check.
    pub(super) fn record(&self, job: u32) -> &Record {
        &self.records[job as usize]
    }

    /// Gives the runs that begin now and what changed by the mere passing of time.
    pub(super) fn begin(&mut self, now: Instant, wall: Timestamp, runs: &mut Vec<Run>) -> Vec<Moved> {
        let since = now.since(self.epoch);
        let mut starts = std::mem::take(&mut self.starts);
        self.scheduler.tick(since, &mut self.counts, &mut starts);
        self.local.woke(self.scheduler.overslept());
        let mut changes = Vec::new();
        for Start { job, .. } in starts.drain(..) {
            let record = &self.records[job as usize];
            match &record.check {
                Some(check) => {
                    let timeout = self.local.stretched(record.pace.cadence.timeout_in_force());
                    runs.push(Run { job, check: check.clone(), timeout });
                }
                None => changes.push(self.step(job, Event::Expired, now, wall)),
            }
        }
        self.starts = starts;
        self.local.cut_off(self.references.are_cut_off());
        self.local.tick(now);
        changes
    }

    /// When there is something to begin again.
    pub(super) fn next(&self) -> Option<Instant> {
        self.scheduler.next().map(|since| self.epoch.saturating_add(since))
    }

    /// A run has ended.
    pub(super) fn ended(
        &mut self,
        job: u32,
        outcome: CheckOutcome,
        took: Duration,
        now: Instant,
        wall: Timestamp,
    ) -> Moved {
        let mut moved = self.take(job, outcome, took, now, wall);
        moved.begun = now.checked_sub(took);
        let record = &self.records[job as usize];
        let state = record.state().state();
        let step = record.pace.rules.every(state);
        let step = match self.rounds {
            Rounds::Unending => (step != record.pace.cadence.interval).then_some(step),
            Rounds::One => Some(Duration::ZERO),
        };
        self.unrun = self.unrun.saturating_sub(1);
        self.scheduler.finished(job, now.since(self.epoch), step, !state.is_hard(), &mut self.counts);
        moved
    }

    /// Somebody reported; none where nobody is to report.
    pub(super) fn reported(
        &mut self,
        job: u32,
        outcome: CheckOutcome,
        now: Instant,
        wall: Timestamp,
    ) -> Option<Moved> {
        let ttl = self.records[job as usize].pace.ttl?;
        self.scheduler.pull_at(job, now.since(self.epoch).saturating_add(ttl), false);
        let mut moved = self.take(job, outcome, Duration::ZERO, now, wall);
        // A restart must not age it out, so its time is kept too.
        (moved.is_new, moved.is_notable) = (true, true);
        Some(moved)
    }

    /// Makes a check due at that moment.
    pub(super) fn pull(&mut self, job: u32, now: Instant) {
        if self.records[job as usize].check.is_some() && self.rounds == Rounds::Unending {
            self.scheduler.pull_at(job, now.since(self.epoch), true);
        }
    }

    fn take(
        &mut self,
        job: u32,
        mut outcome: CheckOutcome,
        took: Duration,
        now: Instant,
        wall: Timestamp,
    ) -> Moved {
        let record = &mut self.records[job as usize];
        let judged = judge(&mut outcome, record.rules());
        record.say(&judged.line);
        self.prober_faults += u64::from(matches!(outcome, CheckOutcome::Prober(_)));
        let event = match judged.status {
            Some(status) if self.local.is_ill() => Event::Doubted(status),
            Some(status) => Event::Result(status),
            None => Event::NoResult,
        };
        let change = self.step(job, event, now, wall);
        let record = &mut self.records[job as usize];
        let status = judged.status.unwrap_or(Status::Unknown);
        let state = record.state().state();
        record.history.push(&Past::new(wall, &outcome, status, state, took));
        change
    }

    fn step(&mut self, job: u32, event: Event, now: Instant, wall: Timestamp) -> Moved {
        let record = &mut self.records[job as usize];
        let before = record.state();
        let (after, effects) = step(&before, event, now, &record.pace.rules);
        record.believe(&after);
        if record.check.is_some() {
            let unsure = |state: &CheckState| usize::from(!state.state().is_hard());
            self.unsure = self.unsure + unsure(&after) - unsure(&before);
        }
        if record.is_reference() {
            self.references.moved(&before, &after);
        }
        let is_new = effects.change.is_some() || effects.flapping.is_some();
        Moved {
            job,
            change: effects.change.map(|(from, to)| transition(record, from, to, now, wall)),
            is_new,
            begun: None,
            is_notable: is_new || after.state().is_outage() || record.node != Node::NONE,
        }
    }

    pub(super) fn is_settled(&self) -> bool {
        self.unsure == 0
    }

    pub(super) fn view(&self, job: u32, now: Instant) -> View<'_> {
        self.records[job as usize].view(now)
    }

    /// Every check, in the order in which they were declared.
    pub(super) fn views(&self, now: Instant) -> impl Iterator<Item = View<'_>> {
        self.records.iter().map(move |record| record.view(now))
    }

    pub(super) fn add_to(&self, stats: &mut MonitorStats) {
        stats.runs.add(&self.counts);
        stats.running += self.scheduler.running();
        stats.waiting += self.scheduler.waiting();
        stats.prober_faults += self.prober_faults;
        stats.ill = stats.ill.max(self.local.score());
    }
}

impl References {
    fn moved(&self, before: &CheckState, after: &CheckState) {
        let fails = |state: &CheckState| state.last_result().is_some() && state.status() == Status::Critical;
        match (fails(before), fails(after)) {
            (false, true) => drop(self.failing.fetch_add(1, Ordering::Relaxed)),
            (true, false) => drop(self.failing.fetch_sub(1, Ordering::Relaxed)),
            _ => {}
        }
    }
}

fn transition(record: &Record, from: State, to: State, now: Instant, wall: Timestamp) -> Transition {
    let state = record.state();
    let since = wall.saturating_sub(now.since(state.since()));
    Transition {
        version: 1,
        at: wall,
        check: record.id.clone(),
        subject: record.subject(),
        from,
        to,
        status: state.status(),
        since,
        message: record.line.to_string(),
        runbook: record.runbook().map(str::to_owned),
        key: key(&record.id, to, since),
    }
}

/// The same row of results gives the same key, also after a restart.
fn key(id: &CheckId, to: State, since: Timestamp) -> String {
    let word = match to {
        State::Down => "down",
        State::Up => "up",
        State::Pending => "pending",
        State::Suspect => "suspect",
        State::Recovering => "recovering",
    };
    format!("{id}/{word}/{since}")
}
