//! Hosts that are a table of flags, a journal that is a list, and a dice that decides what goes wrong.

use crate::machine::{Action, Event, Fault, FaultClass, Machine};
use crate::{
    After, Amount, Before, Definition, Effect, Finding, HostName, Landed, Order, Origin, Outputs, Plan,
    PlannedGate, PlannedHost, PlannedStep, Record, Rollback, Rollout, Undo,
};
use proptest::prelude::*;
use purlin_core::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Debug, Clone)]
pub(super) struct Stage {
    pub(super) effect: Effect,
    pub(super) obligation: bool,
    pub(super) closes: Option<usize>,
    pub(super) once: bool,
    pub(super) barrier: bool,
    pub(super) unchanged: bool,
    pub(super) retries: u32,
    /// It is done only where that one changed something.
    pub(super) listens: Option<usize>,
}

#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) hosts: usize,
    pub(super) steps: Vec<Stage>,
    rollout: Rollout,
    seed: u64,
    /// Of 100 calls so many go wrong.
    trouble: u32,
    /// Of 1000 turns so many end with a crash.
    crashes: u32,
    pub(super) failing: Option<(usize, usize)>,
    /// A gate is asked after each batch, and refuses when there is trouble.
    gated: bool,
}

impl Case {
    pub(super) fn calm(hosts: usize, steps: usize) -> Self {
        let stage = Stage {
            effect: Effect::CheckThenAct,
            obligation: false,
            closes: None,
            once: false,
            barrier: false,
            unchanged: false,
            retries: 0,
            listens: None,
        };
        let rollout = Rollout::canary(1).then_percent(50).then_rest();
        Self {
            hosts,
            steps: vec![stage; steps],
            rollout,
            seed: 7,
            trouble: 0,
            crashes: 0,
            failing: None,
            gated: false,
        }
    }

    /// The same with that step's failure on that host, and what happens then.
    pub(super) fn failing(mut self, host: usize, step: usize, rollback: Rollback) -> Self {
        self.failing = Some((host, step));
        self.rollout = self.rollout.rollback(rollback);
        self
    }

    pub(super) fn plan(&self) -> Plan {
        let hosts: Vec<HostName> = (0..self.hosts).map(|host| format!("h{host}").into()).collect();
        let steps = self.steps.iter().enumerate().map(|(at, stage)| PlannedStep {
            id: format!("s{at}").into(),
            kind: "test".into(),
            effect: stage.effect,
            definition: Definition::default(),
            on_change: stage.listens.iter().map(|step| format!("s{step}").into()).collect(),
            once: stage.once,
            barrier: stage.barrier,
            obligation: stage.obligation.then(|| format!("open s{at}")),
            closes: stage.closes.map(|step| format!("s{step}").into()),
            irreversible: None,
            retries: stage.retries,
            timeout: Duration::from_secs(1),
        });
        let mut batches = vec![hosts.iter().take(1).cloned().collect::<Vec<_>>()];
        batches.extend(hosts.get(1..).unwrap_or_default().chunks(2).map(<[_]>::to_vec));
        let host = |name: &HostName| PlannedHost {
            name: name.clone(),
            address: String::new(),
            domains: BTreeMap::new(),
            owner: None,
            contacts: Vec::new(),
            release: Some("old".to_owned()),
            back_to: None,
            findings: Vec::new(),
        };
        let gate =
            PlannedGate { name: "gate".to_owned(), after: After::Batch, definition: Definition::default() };
        Plan {
            purlin: 1,
            id: "plan".into(),
            name: "new".to_owned(),
            made_at: Timestamp::UNIX_EPOCH,
            content: String::new(),
            origin: Origin::default(),
            rollout: self.rollout.clone(),
            steps: steps.collect(),
            gates: self.gated.then_some(gate).into_iter().collect(),
            hosts: hosts.iter().map(host).collect(),
            batches,
            warnings: Vec::new(),
        }
    }
}

fn stage() -> impl Strategy<Value = Stage> {
    let effect = prop_oneof![
        Just(Effect::Idempotent),
        Just(Effect::CheckThenAct),
        Just(Effect::AtMostOnce),
        Just(Effect::Transactional),
    ];
    (effect, 0..6_u8, 0..3_u32, any::<bool>()).prop_map(|(effect, sort, retries, barrier)| Stage {
        effect,
        obligation: sort == 0,
        closes: None,
        once: sort == 1,
        barrier: barrier && sort == 2,
        unchanged: sort == 3,
        retries,
        listens: None,
    })
}

