//! Equals who disagree: two roles of one host with different values of one variable.

use super::{Data, MergeRule, Voice, beside, combine, same};
use crate::inventory::order::{Above, near};
use crate::inventory::{Combination, GroupId};
use crate::{Located, Value};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// The clashes of a combination, by variable.
pub(super) type Clashes = BTreeMap<u32, Vec<Clash>>;

/// Where equals disagree, of each combination, and no stronger layer settles it.
pub(super) fn all(data: &Data) -> Vec<Clashes> {
    let Some(native) = &data.native else { return Vec::new() };
    let groups = Disputes::new(data);
    let clashes = |combination| {
        let mut open = Clashes::new();
        for at in 0..native.dimensions.len() + 1 {
            open.retain(|key, clashes| {
                let said = data.said_at(combination, at, *key);
                if let Some((value, _)) = data.level_value(*key, &said) {
                    clashes.retain(|clash| !data.settles(&value, clash));
                }
                !clashes.is_empty()
            });
            let said = match at == native.groups {
                true => groups.said(data, combination),
                false => data.said_twice_at(combination, at),
            };
            for (key, said) in said.into_iter().filter(|(_, said)| said.len() > 1) {
                let found = data.level_value(key, &said).map(|(_, clashes)| clashes).unwrap_or_default();
                if !found.is_empty() {
                    open.entry(key).or_default().extend(found);
                }
            }
        }
        open
    };
    data.combinations.iter().map(clashes).collect()
}

/// Variables about which groups may disagree: those that say them do not all stand below each other.
struct Disputes(Vec<Dispute>);

/// Some of these, and the groups that say any of them.
struct Dispute {
    keys: HashSet<u32>,
    speakers: HashSet<GroupId>,
    above: Above,
}

/// So many places of groups are worked out for variables one by one; what is beyond is looked at together.
const MOST_PLACES: usize = 1 << 20;

impl Disputes {
    fn new(data: &Data) -> Self {
        let mut speakers: BTreeMap<u32, Vec<GroupId>> = BTreeMap::new();
        for id in data.order.ids() {
            let group = data.group(id);
            for (key, _) in group.vars.iter().chain(&group.file_vars) {
                let speakers = speakers.entry(*key).or_default();
                if speakers.last() != Some(&id) {
                    speakers.push(id);
                }
            }
        }
        let mut known: HashMap<(GroupId, GroupId), bool> = HashMap::new();
        let mut is_above = |one: GroupId, other: GroupId| {
            *known.entry((one, other)).or_insert_with(|| data.order.is_above(&data.groups, one, other))
        };
        speakers.retain(|key, ids| {
            let mut pairs = ids.windows(2);
            !data.rule(*key).wants_lists()
                && pairs.any(|pair| matches!(pair, [one, other] if !is_above(*one, *other)))
        });
        let alone = MOST_PLACES / data.groups.len().max(1);
        let mut disputes: Vec<(HashSet<u32>, HashSet<GroupId>)> = Vec::new();
        for (key, ids) in speakers {
            if disputes.len() <= alone {
                disputes.push(Default::default());
            }
            if let Some((keys, speakers)) = disputes.last_mut() {
                keys.insert(key);
                speakers.extend(ids);
            }
        }
        let dispute = |(keys, speakers): (HashSet<u32>, HashSet<GroupId>)| {
            let above = data.order.nearest(&data.groups, |id| speakers.contains(&id));
            Dispute { keys, speakers, above }
        };
        Self(disputes.into_iter().map(dispute).collect())
    }

    fn said<'a>(&self, data: &'a Data, combination: &Combination) -> BTreeMap<u32, Said<'a>> {
        let mut all: BTreeMap<u32, Said<'a>> = BTreeMap::new();
        for Dispute { keys, speakers, above } in &self.0 {
            let mut near = near(combination, above, |id| speakers.contains(&id));
            near.sort_unstable();
            near.dedup();
            // Whoever says it above the one nearest is overruled.
            if near.len() < 2 {
                continue;
            }
            for id in data.wanted_groups(combination, above, |id| speakers.contains(&id)) {
                for voice in [Voice::Group(id), Voice::GroupFiles(id)] {
                    data.add_said(&mut all, voice, |key| keys.contains(&key));
                }
            }
        }
        all
    }
}

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
    /// What is said of a variable at a level.
    fn said_at(&self, combination: &Combination, at: usize, key: u32) -> Said<'_> {
        let said = |voice: Voice| Some((voice, self.says(voice, key)?));
        match self.native.as_ref().is_some_and(|native| native.groups == at) {
            true => {
                let groups = self.speaking_groups(combination).into_iter();
                groups.flat_map(|id| [Voice::Group(id), Voice::GroupFiles(id)]).filter_map(said).collect()
            }
            false => combination.levels[at].iter().copied().filter_map(said).collect(),
        }
    }

    /// What several layers of a level may say.
    fn said_twice_at(&self, combination: &Combination, at: usize) -> BTreeMap<u32, Said<'_>> {
        let mut all = BTreeMap::new();
        let level = &combination.levels[at];
        if level.len() > 1 {
            level.iter().for_each(|voice| self.add_said(&mut all, *voice, |_| true));
        }
        all
    }

    fn add_said<'a>(&'a self, all: &mut BTreeMap<u32, Said<'a>>, voice: Voice, wanted: impl Fn(u32) -> bool) {
        for (key, value) in self.said_by(voice).iter().filter(|(key, _)| wanted(*key)) {
            let said = all.entry(*key).or_default();
            // Files beside several sources may say it more than once; the last one counts.
            match said.last_mut().filter(|(last, _)| *last == voice) {
                Some((_, last)) => *last = value,
                None => said.push((voice, value)),
            }
        }
    }

    /// What equals say of a variable together, and where they disagree.
    pub(super) fn level_value(&self, key: u32, said: &Said<'_>) -> Option<(Located, Vec<Clash>)> {
        let rule = self.rule(key);
        let (first, rest) = said.split_first()?;
        let mut value = first.1.clone();
        for (_, other) in rest {
            value = combine(beside(rule), &value, other);
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
    let indexes: Vec<_> = maps.iter().map(|map| map.index()).collect();
    let mut seen = HashSet::new();
    for (key, _) in maps.iter().flat_map(|map| map.iter()).filter(|(key, _)| seen.insert(*key)) {
        let inner: Vec<_> = maps
            .iter()
            .zip(&indexes)
            .filter_map(|(map, index)| Some(&map.entries()[index.get(key)?].1))
            .collect();
        if inner.len() > 1 {
            path.push(key.into());
            disagreements(rule, &inner, path, found);
            path.pop();
        }
    }
}

/// Where two values of equals contradict each other under a rule.
pub(crate) fn contradictions(rule: MergeRule, one: &Located, other: &Located) -> Vec<Vec<Arc<str>>> {
    let mut paths = Vec::new();
    if !rule.wants_lists() {
        disagreements(rule, &[one, other], &mut Vec::new(), &mut paths);
    }
    paths
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
