//! `fleet deploy status`

use super::keeper::{Found, Keeper};
use crate::cli::examples;
use crate::config::Config;
use crate::exit::Exit;
use crate::output::{Answer, Integer, Mood, Page, Ui, local, now};
use crate::runtime::Runtime;
use clap::Args;
use purlin::Result;
use purlin::core::Timestamp;
use purlin::deploy::{Control, Ending, Entry, HostRelease, Lease, LeaseRequest, PlannedHost, Record, StepId};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;

/// Show how a run stands: who drives it, what each host has, what is left to do
///
/// Exit codes: 0 where the run goes on or has succeeded, 1 where it stopped or was taken back, 4 where it waits for a person:
/// paused, left, cut off, or with something to be settled.
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("deploy status", "the latest run"),
    ("deploy status 20261122T113000-1f2e3d4c --json", "that one, for a program"),
]))]
pub(crate) struct Status {
    /// The run [default: the latest]
    #[arg(value_name = "RUN")]
    run: Option<String>,
}

/// How a run stands.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StatusAnswer {
    /// The run.
    run: String,
    /// The plan that it spent.
    plan: String,
    /// What is deployed.
    name: String,
    /// running, paused, parked (left on purpose), lost (cut off), succeeded, rolled_back, stopped or needs_person.
    state: String,
    /// Who drives it, or was the last to.
    operator: Option<String>,
    /// From where.
    controller: Option<String>,
    /// When it began.
    #[schemars(with = "String", extend("format" = "date-time"))]
    opened_at: Timestamp,
    /// When something was written down of it at last.
    #[schemars(with = "String", extend("format" = "date-time"))]
    updated_at: Timestamp,
    /// Why it is so, where it did not succeed.
    why: String,
    /// How many entries its journal has.
    entries: Integer,
    /// The hosts.
    hosts: Vec<HostStatus>,
    #[serde(skip)]
    ending: Option<Ending>,
    #[serde(skip)]
    paused: bool,
    #[serde(skip)]
    standing: Standing,
}

/// Whether a run has somebody who drives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Driven,
    Parked,
    Lost,
}

/// How a host stands in a run.
#[derive(Debug, Serialize, JsonSchema)]
struct HostStatus {
    /// Its name.
    host: String,
    /// What happened there at last, such as started, verified, failed; waiting where nothing did.
    state: String,
    /// The step of that.
    step: Option<String>,
    /// How many steps are done.
    done: Integer,
    /// Of how many.
    steps: Integer,
    /// The release that it has; null where that is not known, or not yet.
    release: Option<String>,
    /// What is left to be settled there.
    open: Vec<String>,
    /// Why it failed.
    why: String,
}

/// The word for an ending.
pub(super) fn word(ending: Ending) -> &'static str {
    match ending {
        Ending::Succeeded => "succeeded",
        Ending::RolledBack => "rolled_back",
        Ending::Stopped => "stopped",
        _ => "needs_person",
    }
}

fn standing(lease: Option<&Lease>) -> Standing {
    match lease {
        Some(lease) if lease.is_live(now()) => Standing::Driven,
        Some(lease) if !lease.parked => Standing::Lost,
        _ => Standing::Parked,
    }
}

/// Whether it has been told to pause, and not to go on since.
fn is_paused(entries: &[Entry]) -> bool {
    let told = entries.iter().rev().find_map(|entry| match &entry.record {
        Record::Told { control: Control::Pause, .. } => Some(true),
        Record::Told { control: Control::Continue | Control::Promote, .. } => Some(false),
        _ => None,
    });
    told.unwrap_or_default()
}

/// How it ended, if nothing was said since that a run which needs a person goes on by.
fn ending(entries: &[Entry]) -> Option<(Ending, &str, &[HostRelease])> {
    let last = entries
        .iter()
        .rev()
        .find(|entry| !matches!(&entry.record, Record::Told { control: Control::Unlock, .. }));
    match last.map(|entry| &entry.record) {
        Some(Record::Ended { ending, why, hosts }) => Some((*ending, why, hosts)),
        _ => {
            // What is said of a run that is over for good changes nothing.
            let over = entries.iter().rev().find_map(|entry| match &entry.record {
                Record::Ended { ending, why, hosts } => Some((*ending, why.as_str(), hosts.as_slice())),
                _ => None,
            });
            over.filter(|(ending, ..)| *ending != Ending::NeedsPerson)
        }
    }
}

impl StatusAnswer {
    pub(super) fn new(found: &Found, lease: Option<&Lease>) -> Self {
        let (entries, plan) = (&found.entries, &found.plan);
        let (ended, standing, paused) = (ending(entries), standing(lease), is_paused(entries));
        let state = match (ended, standing) {
            (Some((ending, ..)), _) => word(ending),
            (None, Standing::Lost) => "lost",
            (None, Standing::Parked) => "parked",
            (None, Standing::Driven) if paused => "paused",
            (None, Standing::Driven) => "running",
        };
        let settled = ended.map(|(.., hosts)| hosts).unwrap_or_default();
        let steps = plan.steps.len();
        let hosts = plan.hosts.iter().map(|host| HostStatus::new(host, steps, entries, settled));
        let holder = lease.map(|lease| &lease.holder);
        Self {
            run: found.run().to_string(),
            plan: plan.id.to_string(),
            name: plan.name.clone(),
            state: state.to_owned(),
            operator: holder.map(|holder| holder.operator.clone()),
            controller: holder.map(|holder| holder.controller.clone()),
            opened_at: found.head.opened_at,
            updated_at: entries.last().map_or(found.head.opened_at, |entry| entry.at),
            why: ended.map(|(_, why, _)| why.to_owned()).unwrap_or_default(),
            entries: (entries.len() as u64).into(),
            hosts: hosts.collect(),
            ending: ended.map(|(ending, ..)| ending),
            paused,
            standing,
        }
    }

