//! From a document to a batch.

use super::layers::{GROUP, Layer, USUAL, Unsure, key_of};
use super::{keys, values};
use crate::typed::parts::{self, Fault, Faults, unknown_key, wrong};
use crate::{Batch, Located, Map, MergeRule, Origin, Value};
use std::sync::Arc;

/// The keys at the top of a file, besides the dimensions.
const TOP: [&str; 6] = ["purlin", "precedence", "merge", "defaults", "groups", "hosts"];

/// How many dimensions a file may declare: far more than anybody keeps apart.
const MOST_DIMENSIONS: usize = 32;

/// How many values of hosts, and names of members, all folded names of a file may make together. Without a bound a few
/// lines would fill the memory.
const MOST_FOLDED: usize = 5_000_000;

/// Reads one document; all faults are found in one pass.
pub(super) struct Reader {
    pub(super) batch: Batch,
    /// Without `group` and `host`, which have places of their own.
    dimensions: Vec<Arc<str>>,
    pub(super) faults: Faults,
    /// How much more folded names may make.
    pub(super) room: usize,
}

impl Reader {
    pub(super) fn new(batch: Batch) -> Self {
        let dimensions = USUAL.map(Arc::from).to_vec();
        Self { batch, dimensions, faults: Faults::new(), room: MOST_FOLDED }
    }

    pub(super) fn read(mut self, document: &Located) -> Batch {
        match document.value.as_map() {
            Some(map) if self.is_this_version(map, document) => self.top(map),
            Some(_) => {}
            None => wrong(&mut self.faults, document, "an inventory is a table", "begin with purlin = 1"),
        }
        for fault in std::mem::take(&mut self.faults) {
            let place = self.batch.place(fault.origin);
            self.batch.report(fault.at(place));
        }
        self.batch
    }

    fn is_this_version(&mut self, map: &Map, document: &Located) -> bool {
        let (origin, message, help) = match map.get("purlin") {
            Some(Located { value: Value::Int(1), .. }) => return true,
            Some(version) if version.value.as_i64().is_some_and(|version| version > 1) => {
                (version.origin, "a newer version of the format than 1", "this needs a newer purlin")
            }
            Some(version) => (version.origin, "the version of the format is 1", "write purlin = 1"),
            None => (document.origin, "the file does not say which format it is in", "begin with purlin = 1"),
        };
        let (message, help) = (message.to_owned(), Some(help.to_owned()));
        self.faults.push(Fault { code: "format-version", message, help, origin });
        false
    }

    fn top(&mut self, map: &Map) {
        if let Some(value) = map.get("precedence") {
            self.precedence(value);
        }
        for (key, value) in map.iter() {
            match key {
                "purlin" | "precedence" => {}
                "merge" => self.rules(value),
                "defaults" => self.layer("", "", value),
                "groups" => self.each(key, value, Self::group),
                "hosts" => self.each(key, value, Self::hosts),
                _ => match self.dimensions.iter().find(|dimension| &***dimension == key).cloned() {
                    Some(dimension) => {
                        self.each(key, value, |reader, member, value| {
                            reader.layer(&dimension, member, value)
                        });
                    }
                    None => self.unsure_layers(key, value),
                },
            }
        }
    }

    /// A key at the top that is none of the format's and no dimension of this file: another file may declare it.
    fn unsure_layers(&mut self, key: &str, value: &Located) {
        if self.batch.native.precedence.is_some() {
            return self.faults.push(unknown_top(key, &self.dimensions, value.origin));
        }
        let unsure = Unsure { inside: None, key: key.into(), origin: value.origin };
        self.batch.native.unsure.push(unsure);
        let tables =
            value.value.as_map().filter(|map| map.iter().all(|(_, value)| value.value.as_map().is_some()));
        for (member, value) in tables.into_iter().flat_map(|map| map.iter()) {
            self.layer(key, member, value);
        }
    }

    /// The entries of a table of tables.
    fn each(&mut self, key: &str, value: &Located, mut read: impl FnMut(&mut Self, &str, &Located)) {
        match value.value.as_map() {
            Some(map) => map.iter().for_each(|(name, value)| read(self, name, value)),
            None => {
                wrong(&mut self.faults, value, format!("{key} is a table, not a {}", value.value.kind()), "")
            }
        }
    }

