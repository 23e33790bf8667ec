//! Other names of hosts, and what identifies them besides names.

use crate::inventory::Data;
use crate::{Located, Profile};
use purlin_core::{Diagnostic, Diagnostics};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

/// Fills in the aliases. Two hosts of one alias or one identity are a fault in the native profile; in Ansible's, where a
/// variable of that name may mean anything, such an alias is none.
pub(super) fn settle(data: &mut Data, report: &mut Diagnostics) {
    // The first who has it, and whether nobody else has.
    let mut taken: HashMap<Arc<str>, (u32, bool)> = HashMap::new();
    let mut faults = Vec::new();
    if let Some(key) = data.keys.get("aliases") {
        for (id, alias) in
            own(data, key).flat_map(|(id, value)| names(value).into_iter().map(move |name| (id, name)))
        {
            let Some(name) = alias.value.as_str() else { continue };
            if let Some(host) = data.host_names.get(name) {
                faults.push(double("alias", name, data, (host, None), (id, alias)));
                continue;
            }
            match taken.entry(name.into()) {
                Entry::Vacant(entry) => drop(entry.insert((id, true))),
                Entry::Occupied(mut entry) => {
                    let (first, is_alone) = entry.get_mut();
                    if *first != id {
                        *is_alone = false;
                        faults.push(double("alias", name, data, (*first, None), (id, alias)));
                    }
                }
            }
        }
    }
    identities(data, &mut faults);
    if data.profile == Profile::Native {
        report.extend(faults);
    }
    let unique = taken.into_iter().filter(|(_, (_, is_alone))| *is_alone);
    data.aliases = unique.map(|(name, (id, _))| (name, id)).collect();
}

fn identities(data: &Data, faults: &mut Vec<Diagnostic>) {
    let Some(key) = data.keys.get("identity") else { return };
    let mut taken: HashMap<(&str, String), (u32, &Located)> = HashMap::new();
    for (id, value) in own(data, key) {
        for (kind, value) in value.value.as_map().into_iter().flat_map(|map| map.iter()) {
            let Some(text) = value.value.as_str() else { continue };
            match taken.entry((kind, text.to_ascii_lowercase())) {
                Entry::Vacant(entry) => drop(entry.insert((id, value))),
                Entry::Occupied(entry) => {
                    let (first, place) = *entry.get();
                    faults.push(double(kind, text, data, (first, Some(place)), (id, value)));
                }
            }
        }
    }
}

fn own(data: &Data, key: u32) -> impl Iterator<Item = (u32, &Located)> {
    (0..).zip(&data.hosts).filter_map(move |(id, host)| {
        let mut said = host.file_vars.iter().chain(&host.vars);
        said.find(|(known, _)| *known == key).map(|(_, value)| (id, value))
    })
}

fn names(value: &Located) -> Vec<&Located> {
    match value.value.as_list() {
        Some(items) => items.iter().collect(),
        None => vec![value],
    }
}

fn double(
    what: &str,
    name: &str,
    data: &Data,
    first: (u32, Option<&Located>),
    other: (u32, &Located),
) -> Diagnostic {
    let (one, two) = (data.host_names.text(first.0), data.host_names.text(other.0));
    let message = format!("the {what} {name:?} of {two:?} belongs to {one:?} already");
    let place = first.1.map_or(data.hosts[first.0 as usize].origin, |value| value.origin).place(&data.files);
    Diagnostic::error("not-unique", message)
        .place(other.1.origin.place(&data.files))
        .related(format!("{one:?} has it here"), place)
}
