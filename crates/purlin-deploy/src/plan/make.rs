//! Looks at every host.

use super::{Plan, PlannedFinding, PlannedGate, PlannedHost, PlannedStep, batches, order, validate, vouched};
use crate::data::digest;
use crate::evidence::Evidence;
use crate::{
    Definition, Deployer, Deployment, Effect, Finding, HostName, Node, Outputs, StepEnv, Target, id,
};
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::task::JoinSet;

pub(crate) async fn make(deployer: &Deployer, cx: &Cx, deployment: &Deployment) -> Result<Plan> {
    let batches = batches::of(&deployment.targets, &deployment.rollout);
    let told = validate::faults(deployment, &batches).into_result("deploy.plan")?;
    let nodes = order::of(&deployment.nodes).map_err(|_| circle())?;
    let Content { steps, gates, content } = Content::of(deployment)?;
    let mut hosts = observe(deployer, cx, deployment, &nodes).await?;
    vouched::vouch(deployer, cx, &mut hosts).await?;
    let made_at = cx.clock().timestamp();
    let mut warnings = warnings(deployment, &steps, &hosts, &batches);
    warnings.extend(told.iter().map(|fault| fault.message.clone()));
    let plan = Plan {
        purlin: 1,
        id: id::fresh(made_at).into(),
        name: deployment.name.clone(),
        made_at,
        content,
        origin: deployment.origin.clone(),
        rollout: deployment.rollout.clone(),
        steps,
        gates,
        hosts,
        batches,
        warnings,
    };
    Ok(plan)
}

/// What a plan is about, without hosts.
pub(crate) struct Content {
    pub(crate) steps: Vec<PlannedStep>,
    pub(crate) gates: Vec<PlannedGate>,
    /// Its digest.
    pub(crate) content: String,
}

impl Content {
    pub(crate) fn of(deployment: &Deployment) -> Result<Self> {
        let nodes = order::of(&deployment.nodes).map_err(|_| circle())?;
        let steps = nodes.iter().map(|node| step(node)).collect::<Result<Vec<_>>>()?;
        let gates = deployment.gates.iter().map(|gate| {
            let (name, after) = (gate.name().to_owned(), gate.after());
            Ok(PlannedGate { name, after, definition: gate.definition()? })
        });
        let gates = gates.collect::<Result<Vec<_>>>()?;
        let content = digest(&(&deployment.name, &steps, &gates, &deployment.rollout))?;
        Ok(Self { steps, gates, content })
    }
}

fn circle() -> Error {
    Error::new(ErrorKind::Invalid, "the steps go round in a circle").with_operation("deploy.plan")
}

fn step(node: &Node) -> Result<PlannedStep> {
    let step = node.step.as_ref();
    Ok(PlannedStep {
        id: node.id.clone(),
        kind: step.map_or_else(|| "close".into(), |step| step.kind()),
        effect: step.map_or(Effect::Idempotent, |step| step.effect()),
        definition: step.map_or_else(|| Ok(Definition::default()), |step| step.definition())?,
        on_change: node.on_change.clone(),
        once: node.once,
        barrier: node.barrier,
        obligation: step.and_then(|step| step.obligation()),
        closes: node.closes.clone(),
        irreversible: step.and_then(|step| step.irreversible()),
        retries: node.retries,
        timeout: node.timeout,
    })
}

/// Every host, as many at once as may be.
async fn observe(
    deployer: &Deployer,
    cx: &Cx,
    deployment: &Deployment,
    nodes: &[&Node],
) -> Result<Vec<PlannedHost>> {
    let nodes: Arc<[Node]> = nodes.iter().map(|node| (*node).clone()).collect();
    let mut left = deployment.targets.iter();
    let (mut looks, mut seen) = (JoinSet::new(), BTreeMap::new());
    loop {
        while looks.len() < deployer.hosts_at_once {
            let Some(target) = left.next() else { break };
            let (target, nodes, cx) = (target.clone(), nodes.clone(), cx.clone());
            let (deployer, folder) = (deployer.clone(), deployment.evidence.clone());
            looks.spawn(async move {
                let name = target.name.clone();
                (name, host(&deployer, &cx, &target, &nodes, folder).await)
            });
        }
        match looks.join_next().await {
            None => break,
            Some(Ok((name, found))) => {
                let found = found.map_err(|error| error.with_note(format!("host {name}")))?;
                seen.insert(name, found);
            }
            Some(Err(_)) => return Err(Error::new(ErrorKind::Internal, "a look at a host broke off")),
        }
    }
    Ok(deployment.targets.iter().filter_map(|target| seen.remove(&target.name)).collect())
}