    fn precedence(&mut self, value: &Located) {
        let Some(names) = parts::words("precedence", value, &mut self.faults) else { return };
        let before = self.faults.len();
        if names.len() > MOST_DIMENSIONS {
            wrong(&mut self.faults, value, format!("more than {MOST_DIMENSIONS} dimensions"), "");
        }
        if let Some(at) = names.iter().position(|name| *name == "host")
            && at + 1 < names.len()
        {
            wrong(
                &mut self.faults,
                value,
                "host is not the last",
                "a host is always stronger than what it belongs to",
            );
        }
        let dimensions: Vec<&str> = names.into_iter().filter(|name| *name != "host").collect();
        for name in &dimensions {
            let is_word = name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter));
            let taken =
                TOP.contains(name) || *name == "vars" || keys::TYPED.contains(name) && !USUAL.contains(name);
            if taken || !is_word {
                let help =
                    if *name == "roles" { "the dimension is role, the host's key is roles" } else { "" };
                wrong(&mut self.faults, value, format!("{name:?} cannot be a dimension"), help);
            }
        }
        if self.faults.len() == before {
            let dimensions: Vec<Arc<str>> = dimensions.into_iter().map(Arc::from).collect();
            self.dimensions = dimensions.iter().filter(|name| &***name != GROUP).cloned().collect();
            self.batch.native.precedence = Some((dimensions, value.origin));
        }
    }

    fn rules(&mut self, value: &Located) {
        self.each("merge", value, |reader, key, value| {
            let written = value.value.as_str().unwrap_or_default();
            let rule = MergeRule::ALL.iter().find(|(name, _)| *name == written);
            let fixed = keys::ONE_HOST.contains(&key);
            match rule {
                Some((_, rule)) if fixed && *rule != MergeRule::Replace => {
                    wrong(&mut reader.faults, value, format!("{key:?} cannot be merged"), "it is said once");
                }
                Some((_, rule)) => reader.batch.native.rules.push((key.into(), *rule, value.origin)),
                None => {
                    let names: Vec<&str> = MergeRule::ALL.iter().map(|(name, _)| *name).collect();
                    let help = match purlin_core::suggest(written, names.iter().copied()) {
                        Some(meant) => format!("did you mean {meant:?}?"),
                        None => format!("one of {}", names.join(", ")),
                    };
                    wrong(&mut reader.faults, value, "no such merge rule", help);
                }
            }
        });
    }

    fn layer(&mut self, dimension: &str, member: &str, value: &Located) {
        let what =
            if dimension.is_empty() { "defaults".to_owned() } else { format!("{dimension} {member:?}") };
        let mut vars = Vec::new();
        for (key, value) in self.entries(&|| what.clone(), value) {
            if keys::ONE_HOST.contains(&key) {
                wrong(
                    &mut self.faults,
                    &value,
                    format!("{key} is said of single hosts, not of a {what}"),
                    "",
                );
            } else if !dimension.is_empty() && key_of(dimension) == key {
                let message = format!("{what} says the {dimension} of hosts that are there because of it");
                wrong(
                    &mut self.faults,
                    &value,
                    message,
                    "a layer may place its hosts in other dimensions only",
                );
            } else {
                vars.push((key.into(), value));
            }
        }
        self.batch.native.layers.push(Layer::new(dimension, member, value.origin, vars));
    }

    /// The keys of a host or a layer, checked: its typed keys, where it stands, its variables.
    pub(super) fn entries<'a>(
        &mut self,
        what: &dyn Fn() -> String,
        value: &'a Located,
    ) -> Vec<(&'a str, Located)> {
        let Some(map) = value.value.as_map() else {
            wrong(
                &mut self.faults,
                value,
                format!("{} is a table, not a {}", what(), value.value.kind()),
                "",
            );
            return Vec::new();
        };
        let mut entries = Vec::with_capacity(map.len());
        for (key, value) in map.iter() {
            if key == "vars" {
                entries.extend(self.variables(value));
            } else if keys::TYPED.contains(&key) {
                keys::check(key, value, &mut self.faults);
                entries.push((key, value.clone()));
            } else if self.dimensions.iter().any(|name| key_of(name) == key) {
                keys::check_dimension(key, value, &mut self.faults);
                entries.push((key, value.clone()));
            } else if self.batch.native.precedence.is_some() || !keys::may_be_member(value) {
                self.faults.push(unknown_entry(&what(), key, &self.dimensions, value.origin));
            } else {
                let inside = Some(what().into());
                self.batch.native.unsure.push(Unsure { inside, key: key.into(), origin: value.origin });
                entries.push((key, value.clone()));
            }
        }
        entries
    }

    pub(super) fn variables<'a>(&mut self, value: &'a Located) -> Vec<(&'a str, Located)> {
        let Some(map) = value.value.as_map() else {
            wrong(&mut self.faults, value, format!("vars is a table, not a {}", value.value.kind()), "");
            return Vec::new();
        };
        let dimensions: Vec<&str> = self.dimensions.iter().map(|name| key_of(name)).collect();
        let mut variables = Vec::with_capacity(map.len());
        for (key, value) in map.iter() {
            keys::check_variable(key, value, &dimensions, &mut self.faults);
            variables.push((key, values::variable(value, &mut self.faults)));
        }
        variables
    }
}

/// The fault of a key at the top of a file.
pub(super) fn unknown_top(key: &str, dimensions: &[Arc<str>], origin: Origin) -> Fault {
    let known = TOP.into_iter().chain(dimensions.iter().map(|name| &**name).filter(|name| *name != GROUP));
    unknown_key("an inventory", key, known, origin)
}

/// The fault of a key of a host or a layer.
pub(super) fn unknown_entry(what: &str, key: &str, dimensions: &[Arc<str>], origin: Origin) -> Fault {
    let dimensions = dimensions.iter().map(|name| key_of(name)).filter(|name| *name != GROUP);
    let own = dimensions.filter(|name| !keys::TYPED.contains(name));
    let known = keys::TYPED.into_iter().chain(["vars"]).chain(own);
    let mut fault = unknown_key(what, key, known, origin);
    if fault.help.as_ref().is_some_and(|help| help.starts_with("its keys")) {
        fault.help = Some(format!("a variable goes into vars, a dimension into precedence: vars.{key} = …"));
    }
    fault
}
