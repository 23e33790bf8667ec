//! How a run ended.

use super::Machine;
use super::state::Phase;
use crate::{Ending, HostRelease, Record, Turn};

/// What a host has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Has {
    Old,
    New,
    Part,
}

impl Machine {
    fn has(&self, host: usize) -> Has {
        let state = &self.state.hosts[host];
        if state.is_complete() {
            return Has::New;
        }
        let in_effect = state.steps.iter().enumerate().any(|(step, state)| {
            let accepted = state.irreversible && self.plan.rollout.accept_irreversible.is_some();
            state.touched && !accepted && self.plan.steps[step].obligation.is_none()
        });
        if in_effect { Has::Part } else { Has::Old }
    }

    /// What is left to be settled on a host.
    fn left(&self, host: usize) -> Vec<String> {
        let state = &self.state.hosts[host];
        let mut open = Vec::new();
        for (step, planned) in state.steps.iter().zip(&self.plan.steps) {
            let id = &planned.id;
            let accepted = step.irreversible && self.plan.rollout.accept_irreversible.is_some();
            match (step.phase, &planned.obligation) {
                (Phase::Doubt(_) | Phase::Started, _) => {
                    let why = if step.why.is_empty() { "it was cut off" } else { &step.why };
                    open.push(format!("step {id} is in doubt: {why}"));
                }
                (Phase::NotUndone, Some(obligation)) => {
                    open.push(format!("still open: {obligation} (step {id}): {}", step.why));
                }
                (Phase::NotUndone, None) if !accepted => {
                    open.push(format!("step {id} could not be undone: {}", step.why));
                }
                (_, Some(obligation)) if step.touched => {
                    open.push(format!("still open: {obligation} (step {id})"));
                }
                _ => {}
            }
        }
        open.extend(state.unreachable.as_ref().map(|why| format!("it could not be reached: {why}")));
        open
    }

    /// Which hosts were taken back to something that no gate has let pass.
    fn without_target(&self) -> Option<String> {
        let back = |host: usize| {
            let state = &self.state.hosts[host];
            self.plan.hosts[host].back_to.is_none()
                && self.has(host) == Has::Old
                && state.steps.iter().any(|step| matches!(step.phase, Phase::Undone))
        };
        let hosts = (0..self.plan.hosts.len()).filter(|host| back(*host)).map(|host| &self.plan.hosts[host]);
        let told: Vec<String> = hosts
            .map(|host| match &host.release {
                Some(release) => format!("{} is back on {release}, which passed no gate", host.name),
                None => format!("{} is as it was before", host.name),
            })
            .collect();
        let more = told.len().saturating_sub(3);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        let shown = told.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        (!told.is_empty()).then(|| format!("no target to go back to: {shown}{more}"))
    }

    pub(super) fn ended(&self) -> Record {
        let (mut hosts, mut found, mut is_clean) = (Vec::new(), Vec::new(), true);
        for (host, planned) in self.plan.hosts.iter().enumerate() {
            let (has, mut open) = (self.has(host), self.left(host));
            let release = match has {
                Has::New => Some(self.plan.name.clone()),
                Has::Old => planned.release.clone(),
                Has::Part => None,
            };
            if has == Has::Part {
                let touched = self.state.hosts[host].steps.iter().filter(|step| step.touched).count();
                open.push(format!(
                    "{touched} of {} steps of {} are in effect",
                    self.plan.steps.len(),
                    self.plan.name
                ));
            }
            is_clean &= open.is_empty();
            if !self.state.hosts[host].skipped {
                found.push(has);
            }
            hosts.push(HostRelease { host: planned.name.clone(), release, open });
        }
        let all = |has: Has| found.iter().all(|other| *other == has);
        let turn = self.state.turn.as_ref();
        let ending = match turn.map(|(turn, _)| *turn) {
            _ if !is_clean || self.state.back_refused.is_some() => Ending::NeedsPerson,
            None if all(Has::New) => Ending::Succeeded,
            Some(Turn::RollBackRun | Turn::RollBackBatch) if all(Has::Old) => Ending::RolledBack,
            Some(Turn::Stop) if all(Has::Old) || all(Has::New) => Ending::Stopped,
            _ => Ending::NeedsPerson,
        };
        let mut why: Vec<String> = turn.map(|(_, why)| why.clone()).into_iter().collect();
        why.extend(self.without_target());
        why.extend(self.state.back_refused.clone().map(|refusal| format!("after the rollback {refusal}")));
        if ending == Ending::NeedsPerson && is_clean && self.state.back_refused.is_none() {
            why.push("the hosts are not all on one release".to_owned());
        } else if ending == Ending::NeedsPerson && why.is_empty() {
            why.push("something is left to be settled".to_owned());
        }
        Record::Ended { ending, why: why.join("; "), hosts }
    }
}
