//! What an answer must be.

use super::channel::Answer;
use std::ops::RangeInclusive;

/// What an answer must be.
pub(super) struct Expected {
    pub(super) status: RangeInclusive<u16>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) texts: Vec<String>,
    pub(super) json: Vec<(String, serde_json::Value)>,
}

impl Default for Expected {
    fn default() -> Self {
        Self { status: 200..=399, headers: Vec::new(), texts: Vec::new(), json: Vec::new() }
    }
}

impl Expected {
    /// The first expectation that is broken: which one, and how.
    pub(super) fn broken(&self, answer: &Answer) -> Option<(&'static str, String)> {
        self.status(answer)
            .or_else(|| self.header(answer))
            .or_else(|| self.text(answer))
            .or_else(|| self.json(answer))
    }

    fn status(&self, answer: &Answer) -> Option<(&'static str, String)> {
        let (first, last) = (self.status.start(), self.status.end());
        let wanted = if first == last { first.to_string() } else { format!("{first} to {last}") };
        let is_broken = !self.status.contains(&answer.head.status.as_u16());
        is_broken.then(|| ("status", format!("{}, expected {wanted}", answer.status_line())))
    }

    fn header(&self, answer: &Answer) -> Option<(&'static str, String)> {
        let (name, value) = self.headers.iter().find(|(name, value)| {
            let mut found = answer.head.headers.get_all(name).iter();
            !found.any(|found| found.as_bytes() == value.as_bytes())
        })?;
        Some(("header", format!("no header {name}: {value}")))
    }

    fn text(&self, answer: &Answer) -> Option<(&'static str, String)> {
        let body = &answer.body;
        let missing = self.texts.iter().find(|text| {
            let text = text.as_bytes();
            !text.is_empty() && !body.windows(text.len()).any(|window| window == text)
        })?;
        Some(("text", format!("no \"{missing}\" in the body")))
    }

    fn json(&self, answer: &Answer) -> Option<(&'static str, String)> {
        if self.json.is_empty() {
            return None;
        }
        let Ok(body) = serde_json::from_slice::<serde_json::Value>(&answer.body) else {
            return Some(("json", "the body is no JSON".to_owned()));
        };
        self.json.iter().find_map(|(pointer, wanted)| {
            let found = body.pointer(pointer);
            let said = found.map_or_else(|| "nothing".to_owned(), ToString::to_string);
            (found != Some(wanted)).then(|| ("json", format!("{said} at {pointer}, expected {wanted}")))
        })
    }
}
