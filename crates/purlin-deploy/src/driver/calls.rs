//! Calls of steps and gates, as tasks.

use super::links::Link;
use crate::machine::{Action, Event, Fault, FaultClass, Machine};
use crate::steps::WaitsForPerson;
use crate::{
    Baseline, Before, Deployment, Gate, HostName, Node, Outputs, Plan, Record, Redactor, RunId, Step,
    StepEnv, Verdict,
};
use purlin_core::{Cx, Error, ErrorKind, Fence, Outcome, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::Semaphore;

type Call = Pin<Box<dyn Future<Output = Event> + Send>>;

/// Everything that calls need, and how many are under way.
pub(super) struct Calls {
    links: Arc<[Link]>,
    nodes: Vec<Node>,
    gates: Vec<Arc<dyn Gate>>,
    names: Vec<HostName>,
    redactor: Redactor,
    run: RunId,
    fence: Fence,
    room: Arc<Semaphore>,
    under_way: usize,
}

impl Calls {
    /// Nodes and gates are those of the plan, in its order.
    pub(super) fn new(
        deployment: &Deployment,
        plan: &Plan,
        links: Arc<[Link]>,
        (run, fence): (RunId, Fence),
        (redactor, hosts_at_once): (Redactor, usize),
    ) -> Result<Self> {
        let nodes = plan.steps.iter().map(|step| deployment.node_of(&step.id).cloned());
        let nodes = nodes.collect::<Option<Vec<_>>>().ok_or_else(other_deployment)?;
        let names = plan.hosts.iter().map(|host| host.name.clone()).collect();
        let (gates, room) = (deployment.gates.clone(), Arc::new(Semaphore::new(hosts_at_once)));
        Ok(Self { links, nodes, gates, names, redactor, run, fence, room, under_way: 0 })
    }

    pub(super) fn any_under_way(&self) -> bool {
        self.under_way > 0
    }

    pub(super) fn came_back(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// The call that an action is; none where it is no call.
    pub(super) fn start(&mut self, cx: &Cx, machine: &Machine, action: Action) -> Option<Call> {
        let call = match action {
            Action::Judge(gate, hosts) => Some(self.judge(cx, machine, gate, hosts)),
            action => self.host_call(cx, machine, action),
        };
        self.under_way += usize::from(call.is_some());
        call
    }

    fn judge(&self, cx: &Cx, machine: &Machine, gate: usize, hosts: Vec<usize>) -> Call {
        let asked = self.gates.get(gate).cloned();
        let names: Vec<_> = hosts.iter().filter_map(|host| self.names.get(*host).cloned()).collect();
        let kept = asked.as_ref().and_then(|asked| machine.state().baselines.get(asked.name()));
        let (baseline, cx, redactor) = (kept.cloned().unwrap_or_default(), cx.clone(), self.redactor.clone());
        Box::pin(async move {
            let verdict = match asked {
                None => Verdict::failed("there is no such gate"),
                Some(asked) => verdict(&cx, &*asked, &names, &baseline).await,
            };
            let evidence = redactor.redact(&verdict.evidence);
            Event::Judged(gate, Verdict { evidence, ..verdict })
        })
    }

    fn host_call(&self, cx: &Cx, machine: &Machine, action: Action) -> Option<Call> {
        let (host, index) = match &action {
            Action::Check(host, step)
            | Action::Verify(host, step)
            | Action::Apply(host, step, ..)
            | Action::Reconcile(host, step, _)
            | Action::Undo(host, step, _) => (*host, *step),
            _ => return None,
        };
        let node = self.nodes.get(index)?;
        let step = node.step.clone()?;
        let (cx, timeout) = (cx.clone(), node.timeout);
        let attempt = match &action {
            Action::Apply(_, _, attempt, _) => *attempt,
            _ => machine.state().hosts[host].steps[index].attempts,
        };
        let (links, room, redactor) = (self.links.clone(), self.room.clone(), self.redactor.clone());
        let (run, id, fence) = (self.run.clone(), node.id.clone(), self.fence);
        let mut inputs = Outputs::new();
        // What a step gave that one host does for all is for all.
        for (other, state) in machine.state().hosts.iter().enumerate() {
            if other != host {
                inputs.extend(&state.outputs);
            }
        }
        inputs.extend(&machine.state().hosts[host].outputs);
        let gave = machine.state().hosts[host].steps[index].outputs.clone();
        Some(Box::pin(async move {
            let _permit = room.acquire().await;
            // Time in the queue is none of the step's.
            let cx = cx.with_timeout(timeout);
            let link = &links[host];
            let linked = cx.run("deploy.connect", link.session(&cx)).await;
            let env = linked.map_err(|error| error.with_outcome(Outcome::NotSent)).map(|session| {
                let evidence = link.evidence(&session);
                StepEnv::new(session)
                    .with_evidence(evidence)
                    .with_variables(&link.target.variables)
                    .with_inputs(inputs)
                    .with_elevation(link.target.elevation.clone())
                    .with_redactor(redactor.clone())
                    .with_attempt(run, id, attempt, fence)
            });
            let event = call(&cx, (host, &*step, &gave), action, env, &redactor).await;
            if lost(&event) {
                link.forget().await;
            }
            event
        }))
    }

    /// A record without secrets. What undoing needs cannot be cleaned: a step keeps secrets out of it.
    pub(super) fn clean(&self, record: Record) -> Record {
        match record {
            Record::Started { host, step, attempt, text, before } => {
                let text = self.redactor.redact(&text);
                Record::Started { host, step, attempt, text, before }
            }
            Record::Landed { host, step, outputs } => {
                let outputs = cleaned(&self.redactor, &outputs).unwrap_or_default();
                Record::Landed { host, step, outputs }
            }
            other => other,
        }
    }

    /// Leaves word on every host that was reached, and unlocks it.
    pub(super) async fn farewell(&self, cx: &Cx, release: &str, has_it: &[bool], head: &(u64, String)) {
        let mut left = tokio::task::JoinSet::new();
        for (host, new) in has_it.iter().enumerate() {
            let (links, room, cx, head) = (self.links.clone(), self.room.clone(), cx.clone(), head.clone());
            let release = new.then(|| release.to_owned());
            left.spawn(async move {
                let _permit = room.acquire().await;
                let cx = cx.with_timeout(FAREWELL);
                links[host].farewell(&cx, release.as_deref(), (head.0, &head.1)).await;
            });
        }
        while left.join_next().await.is_some() {}
    }
}

/// How long leaving word on a host may take.
const FAREWELL: std::time::Duration = std::time::Duration::from_secs(30);

pub(super) fn other_deployment() -> Error {
    let message = "the plan is of another deployment than the one at hand: plan anew";
    Error::new(ErrorKind::Conflict, message).with_operation("deploy.apply").with_outcome(Outcome::NotSent)
}

fn cleaned<T: Serialize + DeserializeOwned>(redactor: &Redactor, value: &T) -> Option<T> {
    let text = serde_json::to_string(value).ok()?;
    serde_json::from_str(&redactor.redact(&text)).ok()
}

async fn verdict(cx: &Cx, gate: &dyn Gate, hosts: &[HostName], baseline: &Baseline) -> Verdict {
    let cx = cx.with_timeout(gate.limit());
    match cx.run("deploy.gate", gate.judge(&cx, hosts, baseline)).await {
        Ok(verdict) => verdict,
        Err(error) => Verdict::failed(format!("it could not be asked: {error:#}")),
    }
}

async fn call(
    cx: &Cx,
    (host, step, gave): (usize, &dyn Step, &Outputs),
    action: Action,
    env: Result<StepEnv>,
    redactor: &Redactor,
) -> Event {
    let fault = |error: Error| fault(&error, redactor);
    match (action, env) {
        (Action::Check(..), Ok(env)) => {
            let found = cx.run("step.check", step.check(cx, &env)).await;
            Event::Checked(host, found.map(|found| guarded(found, redactor)).map_err(fault))
        }
        (Action::Check(..), Err(error)) => Event::Checked(host, Err(fault(error))),
        (Action::Apply(_, _, _, finding), Ok(env)) => {
            let done = cx.run("step.apply", step.apply(cx, &env, &finding)).await;
            let asks = done.as_ref().is_err_and(|error| error.detail::<WaitsForPerson>().is_some());
            let done = done.map_err(fault);
            Event::Applied(host, done.map_err(|fault| if asks { fault.asking() } else { fault }))
        }
        (Action::Apply(..), Err(error)) => Event::Applied(host, Err(fault(error))),
        (Action::Verify(..), Ok(env)) => {
            let proven = cx.run("step.verify", step.verify(cx, &env, gave)).await;
            Event::Verified(host, proven.map_err(fault))
        }
        (Action::Verify(..), Err(error)) => Event::Verified(host, Err(fault(error))),
        (Action::Reconcile(_, _, before), Ok(env)) => {
            let landed = cx.run("step.reconcile", step.reconcile(cx, &env, &before)).await;
            Event::Reconciled(host, landed.map_err(fault))
        }
        (Action::Reconcile(..), Err(error)) => Event::Reconciled(host, Err(fault(error))),
        (Action::Undo(_, _, before), Ok(env)) => {
            let undone = cx.run("step.undo", step.undo(cx, &env, &before)).await;
            Event::Undone(host, undone.map_err(fault))
        }
        (Action::Undo(..), Err(error)) => Event::Undone(host, Err(fault(error))),
        _ => Event::Tick,
    }
}

/// What undoing needs is kept as it is, so it must hold no secret.
fn guarded(finding: crate::Finding, redactor: &Redactor) -> crate::Finding {
    let holds = |before: &Before| {
        let text = serde_json::to_string(before).unwrap_or_default();
        redactor.redact(&text) != text
    };
    match finding.before() {
        Some(before) if holds(before) => {
            crate::Finding::blocked("what undoing it needs holds a secret, which no journal may keep")
        }
        _ => finding,
    }
}

/// Whether the session is of no more use.
fn lost(event: &Event) -> bool {
    let fault = match event {
        Event::Checked(_, Err(fault))
        | Event::Applied(_, Err(fault))
        | Event::Verified(_, Err(fault))
        | Event::Reconciled(_, Err(fault))
        | Event::Undone(_, Err(fault)) => fault,
        _ => return false,
    };
    !matches!(fault.class, FaultClass::Failed | FaultClass::Asks)
}

fn fault(error: &Error, redactor: &Redactor) -> Fault {
    let way = matches!(
        error.kind(),
        ErrorKind::Unresolved
            | ErrorKind::Refused
            | ErrorKind::Timeout
            | ErrorKind::Tls
            | ErrorKind::Unauthenticated
            | ErrorKind::RateLimited
            | ErrorKind::Unavailable
            | ErrorKind::Cancelled
    );
    let class = match error.outcome() {
        Outcome::Maybe => FaultClass::Doubtful,
        Outcome::NotSent if way => FaultClass::Unreachable,
        _ => FaultClass::Failed,
    };
    Fault { class, why: redactor.redact(&format!("{error:#}")) }
}
