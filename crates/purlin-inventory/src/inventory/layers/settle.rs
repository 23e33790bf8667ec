//! What is worked out once, when an inventory is built: layers, conflicts, merged values of single hosts, other names.

use super::merge::alone;
use super::place::{self, Dimension, Seat};
use super::{Layer, Native, Rule, Voice, clash, combine, names, report};
use crate::inventory::{Combination, Data, Earlier, HostId, narrow};
use crate::native::layers::{GROUP, Layers, key_of};
use crate::{Located, MergeRule, Profile};
use purlin_core::Diagnostics;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Settles an inventory whose hosts, groups and combinations are there.
pub(crate) fn settle(data: &mut Data, layers: Layers, report: &mut Diagnostics) {
    names::settle(data, report);
    if data.profile != Profile::Native {
        return data.settle_said(report);
    }
    layers.check_dimensions(&data.files, report);
    data.native = Some(Native::new(data, layers));
    data.settle_said(report);
    report::lists(data, report);
    let order = place::order(data, report);
    refine(data, &order, report);
    report::clashes(data, &clash::all(data), report);
    // Where something is wrong, a layer without hosts may follow from it.
    if !report.has_errors() {
        report::unused(data, report);
    }
    merge_hosts(data);
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
        let mut ids = |vars: Vec<(Arc<str>, Located)>| -> Vec<(u32, Located)> {
            vars.into_iter().map(|(key, value)| (data.keys.id_shared(&key).0, value)).collect()
        };
        let earlier = |(key, value)| Earlier { layer: None, key, value, is_last: false };
        let layers = layers.layers.into_iter().map(|layer| Layer {
            vars: ids(layer.vars),
            earlier: ids(layer.earlier).into_iter().map(earlier).collect(),
            dimension: layer.dimension,
            member: layer.member,
            origin: layer.origin,
        });
        let layers = layers.collect();
        let groups = dimensions.iter().position(|name| **name == *GROUP).map_or(0, |at| at + 1);
        Self { dimensions, rules, layers, groups }
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
    let groups = place::of_groups(data, &dimensions);
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
            groups: groups.get(host.combination as usize),
            index: &index,
            defaults,
        };
        let levels = seat.levels(native.groups, report);
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
            let rule = data.rule(key);
            let shared = data.shared_var(&data.combinations[host.combination as usize], key);
            let mut all = shared.into_iter().chain(own);
            let Some(first) = all.next() else { continue };
            let value = match all.next() {
                Some(second) => {
                    let value = combine(rule, first, second);
                    Some(all.fold(value, |weaker, value| combine(rule, &weaker, value)))
                }
                None => alone(rule, first),
            };
            merged.extend(value.map(|value| (id, key, value)));
        }
    }
    merged.into_iter().for_each(|(host, key, value)| data.hosts[host].merged.push((key, value)));
}
