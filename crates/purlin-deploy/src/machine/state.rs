//! What the journal says, folded.

use crate::{Baseline, Before, Control, Ending, HostName, HostRelease, Outputs, Plan, Record, StepId, Turn};
use purlin_core::{Error, ErrorKind, Result, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// How far a step is on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Pending,
    Started,
    Landed,
    Done,
    Failed,
    /// The flag: a person has to say.
    Doubt(bool),
    /// A person has to answer before it goes on.
    Asks,
    Undone,
    NotUndone,
    Closed,
}

#[derive(Debug, Clone)]
pub(crate) struct StepState {
    pub(crate) phase: Phase,
    pub(crate) attempts: u32,
    /// How things stood before the first attempt.
    pub(crate) before: Option<Before>,
    /// It may have had an effect that is not undone.
    pub(crate) touched: bool,
    touched_before: bool,
    /// It is in effect, or was, in this run.
    pub(crate) changed: bool,
    /// When it was started, as a number.
    pub(crate) order: u64,
    /// Why it is as it is.
    pub(crate) why: String,
    pub(crate) irreversible: bool,
    /// What its last apply gave.
    pub(crate) outputs: Outputs,
}

impl StepState {
    fn new() -> Self {
        Self {
            phase: Phase::Pending,
            attempts: 0,
            before: None,
            touched: false,
            touched_before: false,
            changed: false,
            order: 0,
            why: String::new(),
            irreversible: false,
            outputs: Outputs::new(),
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        matches!(self.phase, Phase::Done | Phase::Closed)
    }

    pub(crate) fn is_to_be_undone(&self) -> bool {
        self.touched && !matches!(self.phase, Phase::Undone | Phase::NotUndone | Phase::Closed)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct HostState {
    pub(crate) steps: Vec<StepState>,
    pub(crate) failed: Option<String>,
    pub(crate) unreachable: Option<String>,
    pub(crate) skipped: bool,
    pub(crate) outputs: Outputs,
}

impl HostState {
    /// It goes no further by itself.
    pub(crate) fn is_out(&self) -> bool {
        self.failed.is_some() || self.unreachable.is_some() || self.skipped
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.steps.iter().all(StepState::is_done)
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.steps.iter().any(|step| step.phase != Phase::Pending || step.attempts > 0)
    }
}

/// A run, as far as it is durable.
#[derive(Debug, Clone)]
pub(crate) struct RunState {
    pub(crate) hosts: Vec<HostState>,
    /// The batches, by numbers of hosts.
    pub(crate) batches: Vec<Vec<usize>>,
    /// The one that it is at.
    pub(crate) batch: usize,
    pub(crate) settled_at: Option<Timestamp>,
    pub(crate) gated: BTreeSet<(String, usize)>,
    /// A gate's refusal that nothing has followed yet.
    pub(crate) refusal: Option<String>,
    pub(crate) back_refused: Option<String>,
    pub(crate) turn: Option<(Turn, String)>,
    pub(crate) paused: bool,
    pub(crate) promoted: bool,
    pub(crate) abort: Option<String>,
    pub(crate) back: Option<String>,
    pub(crate) ended: Option<(Ending, String, Vec<HostRelease>)>,
    pub(crate) progress_at: Timestamp,
    pub(crate) down: BTreeSet<usize>,
    pub(crate) baselines: BTreeMap<String, Baseline>,
    by_name: BTreeMap<HostName, usize>,
    by_step: BTreeMap<StepId, usize>,
    order: u64,
}

/// The host that a record of the controller's is about.
pub(super) fn host_of(record: &Record) -> Option<&HostName> {
    match record {
        Record::Unchanged { host, .. }
        | Record::Started { host, .. }
        | Record::Landed { host, .. }
        | Record::Verified { host, .. }
        | Record::Failed { host, .. }
        | Record::InDoubt { host, .. }
        | Record::NotLanded { host, .. }
        | Record::Asked { host, .. }
        | Record::Unreachable { host, .. }
        | Record::Undone { host, .. }
        | Record::Closed { host, .. }
        | Record::NotUndone { host, .. } => Some(host),
        _ => None,
    }
}

impl RunState {
    pub(crate) fn new(plan: &Plan) -> Result<Self> {
        let by_name: BTreeMap<_, _> =
            plan.hosts.iter().enumerate().map(|(at, host)| (host.name.clone(), at)).collect();
        let by_step = plan.steps.iter().enumerate().map(|(at, step)| (step.id.clone(), at)).collect();
        let batch = |names: &Vec<HostName>| {
            names.iter().map(|name| by_name.get(name).copied()).collect::<Option<Vec<_>>>()
        };
        let batches: Option<Vec<_>> = plan.batches.iter().map(batch).collect();
        let batches = batches.ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "a batch of the plan names a host that is not in it")
        })?;
        let host = HostState {
            steps: vec![StepState::new(); plan.steps.len()],
            failed: None,
            unreachable: None,
            skipped: false,
            outputs: Outputs::new(),
        };
        Ok(Self {
            hosts: vec![host; plan.hosts.len()],
            batches,
            batch: 0,
            settled_at: None,
            gated: BTreeSet::new(),
            refusal: None,
            back_refused: None,
            turn: None,
            paused: false,
            promoted: false,
            abort: None,
            back: None,
            ended: None,
            progress_at: Timestamp::MIN,
            down: BTreeSet::new(),
            baselines: BTreeMap::new(),
            by_name,
            by_step,
            order: 0,
        })
    }

