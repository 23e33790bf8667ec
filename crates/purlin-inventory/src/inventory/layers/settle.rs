//! What is worked out once, when an inventory is built: layers, conflicts, merged values of single hosts, other names.

use super::clash::Clash;
use super::place::{self, Dimension, Seat, members};
use super::{Layer, Native, Rule, Voice, combine, names};
use crate::inventory::{Combination, Data, HostId, narrow};
use crate::native::layers::{Layers, key_of};
use crate::{Located, MergeRule, Profile};
use purlin_core::{Diagnostic, Diagnostics, suggest};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

/// Settles an inventory whose hosts, groups and combinations are there.
pub(crate) fn settle(data: &mut Data, layers: Layers, report: &mut Diagnostics) {
    names::settle(data, report);
    if data.profile == Profile::Native {
        data.native = Some(Native::new(data, layers));
        check_lists(data, report);
        let order = place::order(data, report);
        refine(data, &order, report);
        let clashes = resolve(data);
        report_clashes(data, &clashes, report);
        report_unused(data, report);
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

/// A merge rule for lists needs lists.
fn check_lists(data: &Data, report: &mut Diagnostics) {
    let Some(native) = &data.native else { return };
    let lists: Vec<(u32, Rule)> = native
        .rules
        .iter()
        .filter(|(_, rule)| rule.rule.wants_lists())
        .map(|(key, rule)| (*key, *rule))
        .collect();
    if lists.is_empty() {
        return;
    }
    let layers = native.layers.iter().map(|layer| &layer.vars);
    let groups = data.groups.iter().flat_map(|group| [&group.vars, &group.file_vars]);
    let hosts = data.hosts.iter().flat_map(|host| [&host.vars, &host.file_vars]);
    let all = layers.chain(groups).chain(hosts).flatten();
    let mut told = HashSet::new();
    for (key, value) in all {
        let Some((_, rule)) = lists.iter().find(|(known, _)| known == key) else { continue };
        if value.value.as_list().is_none() && told.insert((*key, value.origin)) {
            let (name, kind) = (data.keys.text(*key), value.value.kind());
            let message = format!(
                "{name:?} is merged by {:?}, which needs a list, not a {kind}",
                rule.rule.to_string()
            );
            let mut fault =
                Diagnostic::error("merge-needs-list", message).place(value.origin.place(&data.files));
            if let Some(origin) = rule.origin {
                fault = fault.related("the rule is here", origin.place(&data.files));
            }
            report.push(fault.help("write it in brackets"));
        }
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
    let defaults = index.get(&("", "")).copied();
    let groups: Vec<Vec<Voice>> = data.combinations.iter().map(|known| group_voices(data, known)).collect();
    let mut known: HashMap<(u32, Vec<Vec<Voice>>), u32> = HashMap::new();
    let mut combinations = Vec::new();
    let mut of_host = Vec::with_capacity(data.hosts.len());
    for (id, host) in (0..).zip(&data.hosts) {
        let seat = Seat { data, host: HostId(id), dimensions: &dimensions, order, index: &index, defaults };
        let levels = seat.levels(&groups[host.combination as usize], report);
        let fine = known.entry((host.combination, levels)).or_insert_with_key(|(coarse, levels)| {
            let coarse = &data.combinations[*coarse as usize];
            let (direct, all) = (coarse.direct.clone(), coarse.all.clone());
            combinations.push(Combination { direct, all, levels: levels.clone(), vars: OnceLock::new() });
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
    let mut groups = combination.all.clone();
    groups.sort_by_key(|id| (data.groups[id.0 as usize].depth, id.0));
    let voices = groups.into_iter().flat_map(|id| [Voice::Group(id), Voice::GroupFiles(id)]);
    voices.filter(|voice| !data.said_by(*voice).is_empty()).collect()
}

/// Resolves each combination once; returns the clashes of each that no stronger layer settles.
fn resolve(data: &Data) -> Vec<Vec<Clash>> {
    let mut clashes = Vec::with_capacity(data.combinations.len());
    for combination in &data.combinations {
        let mut merged: BTreeMap<u32, Located> = BTreeMap::new();
        let mut open: Vec<Clash> = Vec::new();
        for level in &combination.levels {
            let mut said: BTreeMap<u32, Vec<(Voice, &Located)>> = BTreeMap::new();
            for voice in level {
                data.said_by(*voice)
                    .iter()
                    .for_each(|(key, value)| said.entry(*key).or_default().push((*voice, value)));
            }
            for (key, said) in said {
                let Some((value, clashes)) = data.level_value(key, &said) else { continue };
                open.retain(|clash| clash.key != key || !data.settles(&value, clash));
                open.extend(clashes);
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

/// One fault for each pair of voices that disagree, however many hosts they disagree about.
fn report_clashes(data: &Data, clashes: &[Vec<Clash>], report: &mut Diagnostics) {
    let mut found: BTreeMap<(Voice, Voice, u32), (&Clash, u32, usize)> = BTreeMap::new();
    for (id, host) in (0..).zip(&data.hosts) {
        for clash in &clashes[host.combination as usize] {
            let own = [Voice::Host(HostId(id)), Voice::HostFiles(HostId(id))];
            let mut own = own.into_iter().filter_map(|voice| data.says(voice, clash.key));
            if !own.any(|value| data.settles(value, clash)) {
                let (one, other) = clash.voices;
                found.entry((one, other, clash.key)).or_insert((clash, id, 0)).2 += 1;
            }
        }
    }
    for (clash, host, count) in found.into_values() {
        let (one, other) = clash.voices;
        let mut key = data.keys.text(clash.key).to_string();
        clash.path.iter().for_each(|part| key.extend([".", part]));
        let hosts = match count {
            1 => format!("{:?}", data.host_names.text(host)),
            _ => format!("{:?} and {} more", data.host_names.text(host), count - 1),
        };
        let message = format!(
            "{} and {} say different values of {key:?} for {hosts}",
            data.voice_name(one),
            data.voice_name(other)
        );
        let place = |voice| data.says(voice, clash.key).map(|value| value.origin.place(&data.files));
        let mut fault = Diagnostic::error("layer-conflict", message);
        fault.place = place(other);
        if let Some(place) = place(one) {
            fault = fault.related(format!("{} says it here", data.voice_name(one)), place);
        }
        report.push(fault.help(
            "neither is stronger: say it at the host or in a stronger dimension, or give it a rule in [merge]",
        ));
    }
}

/// A layer without hosts is most likely a mistyped name.
fn report_unused(data: &Data, report: &mut Diagnostics) {
    let Some(native) = &data.native else { return };
    let voices = data.combinations.iter().flat_map(|known| known.levels.iter().flatten());
    let used: HashSet<Voice> = voices.copied().collect();
    for (id, layer) in (0..).zip(&native.layers) {
        if layer.dimension.is_empty() || used.contains(&Voice::Layer(id)) {
            continue;
        }
        let (dimension, member) = (&layer.dimension, &layer.member);
        let message = format!("no host has the {dimension} {member:?}");
        let mut fault = Diagnostic::warning("unused-layer", message).place(layer.origin.place(&data.files));
        let names = data.keys.get(key_of(dimension)).map(|key| names_in_use(data, key)).unwrap_or_default();
        if let Some(meant) = suggest(member, names.iter().map(|name| &**name)) {
            fault = fault.help(format!("did you mean {meant:?}?"));
        }
        report.push(fault);
    }
}

fn names_in_use(data: &Data, key: u32) -> HashSet<Arc<str>> {
    let hosts = data.hosts.iter().flat_map(|host| host.vars.iter().chain(&host.file_vars));
    let own = hosts.filter(|(known, _)| *known == key).map(|(_, value)| value);
    let shared = (0..narrow(data.combinations.len())).filter_map(|known| shared_var(data, known, key));
    own.chain(shared).filter_map(members).flatten().collect()
}

/// The variables of single hosts that are merged with what is said of them elsewhere.
fn merge_hosts(data: &mut Data) {
    let mut merged: Vec<(usize, u32, Located)> = Vec::new();
    for (id, host) in (0..).zip(&data.hosts) {
        let mut seen = HashSet::new();
        for (key, _) in host.vars.iter().chain(&host.file_vars) {
            let rule = data.rule(*key);
            if rule == MergeRule::Replace || !seen.insert(*key) {
                continue;
            }
            let shared = shared_var(data, host.combination, *key);
            let own = [Voice::Host(HostId(id)), Voice::HostFiles(HostId(id))];
            let said: Vec<_> = shared
                .into_iter()
                .chain(own.into_iter().filter_map(|voice| data.says(voice, *key)))
                .collect();
            if let [first, rest @ ..] = &said[..]
                && !rest.is_empty()
            {
                let value = rest.iter().fold((*first).clone(), |weaker, value| combine(rule, &weaker, value));
                merged.push((id as usize, *key, value));
            }
        }
    }
    merged.into_iter().for_each(|(host, key, value)| data.hosts[host].merged.push((key, value)));
}

/// What the layers of a combination say together, which [`resolve`] has settled.
fn shared_var(data: &Data, combination: u32, key: u32) -> Option<&Located> {
    let vars = data.combinations[combination as usize].vars.get()?;
    let index = vars.binary_search_by_key(&key, |(known, _)| *known).ok()?;
    Some(&vars[index].1)
}
