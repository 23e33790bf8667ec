//! What is wrong with a deployment, all of it, before anything is done.

use super::order;
use crate::{Amount, Deployment, HostName, Node, Order, StepId};
use purlin_core::{Diagnostic, Diagnostics};
use std::collections::BTreeSet;

struct Faults(Diagnostics);

impl Faults {
    fn add(&mut self, code: &'static str, message: String) -> &mut Self {
        self.0.push(Diagnostic::error(code, message));
        self
    }
}

/// All faults; none where it can be planned.
pub(super) fn faults(deployment: &Deployment, batches: &[Vec<HostName>]) -> Diagnostics {
    let mut faults = Faults(Diagnostics::new());
    if deployment.nodes.is_empty() {
        faults.add("no-steps", format!("the deployment {:?} has no steps", deployment.name));
    }
    if deployment.targets.is_empty() {
        faults.add("no-hosts", format!("the deployment {:?} goes to no host", deployment.name));
    }
    twice(deployment.targets.iter().map(|target| target.name.as_str()), "host", &mut faults);
    twice(deployment.nodes.iter().map(|node| node.id.as_str()), "step", &mut faults);
    twice(deployment.gates.iter().map(|gate| gate.name()), "gate", &mut faults);
    match order::of(&deployment.nodes) {
        Ok(nodes) => chain(&nodes, &mut faults),
        Err(circle) => {
            let names: Vec<_> = circle.iter().map(StepId::as_str).collect();
            faults.add("circle", format!("the steps go round in a circle: {}", names.join(", ")));
        }
    }
    rollout(deployment, batches, &mut faults);
    irreversible(deployment, batches, &mut faults);
    faults.0
}

fn twice<'n>(names: impl Iterator<Item = &'n str>, what: &str, faults: &mut Faults) {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            faults.add("twice", format!("there are two {what}s {name:?}"));
        }
    }
}

/// What steps want of those before them.
fn chain(nodes: &[&Node], faults: &mut Faults) {
    let mut given: BTreeSet<&str> = BTreeSet::new();
    for (at, node) in nodes.iter().enumerate() {
        let names = node.after.iter().chain(&node.on_change).chain(&node.closes);
        for other in names {
            if !nodes.iter().any(|node| node.id == *other) {
                faults
                    .add("no-such-step", format!("step {:?}: there is no step {other:?}", node.id.as_str()));
            }
        }
        if let Some(closed) = &node.closes {
            let before = nodes.iter().take(at).find(|other| other.id == *closed);
            let opens = before.and_then(|other| other.step.as_ref()).and_then(|step| step.obligation());
            if opens.is_none() && nodes.iter().any(|node| node.id == *closed) {
                let message = format!("step {:?}: {closed:?} leaves nothing open", node.id.as_str());
                faults.add("nothing-to-close", message);
            }
        }
        let Some(step) = &node.step else { continue };
        if node.once && step.obligation().is_some() {
            let message =
                format!("step {:?}: what one host does for all cannot be left open", node.id.as_str());
            faults.add("once-open", message);
        }
        for need in step.needs().into_iter().filter(|need| !given.contains(need)) {
            let message = format!("step {:?}: no step before it gives {need:?}", node.id.as_str());
            faults.add("missing-output", message);
        }
        given.extend(step.gives());
    }
}

fn rollout(deployment: &Deployment, batches: &[Vec<HostName>], faults: &mut Faults) {
    let rollout = &deployment.rollout;
    if rollout.canary.as_ref().is_some_and(|canary| canary.count == 0) {
        faults.add("no-canary", "a canary of no hosts is none".to_owned());
    }
    let limits = [Some(rollout.max_failed), Some(rollout.max_failed_batch), rollout.max_unavailable];
    for amount in rollout.batches.iter().copied().chain(limits.into_iter().flatten()) {
        if matches!(amount, Amount::Percent(101..)) {
            faults.add("bad-amount", format!("{amount:?} is more than all"));
        }
    }
    if rollout.batches.iter().any(|amount| matches!(amount, Amount::Count(0) | Amount::Percent(0))) {
        faults.add("bad-amount", "a batch of no hosts goes nowhere".to_owned());
    }
    if rollout.max_unavailable == Some(Amount::Count(0)) {
        let message = "max_unavailable = 0 leaves no host to work on".to_owned();
        faults.add("no-capacity", message);
    }
    let largest = batches.iter().map(Vec::len).max().unwrap_or_default();
    let at_once = rollout.max_unavailable.map(|amount| amount.of(deployment.targets.len(), 1));
    let waits = rollout.order == Order::LockStep || deployment.nodes.iter().any(|node| node.barrier);
    if waits && at_once.is_some_and(|at_once| at_once < largest) {
        let message = format!(
            "the hosts of a batch wait for each other, and max_unavailable lets only {} of {largest} begin",
            at_once.unwrap_or_default()
        );
        faults.add("no-capacity", message);
    }
}

/// The batches that run without a gate before them.
pub(super) fn ungated(deployment: &Deployment, batches: &[Vec<HostName>]) -> bool {
    let gated = deployment.gates.iter().any(|gate| gate.after() == crate::After::Batch);
    batches.len() > 1 && !gated || batches.len() == 1 && deployment.gates.is_empty()
}

fn irreversible(deployment: &Deployment, batches: &[Vec<HostName>], faults: &mut Faults) {
    if deployment.rollout.accept_irreversible.is_some() || !ungated(deployment, batches) {
        return;
    }
    for node in &deployment.nodes {
        if let Some(why) = node.step.as_ref().and_then(|step| step.irreversible()) {
            let message = format!(
                "step {:?} cannot be undone ({why}), and no gate guards the batches after it",
                node.id.as_str()
            );
            let help = "add a gate, or accept_irreversible with the reason why that is fine";
            faults.0.push(Diagnostic::error("irreversible", message).help(help));
        }
    }
}
