//! Groups without hosts, names that mean two things, values and files that nobody sees.

use super::{Owner, Said, VarsFile, VarsOwner};
use crate::inventory::{Voice, same};
use crate::{Host, Inventory, MergeRule, Origin, Profile, Value};
use purlin_core::{Diagnostic, Diagnostics, Severity};
use std::collections::{HashMap, HashSet};

pub(super) fn groups(inventory: &Inventory, found: &mut Diagnostics) {
    for group in inventory.groups().filter(|group| !["all", "ungrouped"].contains(&group.name())) {
        if let Some(host) = inventory.host(group.name()) {
            let message = format!("{} is a host and a group", group.name());
            let warning = Diagnostic::warning("host-and-group", message).place(group.place());
            let warning = warning.related("the host is named here", host.place());
            found.push(warning.help("a pattern of this name means the host alone; rename one of them"));
        }
        if group.children().len() == 0 && group.hosts().len() == 0 {
            let warning = Diagnostic::warning("empty-group", format!("group {} has no hosts", group.name()));
            found.push(warning.place(group.place()).help("give it hosts, or take it out"));
        }
    }
}

/// What a group or a host says while every host has it from elsewhere. A default that all groups below replace is no
/// fault, so this is a note.
pub(super) fn shadowed(inventory: &Inventory, said: &[Said<'_>], found: &mut Diagnostics) {
    let mut seen: HashSet<(&str, Origin)> = HashSet::new();
    for host in inventory.hosts() {
        seen.extend(host.vars().map(|(key, value)| (key, value.origin)));
    }
    let mut told: HashSet<(&str, Origin)> = HashSet::new();
    let members = members(inventory);
    for said in said {
        let at = (said.key, said.value.origin);
        if said.value.origin.line() == 0
            || may_be_merged(inventory, said)
            || seen.contains(&at)
            || !told.insert(at)
        {
            continue;
        }
        let host = match said.owner {
            Owner::Host(host) => Some(host),
            Owner::Group(group) => group.hosts().next(),
            Owner::Layer(_, layer) => members.get(&layer).copied(),
        };
        let Some((host, winner)) = host.and_then(|host| Some((host, host.var(said.key)?))) else { continue };
        // Equals who agree are heard together, though only one of them is named.
        if inventory.profile() == Profile::Native && same(&winner.value, &said.value.value) {
            continue;
        }
        let message = match said.owner {
            Owner::Host(host) => format!("host {} does not see this value of {}", host.name(), said.key),
            Owner::Group(group) => {
                format!("no host of group {} sees this value of {}", group.name(), said.key)
            }
            Owner::Layer(..) => format!("no host of {} sees this value of {}", said.owner, said.key),
        };
        let related = format!("host {} has it from here", host.name());
        found.push(
            Diagnostic::new(Severity::Note, "shadowed-value", message)
                .place(inventory.place(said.value.origin))
                .related(related, inventory.place(winner.origin))
                .help("take it out, or see which of the two is meant"),
        );
    }
}

/// What is merged counts in part: maps perhaps, lists by their rule.
fn may_be_merged(inventory: &Inventory, said: &Said<'_>) -> bool {
    let rule = inventory.0.keys.get(said.key).map_or(MergeRule::Replace, |key| inventory.0.rule(key));
    match said.value.value {
        Value::Map(_) => true,
        _ => matches!(rule, MergeRule::Append | MergeRule::Unique | MergeRule::Remove),
    }
}

/// A host of each layer of the native format.
fn members(inventory: &Inventory) -> HashMap<u32, Host<'_>> {
    let mut members = HashMap::new();
    let mut seen = HashSet::new();
    for host in inventory.hosts().filter(|host| seen.insert(host.data().combination)) {
        for voice in host.combination().levels.iter().flatten() {
            if let Voice::Layer(layer) = voice {
                members.entry(*layer).or_insert(host);
            }
        }
    }
    members
}

pub(super) fn vars_files(inventory: &Inventory, files: &[VarsFile], found: &mut Diagnostics) {
    for file in files {
        let (what, name) = match &file.owner {
            VarsOwner::Group(name) => ("group", name),
            VarsOwner::Host(name) => ("host", name),
        };
        if let Some(hidden_by) = &file.hidden_by {
            let message = format!("this file of {what} {name} is not read");
            let warning = Diagnostic::warning("ignored-vars-file", message).place(file.place.clone());
            let warning = warning.related("this is read in its place", hidden_by.clone());
            found.push(warning.help("move it into the folder"));
            continue;
        }
        let (is_known, near) = match what {
            "group" => {
                let names = inventory.groups().map(|group| group.name());
                (inventory.group(name).is_some(), purlin_core::suggest(name, names))
            }
            _ => {
                let names = inventory.hosts().map(|host| host.name());
                (inventory.host(name).is_some(), purlin_core::suggest(name, names))
            }
        };
        if is_known {
            continue;
        }
        let help = match near {
            Some(near) => format!("did you mean {near}?"),
            None => format!("name a {what} so, or take the file out"),
        };
        let message = format!("there is no {what} named {name}");
        found.push(Diagnostic::warning("unused-vars-file", message).place(file.place.clone()).help(help));
    }
}