pub(super) fn case() -> impl Strategy<Value = Case> {
    let rollback =
        prop_oneof![Just(Rollback::None), Just(Rollback::Host), Just(Rollback::Batch), Just(Rollback::Run)];
    let limits = (rollback, 0..3_u32, 0..4_u32, any::<bool>());
    (1..6_usize, prop::collection::vec(stage(), 1..5), limits, any::<u64>(), 0..40_u32, 0..30_u32).prop_map(
        |(hosts, mut steps, (rollback, failed, at_once, lock_step), seed, trouble, crashes)| {
            let open = steps.iter().position(|stage| stage.obligation);
            let last = steps.len() - 1;
            if last > 0 && seed % 3 == 0 && !steps[last].obligation && !steps[0].obligation {
                steps[last].listens = Some(0);
            }
            if let Some(open) = open.filter(|_| seed % 2 == 0) {
                let close = Stage {
                    effect: Effect::Idempotent,
                    obligation: false,
                    closes: Some(open),
                    once: false,
                    barrier: false,
                    unchanged: false,
                    retries: 0,
                    listens: None,
                };
                steps.push(close);
            }
            let waits = lock_step || steps.iter().any(|stage| stage.barrier);
            let mut rollout = Rollout::canary(1).rollback(rollback).max_failed(Amount::Count(failed));
            rollout = rollout.max_failed_batch(Amount::Count(failed));
            if lock_step {
                rollout = rollout.order(Order::LockStep);
            }
            if at_once > 0 && !waits {
                rollout = rollout.max_unavailable(Amount::Count(at_once));
            }
            let gated = seed % 5 < 2;
            if gated {
                rollout = rollout.soak(Duration::from_secs(seed % 100));
            }
            Case { hosts, steps, rollout, seed, trouble, crashes, failing: None, gated }
        },
    )
}

pub(super) struct World {
    case: Case,
    dice: fastrand::Rng,
    now: Timestamp,
    calls: Vec<Action>,
    queue: Vec<Record>,
    wake: Option<Timestamp>,
    pub(super) journal: Vec<(Record, Timestamp)>,
    /// Whether a step is in effect on a host.
    pub(super) in_effect: Vec<Vec<bool>>,
    pub(super) applied: Vec<Vec<u32>>,
    pub(super) broken: Vec<String>,
}

