//! What inventory scripts print.

use super::options::{AnsibleOptions, Limits};
use super::target::Target;
use crate::batch::Batch;
use crate::{Located, Map, Origin, Value, secret::SecretValue};
use std::collections::HashSet;
use std::sync::Arc;

/// A script's groups and hosts, perhaps still without the hosts' variables.
pub(crate) struct ScriptInventory<'a> {
    target: Target<'a>,
    /// Hosts that a group names, in order, each once.
    hosts: Vec<u32>,
    seen: HashSet<u32>,
}

impl<'a> ScriptInventory<'a> {
    /// Reads the document of `--list`; true with it if that has the hosts' variables too.
    pub(crate) fn read(
        root: &Located,
        name: &str,
        options: &'a AnsibleOptions,
        limits: &Limits,
    ) -> (Self, bool) {
        let target = Target::new(name, options, limits);
        let mut read = Self { target, hosts: Vec::new(), seen: HashSet::new() };
        let Value::Map(map) = &root.value else {
            read.wrong(root, "the document", "an object", "print one object with a key for each group");
            return (read, true);
        };
        for (group, data) in map.iter().filter(|(key, _)| *key != "_meta") {
            read.group(group, data);
        }
        let meta = map.get("_meta");
        if let Some(meta) = meta {
            read.meta(meta);
        }
        (read, meta.is_some())
    }

    fn wrong(&mut self, at: &Located, what: &str, wanted: &str, help: &str) {
        let message = format!("{what} is a {}, not {wanted}", at.value.kind());
        self.target.fault(at.origin, "script-json", message, help);
    }

    fn group(&mut self, name: &str, data: &Located) {
        let Some(group) = self.target.group(name, data.origin) else { return };
        let Value::Map(map) = &data.value else {
            return self.add_hosts(group, name, data);
        };
        if !["hosts", "vars", "children"].iter().any(|key| map.get(key).is_some()) {
            // Ansible takes such a group for a host of its name, and what it holds for variables without templates.
            if let Some(host) = self.target.host(name, None, data.origin, Some(group)) {
                self.note(host);
            }
            return self.set_group_vars(group, map, Text::Plain);
        }
        if let Some(hosts) = map.get("hosts") {
            self.add_hosts(group, name, hosts);
        }
        match map.get("vars").map(|vars| (vars, vars.value.as_map())) {
            Some((_, Some(vars))) => self.set_group_vars(group, vars, Text::Template),
            Some((vars, None)) => {
                self.wrong(
                    vars,
                    &format!("\"vars\" of the group {name:?}"),
                    "an object",
                    "print {\"key\": value}",
                );
            }
            None => {}
        }
        if let Some(children) = map.get("children") {
            self.add_children(group, name, children);
        }
    }

    fn set_group_vars(&mut self, group: u32, vars: &Map, text: Text) {
        for (key, value) in vars.iter() {
            self.target.set_group_var(group, key, opened(value, text));
        }
    }

    fn note(&mut self, host: u32) {
        if self.seen.insert(host) {
            self.hosts.push(host);
        }
    }

    fn add_hosts(&mut self, group: u32, name: &str, hosts: &Located) {
        let what = format!("\"hosts\" of the group {name:?}");
        let Value::List(items) = &hosts.value else {
            return self.wrong(hosts, &what, "an array", "print [\"name\", ...]");
        };
        for item in items.iter() {
            match item.value.as_str().filter(|name| !name.is_empty()) {
                Some(host) => {
                    let Some(host) = self.target.host(host, None, item.origin, Some(group)) else { return };
                    self.note(host);
                }
                None => {
                    self.wrong(item, &format!("a name in {what}"), "text of a letter or more", "print names")
                }
            }
        }
    }

