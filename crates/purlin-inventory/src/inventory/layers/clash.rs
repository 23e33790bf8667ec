//! Equals who disagree: two roles of one host with different values of one variable.

use super::{Data, MergeRule, Voice, combine, same};
use crate::inventory::GroupId;
use crate::{Located, Value};
use std::collections::HashSet;
use std::sync::Arc;

/// Two equals with different values.
#[derive(Debug, Clone)]
pub(super) struct Clash {
    pub(super) key: u32,
    /// The way to the value within maps that are merged.
    pub(super) path: Vec<Arc<str>>,
    pub(super) voices: (Voice, Voice),
}

type Said<'a> = Vec<(Voice, &'a Located)>;

impl Data {
    /// What equals say of a variable together, and where they disagree.
    pub(super) fn level_value(&self, key: u32, said: &Said<'_>) -> Option<(Located, Vec<Clash>)> {
        let rule = self.rule(key);
        let (first, rest) = said.split_first()?;
        let mut value = first.1.clone();
        for (_, other) in rest {
            value = combine(rule, &value, other);
        }
        let mut paths = Vec::new();
        if !rest.is_empty() && !rule.wants_lists() {
            let values: Vec<_> = said.iter().map(|(_, value)| *value).collect();
            disagreements(rule, &values, &mut Vec::new(), &mut paths);
        }
        let clash = |path: Vec<Arc<str>>| Some(Clash { key, voices: self.clash_at(said, &path)?, path });
        Some((value, paths.into_iter().filter_map(clash).collect()))
    }

    /// The two who disagree at a path after those have left whom another of them overrules: a group one above it, a
    /// group's files what the inventory says of it.
    fn clash_at(&self, said: &Said<'_>, path: &[Arc<str>]) -> Option<(Voice, Voice)> {
        let said: Said<'_> =
            said.iter().filter_map(|(voice, value)| Some((*voice, at(value, path)?))).collect();
        let above = self.above(said.iter().map(|(voice, _)| *voice));
        let files: HashSet<GroupId> = said
            .iter()
            .filter_map(|(voice, _)| if let Voice::GroupFiles(id) = voice { Some(*id) } else { None })
            .collect();
        let overruled = |voice: Voice| match voice {
            Voice::Group(id) => above.contains(&id) || files.contains(&id),
            Voice::GroupFiles(id) => above.contains(&id),
            _ => false,
        };
        let mut left = said.iter().filter(|(voice, _)| !overruled(*voice));
        let (first, value) = left.next()?;
        let (second, _) = left.find(|(_, other)| !same(&other.value, &value.value))?;
        Some((*first, *second))
    }

    /// The groups above those that speak: among groups one below beats those above it.
    fn above(&self, voices: impl Iterator<Item = Voice>) -> HashSet<GroupId> {
        let group = |voice| match voice {
            Voice::Group(id) | Voice::GroupFiles(id) => Some(id),
            _ => None,
        };
        let parents = |id: GroupId| self.groups[id.0 as usize].parents.iter().copied();
        let mut open: Vec<GroupId> = voices.filter_map(group).flat_map(parents).collect();
        let mut above: HashSet<GroupId> = HashSet::new();
        while let Some(id) = open.pop() {
            if above.insert(id) {
                open.extend(parents(id));
            }
        }
        above
    }

    /// Whether this value leaves nothing of the disagreement.
    pub(super) fn settles(&self, value: &Located, clash: &Clash) -> bool {
        self.rule(clash.key) == MergeRule::Replace || reaches(value, &clash.path)
    }
}

/// Where these values, merged by this rule, contradict each other.
fn disagreements(
    rule: MergeRule,
    values: &[&Located],
    path: &mut Vec<Arc<str>>,
    found: &mut Vec<Vec<Arc<str>>>,
) {
    let maps: Vec<_> = values.iter().filter_map(|value| value.value.as_map()).collect();
    if rule != MergeRule::Deep || maps.len() < values.len() {
        if values.windows(2).any(|pair| !same(&pair[0].value, &pair[1].value)) {
            found.push(path.clone());
        }
        return;
    }
    let mut seen = HashSet::new();
    for (key, _) in maps.iter().flat_map(|map| map.iter()).filter(|(key, _)| seen.insert(*key)) {
        let inner: Vec<_> = maps.iter().filter_map(|map| map.get(key)).collect();
        if inner.len() > 1 {
            path.push(key.into());
            disagreements(rule, &inner, path, found);
            path.pop();
        }
    }
}

fn at<'a>(value: &'a Located, path: &[Arc<str>]) -> Option<&'a Located> {
    path.iter().try_fold(value, |value, key| value.value.as_map()?.get(key))
}

/// Whether it says something at the path, or replaces what the path leads through.
fn reaches(mut value: &Located, path: &[Arc<str>]) -> bool {
    for key in path {
        let Value::Map(map) = &value.value else {
            return true;
        };
        match map.get(key) {
            Some(inner) => value = inner,
            None => return false,
        }
    }
    true
}
