//! What happens in a run, as lines.

use crate::app::NAME;
use crate::output::{Integer, Mood, Ui, local};
use purlin::core::Timestamp;
use purlin::deploy::{Entry, Record};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// What happened in a run, a JSON line each.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EventLine {
    /// What this is.
    format: String,
    /// The version of this format.
    version: u32,
    /// The run.
    run: String,
    /// Its number in the run, from 1, without gaps.
    seq: Integer,
    /// When it was written down.
    #[schemars(with = "String", extend("format" = "date-time"))]
    at: Timestamp,
    /// What happened, such as started, landed, failed, ended.
    r#type: String,
    /// Where; null for what is about the run.
    host: Option<String>,
    /// The step; null for what is about none.
    step: Option<String>,
    /// What else is known of it, by the type.
    #[schemars(with = "Value")]
    detail: Map<String, Value>,
}

impl EventLine {
    /// The version of the format.
    pub(crate) const VERSION: u32 = 1;

    /// What the format is called.
    pub(crate) fn format() -> String {
        format!("{NAME}.deploy-event")
    }

    /// The event of an entry. A plan stands in it by its name.
    pub(super) fn new(entry: &Entry) -> Self {
        let mut detail = match serde_json::to_value(&entry.record) {
            Ok(Value::Object(members)) => members,
            _ => Map::new(),
        };
        let mut text = |key: &str| match detail.remove(key) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let (r#type, host, step) = (text("type").unwrap_or_default(), text("host"), text("step"));
        if let Record::Opened { plan, .. } = &entry.record {
            detail.insert("plan".to_owned(), plan.id.as_str().into());
            detail.insert("name".to_owned(), plan.name.as_str().into());
        }
        Self {
            format: Self::format(),
            version: Self::VERSION,
            run: entry.run.to_string(),
            seq: entry.seq.into(),
            at: entry.at,
            r#type,
            host,
            step,
            detail,
        }
    }
}

/// The line of an entry; none where it is no news to people.
pub(super) fn line(ui: &Ui, entry: &Entry) -> Option<String> {
    if ui.is_json() {
        return serde_json::to_string(&EventLine::new(entry)).ok().map(|line| line + "\n");
    }
    let (state, mood, what, message) = told(&entry.record)?;
    let mut page = ui.page();
    page.event(&local(entry.at), (state, mood), &what, &message);
    Some(page.into_text())
}

type Told = (&'static str, Mood, String, String);

fn told(record: &Record) -> Option<Told> {
    use Mood::{Bad, Doubtful, Good};
    let at = |host: &dyn std::fmt::Display, step: &dyn std::fmt::Display| format!("{host} {step}");
    Some(match record {
        Record::Opened { plan, holder } => {
            let by = format!("{} on {}", holder.operator, holder.controller);
            ("begins", Good, plan.name.clone(), format!("plan {}, by {by}", plan.id))
        }
        Record::Resumed { holder } => {
            ("goes on", Good, "run".to_owned(), format!("by {} on {}", holder.operator, holder.controller))
        }
        Record::Unchanged { host, step } => ("as wanted", Good, at(host, step), String::new()),
        Record::Verified { host, step } => ("done", Good, at(host, step), String::new()),
        Record::Failed { host, step, why, again, .. } => {
            let mood = if *again { Doubtful } else { Bad };
            ("failed", mood, at(host, step), why.clone())
        }
        Record::InDoubt { host, step, why, .. } => ("in doubt", Bad, at(host, step), why.clone()),
        Record::Unreachable { host, why } => ("unreached", Bad, host.to_string(), why.clone()),
        Record::Undone { host, step } => ("undone", Doubtful, at(host, step), String::new()),
        Record::Closed { host, step } => ("closed", Good, at(host, step), String::new()),
        Record::NotUndone { host, step, why, .. } => ("not undone", Bad, at(host, step), why.clone()),
        Record::Gated { gate, verdict, .. } => {
            let (state, mood) = if verdict.passed { ("passed", Good) } else { ("not passed", Bad) };
            (state, mood, format!("gate {gate}"), verdict.evidence.clone())
        }
        Record::BatchPassed { batch } => ("passed", Good, format!("batch {}", batch + 1), String::new()),
        Record::Told { control, by, reason } => {
            let word = match serde_json::to_value(control) {
                Ok(Value::Object(members)) => {
                    members.get("control").and_then(Value::as_str).map(str::to_owned)
                }
                _ => None,
            };
            ("told", Doubtful, word.unwrap_or_default(), format!("by {by} {reason}").trim_end().to_owned())
        }
        Record::Turned { why, .. } => ("turns", Bad, "run".to_owned(), why.clone()),
        _ => return None,
    })
}
