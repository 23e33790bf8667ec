//! `fleet check status`

use super::control::Request;
use super::desk;
use super::row::{Row, mood, tally};
use crate::cli::examples;
use crate::config::Config;
use crate::exit::Exit;
use crate::output::{Answer, Page, Ui};
use crate::runtime::Runtime;
use clap::Args;
use purlin::core::{Diagnostic, Diagnostics, Timestamp, suggest};
use purlin::health::alarm::{Alarm, Mute};
use purlin::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Show how checks stand, by the watch that runs; without one, how the last one left them
///
/// The exit code is 0 where a watch runs and all is up, else 1.
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("check status", "all checks, the bad ones first"),
    ("check status web01.lon", "those of a host"),
    ("check status --json | jq '.checks[] | select(.state == \"down\")'", "for a program"),
]))]
pub(crate) struct Status {
    /// Only the checks of this host
    #[arg(value_name = "HOST")]
    host: Option<String>,
}

/// How the checks stand.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct StatusAnswer {
    /// Whether a watch runs. If not, this is how the last one left them.
    pub(super) watching: bool,
    /// Whether all are up.
    pub(super) all_up: bool,
    /// Each check, the worst first. Those of the watch itself, `monitor/…`, only where something is wrong with them.
    pub(super) checks: Vec<StatusRow>,
}

/// What is known of a check, with its alarm.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct StatusRow {
    #[serde(flatten)]
    pub(super) row: Row,
    /// Its outage, while it lasts; null where there is none.
    pub(super) alarm: Option<AlarmView>,
}

/// An outage that lasts.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct AlarmView {
    /// Since when it lasts, where it was told; null where it was not.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub(super) told_since: Option<Timestamp>,
    /// Since when it lasts, where it was not told; null where it was.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub(super) untold_since: Option<Timestamp>,
    /// Why it was not told; null where nothing keeps it from being told.
    pub(super) muted: Option<String>,
    /// Who takes care; null where nobody does.
    pub(super) acknowledged: Option<AckView>,
}

/// Somebody takes care.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct AckView {
    /// Who.
    pub(super) author: String,
    /// What they say about it.
    pub(super) comment: String,
    /// Since when.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) at: Timestamp,
    /// Until when at most; null for as long as the outage lasts.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub(super) until: Option<Timestamp>,
}

impl AlarmView {
    pub(super) fn new(alarm: &Alarm) -> Self {
        let muted = alarm.mute.as_ref().map(|mute| match mute {
            Mute::Suppressed(Some(parent)) => format!("suppressed: {parent} is down"),
            Mute::Suppressed(None) => "suppressed: what it hangs on is down".to_owned(),
            Mute::Downtime(id) => format!("downtime {id}"),
            Mute::Acknowledged => "acknowledged".to_owned(),
            Mute::Undetermined => "waits until what it hangs on has been asked".to_owned(),
            _ => "muted".to_owned(),
        });
        let acknowledged = alarm.acknowledged.as_ref().map(|by| AckView {
            author: by.author.clone(),
            comment: by.comment.clone(),
            at: by.at,
            until: by.until,
        });
        Self { told_since: alarm.told, untold_since: alarm.untold, muted, acknowledged }
    }

    /// In a few words.
    pub(super) fn line(&self) -> String {
        if let Some(by) = &self.acknowledged {
            return format!("{} takes care: {}", by.author, by.comment);
        }
        match (&self.muted, self.told_since) {
            (Some(why), _) => why.clone(),
            (None, Some(_)) => "told".to_owned(),
            (None, None) => String::new(),
        }
    }
}

impl StatusAnswer {
    pub(super) fn new(watching: bool, mut checks: Vec<StatusRow>) -> Self {
        checks.retain(|check| !check.row.is_own_and_well());
        let weight = |row: &Row| match row.state.as_str() {
            "down" => 0,
            "recovering" => 1,
            "suspect" => 2,
            "pending" => 3,
            _ if row.stale => 4,
            _ if row.status != "ok" => 5,
            _ => 6,
        };
        checks.sort_by(|a, b| weight(&a.row).cmp(&weight(&b.row)).then_with(|| a.row.id.cmp(&b.row.id)));
        let all_up = checks.iter().all(|check| check.row.is_up());
        Self { watching, all_up, checks }
    }

    fn of_host(self, host: &str) -> Result<Self> {
        let hosts: Vec<String> = self.checks.iter().filter_map(|check| check.row.host.clone()).collect();
        let checks: Vec<_> = self
            .checks
            .into_iter()
            .filter(|check| check.row.host.as_deref() == Some(host) || check.row.id == host)
            .collect();
        if checks.is_empty() {
            let message = format!("there is no check of a host {host:?}");
            let fault = Diagnostic::error("not-found", message.clone());
            let fault = match suggest(host, hosts.iter().map(String::as_str)) {
                Some(meant) => fault.help(format!("did you mean {meant:?}?")),
                None => fault.help("fleet check status names all"),
            };
            return Err(Error::new(ErrorKind::NotFound, message).with_detail(Diagnostics::from_iter([fault])));
        }
        Ok(Self::new(self.watching, checks))
    }
}

impl Answer for StatusAnswer {
    const NAME: &'static str = "check-status";

    fn page(&self, page: &mut Page) {
        let cells = self.checks.iter().map(|check| {
            let [state, id, since, age, message] = check.row.cells();
            let alarm = check.alarm.as_ref().map(AlarmView::line).unwrap_or_default();
            [state, id, since, age, alarm, message]
        });
        page.state_table(["STATE", "CHECK", "SINCE", "AGE", "ALARM", "MESSAGE"], cells, mood);
        let rows: Vec<Row> = self.checks.iter().map(|check| check.row.clone()).collect();
        page.line(&tally(&rows));
    }
}

impl Status {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let mut answer: StatusAnswer = desk::put(config, runtime, &Request::Status)?;
        if let Some(host) = &self.host {
            answer = answer.of_host(host)?;
        }
        let is_fine = answer.watching && answer.all_up;
        let exit = ui.answer(&answer, if is_fine { Exit::Fine } else { Exit::No });
        if !answer.watching {
            nobody_watches(ui);
        }
        Ok(exit)
    }
}

/// Tells that what is shown is of the past.
pub(super) fn nobody_watches(ui: &Ui) {
    let fault = Diagnostic::warning("no-watch", "no watch runs: this is how the last one left it");
    ui.diagnostics(&[fault.help("start one with fleet check --watch")].into_iter().collect());
}

/// There is no check of this name.
pub(super) fn unknown_check<'a>(id: &str, known: impl Iterator<Item = &'a str> + Clone) -> Error {
    let message = format!("there is no check {id:?}");
    match suggest(id, known) {
        Some(meant) => Error::new(ErrorKind::NotFound, format!("{message}; did you mean {meant:?}?")),
        None => Error::new(ErrorKind::NotFound, format!("{message}; fleet check status names all")),
    }
}

/// An answer on its way.
pub(super) fn answered<T: Serialize>(answer: &T) -> Result<Value> {
    serde_json::to_value(answer).map_err(|error| {
        Error::new(ErrorKind::Internal, "the answer cannot be written as JSON").with_source(error)
    })
}
