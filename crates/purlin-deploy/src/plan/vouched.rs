//! Which hosts have a release that can be gone back to.

use super::PlannedHost;
use crate::{After, Deployer, Entry, HostName, Plan, Record};
use purlin_core::{Cx, ErrorKind, Result};
use std::collections::{BTreeMap, BTreeSet};

/// How many runs back it is looked for the one that gave a host its release.
const RUNS: usize = 20;

/// Notes for every host whether the run that gave it its release passed its gates, by the journal alone. A run whose
/// entries were changed vouches for nothing.
pub(super) async fn vouch(deployer: &Deployer, cx: &Cx, hosts: &mut [PlannedHost]) -> Result<()> {
    let mut left: BTreeMap<HostName, &mut PlannedHost> = hosts
        .iter_mut()
        .filter(|host| host.release.is_some())
        .map(|host| (host.name.clone(), host))
        .collect();
    if left.is_empty() {
        return Ok(());
    }
    for head in deployer.journal.runs(cx).await?.into_iter().take(RUNS) {
        let entries = match deployer.journal.read(cx, &head.run, 0).await {
            Err(error) if error.kind() == ErrorKind::Protocol => continue,
            entries => entries?,
        };
        let Some(Record::Opened { plan, .. }) = entries.first().map(|entry| &entry.record) else { continue };
        let good = passed(plan, &entries);
        for name in given(plan, &entries) {
            let has_it = left.get(name).is_some_and(|host| host.release.as_ref() == Some(&plan.name));
            if let Some(host) = left.remove(name).filter(|_| has_it) {
                host.back_to = host.release.clone().filter(|_| good.contains(name));
            }
        }
        if left.is_empty() {
            break;
        }
    }
    Ok(())
}

/// The hosts that the run left with its release.
fn given<'e>(plan: &Plan, entries: &'e [Entry]) -> Vec<&'e HostName> {
    let ended = entries.iter().rev().find_map(|entry| match &entry.record {
        Record::Ended { hosts, .. } => Some(hosts),
        _ => None,
    });
    let hosts = ended.into_iter().flatten();
    hosts.filter(|host| host.release.as_ref() == Some(&plan.name)).map(|host| &host.host).collect()
}

/// The hosts of the batches whose gates all let them pass, where those of the run did too. Where a gate was asked again its
/// last word counts; what no gate was asked about has passed none.
fn passed(plan: &Plan, entries: &[Entry]) -> BTreeSet<HostName> {
    let mut said: BTreeMap<(&str, usize), bool> = BTreeMap::new();
    for entry in entries {
        if let Record::Gated { gate, batch, verdict } = &entry.record {
            said.insert((gate.as_str(), *batch), verdict.passed);
        }
    }
    let lets = |batch: usize| {
        plan.gates.iter().all(|gate| {
            let asked = if gate.after == After::Run { plan.batches.len() } else { batch };
            said.get(&(gate.name.as_str(), asked)) == Some(&true)
        })
    };
    let batches = plan.batches.iter().enumerate().filter(|(at, _)| !plan.gates.is_empty() && lets(*at));
    batches.flat_map(|(_, batch)| batch.iter().cloned()).collect()
}
