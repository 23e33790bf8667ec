//! purlin's own format.

use super::toml::{key, text, texts, value};
use super::{Faults, put};
use crate::inventory::{Native, combine, same};
use crate::native::{TYPED, layers::key_of, read_toml};
use crate::{Group, Host, Inventory, InventoryBuilder, Located, Profile};
use purlin_core::{Diagnostic, Diagnostics, Error, ErrorKind, Place, Result, Severity};
use std::collections::{HashMap, HashSet};
use std::io;

/// Writes the inventory in the native format, in TOML. Reading it gives the same hosts, groups and resolved values.
///
/// Layers are written as layers. Where Ansible's rules decided (its profile, or a native inventory to which an Ansible
/// source added variables of `all`), each host gets the variables that were resolved for it, and what is equal for all
/// of them goes into the defaults. Groups by selector are written as the lists that were found.
///
/// # Errors
/// [`Invalid`](ErrorKind::Invalid) with [`Diagnostics`](purlin_core::Diagnostics), all of them, for what the format cannot
/// hold: null, numbers beyond 64 bits, secrets that are no references, variables of Ansible's that bear the name of a key
/// which means something else here. Nothing is written then. The writer's own errors.
pub fn native_toml(inventory: &Inventory, out: &mut impl io::Write) -> Result<()> {
    let mut file = File {
        inventory,
        text: "purlin = 1\n".to_owned(),
        faults: Faults::new(inventory),
        dimensions: Vec::new(),
        places: Vec::new(),
    };
    match &inventory.0.native {
        Some(native) if built_in_groups_are_silent(inventory) => file.layered(native),
        _ => file.flat(),
    }
    let File { text, faults, places, .. } = file;
    // It has errors alone.
    let _ = faults.finish()?;
    verify(inventory, &text, &places)?;
    put(&text, out)
}

/// The format has no group `all`: its place are the defaults, which are weaker than any dimension.
fn built_in_groups_are_silent(inventory: &Inventory) -> bool {
    inventory.groups().take(2).all(|group| group.data().vars.is_empty() && group.data().file_vars.is_empty())
}

/// What was written must read back as the same, or a later reader would find another estate.
fn verify(inventory: &Inventory, text: &str, places: &[(usize, Place)]) -> Result<()> {
    let mut builder = InventoryBuilder::new();
    builder.merge(read_toml("native", text));
    let again = builder.build().map_err(|error| {
        let faults = error.detail::<Diagnostics>().into_iter().flat_map(Diagnostics::iter).cloned();
        let faults = faults.map(|fault| at_source(fault, text, places));
        let faults: Diagnostics = faults.filter(|fault| fault.severity == Severity::Error).collect();
        let first = faults.iter().next().map_or_else(
            || error.message().to_owned(),
            |first| match &first.place {
                Some(place) => format!("{place}: {}", first.message),
                None => first.message.clone(),
            },
        );
        let message = format!("the inventory does not fit the native format: {first}");
        Error::new(ErrorKind::Invalid, message).with_operation("inventory.write").with_detail(faults)
    })?;
    let equal = |host: Host<'_>| {
        again.host(host.name()).is_some_and(|other| {
            host.vars().count() == other.vars().count()
                && host.vars().all(|(key, said)| other.var(key).is_some_and(|other| alike(said, other)))
        })
    };
    match inventory.hosts().find(|host| !equal(*host)) {
        None if again.len() == inventory.len() => Ok(()),
        host => {
            let named = host.map(|host| format!(": {:?} would differ", host.name())).unwrap_or_default();
            let message = format!("the inventory does not survive the native format{named}");
            Err(Error::new(ErrorKind::Internal, message).with_operation("inventory.write"))
        }
    }
}

/// The fault, where it was said what stands at this place of the text that was written.
fn at_source(mut fault: Diagnostic, text: &str, places: &[(usize, Place)]) -> Diagnostic {
    let source = |line: u32| {
        let lines = text.match_indices('\n').map(|(index, _)| index + 1);
        let start = std::iter::once(0).chain(lines).nth(usize::try_from(line.saturating_sub(1)).ok()?)?;
        let after = places.partition_point(|(at, _)| *at <= start);
        places.get(after.checked_sub(1)?).map(|(_, place)| place.clone())
    };
    fault.place = fault.place.take().and_then(|place| source(place.line.unwrap_or(1)));
    for related in &mut fault.related {
        if let Some(place) = source(related.place.line.unwrap_or(1)) {
            related.place = place;
        }
    }
    fault
}

