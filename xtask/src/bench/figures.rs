//! What the benches measure, and the document that keeps it.

use super::machine::Machine;
use serde::{Deserialize, Serialize};

const FORMAT: &str = "purlin.benchmarks";
const VERSION: u32 = 1;

/// One measured operation, as a bench prints it on a line of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Figure {
    /// Crate and operation: `core.policy_run`.
    pub(super) id: String,
    /// What is measured, in words.
    pub(super) what: String,
    /// Unit of `ours` and `peer`.
    pub(super) unit: String,
    pub(super) ours: f64,
    /// The same work done with what people would use instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) peer: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) peer_name: Option<String>,
    /// `ours` divided by `peer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) goal: Option<Goal>,
    /// Whether the goal is met; absent where none is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) met: Option<bool>,
}

/// What a figure should be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Goal {
    /// The most that `ours` may be, in the figure's unit.
    AtMost(f64),
    /// A goal of another kind, in words.
    Words(String),
}

/// docs/benchmarks.json.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    format: String,
    version: u32,
    pub(super) machine: Machine,
    pub(super) results: Vec<Figure>,
}

impl Document {
    pub(super) fn new(machine: Machine, mut results: Vec<Figure>) -> Self {
        results.sort_by(|a, b| a.id.cmp(&b.id));
        Self { format: FORMAT.into(), version: VERSION, machine, results }
    }

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let document: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if (document.format.as_str(), document.version) != (FORMAT, VERSION) {
            return Err(format!(
                "is {} version {}, not {FORMAT} version {VERSION}",
                document.format, document.version
            ));
        }
        Ok(document)
    }

    /// Puts fresh figures in the place of the old ones. Figures of two machines do not belong on one page.
    pub(super) fn with(self, fresh: Vec<Figure>, machine: &Machine) -> Result<Self, String> {
        if self.machine != *machine {
            return Err(
                "the kept figures are of another machine or compiler: run all benches, without a filter"
                    .into(),
            );
        }
        let mut results = self.results;
        results.retain(|old| fresh.iter().all(|new| new.id != old.id));
        results.extend(fresh);
        Ok(Self::new(self.machine, results))
    }

    /// The text of the file, always the same for the same figures.
    pub(super) fn to_text(&self) -> Result<String, String> {
        serde_json::to_string_pretty(self).map(|text| text + "\n").map_err(|error| error.to_string())
    }
}

/// Takes the figures out of what the benches printed; any other line is talk.
pub(super) fn read_lines(output: &str) -> Result<Vec<Figure>, String> {
    let mut figures: Vec<Figure> = Vec::new();
    for line in output.lines().filter(|line| line.starts_with('{')) {
        let figure: Figure =
            serde_json::from_str(line).map_err(|error| format!("{error} in the figure {line}"))?;
        figure.check()?;
        if figures.iter().any(|other| other.id == figure.id) {
            return Err(format!("two figures are called {}", figure.id));
        }
        figures.push(figure);
    }
    Ok(figures)
}

impl Figure {
    /// The crate that the figure belongs to.
    pub(super) fn area(&self) -> &str {
        self.id.split_once('.').map_or(self.id.as_str(), |(area, _)| area)
    }

    fn check(&self) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("{}: {what}", self.id));
        if self.id.split('.').count() != 2 || self.id.split('.').any(str::is_empty) {
            return wrong("an id is crate.operation");
        }
        if self.goal.is_some() != self.met.is_some() {
            return wrong("goal and met belong together");
        }
        if self.peer.is_some() != self.peer_name.is_some() {
            return wrong("peer and peer_name belong together");
        }
        match &self.goal {
            Some(Goal::AtMost(most)) if self.met != Some(self.ours <= *most) => {
                wrong("met is not what goal and ours say")
            }
            _ => Ok(()),
        }
    }
}