    pub(crate) fn host_index(&self, host: &HostName) -> Option<usize> {
        self.by_name.get(host).copied()
    }

    pub(crate) fn step_index(&self, step: &StepId) -> Option<usize> {
        self.by_step.get(step).copied()
    }

    /// The hosts of the batch that it is at.
    pub(crate) fn current(&self) -> &[usize] {
        self.batches.get(self.batch).map(Vec::as_slice).unwrap_or_default()
    }

    fn at(&mut self, host: &HostName, step: &StepId) -> Option<(&mut HostState, usize)> {
        let (host, step) = (*self.by_name.get(host)?, *self.by_step.get(step)?);
        self.hosts.get_mut(host).map(|host| (host, step))
    }

    pub(crate) fn fold(&mut self, plan: &Plan, record: &Record, at: Timestamp) {
        self.order += 1;
        if !matches!(
            record,
            Record::Failed { again: true, .. } | Record::InDoubt { .. } | Record::Started { .. }
        ) {
            self.progress_at = at;
        }
        match record {
            Record::Opened { .. } | Record::Resumed { .. } => {}
            Record::Baseline { gate, baseline, down } => {
                self.baselines.insert(gate.clone(), baseline.clone());
                let down = down.iter().filter_map(|host| self.by_name.get(host).copied());
                self.down.extend(down);
            }
            Record::Gated { gate, batch, verdict } => {
                self.gated.insert((gate.clone(), *batch));
                if !verdict.passed {
                    let why = format!("the gate {gate} refused: {}", verdict.evidence);
                    let refusal =
                        if *batch > plan.batches.len() { &mut self.back_refused } else { &mut self.refusal };
                    *refusal = Some(why);
                }
            }
            Record::BatchSettled { .. } => self.settled_at = Some(at),
            Record::BatchPassed { batch } => {
                self.batch = batch + 1;
                self.settled_at = None;
            }
            Record::Told { control, by, reason } => self.told(control, by, reason),
            Record::Turned { turn, why } => self.turn = Some((*turn, why.clone())),
            Record::Ended { ending, why, hosts } => {
                self.ended = Some((*ending, why.clone(), hosts.clone()));
            }
            Record::Unreachable { host, why } => {
                if let Some(host) = self.by_name.get(host).and_then(|host| self.hosts.get_mut(*host)) {
                    host.unreachable = Some(why.clone());
                }
            }
            step => self.fold_step(step),
        }
    }

    fn fold_step(&mut self, record: &Record) {
        let order = self.order;
        let (host, step) = match record {
            Record::Unchanged { host, step }
            | Record::Started { host, step, .. }
            | Record::Landed { host, step, .. }
            | Record::Verified { host, step }
            | Record::Failed { host, step, .. }
            | Record::InDoubt { host, step, .. }
            | Record::NotLanded { host, step }
            | Record::Asked { host, step, .. }
            | Record::Undone { host, step }
            | Record::Closed { host, step }
            | Record::NotUndone { host, step, .. } => (host, step),
            _ => return,
        };
        let Some((host, index)) = self.at(host, step) else { return };
        let Some(step) = host.steps.get_mut(index) else { return };
        match record {
            Record::Started { attempt, before, .. } => {
                (step.phase, step.attempts) = (Phase::Started, *attempt);
                step.before.get_or_insert_with(|| before.clone());
                (step.touched_before, step.touched) = (step.touched, true);
                if !step.touched_before {
                    step.order = order;
                }
            }
            Record::Landed { outputs, .. } => {
                (step.phase, step.changed) = (Phase::Landed, true);
                step.outputs.clone_from(outputs);
                host.outputs.extend(outputs);
            }
            Record::Unchanged { .. } | Record::Verified { .. } => {
                (step.phase, step.changed) = (Phase::Done, step.touched);
            }
            Record::Failed { why, again, .. } => {
                step.phase = if *again { Phase::Pending } else { Phase::Failed };
                step.why.clone_from(why);
                if !again {
                    host.failed = Some(format!("step {}: {why}", step_name(record)));
                }
            }
            Record::InDoubt { why, ask, .. } => {
                step.phase = Phase::Doubt(*ask);
                step.why.clone_from(why);
            }
            Record::NotLanded { .. } => {
                (step.phase, step.touched) = (Phase::Pending, step.touched_before);
                if !step.touched {
                    step.before = None;
                }
            }
            Record::Asked { why, .. } => {
                (step.phase, step.touched) = (Phase::Asks, step.touched_before);
                step.why.clone_from(why);
            }
            Record::Undone { .. } => (step.phase, step.touched) = (Phase::Undone, false),
            Record::Closed { .. } => (step.phase, step.touched) = (Phase::Closed, false),
            Record::NotUndone { why, irreversible, .. } => {
                (step.phase, step.irreversible) = (Phase::NotUndone, *irreversible);
                step.why.clone_from(why);
            }
            _ => {}
        }
    }