impl World {
    pub(super) fn new(case: &Case) -> Self {
        Self {
            dice: fastrand::Rng::with_seed(case.seed),
            now: Timestamp::UNIX_EPOCH,
            calls: Vec::new(),
            queue: Vec::new(),
            wake: None,
            journal: Vec::new(),
            in_effect: vec![vec![false; case.steps.len()]; case.hosts],
            applied: vec![vec![0; case.steps.len()]; case.hosts],
            broken: Vec::new(),
            case: case.clone(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    pub(super) fn resumed(&mut self) {
        let holder = crate::Holder::new("kim", "desk");
        self.journal.push((Record::Resumed { holder }, self.now));
    }

    pub(super) fn crashes(&mut self, turn: u32) -> bool {
        // After a while it is left in peace, so that it ends.
        turn < 3000 && self.dice.u32(0..1000) < self.case.crashes
    }

    /// The process is gone: some of what was under way happened, and nobody hears of it.
    pub(super) fn lose_all(&mut self) {
        for call in std::mem::take(&mut self.calls) {
            if self.dice.bool() {
                self.happens(&call);
            }
        }
        self.queue.clear();
        self.wake = None;
    }

    fn happens(&mut self, call: &Action) {
        match call {
            Action::Apply(host, step, ..) => {
                if !(self.case.steps[*step].effect == Effect::Transactional && self.in_effect[*host][*step]) {
                    self.applied[*host][*step] += 1;
                }
                self.in_effect[*host][*step] = true;
            }
            Action::Undo(host, step, _) => self.in_effect[*host][*step] = false,
            _ => {}
        }
    }

    pub(super) fn take(&mut self, actions: Vec<Action>, machine: &Machine) {
        for action in actions {
            match action {
                Action::Record(record) => self.queue.push(record),
                Action::Wake(at) => self.wake = Some(self.wake.map_or(at, |wake| wake.min(at))),
                Action::Wait => {}
                call => {
                    self.may_call(&call, machine);
                    self.calls.push(call);
                }
            }
        }
    }

    /// Nothing is applied that the journal does not know of, nor before what comes first.
    fn may_call(&mut self, call: &Action, machine: &Machine) {
        if let Action::Undo(host, step, _) = call {
            let reads = self.case.steps[*step].listens;
            if reads.is_some_and(|other| machine.state().hosts[*host].steps[other].is_to_be_undone()) {
                self.broken.push(format!("h{host} s{step} is undone before what it reads"));
            }
        }
        let Action::Apply(host, step, attempt, _) = call else { return };
        let (name, id) = (format!("h{host}"), format!("s{step}"));
        let known = self.journal.iter().any(|(record, _)| {
            matches!(record, Record::Started { host, step, attempt: number, .. }
                if host.as_str() == name && step.as_str() == id && number == attempt)
        });
        if !known {
            self.broken.push(format!("{name} {id} is applied before the journal knows"));
        }
        let steps = &machine.state().hosts[*host].steps;
        if steps.iter().take(*step).any(|step| !step.is_done()) {
            self.broken.push(format!("{name} {id} is applied before what comes first"));
        }
    }

    fn trouble(&mut self) -> bool {
        self.dice.u32(0..100) < self.case.trouble
    }

    /// The next thing that happens; time passes only where nothing else can.
    pub(super) fn next(&mut self) -> Option<Event> {
        let writes = usize::from(!self.queue.is_empty());
        let choices = writes + self.calls.len();
        if choices == 0 {
            let at = self.wake.take()?;
            self.now = self.now.max(at);
            return Some(Event::Tick);
        }
        self.now = self.now.saturating_add(Duration::from_millis(1));
        let choice = self.dice.usize(0..choices);
        if choice < writes {
            let record = self.queue.remove(0);
            self.journal.push((record.clone(), self.now));
            return Some(Event::Recorded(record));
        }
        let call = self.calls.remove(choice - writes);
        Some(self.answer(&call))
    }

    fn fault(&mut self, class: FaultClass) -> Fault {
        Fault { class, why: format!("trouble {}", self.dice.u8(..)) }
    }

    fn answer(&mut self, call: &Action) -> Event {
        let troubled = self.trouble();
        let class = match self.dice.u8(0..3) {
            0 => FaultClass::Unreachable,
            1 => FaultClass::Doubtful,
            _ => FaultClass::Failed,
        };
        match call {
            Action::Check(host, _) if troubled => Event::Checked(*host, Err(self.fault(class))),
            Action::Check(host, step) => Event::Checked(*host, Ok(self.finding(*host, *step))),
            Action::Apply(host, step, ..) => {
                let fails = self.case.failing == Some((*host, *step));
                if troubled || fails {
                    let class = if fails { FaultClass::Failed } else { class };
                    let half = class == FaultClass::Doubtful && self.dice.bool();
                    if half {
                        self.happens(call);
                    }
                    return Event::Applied(*host, Err(self.fault(class)));
                }
                self.happens(call);
                Event::Applied(*host, Ok(Outputs::new()))
            }
            Action::Verify(host, _) if troubled => Event::Verified(*host, Err(self.fault(class))),
            Action::Verify(host, _) => Event::Verified(*host, Ok(())),
            Action::Reconcile(host, ..) if troubled => Event::Reconciled(*host, Err(self.fault(class))),
            Action::Reconcile(host, step, _) => {
                let knows = self.case.steps[*step].effect != Effect::AtMostOnce;
                let landed = match (knows, self.in_effect[*host][*step]) {
                    (false, _) => Landed::Unknown,
                    (true, true) => Landed::Yes(Outputs::new()),
                    (true, false) => Landed::No,
                };
                Event::Reconciled(*host, Ok(landed))
            }
            Action::Undo(host, ..) if troubled => {
                if class == FaultClass::Doubtful && self.dice.bool() {
                    self.happens(call);
                }
                Event::Undone(*host, Err(self.fault(class)))
            }
            Action::Undo(host, ..) => {
                self.happens(call);
                Event::Undone(*host, Ok(Undo::Undone))
            }
            Action::Judge(gate, _) if troubled => Event::Judged(*gate, crate::Verdict::failed("ill")),
            Action::Judge(gate, _) => Event::Judged(*gate, crate::Verdict::passed("fine")),
            _ => Event::Tick,
        }
    }

    fn finding(&mut self, host: usize, step: usize) -> Finding {
        let stage = &self.case.steps[step];
        let there = stage.once && (0..self.case.hosts).any(|other| self.in_effect[other][step]);
        // Such as a command that runs each time: looking does not tell whether it ran.
        let tells = stage.effect != Effect::AtMostOnce;
        if stage.unchanged || (tells && self.in_effect[host][step]) || there {
            return Finding::NoChange;
        }
        Finding::change("would", Before::default())
    }

    /// The bound on hosts out of service, by what the world sees.
    pub(super) fn watch(&mut self, machine: &Machine) {
        let state = machine.state();
        if state.turn.is_some() || state.ended.is_some() {
            return;
        }
        let Some(bound) = self.case.rollout.max_unavailable else { return };
        let bound = bound.of(self.case.hosts, 1);
        let out = (0..self.case.hosts).filter(|host| {
            let called = self.calls.iter().any(|call| {
                matches!(call, Action::Check(at, _) | Action::Apply(at, ..) | Action::Verify(at, _) if at == host)
            });
            let host = &state.hosts[*host];
            called || host.failed.is_some() || host.unreachable.is_some()
                || (host.steps.iter().any(|step| step.touched) && !host.is_complete())
        });
        let out = out.count();
        if out > bound {
            self.broken.push(format!("{out} hosts are out of service, {bound} may be"));
        }
    }
}
