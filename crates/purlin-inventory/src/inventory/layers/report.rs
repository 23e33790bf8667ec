//! What is wrong, or looks wrong, with layers that are put together.

use super::clash::{Clash, Clashes};
use super::place::members;
use super::{Many, Voice};
use crate::inventory::{Data, HostId};
use crate::native::layers::key_of;
use purlin_core::{Diagnostic, Diagnostics, suggest};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// A merge rule for lists needs lists.
pub(super) fn lists(data: &Data, report: &mut Diagnostics) {
    let Some(native) = &data.native else { return };
    if !native.rules.values().any(|rule| rule.rule.wants_lists()) {
        return;
    }
    let layers = native.layers.iter().map(|layer| &layer.vars);
    let groups = data.groups.iter().flat_map(|group| [&group.vars, &group.file_vars]);
    let hosts = data.hosts.iter().flat_map(|host| [&host.vars, &host.file_vars]);
    let all = layers.chain(groups).chain(hosts).flatten();
    let mut told = HashSet::new();
    let mut faults = Many::new("merge-needs-list");
    for (key, value) in all {
        let Some(rule) = native.rules.get(key).filter(|rule| rule.rule.wants_lists()) else { continue };
        if value.value.as_list().is_some() || !told.insert((*key, value.origin)) {
            continue;
        }
        faults.push(report, || {
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
            fault.help("write it in brackets")
        });
    }
    faults.finish(report);
}

/// One fault for each pair of voices that disagree about a variable, however many hosts they disagree about.
pub(super) fn clashes(data: &Data, clashes: &[Clashes], report: &mut Diagnostics) {
    let mut found: BTreeMap<(Voice, Voice, u32), (&Clash, u32, usize)> = BTreeMap::new();
    let mut more = HashSet::new();
    for (id, host) in (0..).zip(&data.hosts) {
        let open = &clashes[host.combination as usize];
        if open.is_empty() {
            continue;
        }
        let own: HashMap<u32, _> =
            host.vars.iter().chain(&host.file_vars).map(|(key, value)| (*key, value)).collect();
        for clash in open.values().flatten() {
            let settled = own.get(&clash.key).is_some_and(|value| data.settles(value, clash));
            let (one, other) = clash.voices;
            if settled {
                continue;
            }
            let dispute = (one, other, clash.key);
            if found.len() < Many::MOST || found.contains_key(&dispute) {
                found.entry(dispute).or_insert((clash, id, 0)).2 += 1;
            } else {
                more.insert(dispute);
            }
        }
    }
    let mut faults = Many::new("layer-conflict");
    for (clash, host, count) in found.into_values() {
        faults.push(report, || conflict(data, clash, HostId(host), count));
    }
    faults.add(more.len());
    faults.finish(report);
}

fn conflict(data: &Data, clash: &Clash, host: HostId, count: usize) -> Diagnostic {
    let mut key = data.keys.text(clash.key).to_string();
    clash.path.iter().for_each(|part| key.extend([".", part]));
    let host = data.host_names.text(host.0);
    let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
    let (one, other) = clash.voices;
    let (first, second) = (data.voice_name(one), data.voice_name(other));
    let message = format!("{first} and {second} say different values of {key:?} for {host:?}{more}");
    let place = |voice| data.says(voice, clash.key).map(|value| value.origin.place(&data.files));
    let mut fault = Diagnostic::error("layer-conflict", message);
    fault.place = place(other);
    if let Some(place) = place(one) {
        fault = fault.related(format!("{first} says it here"), place);
    }
    fault.help(
        "neither is stronger: say it at the host or in a stronger dimension, or give it a rule in [merge]",
    )
}

/// A layer without hosts is most likely a mistyped name.
pub(super) fn unused(data: &Data, report: &mut Diagnostics) {
    let Some(native) = &data.native else { return };
    let voices = data.combinations.iter().flat_map(|known| known.levels.iter().flatten());
    let used: HashSet<Voice> = voices.copied().collect();
    let unused = (0..)
        .zip(&native.layers)
        .filter(|(id, layer)| !layer.dimension.is_empty() && !used.contains(&Voice::Layer(*id)));
    let mut names: HashMap<&str, HashSet<Arc<str>>> = HashMap::new();
    let mut faults = Many::new("unused-layer");
    for (_, layer) in unused {
        let (dimension, member) = (&*layer.dimension, &layer.member);
        let suggests = faults.suggests();
        faults.push(report, || {
            let message = format!("no host has the {dimension} {member:?}");
            let fault = Diagnostic::warning("unused-layer", message).place(layer.origin.place(&data.files));
            if !suggests {
                return fault;
            }
            let names = names.entry(dimension).or_insert_with(|| names_in_use(data, dimension));
            match suggest(member, names.iter().map(|name| &**name).filter(|name| **name != **member)) {
                Some(meant) => fault.help(format!("did you mean {meant:?}?")),
                None => fault,
            }
        });
    }
    faults.finish(report);
}

fn names_in_use(data: &Data, dimension: &str) -> HashSet<Arc<str>> {
    let Some(key) = data.keys.get(key_of(dimension)) else { return HashSet::new() };
    let hosts = data.hosts.iter().flat_map(|host| host.vars.iter().chain(&host.file_vars));
    let own = hosts.filter(|(known, _)| *known == key).map(|(_, value)| value);
    let shared = data.combinations.iter().filter_map(|known| data.shared_var(known, key));
    own.chain(shared).filter_map(members).flatten().collect()
}
