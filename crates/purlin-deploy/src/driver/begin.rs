//! How a run begins, and begins again.

use super::Driver;
use super::calls::{Calls, other_deployment};
use super::links::Link;
use crate::evidence::Owner;
use crate::machine::Machine;
use crate::plan::Content;
use crate::{
    Author, Deployer, Deployment, Entry, HostName, LeaseRequest, Plan, Record, RunId, RunReport, Spent, id,
};
use purlin_core::{Cx, Error, ErrorKind, Fence, Outcome, Result, Timestamp};
use std::sync::Arc;
use tokio::task::JoinSet;

pub(crate) async fn apply(
    deployer: &Deployer,
    cx: &Cx,
    deployment: &Deployment,
    plan: &Plan,
) -> Result<RunReport> {
    fits(deployment, plan)?;
    unspent(deployer, cx, plan).await?;
    let run = RunId::from(id::fresh(cx.clock().timestamp()));
    let links = links(deployer, deployment, plan, (&run, cx.clock().timestamp()))?;
    let fence = take(deployer, cx, &run, &links).await?;
    let opened = open(deployer, cx, deployment, plan, (&run, fence), &links).await;
    match opened {
        Ok(entries) => go(deployer, cx, deployment, (plan.clone(), run, fence), (links, entries)).await,
        Err(error) => {
            give_back(deployer, cx, (&run, fence), &links).await;
            Err(error)
        }
    }
}

pub(crate) async fn resume(
    deployer: &Deployer,
    cx: &Cx,
    deployment: &Deployment,
    run: &RunId,
) -> Result<RunReport> {
    let entries = deployer.journal.read(cx, run, 0).await?;
    let plan = match entries.first().map(|entry| &entry.record) {
        Some(Record::Opened { plan, .. }) => (**plan).clone(),
        _ => {
            let error = Error::new(ErrorKind::NotFound, format!("there is no run {run}"));
            return Err(error.with_operation("deploy.resume"));
        }
    };
    fits(deployment, &plan)?;
    let links = links(deployer, deployment, &plan, (run, cx.clock().timestamp()))?;
    let fence = take(deployer, cx, run, &links).await?;
    let holder = deployer.holder.clone();
    let resumed =
        deployer.journal.append(cx, run, Author::Controller(fence), vec![Record::Resumed { holder }]).await;
    match resumed {
        Ok(_) => {
            // What people said since the first look counts too.
            let entries = deployer.journal.read(cx, run, 0).await?;
            go(deployer, cx, deployment, (plan, run.clone(), fence), (links, entries)).await
        }
        Err(error) => {
            give_back(deployer, cx, (run, fence), &links).await;
            Err(error)
        }
    }
}

/// Takes the locks of a run away on every host that can be reached; says which could not.
pub(crate) async fn unlock(
    deployer: &Deployer,
    cx: &Cx,
    deployment: &Deployment,
    run: &RunId,
) -> Result<Vec<(HostName, Error)>> {
    let lease = deployer.journal.lease(cx, run, LeaseRequest::Show).await?;
    if let Some(lease) = lease.filter(|lease| lease.is_live(cx.clock().timestamp())) {
        let message =
            format!("the run is driven by {} on {}", lease.holder.operator, lease.holder.controller);
        let error = Error::new(ErrorKind::Conflict, message).with_operation("deploy.unlock");
        return Err(error.with_outcome(Outcome::NotSent));
    }
    let owner = owner(deployer, run, "", cx.clock().timestamp());
    let link = |target: &crate::Target| Link::new(target.clone(), deployment.evidence.clone(), owner.clone());
    let links: Arc<[Link]> = deployment.targets.iter().map(link).collect();
    let unlocked = each(deployer, &links, |links, host| {
        let cx = cx.clone();
        async move { links[host].unlock(&cx).await }
    });
    let failed = unlocked
        .await
        .into_iter()
        .filter_map(|(host, unlocked)| Some((links[host].target.name.clone(), unlocked.err()?)));
    Ok(failed.collect())
}

fn owner(deployer: &Deployer, run: &RunId, plan: &str, now: Timestamp) -> Owner {
    Owner {
        run: run.to_string(),
        plan: plan.to_owned(),
        operator: deployer.holder.operator.clone(),
        controller: deployer.holder.controller.clone(),
        since: now.to_string(),
    }
}

/// Whether the plan is one of that deployment.
fn fits(deployment: &Deployment, plan: &Plan) -> Result<()> {
    if plan.purlin != 1 {
        let message = format!("the plan has form {}, and this version knows form 1", plan.purlin);
        return Err(Error::new(ErrorKind::Unsupported, message).with_operation("deploy.apply"));
    }
    let same = Content::of(deployment)?.content == plan.content;
    let hosts: Vec<&HostName> = deployment.targets.iter().map(|target| &target.name).collect();
    let planned: Vec<&HostName> = plan.hosts.iter().map(|host| &host.name).collect();
    if same && hosts == planned { Ok(()) } else { Err(other_deployment()) }
}

