//! Why a variable has its value.

mod rule;
mod shown;
mod spoken;

pub use shown::Shown;

use crate::inventory::{Data, GroupId, Voice, same};
use crate::{Inventory, Located, MergeRule};
use purlin_core::{Error, ErrorKind, Place, Result, suggest};
use serde::Serialize;
use spoken::Spoken;
use std::fmt;

/// Why a variable of a host has its value: everybody who spoke, the weakest first, and the rule that decided.
///
/// It prints as lines for people and serialises as a document of its own shape. Secrets are `***` in both.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The host.
    pub host: String,
    /// The variable.
    pub key: String,
    /// The value in force.
    pub value: Shown,
    /// Where it was said; where several values were merged, where the strongest was.
    pub place: Place,
    /// The rule that decided, in words.
    pub rule: String,
    /// Everybody who spoke, the weakest first.
    pub contributions: Vec<Contribution>,
}

/// What one of those who spoke said.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Contribution {
    /// Who: `defaults`, `role "web"`, `group "prod"`, `host`.
    pub layer: String,
    /// What.
    pub value: Shown,
    /// Where.
    pub place: Place,
    /// Whether it is in force, alone or as a part of what was merged.
    pub won: bool,
}

impl Inventory {
    /// Why a variable of a host has its value.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), with a suggestion, for a host or a variable that is not there.
    pub fn explain(&self, host: &str, key: &str) -> Result<Explanation> {
        let host = self.find_host(host)?;
        let spoken = self.0.keys.get(key).map(|id| self.0.spoken(host, id)).unwrap_or_default();
        let (Some(value), false) = (host.var(key), spoken.is_empty()) else {
            let message = format!("no variable {key:?} of host {:?}", host.name());
            let error = missing(message, key, host.vars().map(|(key, _)| key));
            return Err(match crate::native::unsaid(key) {
                Some(note) => error.with_note(note),
                None => error,
            });
        };
        let rule = self.0.keys.get(key).map_or(MergeRule::Replace, |id| self.0.rule(id));
        let won = winners(rule, &spoken, value);
        let contribution = |(spoken, won): (&Spoken<'_>, bool)| Contribution {
            layer: self.0.voice_name(spoken.voice),
            value: Shown::new(spoken.value),
            place: self.place(spoken.value.origin),
            won,
        };
        Ok(Explanation {
            host: host.name().to_owned(),
            key: key.to_owned(),
            value: Shown::new(value),
            place: self.place(value.origin),
            rule: rule::in_words(&self.0, key, rule, &spoken, &won),
            contributions: spoken.iter().zip(won).map(contribution).collect(),
        })
    }
}

/// Something that people named and that is not there.
pub(crate) fn missing<'a>(message: String, name: &str, known: impl Iterator<Item = &'a str>) -> Error {
    let error = Error::new(ErrorKind::NotFound, message).with_operation("inventory.explain");
    match suggest(name, known) {
        Some(meant) => error.with_note(format!("did you mean {meant:?}?")),
        None => error,
    }
}

/// Who is in force. Equals who say the same win together; of what is merged all parts win.
fn winners(rule: MergeRule, spoken: &[Spoken<'_>], value: &Located) -> Vec<bool> {
    let merges = |said: &Spoken<'_>| match rule {
        MergeRule::Replace => false,
        MergeRule::Deep => said.value.value.as_map().is_some(),
        MergeRule::Append | MergeRule::Unique | MergeRule::Remove => said.value.value.as_list().is_some(),
    };
    let strongest = spoken.last().map_or((0, 0), |last| last.level);
    if spoken.last().is_some_and(merges) {
        return parts(spoken, merges);
    }
    spoken.iter().map(|said| said.level == strongest && same(&said.value.value, &value.value)).collect()
}

/// The parts of what is merged: first of what each voice has said, then of what the voices of a level say, then of what the
/// levels say. In each of them, what cannot be merged replaces what came before it.
fn parts(spoken: &[Spoken<'_>], merges: impl Fn(&Spoken<'_>) -> bool) -> Vec<bool> {
    let mut won = vec![false; spoken.len()];
    let mut below = spoken.len();
    for level in spoken.chunk_by(|one, other| one.level.0 == other.level.0).rev() {
        let start = below - level.len();
        let voices = level.iter().rev().filter(|said| said.is_last());
        let mut merging = voices.take_while(|said| merges(said)).peekable();
        if merging.peek().is_none() {
            break;
        }
        for last in merging {
            let own = (start..below).rev().filter(|index| last.is_with(&spoken[*index]));
            own.take_while(|index| merges(&spoken[*index])).for_each(|index| won[index] = true);
        }
        below = start;
    }
    won
}

impl Data {
    /// Who speaks, for people.
    pub(crate) fn voice_name(&self, voice: Voice) -> String {
        let group = |id: GroupId| self.group_names.text(id.0);
        match voice {
            Voice::Layer(id) => {
                let layer = self.native.as_ref().and_then(|native| native.layers.get(id as usize));
                layer.map(|layer| layer.name()).unwrap_or_default()
            }
            Voice::Group(id) => format!("group {:?}", group(id)),
            Voice::GroupFiles(id) => format!("group_vars of {:?}", group(id)),
            Voice::Host(_) => "host".to_owned(),
            Voice::HostFiles(_) => "host_vars".to_owned(),
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} of {} is {}", self.key, self.host, self.value)?;
        writeln!(f, "  from {}", self.place)?;
        writeln!(f, "  because {}", self.rule)?;
        write!(f, "  said, the weakest first:")?;
        let width = self.contributions.iter().map(|said| said.layer.chars().count()).max().unwrap_or(0);
        for said in &self.contributions {
            let mark = if said.won { '*' } else { ' ' };
            write!(f, "\n  {mark} {:width$}  {}  {}", said.layer, said.value, said.place)?;
        }
        Ok(())
    }
}