    fn told(&mut self, control: &Control, by: &str, reason: &str) {
        let said = || match reason {
            "" => format!("by {by}"),
            reason => format!("by {by}: {reason}"),
        };
        if matches!(self.ended, Some((Ending::NeedsPerson, ..))) && *control != Control::Unlock {
            self.ended = None;
        } else if self.ended.is_some() {
            return;
        }
        match control {
            Control::Pause => self.paused = true,
            Control::Continue if self.paused => self.paused = false,
            Control::Continue => {
                self.answer();
            }
            Control::Promote => {
                self.paused = false;
                if !self.answer() {
                    self.promoted = true;
                }
            }
            Control::Abort => self.abort = Some(format!("aborted {}", said())),
            Control::Rollback => self.back = Some(format!("taken back {}", said())),
            Control::Skip { host, step: None } => {
                if let Some(host) = self.by_name.get(host).and_then(|host| self.hosts.get_mut(*host)) {
                    host.skipped = true;
                    host.failed = None;
                }
            }
            Control::Skip { host, step: Some(step) } => {
                if let Some((host, index)) = self.at(host, step) {
                    host.failed = None;
                    if let Some(step) = host.steps.get_mut(index).filter(|step| !step.is_done()) {
                        (step.phase, step.changed) = (Phase::Done, step.touched);
                    }
                    self.forgive();
                }
            }
            Control::Retry { host } => {
                let host = self.by_name.get(host).and_then(|host| self.hosts.get_mut(*host));
                if let Some(host) = host {
                    (host.failed, host.unreachable, host.skipped) = (None, None, false);
                    for step in &mut host.steps {
                        step.phase = match step.phase {
                            Phase::Failed | Phase::Doubt(_) | Phase::Asks => Phase::Pending,
                            Phase::NotUndone if !step.irreversible => Phase::Landed,
                            phase => phase,
                        };
                    }
                    self.forgive();
                }
            }
            Control::Unlock => {}
        }
    }

    /// What steps wait for a person to answer, each once.
    pub(crate) fn questions(&self) -> BTreeSet<&str> {
        let steps = self.hosts.iter().flat_map(|host| &host.steps);
        steps.filter(|step| step.phase == Phase::Asks).map(|step| step.why.as_str()).collect()
    }

    /// A person lets all go on that ask; false where nothing did.
    fn answer(&mut self) -> bool {
        let mut asked = false;
        for step in self.hosts.iter_mut().flat_map(|host| &mut host.steps) {
            if step.phase == Phase::Asks {
                (step.phase, asked) = (Phase::Done, true);
            }
        }
        asked
    }

    /// A person has dealt with what stopped the run.
    fn forgive(&mut self) {
        if self.abort.is_none() && self.turn.as_ref().is_some_and(|(turn, _)| *turn == Turn::Stop) {
            self.turn = None;
        }
        if self.turn.is_none() && self.refusal.take().is_some() {
            let batch = self.batch;
            self.gated.retain(|(_, asked)| *asked != batch);
        }
        if self.back_refused.take().is_some() {
            let after = self.batches.len();
            self.gated.retain(|(_, asked)| *asked <= after);
        }
        if self.turn.is_none() {
            self.settled_at = None;
        }
    }
}

fn step_name(record: &Record) -> &str {
    match record {
        Record::Failed { step, .. } => step.as_str(),
        _ => "",
    }
}