/// Said before anybody is asked for a lock; the journal sees to it in any case.
async fn unspent(deployer: &Deployer, cx: &Cx, plan: &Plan) -> Result<()> {
    match deployer.journal.runs(cx).await?.iter().find(|head| head.plan == plan.id) {
        None => Ok(()),
        Some(head) => {
            let message = format!("the plan {} is spent: run {} of {}", plan.id, head.run, head.opened_at);
            let error = Error::new(ErrorKind::Conflict, message).with_operation("deploy.apply");
            let spent = Spent::by(&plan.id, head.run.clone());
            Err(error.with_outcome(Outcome::NotSent).with_detail(spent))
        }
    }
}

fn links(
    deployer: &Deployer,
    deployment: &Deployment,
    plan: &Plan,
    (run, now): (&RunId, Timestamp),
) -> Result<Arc<[Link]>> {
    let owner = owner(deployer, run, plan.id.as_str(), now);
    let link = |host: &crate::PlannedHost| {
        let target = deployment.target_of(&host.name).cloned()?;
        Some(Link::new(target, deployment.evidence.clone(), owner.clone()))
    };
    plan.hosts.iter().map(link).collect::<Option<Vec<_>>>().map(Arc::from).ok_or_else(other_deployment)
}

/// For every link at once, as many as may be.
async fn each<T, F>(
    deployer: &Deployer,
    links: &Arc<[Link]>,
    ask: impl Fn(Arc<[Link]>, usize) -> F,
) -> Vec<(usize, T)>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let (mut asked, mut left, mut said) = (JoinSet::new(), 0..links.len(), Vec::new());
    loop {
        while asked.len() < deployer.hosts_at_once {
            let Some(host) = left.next() else { break };
            let answer = ask(links.clone(), host);
            asked.spawn(async move { (host, answer.await) });
        }
        match asked.join_next().await {
            None => break,
            Some(answer) => said.extend(answer.ok()),
        }
    }
    said.sort_by_key(|(host, _)| *host);
    said
}

/// The lease, with a number above those that the hosts have seen. A host that cannot be asked is not locked either.
async fn take(deployer: &Deployer, cx: &Cx, run: &RunId, links: &Arc<[Link]>) -> Result<Fence> {
    let seen = each(deployer, links, |links, host| {
        let cx = cx.clone();
        async move { links[host].highest(&cx).await }
    });
    let above = seen.await.into_iter().filter_map(|(_, fence)| fence.ok()).max().unwrap_or(Fence::new(0));
    let (holder, time) = (deployer.holder.clone(), deployer.lease);
    let request = LeaseRequest::Take { holder, time, above };
    let lease = deployer.journal.lease(cx, run, request).await?;
    let lease = lease.ok_or_else(|| Error::new(ErrorKind::Internal, "the journal gave no lease"))?;
    links.iter().for_each(|link| link.fenced(lease.fence));
    Ok(lease.fence)
}

/// Locks every host, looks how things stand, and writes that the run began.
async fn open(
    deployer: &Deployer,
    cx: &Cx,
    deployment: &Deployment,
    plan: &Plan,
    (run, fence): (&RunId, Fence),
    links: &Arc<[Link]>,
) -> Result<Vec<Entry>> {
    let locked = each(deployer, links, |links, host| {
        let cx = cx.clone();
        async move { links[host].session(&cx).await.map(drop) }
    });
    for (host, locked) in locked.await {
        locked.map_err(|error| error.with_note(format!("host {}", plan.hosts[host].name)))?;
    }
    let names: Vec<HostName> = plan.hosts.iter().map(|host| host.name.clone()).collect();
    let mut records = vec![Record::Opened { plan: Box::new(plan.clone()), holder: deployer.holder.clone() }];
    for gate in &deployment.gates {
        let limited = cx.with_timeout(gate.limit());
        let (baseline, down) = limited.run("deploy.gate", gate.baseline(&limited, &names)).await?;
        records.push(Record::Baseline { gate: gate.name().to_owned(), baseline, down });
    }
    deployer.journal.append(cx, run, Author::Controller(fence), records).await
}

async fn give_back(deployer: &Deployer, cx: &Cx, (run, fence): (&RunId, Fence), links: &Arc<[Link]>) {
    let cx = cx.detached();
    each(deployer, links, |links, host| {
        let cx = cx.clone();
        async move { links[host].give_back(&cx).await }
    })
    .await;
    if let Err(error) = deployer.journal.lease(&cx, run, LeaseRequest::Park { fence }).await {
        tracing::warn!(error = %error, "the lease could not be given back");
    }
}

async fn go(
    deployer: &Deployer,
    cx: &Cx,
    deployment: &Deployment,
    (plan, run, fence): (Plan, RunId, Fence),
    (links, entries): (Arc<[Link]>, Vec<Entry>),
) -> Result<RunReport> {
    let plan = Arc::new(plan);
    let machine = Machine::new(plan.clone(), entries.iter().map(|entry| (&entry.record, entry.at)))?;
    if let Some(told) = &deployer.told {
        entries.iter().filter(|entry| entry.fence == Some(fence)).for_each(|entry| told(entry));
    }
    let settings = (deployer.redactor.clone(), deployer.hosts_at_once);
    let calls = Calls::new(deployment, &plan, links, (run.clone(), fence), settings)?;
    let head = entries.last().map(|entry| (entry.seq, entry.hash.clone())).unwrap_or_default();
    Driver::new(deployer, (plan, run, fence), (machine, calls), head).drive(cx).await
}