fn alike(one: &Located, other: &Located) -> bool {
    // Text that no template may be made of is text here, where no templates are made.
    same(&plain(one).value, &plain(other).value)
}

fn plain(said: &Located) -> Located {
    use crate::Value;
    let value = match &said.value {
        Value::Unsafe(text) => Value::Text(text.clone()),
        Value::List(items) => items.iter().map(plain).collect::<Vec<_>>().into(),
        Value::Map(map) => map.iter().map(|(key, said)| (key, plain(said))).collect::<crate::Map>().into(),
        // Not a number is not equal to itself bit by bit in every writing.
        Value::Float(number) if number.is_nan() => Value::Text("nan".into()),
        other => other.clone(),
    };
    Located::new(value, said.origin)
}

struct File<'a> {
    inventory: &'a Inventory,
    text: String,
    faults: Faults<'a>,
    /// The keys that say where a host stands.
    dimensions: Vec<&'a str>,
    /// What was said where, by where it begins in the text.
    places: Vec<(usize, Place)>,
}

type Entries<'a> = Vec<(&'a str, &'a Located)>;

impl<'a> File<'a> {
    fn layered(&mut self, native: &'a Native) {
        let data = &self.inventory.0;
        self.dimensions = native.dimensions.iter().map(|name| key_of(name)).collect();
        self.text.push_str("precedence = ");
        let dimensions = native.dimensions.iter().map(|name| &**name);
        texts(dimensions.chain(["host"]), &mut self.text);
        self.text.push('\n');
        let declared = native.rules.iter().filter(|(_, rule)| rule.origin.is_some());
        let mut rules: Vec<_> = declared.map(|(id, rule)| (&**data.keys.text(*id), rule.rule)).collect();
        rules.sort_unstable_by_key(|(key, _)| *key);
        if !rules.is_empty() {
            self.text.push_str("\n[merge]\n");
        }
        for (name, rule) in rules {
            key(name, &mut self.text);
            self.text.push_str(&format!(" = \"{rule}\"\n"));
        }
        for layer in &native.layers {
            let entries = layer.vars.iter().map(|(id, said)| (&**data.keys.text(*id), said)).collect();
            match layer.dimension.is_empty() {
                true => self.table(&["defaults"], entries),
                false => self.table(&[&layer.dimension, &layer.member], entries),
            }
        }
        self.groups(WithVars::Yes);
        let hosts: Vec<_> = self.inventory.hosts().map(|host| (host, own(self.inventory, &host))).collect();
        for (host, entries) in hosts {
            self.mark(host.place());
            self.table(&["hosts", host.name()], entries.iter().map(|(key, said)| (*key, said)).collect());
        }
    }

    /// Without layers: what all hosts have alike, then each host with what is its own.
    fn flat(&mut self) {
        self.dimensions = crate::native::layers::USUAL.into_iter().map(key_of).collect();
        if self.inventory.profile() == Profile::Ansible {
            self.refuse_other_meanings();
        }
        let common = common(self.inventory);
        let mut defaults: Entries<'a> = common.iter().map(|(key, said)| (*key, *said)).collect();
        defaults.sort_unstable_by_key(|(key, _)| *key);
        if !defaults.is_empty() {
            self.table(&["defaults"], defaults);
        }
        self.groups(WithVars::No);
        for host in self.inventory.hosts() {
            self.mark(host.place());
            let mut entries: Entries<'a> = host.vars().filter(|(key, _)| !common.contains_key(key)).collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            self.table(&["hosts", host.name()], entries);
        }
    }