    /// How it ended, where nothing more can become of it.
    pub(super) fn over(&self) -> Option<Ending> {
        self.ending.filter(|ending| *ending != Ending::NeedsPerson)
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused
    }

    pub(super) fn standing(&self) -> Standing {
        self.standing
    }

    fn exit(&self) -> Exit {
        match (self.ending, self.state.as_str()) {
            (Some(Ending::Succeeded), _) | (None, "running") => Exit::Fine,
            (Some(Ending::RolledBack | Ending::Stopped), _) => Exit::No,
            _ => Exit::NeedsPerson,
        }
    }
}

impl HostStatus {
    fn new(host: &PlannedHost, steps: usize, entries: &[Entry], settled: &[HostRelease]) -> Self {
        let (mut last, mut done) = (("waiting", None, ""), BTreeSet::new());
        for entry in entries {
            let said = about(&entry.record).filter(|said| said.0 == host.name.as_str());
            let Some((_, state, step, why)) = said else { continue };
            last = (state, step, why);
            match state {
                "unchanged" | "verified" | "closed" => done.extend(step),
                "undone" => done.retain(|other| Some(*other) != step),
                _ => {}
            }
        }
        let settled = settled.iter().find(|release| release.host == host.name);
        let (state, step, why) = last;
        Self {
            host: host.name.to_string(),
            state: state.to_owned(),
            step: step.map(ToString::to_string),
            done: (done.len() as u64).into(),
            steps: (steps as u64).into(),
            release: settled.and_then(|host| host.release.clone()),
            open: settled.map(|host| host.open.clone()).unwrap_or_default(),
            why: why.to_owned(),
        }
    }
}

/// What a record says of a host: state, step and reason.
fn about(record: &Record) -> Option<(&str, &'static str, Option<&StepId>, &str)> {
    let (host, state, step, why) = match record {
        Record::Unchanged { host, step } => (host, "unchanged", Some(step), ""),
        Record::Started { host, step, .. } => (host, "started", Some(step), ""),
        Record::Landed { host, step, .. } => (host, "landed", Some(step), ""),
        Record::Verified { host, step } => (host, "verified", Some(step), ""),
        Record::Failed { host, step, why, .. } => (host, "failed", Some(step), why.as_str()),
        Record::InDoubt { host, step, why, .. } => (host, "in_doubt", Some(step), why.as_str()),
        Record::NotLanded { host, step } => (host, "not_landed", Some(step), ""),
        Record::Unreachable { host, why } => (host, "unreachable", None, why.as_str()),
        Record::Undone { host, step } => (host, "undone", Some(step), ""),
        Record::Closed { host, step } => (host, "closed", Some(step), ""),
        Record::NotUndone { host, step, why, .. } => (host, "not_undone", Some(step), why.as_str()),
        _ => return None,
    };
    Some((host.as_str(), state, step, why))
}

impl Answer for StatusAnswer {
    const NAME: &'static str = "deploy-status";

    fn page(&self, page: &mut Page) {
        let why = if self.why.is_empty() { String::new() } else { format!(": {}", self.why) };
        page.line(&format!("run {} of {}: {}{why}", self.run, self.name, self.state));
        if let (Some(operator), Some(controller)) = (&self.operator, &self.controller) {
            page.field("by", &format!("{operator} on {controller}"));
        }
        page.field("began", &local(self.opened_at));
        page.field("last entry", &local(self.updated_at));
        let rows = self.hosts.iter().map(|host| {
            let what = match host.open.is_empty() {
                true => host.why.clone(),
                false => host.open.join("; "),
            };
            let done = format!("{}/{}", host.done, host.steps);
            let release = host.release.clone().unwrap_or_default();
            [
                host.state.clone(),
                host.host.clone(),
                done,
                host.step.clone().unwrap_or_default(),
                release,
                what,
            ]
        });
        page.state_table(["STATE", "HOST", "DONE", "STEP", "RELEASE", "WHY"], rows, |state| match state {
            "unchanged" | "verified" | "closed" => Mood::Good,
            "failed" | "in_doubt" | "not_undone" | "unreachable" => Mood::Bad,
            _ => Mood::Doubtful,
        });
    }
}

impl Status {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let answer = runtime.block_on(|cx| async move {
            let keeper = Keeper::open(&cx, config).await?;
            let found = async {
                let found = keeper.find(&cx, self.run.as_deref()).await?;
                let lease = keeper.journal.lease(&cx, found.run(), LeaseRequest::Show).await?;
                Ok(StatusAnswer::new(&found, lease.as_ref()))
            };
            let found = found.await;
            keeper.close(&cx).await;
            found
        })?;
        let exit = answer.exit();
        Ok(ui.answer(&answer, exit))
    }
}
