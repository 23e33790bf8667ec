//! `fleet deploy report`

use super::keeper::{Found, Keeper};
use super::status::word;
use crate::cli::examples;
use crate::config::Config;
use crate::exit::Exit;
use crate::output::{Answer, Integer, Page, Ui};
use crate::runtime::Runtime;
use clap::Args;
use purlin::Result;
use purlin::core::Timestamp;
use purlin::core::units::duration;
use purlin::deploy::{Entry, HostName, Record, StepId};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// Tell what happened in a run, from its journal alone: a page in Markdown, or JSON
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("deploy report > run.md", "the latest run, as a page"),
    ("deploy report 20261122T113000-1f2e3d4c --json", "that one, for a program"),
]))]
pub(crate) struct Report {
    /// The run [default: the latest]
    #[arg(value_name = "RUN")]
    run: Option<String>,
}

/// What happened in a run.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ReportAnswer {
    /// The run.
    run: String,
    /// The plan that it spent.
    plan: String,
    /// What was deployed.
    name: String,
    /// Its revision; null where the deployment does not say it.
    revision: Option<String>,
    /// Who began it.
    operator: String,
    /// From where.
    controller: String,
    /// When it began.
    #[schemars(with = "String", extend("format" = "date-time"))]
    opened_at: Timestamp,
    /// When it ended; null where it has not.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    ended_at: Option<Timestamp>,
    /// succeeded, rolled_back, stopped or needs_person; null where it has not ended.
    ending: Option<String>,
    /// Why, where it did not succeed.
    why: String,
    /// What each host has.
    hosts: Vec<HostReport>,
    /// What each step did.
    steps: Vec<StepReport>,
    /// What gates said, in order.
    gates: Vec<GateReport>,
    /// What went wrong, each reason once.
    failures: Vec<FailureReport>,
    /// What people said, in order.
    told: Vec<ToldReport>,
    /// How many entries the journal has.
    entries: Integer,
    /// The hash of the last one, which is on the hosts too.
    head: String,
}

/// What a host has after a run.
#[derive(Debug, Serialize, JsonSchema)]
struct HostReport {
    /// Its name.
    host: String,
    /// Its release; null where that is not known.
    release: Option<String>,
    /// What is left to be settled.
    open: Vec<String>,
}

/// What a step did in a run.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct StepReport {
    /// Its name.
    step: String,
    /// On how many hosts it changed something.
    changed: u32,
    /// On how many it found nothing to change.
    unchanged: u32,
    /// How often it failed.
    failed: u32,
    /// On how many it was undone.
    undone: u32,
    /// The longest time on a host from its start to its proof, in seconds; null where there is none.
    longest_s: Option<f64>,
}

/// What a gate said.
#[derive(Debug, Serialize, JsonSchema)]
struct GateReport {
    /// Its name.
    gate: String,
    /// After which batch, from 1.
    batch: u32,
    /// Whether the run could go on.
    passed: bool,
    /// What was seen.
    evidence: String,
}

/// A reason, and where it was one.
#[derive(Debug, Serialize, JsonSchema)]
struct FailureReport {
    /// The reason.
    why: String,
    /// The hosts, each with its step.
    places: Vec<String>,
}

/// What a person said.
#[derive(Debug, Serialize, JsonSchema)]
struct ToldReport {
    /// When.
    #[schemars(with = "String", extend("format" = "date-time"))]
    at: Timestamp,
    /// What.
    control: String,
    /// Who.
    by: String,
    /// Why.
    reason: String,
}

impl ReportAnswer {
    fn new(found: &Found) -> Self {
        let (plan, entries) = (&found.plan, &found.entries);
        let ended = entries.iter().rev().find_map(|entry| match &entry.record {
            Record::Ended { ending, why, hosts } => Some((entry.at, *ending, why, hosts)),
            _ => None,
        });
        let began = entries.iter().find_map(|entry| match &entry.record {
            Record::Opened { holder, .. } => Some(holder.clone()),
            _ => None,
        });
        let releases = ended.iter().flat_map(|(.., hosts)| hosts.iter()).map(|host| HostReport {
            host: host.host.to_string(),
            release: host.release.clone(),
            open: host.open.clone(),
        });
        Self {
            run: found.run().to_string(),
            plan: plan.id.to_string(),
            name: plan.name.clone(),
            revision: plan.origin.revision.clone(),
            operator: began.as_ref().map(|holder| holder.operator.clone()).unwrap_or_default(),
            controller: began.map(|holder| holder.controller).unwrap_or_default(),
            opened_at: found.head.opened_at,
            ended_at: ended.map(|(at, ..)| at),
            ending: ended.map(|(_, ending, ..)| word(ending).to_owned()),
            why: ended.map(|(.., why, _)| why.clone()).unwrap_or_default(),
            hosts: releases.collect(),
            steps: plan.steps.iter().map(|step| StepReport::new(&step.id, entries)).collect(),
            gates: entries.iter().filter_map(gate).collect(),
            failures: failures(entries),
            told: entries.iter().filter_map(told).collect(),
            entries: (entries.len() as u64).into(),
            head: entries.last().map(|entry| entry.hash.clone()).unwrap_or_default(),
        }
    }
}

