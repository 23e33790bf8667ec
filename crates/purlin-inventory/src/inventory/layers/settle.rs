//! What is worked out once, when an inventory is built: layers, conflicts, merged values of single hosts, other names.

use super::clash::Clash;
use super::place::{self, Dimension, Seat};
use super::{Layer, Native, Rule, Voice, combine, names, report};
use crate::inventory::{Combination, Data, HostId, narrow};
use crate::native::layers::{Layers, key_of};
use crate::{Located, MergeRule, Profile};
use purlin_core::Diagnostics;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The clashes of a combination, by variable.
pub(super) type Clashes = BTreeMap<u32, Vec<Clash>>;

/// Settles an inventory whose hosts, groups and combinations are there.
pub(crate) fn settle(data: &mut Data, layers: Layers, report: &mut Diagnostics) {
    names::settle(data, report);
    if data.profile == Profile::Native {
        data.native = Some(Native::new(data, layers));
        report::lists(data, report);
        let order = place::order(data, report);
        refine(data, &order, report);
        let clashes = resolve(data);
        report::clashes(data, &clashes, report);
        report::unused(data, report);
        merge_hosts(data);
    }
}

impl Native {
    fn new(data: &mut Data, layers: Layers) -> Self {
        let dimensions = layers.dimensions();
        let mut rules: HashMap<u32, Rule> = HashMap::new();
        // One layer gives a service its port, another its link: whole replacement is never meant.
        let services = data.keys.id("services").0;
        rules.insert(services, Rule { rule: MergeRule::Deep, origin: None });
        for (key, rule, origin) in layers.rules {
            rules.insert(data.keys.id(&key).0, Rule { rule, origin: Some(origin) });
        }
        let layers = layers.layers.into_iter().map(|layer| Layer {
            vars: layer.vars.into_iter().map(|(key, value)| (data.keys.id(&key).0, value)).collect(),
            dimension: layer.dimension,
            member: layer.member,
            origin: layer.origin,
        });
        let layers = layers.collect();
        Self { dimensions, rules, layers }
    }
}

/// Combinations become as fine as the layers: each distinct pair of groups and layers once.
fn refine(data: &mut Data, order: &[usize], report: &mut Diagnostics) {
    let Some(native) = &data.native else { return };
    let index: HashMap<(&str, &str), u32> =
        (0..).zip(&native.layers).map(|(id, layer)| ((&*layer.dimension, &*layer.member), id)).collect();
    let key = |name: &Arc<str>| data.keys.get(key_of(name));
    let dimensions: Vec<Dimension<'_>> =
        native.dimensions.iter().map(|name| Dimension { name, key: key(name) }).collect();
    let placing = place::placing(data, &dimensions);
    let defaults = index.get(&("", "")).copied();
    let groups: Vec<Vec<Voice>> = data.combinations.iter().map(|known| group_voices(data, known)).collect();
    let mut known: HashMap<(u32, Vec<Vec<Voice>>), u32> = HashMap::new();
    let mut combinations = Vec::new();
    let mut of_host = Vec::with_capacity(data.hosts.len());
    for (id, host) in (0..).zip(&data.hosts) {
        let seat = Seat {
            data,
            host: HostId(id),
            dimensions: &dimensions,
            order,
            placing: &placing,
            index: &index,
            defaults,
        };
        let levels = seat.levels(&groups[host.combination as usize], report);
        let fine = known.entry((host.combination, levels)).or_insert_with_key(|(coarse, levels)| {
            let direct = data.combinations[*coarse as usize].direct.clone();
            combinations.push(Combination::new(direct, levels.clone()));
            narrow(combinations.len() - 1)
        });
        of_host.push(*fine);
    }
    data.combinations = combinations;
    for (host, combination) in data.hosts.iter_mut().zip(of_host) {
        host.combination = combination;
    }
}

/// The groups of a combination that say something, those above before those below.
fn group_voices(data: &Data, combination: &Combination) -> Vec<Voice> {
    let mut groups = data.speaking_groups(combination);
    groups.sort_by_key(|id| (data.groups[id.0 as usize].depth, id.0));
    let voices = groups.into_iter().flat_map(|id| [Voice::Group(id), Voice::GroupFiles(id)]);
    voices.filter(|voice| !data.said_by(*voice).is_empty()).collect()
}

/// Resolves each combination once; returns the clashes of each that no stronger layer settles, by variable.
fn resolve(data: &Data) -> Vec<Clashes> {
    let mut clashes = Vec::with_capacity(data.combinations.len());
    for combination in &data.combinations {
        let mut merged: BTreeMap<u32, Located> = BTreeMap::new();
        let mut open = Clashes::new();
        for level in &combination.levels {
            let mut said: BTreeMap<u32, Vec<(Voice, &Located)>> = BTreeMap::new();
            for voice in level {
                for (key, value) in data.said_by(*voice) {
                    let said = said.entry(*key).or_default();
                    // Files beside several sources may say it more than once; the last one counts.
                    match said.last_mut().filter(|(last, _)| last == voice) {
                        Some((_, last)) => *last = value,
                        None => said.push((*voice, value)),
                    }
                }
            }
            for (key, said) in said {
                let Some((value, clashes)) = data.level_value(key, &said) else { continue };
                if let Some(open) = open.get_mut(&key) {
                    open.retain(|clash| !data.settles(&value, clash));
                }
                if !clashes.is_empty() {
                    open.entry(key).or_default().extend(clashes);
                }
                let value = match merged.get(&key) {
                    Some(weaker) => combine(data.rule(key), weaker, &value),
                    None => value,
                };
                merged.insert(key, value);
            }
        }
        // Nobody else can have set it: the inventory is not yet handed out.
        let _ = combination.vars.set(merged.into_iter().collect());
        clashes.push(open);
    }
    clashes
}

/// The variables of single hosts that are merged with what is said of them elsewhere.
fn merge_hosts(data: &mut Data) {
    let mut merged: Vec<(usize, u32, Located)> = Vec::new();
    let merges = |key: &u32| data.rule(*key) != MergeRule::Replace;
    for (id, host) in data.hosts.iter().enumerate() {
        let mut said: BTreeMap<u32, Vec<&Located>> = BTreeMap::new();
        for (key, value) in host.vars.iter().chain(&host.file_vars).filter(|(key, _)| merges(key)) {
            said.entry(*key).or_default().push(value);
        }
        for (key, own) in said {
            let shared = shared_var(data, host.combination, key);
            let mut all = shared.into_iter().chain(own);
            if let (Some(first), Some(second)) = (all.next(), all.next()) {
                let rule = data.rule(key);
                let value = combine(rule, first, second);
                merged.push((id, key, all.fold(value, |weaker, value| combine(rule, &weaker, value))));
            }
        }
    }
    merged.into_iter().for_each(|(host, key, value)| data.hosts[host].merged.push((key, value)));
}

/// What the layers of a combination say together, which [`resolve`] has settled.
pub(super) fn shared_var(data: &Data, combination: u32, key: u32) -> Option<&Located> {
    let vars = data.combinations[combination as usize].vars.get()?;
    let index = vars.binary_search_by_key(&key, |(known, _)| *known).ok()?;
    Some(&vars[index].1)
}