    fn add_children(&mut self, group: u32, name: &str, children: &Located) {
        let what = format!("\"children\" of the group {name:?}");
        let Value::List(items) = &children.value else {
            return self.wrong(children, &what, "an array", "print [\"name\", ...]");
        };
        for item in items.iter() {
            match item.value.as_str() {
                Some(child) => {
                    if let Some(child) = self.target.group(child, item.origin) {
                        self.target.child(group, child, item.origin);
                    }
                }
                None => self.wrong(item, &format!("a name in {what}"), "text", "print names"),
            }
        }
    }

    fn meta(&mut self, meta: &Located) {
        const HELP: &str = "print \"_meta\": {\"hostvars\": {\"name\": {}}}";
        let Value::Map(map) = &meta.value else {
            return self.wrong(meta, "\"_meta\"", "an object", HELP);
        };
        let Some(vars) = map.get("hostvars") else {
            return self.target.fault(meta.origin, "script-json", "\"_meta\" has no \"hostvars\"", HELP);
        };
        let Value::Map(of_hosts) = &vars.value else {
            return self.wrong(vars, "\"hostvars\"", "an object", HELP);
        };
        for (name, vars) in of_hosts.iter() {
            let host = self.target.batch.host_names.get(name).filter(|host| self.seen.contains(host));
            // A host that no group names does not exist.
            if let Some(host) = host {
                self.set_host_vars(host, name, vars);
            }
        }
    }

    /// Sets what `--host` has printed, or `hostvars` says.
    pub(crate) fn set_host_vars(&mut self, host: u32, name: &str, vars: &Located) {
        let Value::Map(map) = &vars.value else {
            let what = format!("what is said of the host {name:?}");
            return self.wrong(vars, &what, "an object", "print {\"key\": value}");
        };
        let vars =
            map.iter().map(|(key, value)| (self.target.key(key), opened(value, Text::Template))).collect();
        self.target.set_host_vars(host, vars);
    }

    /// The hosts with their names.
    pub(crate) fn hosts(&self) -> Vec<(u32, Arc<str>)> {
        let name = |host: &u32| self.target.batch.host_names.text(*host).clone();
        self.hosts.iter().map(|host| (*host, name(host))).collect()
    }

    pub(crate) fn target(&mut self) -> &mut Target<'a> {
        &mut self.target
    }

    pub(crate) fn finish(self) -> Batch {
        self.target.finish()
    }
}

/// Whether text may be a template.
#[derive(Clone, Copy)]
enum Text {
    Template,
    Plain,
}

/// Ansible writes text that no template may be made of, and vault envelopes, as objects of one key. The reader has
/// bounded the depth.
fn opened(value: &Located, text: Text) -> Located {
    if matches!(text, Text::Template) && !has_special(value) {
        return value.clone();
    }
    let opened = match (&value.value, text) {
        (Value::Text(plain), Text::Plain) => Value::Unsafe(plain.clone()),
        (Value::List(items), _) => {
            Value::from(items.iter().map(|item| opened(item, text)).collect::<Vec<_>>())
        }
        (Value::Map(map), _) => match (special(map), map.len()) {
            (Some(special), 1) => special,
            _ => Value::from(map.iter().map(|(key, value)| (key, opened(value, text))).collect::<Map>()),
        },
        _ => return value.clone(),
    };
    Located { value: opened, origin: value.origin }
}

fn has_special(value: &Located) -> bool {
    match &value.value {
        Value::List(items) => items.iter().any(has_special),
        Value::Map(map) => special(map).is_some() || map.iter().any(|(_, value)| has_special(value)),
        _ => false,
    }
}

fn special(map: &Map) -> Option<Value> {
    if let Some(text) = map.get("__ansible_unsafe") {
        return text.value.as_str().map(|text| Value::Unsafe(text.into()));
    }
    let envelope = map.get("__ansible_vault")?.value.as_str()?;
    let id = crate::ansible::vault::id(envelope);
    Some(Value::Secret(Arc::new(SecretValue::Vault { id, envelope: envelope.to_owned() })))
}

/// The origin of a whole document.
pub(crate) fn whole(target: &Target<'_>) -> Origin {
    Origin::file(target.file)
}
