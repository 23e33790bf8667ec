//! Who goes with whom.

use crate::{Amount, HostName, Rollout, Target};
use std::collections::BTreeSet;

/// The hosts of a failure domain; those without one are a domain of their own.
fn domains<'t>(targets: &[&'t Target], kind: Option<&str>) -> Vec<Vec<&'t Target>> {
    let mut found: Vec<(Option<&str>, Vec<&'t Target>)> = Vec::new();
    for target in targets {
        let domain = kind.and_then(|kind| target.domains.get(kind)).map(String::as_str);
        match found.iter_mut().find(|(name, _)| *name == domain) {
            Some((_, members)) => members.push(target),
            None => found.push((domain, vec![target])),
        }
    }
    found.into_iter().map(|(_, members)| members).collect()
}

/// All hosts, in batches: the canary first.
pub(super) fn of(targets: &[Target], rollout: &Rollout) -> Vec<Vec<HostName>> {
    let all: Vec<&Target> = targets.iter().collect();
    let mut batches: Vec<Vec<&Target>> = Vec::new();
    if let Some(canary) = &rollout.canary {
        let count = usize::try_from(canary.count).unwrap_or(usize::MAX);
        let first = match canary.per.as_deref() {
            Some(kind) => domains(&all, Some(kind)),
            None => vec![all.clone()],
        };
        batches.push(first.into_iter().flat_map(|members| members.into_iter().take(count)).collect());
    }
    let taken: BTreeSet<_> = batches.iter().flatten().map(|target| target.name.clone()).collect();
    for domain in domains(&all, rollout.by.as_deref()) {
        let total = domain.len();
        let mut left: Vec<_> = domain.into_iter().filter(|target| !taken.contains(&target.name)).collect();
        let mut sizes = rollout.batches.iter().copied();
        let mut size = Amount::Rest;
        while !left.is_empty() {
            size = sizes.next().unwrap_or(size);
            let count = size.of(total, 1).min(left.len());
            let rest = left.split_off(count);
            batches.push(std::mem::replace(&mut left, rest));
        }
    }
    batches.retain(|batch| !batch.is_empty());
    batches.into_iter().map(|batch| batch.into_iter().map(|target| target.name.clone()).collect()).collect()
}
