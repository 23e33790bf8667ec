//! Groups named after values.

use super::{Rule, Told, sanitized, truth, wrong};
use crate::ansible::template::{Engine, Fault, FaultKind, Variables, python_text};
use crate::{Batch, Located, Origin, Value};
use std::sync::Arc;

/// An entry of `keyed_groups`.
pub(super) struct KeyedGroup<'a> {
    origin: Origin,
    key: Option<Rule<'a>>,
    key_text: String,
    prefix: String,
    separator: String,
    default: Option<String>,
    trailing_separator: bool,
    leading_separator: bool,
    parent: Option<Rule<'a>>,
}

/// Why a value names no group.
enum NoName {
    /// It is empty: an error in strict files.
    Empty,
    /// It is of a type that names no group: an error always.
    Wrong(&'static str),
    Fault(Fault),
}

impl<'a> KeyedGroup<'a> {
    pub(super) fn read(
        entry: &'a Located,
        leading_separator: bool,
        engine: &'a Engine,
        batch: &mut Batch,
    ) -> Option<Self> {
        let Some(map) = entry.value.as_map() else {
            wrong(batch, entry, "an entry of 'keyed_groups' is a map with a key");
            return None;
        };
        let text = |name: &str, default: &str| match map.get(name) {
            None => Ok(default.to_owned()),
            Some(value) => python_text(&value.value).map_err(|fault| (value, fault)),
        };
        let given = |name: &str| map.get(name).filter(|value| value.value != Value::Null);
        let default = given("default_value").map(|_| text("default_value", "")).transpose();
        let (prefix, separator, default) = match (text("prefix", ""), text("separator", "_"), default) {
            (Ok(prefix), Ok(separator), Ok(default)) => (prefix, separator, default),
            (Err((value, fault)), ..) | (_, Err((value, fault)), _) | (.., Err((value, fault))) => {
                wrong(batch, value, &fault.message);
                return None;
            }
        };
        if default.is_some() && map.get("trailing_separator").is_some() {
            wrong(batch, entry, "'default_value' and 'trailing_separator' exclude each other");
            return None;
        }
        let parent = given("parent_group").filter(|parent| parent.value.as_str() != Some(""));
        if let Some(parent) = parent.filter(|parent| parent.value.as_str().is_none()) {
            wrong(batch, parent, "'parent_group' is a text");
            return None;
        }
        Some(Self {
            origin: given("key").map_or(entry.origin, |key| key.origin),
            key: given("key").map(|key| Rule::expression(key, engine)),
            key_text: given("key").and_then(|key| key.value.as_str()).unwrap_or_default().to_owned(),
            prefix,
            separator,
            default,
            trailing_separator: map.get("trailing_separator").is_none_or(|option| truth(&option.value)),
            leading_separator,
            parent: parent.map(|parent| Rule::template(parent, engine)),
        })
    }

    pub(super) fn apply(
        &self,
        host: &str,
        variables: &Arc<dyn Variables>,
        strict: bool,
        told: &mut Told,
        batch: &mut Batch,
    ) {
        let what = || format!("cannot name groups of host {host} after '{}'", self.key_text);
        let value = match &self.key {
            None => Err(Fault::new(FaultKind::Failed, "the entry has no key")),
            Some(key) => key.evaluate(variables),
        };
        let names = value.map_err(NoName::Fault).and_then(|value| self.names(&value.value));
        let names = match names {
            Ok(names) => names,
            Err(NoName::Wrong(message)) => {
                return told.wrong(batch, self.origin, &format!("{}: {message}", what()));
            }
            Err(NoName::Empty) => {
                let fault = Fault::new(FaultKind::Failed, "its value is empty; give it a default_value");
                return told.tell(batch, strict, self.origin, &what(), &fault);
            }
            Err(NoName::Fault(fault)) => return told.tell(batch, strict, self.origin, &what(), &fault),
        };
        for name in names {
            let bare = self.prefix.is_empty() && !self.leading_separator;
            let separator = if bare { "" } else { &self.separator };
            let name = sanitized(&format!("{}{separator}{name}", self.prefix));
            self.add(&name, host, variables, strict, told, batch);
        }
    }

    fn add(
        &self,
        name: &str,
        host: &str,
        variables: &Arc<dyn Variables>,
        strict: bool,
        told: &mut Told,
        batch: &mut Batch,
    ) {
        let parent = match self.parent.as_ref().map(|parent| (parent, parent.evaluate(variables))) {
            None => None,
            Some((rule, Ok(value))) => match python_text(&value.value) {
                Ok(parent) if parent.is_empty() => None,
                Ok(parent) => Some((rule.origin, sanitized(&parent))),
                Err(fault) => {
                    return told.tell(batch, strict, rule.origin, "cannot name the parent group", &fault);
                }
            },
            Some((rule, Err(fault))) => {
                let what = format!("cannot name the parent of group {name} for host {host}");
                return told.tell(batch, strict, rule.origin, &what, &fault);
            }
        };
        let group = batch.group_at(name, self.origin);
        let host = batch.host_at(host, self.origin);
        batch.add_host(group, host);
        match parent {
            Some((origin, parent)) if parent == name => {
                told.wrong(batch, origin, &format!("group {name} would be its own parent"));
            }
            Some((origin, parent)) => {
                let parent = batch.group_at(&parent, origin);
                batch.add_child(parent, group);
            }
            None => {}
        }
    }

    /// The names that a value gives, without prefix.
    fn names(&self, value: &Value) -> Result<Vec<String>, NoName> {
        let empty = |value: &Value| *value == Value::Null || value.as_str() == Some("");
        let one = |value: &Value| match &self.default {
            Some(default) if empty(value) => Ok(default.clone()),
            _ => python_text(value).map_err(NoName::Fault),
        };
        match value {
            value if empty(value) && self.default.is_none() => Err(NoName::Empty),
            Value::Bool(false) | Value::Int(0) => Err(NoName::Empty),
            Value::Float(number) if *number == 0.0 => Err(NoName::Empty),
            Value::Null | Value::Text(_) | Value::Unsafe(_) => one(value).map(|name| vec![name]),
            Value::List(items) => items.iter().map(|item| one(&item.value)).collect(),
            Value::Map(map) => map
                .iter()
                .map(|(key, item)| match empty(&item.value) && !self.trailing_separator {
                    true => Ok(key.to_owned()),
                    false => one(&item.value).map(|value| format!("{key}{}{value}", self.separator)),
                })
                .collect(),
            Value::Secret(_) => Err(NoName::Wrong("the value is a secret")),
            Value::Bool(_) => {
                Err(NoName::Wrong("groups are named by texts, lists or maps, not by a boolean"))
            }
            _ => Err(NoName::Wrong(
                "groups are named by texts, lists or maps, not by a number; use `| string`",
            )),
        }
    }
}