impl StepReport {
    fn new(id: &StepId, entries: &[Entry]) -> Self {
        let mut report = Self { step: id.to_string(), ..Self::default() };
        let mut started: BTreeMap<&HostName, Timestamp> = BTreeMap::new();
        let mut longest: Option<Duration> = None;
        for entry in entries {
            match &entry.record {
                Record::Started { host, step, .. } if step == id => {
                    started.entry(host).or_insert(entry.at);
                }
                Record::Verified { host, step } if step == id => {
                    report.changed += 1;
                    let took = started.remove(host).map(|began| entry.at.since(began));
                    longest = longest.max(took);
                }
                Record::Unchanged { step, .. } if step == id => report.unchanged += 1,
                Record::Failed { step, .. } if step == id => report.failed += 1,
                Record::Undone { step, .. } if step == id => report.undone += 1,
                _ => {}
            }
        }
        report.longest_s = longest.map(|took| took.as_secs_f64());
        report
    }
}

fn gate(entry: &Entry) -> Option<GateReport> {
    let Record::Gated { gate, batch, verdict } = &entry.record else { return None };
    Some(GateReport {
        gate: gate.clone(),
        batch: u32::try_from(*batch).unwrap_or(u32::MAX).saturating_add(1),
        passed: verdict.passed,
        evidence: verdict.evidence.clone(),
    })
}

fn told(entry: &Entry) -> Option<ToldReport> {
    let Record::Told { control, by, reason } = &entry.record else { return None };
    let control = serde_json::to_value(control).ok()?;
    let control = control.get("control").and_then(serde_json::Value::as_str)?.to_owned();
    Some(ToldReport { at: entry.at, control, by: by.clone(), reason: reason.clone() })
}

/// Equal reasons once, with all places.
fn failures(entries: &[Entry]) -> Vec<FailureReport> {
    let mut all: Vec<FailureReport> = Vec::new();
    for entry in entries {
        let (place, why) = match &entry.record {
            Record::Failed { host, step, why, .. }
            | Record::InDoubt { host, step, why, .. }
            | Record::NotUndone { host, step, why, .. } => (format!("{host} {step}"), why),
            Record::Unreachable { host, why } => (host.to_string(), why),
            _ => continue,
        };
        match all.iter_mut().find(|failure| failure.why == *why) {
            Some(failure) if failure.places.contains(&place) => {}
            Some(failure) => failure.places.push(place),
            None => all.push(FailureReport { why: why.clone(), places: vec![place] }),
        }
    }
    all
}

impl Answer for ReportAnswer {
    const NAME: &'static str = "deploy-report";

    fn page(&self, page: &mut Page) {
        let ending = self.ending.as_deref().unwrap_or("has not ended");
        page.line(&format!("# {}: {ending}", self.name));
        page.line("");
        page.line(&format!("- run `{}`, plan `{}`", self.run, self.plan));
        page.line(&format!("- by {} on {}, since {}", self.operator, self.controller, self.opened_at));
        if let Some(ended) = self.ended_at {
            page.line(&format!("- ended {ended}, after {}", duration::format(ended.since(self.opened_at))));
        }
        let more = [("revision", self.revision.as_deref()), ("why", Some(self.why.as_str()))];
        for (name, text) in more.into_iter().filter_map(|(name, text)| Some((name, text?))) {
            if !text.is_empty() {
                page.line(&format!("- {name}: {text}"));
            }
        }
        self.tables(page);
        for failure in &self.failures {
            page.line("");
            page.line(&format!("## Failed: {}", failure.places.join(", ")));
            page.line("");
            page.printed(4, &failure.why);
            page.line("");
        }
        for told in &self.told {
            page.line(&format!("- {}: {} by {}: {}", told.at, told.control, told.by, told.reason));
        }
        page.line("");
        page.line(&format!("The journal has {} entries, the last one is `{}`.", self.entries, self.head));
    }
}

impl ReportAnswer {
    fn tables(&self, page: &mut Page) {
        page.line("");
        page.line("| host | release | left to do |");
        page.line("|---|---|---|");
        for host in &self.hosts {
            let release = host.release.as_deref().unwrap_or("not known");
            page.line(&format!("| {} | {release} | {} |", host.host, host.open.join("; ")));
        }
        page.line("");
        page.line("| step | changed | unchanged | failed | undone | longest |");
        page.line("|---|---|---|---|---|---|");
        for step in &self.steps {
            let longest = step.longest_s.map(|seconds| format!("{seconds:.3} s")).unwrap_or_default();
            let StepReport { step, changed, unchanged, failed, undone, .. } = step;
            page.line(&format!("| {step} | {changed} | {unchanged} | {failed} | {undone} | {longest} |"));
        }
        page.line("");
        for gate in &self.gates {
            let said = if gate.passed { "passed" } else { "did not pass" };
            page.line(&format!("- gate {} {said} after batch {}: {}", gate.gate, gate.batch, gate.evidence));
        }
    }
}

impl Report {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let found = runtime.block_on(|cx| async move {
            let keeper = Keeper::open(&cx, config).await?;
            let found = keeper.find(&cx, self.run.as_deref()).await;
            keeper.close(&cx).await;
            found
        })?;
        Ok(ui.answer(&ReportAnswer::new(&found), Exit::Fine))
    }
}
