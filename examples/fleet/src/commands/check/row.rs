//! What is known of a check, for people and machines.

use crate::output::{Answer, Mood, Page, local};
use purlin::core::{Timestamp, units};
use purlin::health::{Snapshot, State, Status};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What is known of a check.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Row {
    /// The check.
    pub(super) id: String,
    /// The host that it is about; null where it is about none.
    pub(super) host: Option<String>,
    /// What the last result said: ok, warning, unknown or critical; unknown where there is none, or it is too old.
    pub(super) status: String,
    /// What is believed: pending, up, suspect, down or recovering.
    pub(super) state: String,
    /// Since when it is so.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) since: Timestamp,
    /// How old the last result is, in seconds; null where there is none.
    pub(super) age_s: Option<f64>,
    /// Whether the last result is too old to say anything.
    pub(super) stale: bool,
    /// Whether it goes up and down all the time.
    pub(super) flapping: bool,
    /// The last result's line for people.
    pub(super) message: String,
}

impl Row {
    pub(super) fn new(snapshot: &Snapshot) -> Self {
        let is_host = snapshot.subject.kind.as_str() == "host";
        Self {
            id: snapshot.id.to_string(),
            host: is_host.then(|| snapshot.subject.id.to_string()),
            status: status(snapshot.status).to_owned(),
            state: state(snapshot.state).to_owned(),
            since: snapshot.since,
            age_s: snapshot.age.map(|age| (age.as_secs_f64() * 1000.0).round() / 1000.0),
            stale: snapshot.is_stale,
            flapping: snapshot.is_flapping,
            message: match snapshot.state {
                State::Pending if snapshot.message.is_empty() => "no result yet".to_owned(),
                _ => snapshot.message.clone(),
            },
        }
    }

    /// Whether it is sure to be well.
    pub(super) fn is_up(&self) -> bool {
        self.state == "up" && !self.stale
    }

    /// Whether it is a check of the watch itself that nobody needs to see: it works, or was not needed yet.
    pub(super) fn is_own_and_well(&self) -> bool {
        let is_own = self.id == "monitor/store" || self.id.starts_with("monitor/publisher ");
        is_own && matches!(self.state.as_str(), "up" | "pending")
    }

    pub(super) fn cells(&self) -> [String; 5] {
        let mut state = self.state.clone();
        if self.stale {
            state.push_str(" (stale)");
        } else if self.flapping {
            state.push_str(" (flaps)");
        } else if self.state == "up" && self.status == "warning" {
            state.push_str(" (warning)");
        }
        [state, self.id.clone(), local(self.since), age(self.age_s), self.message.clone()]
    }
}

/// One row a check, its state in the colour of how bad it is.
pub(super) fn table<'r>(page: &mut Page, rows: impl IntoIterator<Item = &'r Row>) {
    page.state_table(["STATE", "CHECK", "SINCE", "AGE", "MESSAGE"], rows.into_iter().map(Row::cells), mood);
}

/// How bad a state is.
pub(super) fn mood(state: &str) -> Mood {
    match state.split(' ').next() {
        Some("down" | "recovering") => Mood::Bad,
        Some("up") if !state.contains('(') => Mood::Good,
        _ => Mood::Doubtful,
    }
}

pub(super) fn age(seconds: Option<f64>) -> String {
    match seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
        Some(age) if age < Duration::from_millis(1) => "now".to_owned(),
        Some(age) => units::duration::approximate(age),
        None => "-".to_owned(),
    }
}

pub(super) fn state(state: State) -> &'static str {
    match state {
        State::Pending => "pending",
        State::Up => "up",
        State::Suspect => "suspect",
        State::Down => "down",
        State::Recovering => "recovering",
    }
}

pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Ok => "ok",
        Status::Warning => "warning",
        Status::Unknown => "unknown",
        Status::Critical => "critical",
    }
}

/// How the checks are.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CheckAnswer {
    /// Whether all are up.
    pub(super) all_up: bool,
    /// Each check, in the order of their names.
    pub(super) checks: Vec<Row>,
}

impl Answer for CheckAnswer {
    const NAME: &'static str = "check";

    fn page(&self, page: &mut Page) {
        table(page, &self.checks);
        page.line(&tally(&self.checks));
    }
}

/// How many are how, the worst first: `2 of 9 are down, 1 suspect`.
pub(super) fn tally(rows: &[Row]) -> String {
    let count = |wanted: &str| rows.iter().filter(|row| row.state == wanted).count();
    let mut parts: Vec<String> = ["down", "recovering", "suspect", "pending", "up"]
        .into_iter()
        .map(|state| (count(state), state))
        .filter(|(count, _)| *count > 0)
        .map(|(count, state)| format!("{count} {state}"))
        .collect();
    let stale = rows.iter().filter(|row| row.stale).count();
    if stale > 0 {
        parts.push(format!("{stale} of them stale"));
    }
    let checks = if rows.len() == 1 { "check" } else { "checks" };
    match parts.is_empty() {
        true => "no checks".to_owned(),
        false => format!("{} {checks}: {}", rows.len(), parts.join(", ")),
    }
}
