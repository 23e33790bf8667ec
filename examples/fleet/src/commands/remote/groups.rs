//! What is the same on many hosts is shown once.

use super::{Reports, State, Verdict};
use crate::exit::Exit;
use crate::output::{Page, Ui};
use purlin::ErrorKind;
use purlin::core::Diagnostic;
use purlin::inventory::NodeSet;
use std::collections::HashMap;
use std::hash::Hash;

/// Hosts by what was found on them, the largest group first.
#[derive(Debug)]
pub(in crate::commands) struct Groups<K>(pub(in crate::commands) Vec<(K, Vec<String>)>);

impl<K: Hash + Eq + Clone> FromIterator<(K, String)> for Groups<K> {
    fn from_iter<I: IntoIterator<Item = (K, String)>>(found: I) -> Self {
        let mut places: HashMap<K, usize> = HashMap::new();
        let mut groups: Vec<(K, Vec<String>)> = Vec::new();
        for (key, host) in found {
            let place = *places.entry(key.clone()).or_insert_with(|| {
                groups.push((key, Vec::new()));
                groups.len() - 1
            });
            if let Some((_, hosts)) = groups.get_mut(place) {
                hosts.push(host);
            }
        }
        for (_, hosts) in &mut groups {
            hosts.sort();
        }
        groups.sort_by(|(_, one), (_, other)| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        Self(groups)
    }
}

/// `1 host`, `38 hosts`.
pub(in crate::commands) fn hosts(count: usize) -> String {
    if count == 1 { "1 host".to_owned() } else { format!("{count} hosts") }
}

/// Names as one short text.
pub(in crate::commands) fn folded<'n>(names: impl IntoIterator<Item = &'n String>) -> String {
    names.into_iter().map(String::as_str).collect::<NodeSet>().to_string()
}

impl<T: Verdict> Reports<T> {
    /// How many hosts there are of each state, where that is not one state.
    pub(in crate::commands) fn summary(&self, page: &mut Page) {
        let mut counts: Vec<(State, usize)> = Vec::new();
        let not_begun = self.not_begun.iter().map(|_| State::NotBegun);
        for state in self.outcomes.iter().map(super::Outcome::state).chain(not_begun) {
            match counts.iter_mut().find(|(known, _)| *known == state) {
                Some((_, count)) => *count += 1,
                None => counts.push((state, 1)),
            }
        }
        counts.sort_by_key(|(state, _)| (state.exit(), state.words()));
        let all: usize = counts.iter().map(|(_, count)| count).sum();
        if counts.len() > 1 {
            let parts: Vec<_> =
                counts.iter().map(|(state, count)| format!("{count} {}", state.words())).collect();
            page.heading(&format!("{}: {}", hosts(all), parts.join(", ")));
        }
    }

    /// Tells each failure, and whose turn did not come.
    pub(in crate::commands) fn tell(&self, ui: &Ui) {
        let mut failed: Vec<_> = self
            .outcomes
            .iter()
            .filter_map(|it| it.result.as_ref().err().map(|why| (&it.host, why)))
            .collect();
        failed.sort_by_key(|(host, _)| *host);
        for (_, failure) in failed.iter().filter(|(_, failure)| failure.state != State::Cancelled) {
            ui.error(&failure.error);
        }
        let cancelled: Vec<_> = failed
            .iter()
            .filter(|(_, failure)| failure.state == State::Cancelled)
            .map(|(host, _)| (*host).clone())
            .collect();
        if !cancelled.is_empty() {
            let message = format!("{} cut off on the way: {}", hosts(cancelled.len()), folded(&cancelled));
            ui.verdict(ErrorKind::Cancelled, &Diagnostic::error("cancelled", message));
        }
        if !self.not_begun.is_empty() {
            let message = format!("{} not begun: {}", hosts(self.not_begun.len()), folded(&self.not_begun));
            ui.verdict(ErrorKind::Cancelled, &Diagnostic::error("not-begun", message));
        }
        if let Some(error) = &self.ended {
            ui.error(error);
        }
    }

    /// The end of the answer, for people and machines.
    pub(in crate::commands) fn close(
        &self,
        ui: &Ui,
        flow: Option<crate::output::Flow>,
        page: impl FnOnce(&mut Page),
    ) -> Exit {
        let exit = match flow {
            Some(flow) => ui.flowed(flow, self.exit()),
            None => {
                let mut text = ui.page();
                page(&mut text);
                self.summary(&mut text);
                ui.text(&text.into_text(), self.exit())
            }
        };
        self.tell(ui);
        exit
    }
}