    /// In Ansible's inventories these names say nothing of how a host is reached; here they would.
    fn refuse_other_meanings(&mut self) {
        for host in self.inventory.hosts() {
            for name in ["address", "port", "user", "transport", "ssh", "become"] {
                if let Some(said) = host.var(name) {
                    let message = format!("the variable {name:?} would say here how the host is reached");
                    self.faults.push("not-native", said, message, "give the variable another name");
                }
            }
        }
    }

    fn groups(&mut self, vars: WithVars) {
        for group in self.inventory.groups().skip(2) {
            self.mark(group.place());
            self.header(&["groups", group.name()]);
            if group.direct_hosts().len() > 0 {
                self.text.push_str("hosts = ");
                texts(group.direct_hosts().map(Host::name), &mut self.text);
                self.text.push('\n');
            }
            if group.children().len() > 0 {
                self.text.push_str("children = ");
                texts(group.children().map(Group::name), &mut self.text);
                self.text.push('\n');
            }
            let data = group.data();
            if vars == WithVars::Yes && data.vars.len() + data.file_vars.len() > 0 {
                self.header(&["groups", group.name(), "vars"]);
                let inline =
                    data.vars.iter().filter(|(id, _)| !data.file_vars.iter().any(|(known, _)| known == id));
                for (id, said) in inline.chain(&data.file_vars) {
                    self.line(self.inventory.0.keys.text(*id), said);
                }
            }
        }
    }

    /// A table of typed keys, with one of variables below it.
    fn table(&mut self, path: &[&str], entries: Entries<'_>) {
        let is_key = |name: &str| TYPED.contains(&name) || self.dimensions.contains(&name);
        let (mut keys, vars): (Entries<'_>, Entries<'_>) =
            entries.into_iter().partition(|(name, _)| is_key(name));
        keys.sort_by_key(|(name, _)| TYPED.iter().position(|known| known == name));
        if !keys.is_empty() || vars.is_empty() {
            self.header(path);
        }
        keys.iter().for_each(|(name, said)| self.line(name, said));
        if !vars.is_empty() {
            self.header(&[path, &["vars"]].concat());
            vars.iter().for_each(|(name, said)| self.line(name, said));
        }
    }

    fn header(&mut self, path: &[&str]) {
        self.text.push_str("\n[");
        for (index, part) in path.iter().enumerate() {
            self.text.push_str(if index == 0 { "" } else { "." });
            match index {
                1 if path[0] == "hosts" => text(part, &mut self.text),
                _ => key(part, &mut self.text),
            }
        }
        self.text.push_str("]\n");
    }

    /// What is written from here on was said there. The line before it is empty.
    fn mark(&mut self, place: Place) {
        self.places.push((self.text.len(), place));
    }

    fn line(&mut self, name: &str, said: &Located) {
        self.mark(self.inventory.place(said.origin));
        key(name, &mut self.text);
        self.text.push_str(" = ");
        value(name, said, &mut self.faults, &mut self.text);
        self.text.push('\n');
    }
}

/// Whether groups are written with their variables.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WithVars {
    Yes,
    No,
}

/// What a host says itself: in the inventory, and merged with that in files beside it.
fn own<'a>(inventory: &'a Inventory, host: &Host<'a>) -> Vec<(&'a str, Located)> {
    let (data, said) = (&inventory.0, host.data());
    let mut entries: Vec<(u32, Located)> = said.vars.clone();
    for (id, stronger) in &said.file_vars {
        match entries.iter_mut().find(|(known, _)| known == id) {
            Some((_, weaker)) => *weaker = combine(data.rule(*id), weaker, stronger),
            None => entries.push((*id, stronger.clone())),
        }
    }
    entries.into_iter().map(|(id, said)| (&**data.keys.text(id), said)).collect()
}

/// The variables that all hosts have alike.
fn common(inventory: &Inventory) -> HashMap<&str, &Located> {
    let mut hosts = inventory.hosts();
    let Some(first) = hosts.next() else { return HashMap::new() };
    let single = HashSet::from(["aliases", "identity"]);
    let mut common: HashMap<&str, &Located> = first.vars().filter(|(key, _)| !single.contains(key)).collect();
    for host in hosts {
        common.retain(|key, said| host.var(key).is_some_and(|other| same(&said.value, &other.value)));
    }
    common
}
