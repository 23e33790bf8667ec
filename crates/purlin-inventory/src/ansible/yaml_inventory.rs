//! Ansible's YAML inventories: `all: {hosts, vars, children}`. JSON files are read the same way.

use super::options::{AnsibleOptions, Limits};
use super::target::Target;
use crate::batch::Batch;
use crate::document::yaml::OddKeys;
use crate::{Located, Map, Origin, Value};
use purlin_core::{Diagnostic, suggest};
use std::sync::Arc;

const SECTIONS: [&str; 3] = ["vars", "children", "hosts"];

/// Makes a batch of what a file says. The file of its origins is the first of the batch's table.
pub(crate) fn read(
    root: &Map,
    odd_keys: OddKeys,
    name: &str,
    options: &AnsibleOptions,
    limits: &Limits,
) -> Batch {
    let mut target = Target::new(name, options, limits);
    target.odd_keys = odd_keys;
    for (group, data) in root.iter() {
        read_group(&mut target, group, data);
    }
    target.finish()
}

/// A group and all below; none if the group cannot be used. Whoever made the values has bounded their depth.
fn read_group(target: &mut Target<'_>, name: &str, data: &Located) -> Option<u32> {
    let origin = data.origin;
    let map = match &data.value {
        Value::Map(map) => Some(map.clone()),
        Value::Null => None,
        other => {
            let message = format!("{name:?} is no group: it holds a {}", other.kind());
            target.warning(origin, "yaml-group", message, "a group is a map of hosts, vars and children");
            return target.batch.group_names.get(&target.group_name(name));
        }
    };
    is_text(target, name, origin)?;
    let group = target.group(name, origin)?;
    let Some(map) = map else { return Some(group) };
    let mut usable = true;
    for section in SECTIONS {
        if let Some(entry) = map.get(section)
            && !matches!(entry.value, Value::Map(_) | Value::Null | Value::Text(_) | Value::Unsafe(_))
        {
            let kind = entry.value.kind();
            let message = format!("{section:?} of the group {name:?} is a {kind}, not a map");
            let help = match section {
                "vars" => "write each variable as `key: value`",
                _ => "write each name as a key, with a colon and without a dash",
            };
            target.fault(entry.origin, "yaml-group", message, help);
            usable = false;
        }
    }
    if usable {
        map.iter().for_each(|(key, entry)| read_section(target, group, (name, key), entry));
    }
    Some(group)
}

/// A name that is a number or a truth in YAML is none in Ansible.
fn is_text(target: &mut Target<'_>, name: &str, origin: Origin) -> Option<()> {
    if !target.odd_keys.contains(&origin) {
        return Some(());
    }
    let message = format!("{name} is a number or a word of YAML here, and no name");
    target.fault(origin, "yaml-name", message, &format!("put the name into quotes: '{name}'"));
    None
}

fn read_section(target: &mut Target<'_>, group: u32, (name, key): (&str, &str), entry: &Located) {
    let is_section = SECTIONS.contains(&key);
    let map = match &entry.value {
        Value::Null => return,
        Value::Map(map) => map.clone(),
        // A single name may stand where a map is meant.
        Value::Text(text) | Value::Unsafe(text) if is_section => {
            let nothing = Located::new(Value::Null, entry.origin);
            Arc::new(Map::from_iter([(text.clone(), nothing)]))
        }
        other => {
            let message = format!("{key:?} in the group {name:?} is left out: it is a {}", other.kind());
            return target.warning(entry.origin, "unknown-key", message, &known_keys(key));
        }
    };
    match key {
        "vars" => map.iter().for_each(|(key, value)| target.set_group_var(group, key, value.clone())),
        "children" => map.iter().for_each(|(child, data)| read_child(target, group, child, data)),
        "hosts" => map.iter().for_each(|(pattern, vars)| read_host(target, group, pattern, vars)),
        _ => {
            let message = format!("{key:?} in the group {name:?} is left out");
            target.warning(entry.origin, "unknown-key", message, &known_keys(key));
        }
    }
}

fn known_keys(key: &str) -> String {
    match suggest(key, SECTIONS) {
        Some(section) => format!("did you mean {section:?}?"),
        None => "a group has hosts, vars and children".to_owned(),
    }
}

fn read_child(target: &mut Target<'_>, group: u32, name: &str, data: &Located) {
    match read_group(target, name, data) {
        Some(child) => target.child(group, child, data.origin),
        None if name.is_empty() => {}
        // An earlier source may know it; then it is a child all the same.
        None => {
            let fault = Diagnostic::error("undefined-group", format!("{name:?} is not a known group"));
            let help = "write the group's name with a colon, and nothing or a map after it";
            let place = target.place(data.origin);
            target.need(name, fault.place(place).help(help));
            let child = target.batch.group_at(name, data.origin).0;
            target.child(group, child, data.origin);
        }
    }
}

fn read_host(target: &mut Target<'_>, group: u32, pattern: &str, vars: &Located) {
    if is_text(target, pattern, vars.origin).is_none() {
        return;
    }
    let Some(hosts) = target.hosts(pattern, vars.origin, Some(group)) else { return };
    set_vars(target, &hosts, pattern, vars, is_nothing(&vars.value));
}

/// Sets a map's entries as variables of hosts; a fault if it is none.
pub(super) fn set_vars(target: &mut Target<'_>, hosts: &[u32], name: &str, vars: &Located, nothing: bool) {
    let origin: Origin = vars.origin;
    match &vars.value {
        Value::Map(map) => {
            let entries = map.iter().map(|(key, value)| (target.key(key), value.clone())).collect();
            target.set_vars_of_all(hosts, entries, origin);
        }
        _ if nothing => {}
        other => {
            let message = format!("the variables of the host {name:?} are a {}, not a map", other.kind());
            target.fault(origin, "host-vars", message, "write each variable as a key with its value");
        }
    }
}

/// What Python takes for false.
pub(super) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(truth) => !truth,
        Value::Int(number) => *number == 0,
        Value::Float(number) => *number == 0.0,
        Value::Text(text) | Value::Unsafe(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(map) => map.is_empty(),
        _ => false,
    }
}