async fn host(
    deployer: &Deployer,
    cx: &Cx,
    target: &Target,
    nodes: &[Node],
    folder: Option<String>,
) -> Result<PlannedHost> {
    let session = target.transport.connect(cx, &target.host).await?;
    let evidence = Evidence::of(session.clone(), &target.name, folder);
    let release = evidence.release(cx).await?;
    let env = StepEnv::new(session)
        .with_variables(&target.variables)
        .with_elevation(target.elevation.clone())
        .with_redactor(deployer.redactor.clone());
    let mut findings: Vec<(&Node, Finding)> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let finding = match &node.step {
            None => Finding::NoChange,
            Some(_) if is_quiet(node, &findings) => Finding::NoChange,
            Some(step) => look(cx, &env, node, step.as_ref(), &findings).await?,
        };
        findings.push((node, finding));
    }
    if is_idle(&findings) {
        for (_, finding) in findings.iter_mut() {
            *finding = Finding::NoChange;
        }
    }
    let findings = findings.iter().map(|(node, finding)| {
        PlannedFinding::of(node.id.clone(), finding, deployer.redactor.redact(finding.text()))
    });
    Ok(PlannedHost {
        name: target.name.clone(),
        address: target.host.address.clone().unwrap_or_else(|| target.host.name.clone()),
        domains: target.domains.clone(),
        owner: target.owner.clone(),
        contacts: target.contacts.clone(),
        release,
        back_to: None,
        findings: findings.collect::<Result<_>>()?,
    })
}

/// What an earlier step has yet to give cannot be looked at.
async fn look(
    cx: &Cx,
    env: &StepEnv,
    node: &Node,
    step: &dyn crate::Step,
    before: &[(&Node, Finding)],
) -> Result<Finding> {
    let cx = cx.with_timeout(node.timeout);
    let will_be_given = || {
        let changed = before.iter().filter(|(_, finding)| *finding != Finding::NoChange);
        changed.filter_map(|(node, _)| node.step.as_ref()).flat_map(|step| step.gives()).collect::<Vec<_>>()
    };
    if step.needs().iter().any(|need| will_be_given().contains(need)) {
        return Ok(Finding::unknown("it needs what an earlier step has yet to give"));
    }
    let env = env.clone().with_inputs(Outputs::new());
    let changes_before = before.iter().any(|(_, finding)| *finding != Finding::NoChange);
    match cx.run("step.check", step.check(&cx, &env)).await {
        Err(error) if error.kind() == ErrorKind::NotFound && changes_before => {
            Ok(Finding::unknown(format!("it waits for an earlier step: {}", error.message())))
        }
        Err(error) if error.outcome() == Outcome::Sent || error.kind() == ErrorKind::Invalid => {
            Ok(Finding::blocked(env.redact(error.message())))
        }
        Err(error) => Err(error.with_note(format!("step {}", node.id))),
        found => found,
    }
}

/// Whether none of the steps that it waits for changes anything.
fn is_quiet(node: &Node, before: &[(&Node, Finding)]) -> bool {
    let mut waits = before.iter().filter(|(other, _)| node.on_change.contains(&other.id));
    !node.on_change.is_empty() && waits.all(|(_, finding)| *finding == Finding::NoChange)
}

/// Whether only what is opened and closed around the others is left to do.
fn is_idle(findings: &[(&Node, Finding)]) -> bool {
    findings.iter().all(|(node, finding)| {
        let opens = node.step.as_ref().is_some_and(|step| step.obligation().is_some());
        opens || *finding == Finding::NoChange
    })
}

fn warnings(
    deployment: &Deployment,
    steps: &[PlannedStep],
    hosts: &[PlannedHost],
    batches: &[Vec<HostName>],
) -> Vec<String> {
    let mut warnings = Vec::new();
    let last = steps.iter().find(|step| step.irreversible.is_some());
    if let Some((step, why)) = last.and_then(|step| Some((step, step.irreversible.as_ref()?))) {
        let accepted = deployment.rollout.accept_irreversible.as_deref();
        let because = accepted.map(|reason| format!("; accepted: {reason}")).unwrap_or_default();
        warnings.push(format!("from step {} on there is no way back: {why}{because}", step.id));
    }
    if validate::ungated(deployment, batches) {
        warnings.push(
            "no gate guards the batches: a release that starts and does not work goes everywhere".into(),
        );
    }
    for host in hosts {
        for found in host.findings.iter().filter(|found| found.finding == "blocked") {
            warnings.push(format!("{}: step {} is blocked: {}", host.name, found.step, found.text));
        }
    }
    warnings
}
