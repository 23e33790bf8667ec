//! benches/explained.toml: why a goal is not met.

use super::EXPLAINED;
use super::figures::Figure;
use crate::fault::{Fault, line_of};
use serde::Deserialize;

/// All explanations.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Explained {
    #[serde(default, rename = "explained")]
    pub(super) entries: Vec<Explanation>,
    #[serde(skip)]
    text: String,
}

/// Why one goal is not met.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Explanation {
    /// The figure.
    pub(super) id: String,
    /// Where the time goes.
    pub(super) profile: String,
    /// Two changes of the design that were tried, each with its figures.
    pub(super) tried: Vec<String>,
    /// What keeps the goal out of reach.
    pub(super) cause: String,
}

impl Explained {
    pub(super) fn parse(text: Option<&str>) -> Result<Self, Fault> {
        let Some(text) = text else {
            return Ok(Self::default());
        };
        let mut explained: Self =
            toml::from_str(text).map_err(|error| Fault::of_toml(EXPLAINED, text, &error))?;
        explained.text = text.to_owned();
        Ok(explained)
    }

    /// Every missed goal is explained, and nothing else is.
    pub(super) fn check(&self, figures: &[Figure]) -> Vec<Fault> {
        let missed: Vec<&str> =
            figures.iter().filter(|f| f.met == Some(false)).map(|f| f.id.as_str()).collect();
        let unexplained = missed.iter().filter(|id| self.entries.iter().all(|entry| entry.id != **id));
        let mut faults: Vec<Fault> = unexplained
            .map(|id| Fault::of_file(EXPLAINED, format!("does not explain why {id} misses its goal")))
            .collect();
        for (index, entry) in self.entries.iter().enumerate() {
            let line = line_of(&self.text, &format!("\"{}\"", entry.id));
            let mut fault = |message: String| faults.push(Fault::at(EXPLAINED, line, message));
            if !missed.contains(&entry.id.as_str()) {
                fault(format!("explains {}, which misses no goal", entry.id));
            }
            if self.entries[..index].iter().any(|other| other.id == entry.id) {
                fault(format!("explains {} twice", entry.id));
            }
            if entry.tried.len() != 2 {
                fault(format!("{}: `tried` holds two changes, not {}", entry.id, entry.tried.len()));
            }
            let words = entry.tried.iter().chain([&entry.profile, &entry.cause]);
            if words.into_iter().any(|text| text.trim().is_empty()) {
                fault(format!("{}: `profile`, `tried` and `cause` say something", entry.id));
            }
        }
        faults
    }
}
