//! Ansible's TOML inventories.

use super::options::{AnsibleOptions, Limits};
use super::target::Target;
use super::yaml_inventory::set_vars;
use crate::batch::Batch;
use crate::{Located, Map, Value};
use purlin_core::suggest;

/// Makes a batch of what a file says. The file of its origins is the first of the batch's table.
pub(crate) fn read(root: &Map, name: &str, options: &AnsibleOptions, limits: &Limits) -> Batch {
    let mut target = Target::new(name, options, limits);
    for (group, data) in root.iter() {
        let Value::Map(map) = &data.value else {
            let message = format!("{group:?} is no group: it holds a {}", data.value.kind());
            let help = "a group is a table with hosts, vars and children";
            target.warning(data.origin, "toml-group", message, help);
            continue;
        };
        if let Some(id) = target.group(group, data.origin) {
            map.iter().for_each(|(key, entry)| read_section(&mut target, id, (group, key), entry));
        }
    }
    target.finish()
}

fn read_section(target: &mut Target<'_>, group: u32, (name, key): (&str, &str), entry: &Located) {
    match (key, &entry.value) {
        ("vars", Value::Map(map)) => {
            map.iter().for_each(|(key, value)| target.set_group_var(group, key, value.clone()));
        }
        ("hosts", Value::Map(map)) => {
            for (pattern, vars) in map.iter() {
                if let Some(hosts) = target.hosts(pattern, vars.origin, Some(group)) {
                    set_vars(target, &hosts, pattern, vars, false);
                }
            }
        }
        ("children", Value::List(children)) => {
            children.iter().for_each(|child| read_child(target, group, child));
        }
        ("vars" | "hosts" | "children", other) => {
            let wanted = if key == "children" { "an array of names" } else { "a table" };
            let message = format!("{key:?} of the group {name:?} is a {}, not {wanted}", other.kind());
            target.fault(entry.origin, "toml-group", message, "see the groups of a sample inventory");
        }
        _ => {
            let message = format!("{key:?} in the group {name:?} is left out");
            let help = match suggest(key, ["vars", "children", "hosts"]) {
                Some(section) => format!("did you mean {section:?}?"),
                None => "a group has hosts, vars and children".to_owned(),
            };
            target.warning(entry.origin, "unknown-key", message, &help);
        }
    }
}

fn read_child(target: &mut Target<'_>, group: u32, child: &Located) {
    match child.value.as_str() {
        Some(name) => {
            if let Some(id) = target.group(name, child.origin) {
                target.child(group, id, child.origin);
            }
        }
        None => {
            let message = format!("the name of a child is a {}, not text", child.value.kind());
            target.fault(child.origin, "toml-group", message, "put the name into quotes");
        }
    }
}
