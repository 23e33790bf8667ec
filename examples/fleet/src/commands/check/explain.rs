//! `fleet check explain`

use super::control::Request;
use super::desk;
use super::row::{Row, age, state, status};
use super::status::{AlarmView, nobody_watches};
use super::told::Told;
use crate::cli::examples;
use crate::config::Config;
use crate::exit::Exit;
use crate::output::{Answer, Page, Ui, local};
use crate::runtime::Runtime;
use clap::Args;
use purlin::Result;
use purlin::core::{Timestamp, units};
use purlin::health::{End, Past};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// So many results are shown.
const SHOWN: usize = 20;

/// Show why a check is as it is: its last results, its rule, what it hangs on, and who was told when
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("check explain web01.lon/app", "the check `app` of the host web01.lon"),
    ("check explain web01.lon/app --json", "the same for a program"),
]))]
pub(crate) struct Explain {
    /// The check, as `fleet check status` names it: HOST/NAME, or NAME
    #[arg(value_name = "ID")]
    id: String,
}

/// Why a check is as it is.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ExplainAnswer {
    /// Whether a watch runs. If not, this is how the last one left it.
    pub(super) watching: bool,
    /// How it is.
    pub(super) check: Row,
    /// How often it runs and what makes an outage; null where no watch runs.
    pub(super) rule: Option<String>,
    /// Its thresholds.
    pub(super) thresholds: Vec<Threshold>,
    /// What it hangs on.
    pub(super) parents: Vec<Parent>,
    /// The page to open; null where there is none.
    pub(super) runbook: Option<String>,
    /// Its outage, while it lasts; null where there is none.
    pub(super) alarm: Option<AlarmView>,
    /// What was told, the newest first.
    pub(super) told: Vec<Told>,
    /// How many notices wait for somebody who takes them; null where only the watch knows.
    pub(super) untold: Option<u64>,
    /// Its last results, twenty at most, the newest first.
    pub(super) results: Vec<Run>,
}

/// From where on a measurement is bad.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Threshold {
    /// The measurement.
    pub(super) measurement: String,
    /// The range that raises no warning; null where there is none.
    pub(super) warning: Option<String>,
    /// The range that is not critical; null where there is none.
    pub(super) critical: Option<String>,
}

/// Something that it hangs on.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Parent {
    /// The check.
    pub(super) id: String,
    /// What is believed of it.
    pub(super) state: String,
}

/// One result.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Run {
    /// When it ended.
    #[schemars(with = "String", extend("format" = "date-time"))]
    at: Timestamp,
    /// How: answered, failed, prober (it could not be checked) or skipped.
    end: String,
    /// What it said.
    status: String,
    /// What was believed then.
    state: String,
    /// How long it took, in milliseconds.
    took_ms: f64,
    /// Where it failed: resolve, connect, tls, login, first_byte, transfer or execute; null where it did not.
    phase: Option<String>,
    /// Why it failed, in one word; null where it did not.
    cause: Option<String>,
}

impl Run {
    /// The newest of these.
    pub(super) fn newest(results: impl Iterator<Item = Past>) -> Vec<Self> {
        results.take(SHOWN).map(|past| Self::new(&past)).collect()
    }

    fn new(past: &Past) -> Self {
        let end = match past.end {
            End::Answered => "answered",
            End::Failed => "failed",
            End::Prober => "prober",
            End::Skipped => "skipped",
        };
        let phase = past.phase.and_then(|phase| serde_json::to_value(phase).ok());
        Self {
            at: past.at,
            end: end.to_owned(),
            status: status(past.status).to_owned(),
            state: state(past.state).to_owned(),
            took_ms: past.took.as_secs_f64() * 1000.0,
            phase: phase.and_then(|phase| phase.as_str().map(str::to_owned)),
            cause: past.cause.map(str::to_owned),
        }
    }

    fn row(&self) -> [String; 5] {
        let why = match (&self.cause, &self.phase) {
            (Some(cause), Some(phase)) => format!("{cause} in {}", phase.replace('_', " ")),
            _ if self.end == "prober" => "could not be checked".to_owned(),
            _ => String::new(),
        };
        let took = Duration::try_from_secs_f64(self.took_ms / 1000.0).unwrap_or_default();
        let took = units::duration::approximate(took);
        [local(self.at), self.state.clone(), self.status.clone(), took, why]
    }
}

impl Answer for ExplainAnswer {
    const NAME: &'static str = "check-explain";

    fn page(&self, page: &mut Page) {
        let row = &self.check;
        page.heading(&row.id);
        page.field("state", &format!("{} since {}", row.state, local(row.since)));
        page.field(
            "result",
            &match row.age_s {
                None => "none yet".to_owned(),
                Some(_) if row.message.is_empty() => format!("{}, {} ago", row.status, age(row.age_s)),
                Some(_) => format!("{}, {} ago: {}", row.status, age(row.age_s), row.message),
            },
        );
        if let Some(rule) = &self.rule {
            page.field("rule", rule);
        }
        for threshold in &self.thresholds {
            let none = || "none".to_owned();
            let warning = threshold.warning.clone().unwrap_or_else(none);
            let critical = threshold.critical.clone().unwrap_or_else(none);
            page.field(
                "threshold",
                &format!("{}: warning {warning}, critical {critical}", threshold.measurement),
            );
        }
        for parent in &self.parents {
            page.field("hangs on", &format!("{} ({})", parent.id, parent.state));
        }
        if let Some(runbook) = &self.runbook {
            page.field("runbook", runbook);
        }
        if let Some(alarm) = &self.alarm {
            let since = alarm.told_since.or(alarm.untold_since).map(local).unwrap_or_default();
            page.field("outage", &format!("since {since}: {}", alarm.line()));
        }
        if self.untold.is_some_and(|untold| untold > 0) {
            page.field("waiting", "a notice waits for somebody who takes it");
        }
        if !self.told.is_empty() {
            page.heading("Told");
            let rows = self
                .told
                .iter()
                .map(|told| [local(told.at), told.state.clone(), told.by.clone(), told.message.clone()]);
            page.table(["AT", "STATE", "BY", "MESSAGE"], rows);
        }
        page.heading("Last results");
        page.table(["AT", "STATE", "STATUS", "TOOK", "WHY"], self.results.iter().map(Run::row));
    }
}

impl Explain {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let answer: ExplainAnswer = desk::put(config, runtime, &Request::Explain { id: self.id.clone() })?;
        let exit = ui.answer(&answer, Exit::Fine);
        if !answer.watching {
            nobody_watches(ui);
        }
        Ok(exit)
    }
}
