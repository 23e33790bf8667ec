//! Where the readers of Ansible's formats put what they find: a batch, by Ansible's rules.

use super::options::{AnsibleOptions, GroupNames, Limits};
use super::range::{self, Ranges};
use crate::batch::{Batch, Need};
use crate::document::yaml::OddKeys;
use crate::{FileId, Located, Origin, Profile, Value};
use purlin_core::{Diagnostic, Place};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// How many faults of one file are reported.
const MAX_FAULTS: usize = 100;
/// How many variables are looked through one by one before an index of them is made.
const FEW: usize = 32;
/// How many variables the ranges of one file may set for all their hosts together.
const MAX_RANGE_VARS: u64 = 10_000_000;
/// How many times over the ranges of one file may name as many hosts as there may be.
const MAX_RANGES: u64 = 10;
/// How many different names of variables one file may have.
const MAX_KEYS: usize = 1_000_000;

/// Something that has variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Entity {
    Host(u32),
    Group(u32),
}

/// One file on its way into a batch.
pub(crate) struct Target<'a> {
    pub(crate) batch: Batch,
    pub(crate) file: FileId,
    name: Arc<str>,
    options: &'a AnsibleOptions,
    /// How many hosts that were not named before there may be, and groups.
    hosts_left: u64,
    groups_left: u64,
    /// How many hosts ranges may name, new or not: all together, and one name.
    named_left: u64,
    named_at_once: u64,
    vars_left: u64,
    many: HashMap<Entity, HashMap<u32, usize>>,
    faults: usize,
    /// The origins of values whose keys are no texts in the file.
    pub(crate) odd_keys: OddKeys,
}

impl<'a> Target<'a> {
    pub(crate) fn new(name: &str, options: &'a AnsibleOptions, limits: &Limits) -> Self {
        let mut batch = Batch::new(name);
        batch.extra.profile = Some(Profile::Ansible);
        Self {
            file: batch.source().file,
            batch,
            name: name.into(),
            options,
            hosts_left: limits.hosts,
            groups_left: limits.hosts,
            named_left: limits.hosts.saturating_mul(MAX_RANGES),
            named_at_once: limits.hosts,
            vars_left: MAX_RANGE_VARS,
            many: HashMap::new(),
            faults: 0,
            odd_keys: OddKeys::new(),
        }
    }

    /// The batch with all that was found.
    pub(crate) fn finish(mut self) -> Batch {
        if let Some(more) = self.faults.checked_sub(MAX_FAULTS).filter(|more| *more > 0) {
            let message = format!("{more} more errors in this file are not shown");
            let place = Place::file(&*self.name);
            self.batch.report(Diagnostic::error("too-many-errors", message).place(place));
        }
        self.batch
    }

    pub(crate) fn at(&self, line: u32, column: u32) -> Origin {
        Origin::new(self.file, line, column)
    }

    /// A diagnostic at a place of this file.
    pub(crate) fn place(&self, origin: Origin) -> Place {
        origin.place(&self.batch.files)
    }

    pub(crate) fn fault(
        &mut self,
        origin: Origin,
        code: &'static str,
        message: impl Into<String>,
        help: &str,
    ) {
        self.faults += 1;
        if self.faults <= MAX_FAULTS {
            let place = self.place(origin);
            self.batch.report(Diagnostic::error(code, message).place(place).help(help));
        }
    }

    pub(crate) fn warning(
        &mut self,
        origin: Origin,
        code: &'static str,
        message: impl Into<String>,
        help: &str,
    ) {
        if self.batch.diagnostics.len() < 2 * MAX_FAULTS {
            let place = self.place(origin);
            self.batch.report(Diagnostic::warning(code, message).place(place).help(help));
        }
    }

    /// The name by which a group is known.
    pub(crate) fn group_name<'n>(&self, name: &'n str) -> Cow<'n, str> {
        let good = |letter: char| letter.is_alphanumeric() || letter == '_';
        let bad_start = |letter: char| letter.is_numeric() || !good(letter);
        let is_good = name.chars().all(good) && !name.starts_with(bad_start);
        if self.options.group_names == GroupNames::Keep || is_good {
            return name.into();
        }
        let letters = name.chars().enumerate().map(|(index, letter)| match index {
            0 if bad_start(letter) => '_',
            _ if !good(letter) => '_',
            _ => letter,
        });
        letters.collect::<String>().into()
    }

    /// The group of this name, new or known; an empty name is a fault.
    pub(crate) fn group(&mut self, name: &str, origin: Origin) -> Option<u32> {
        if name.is_empty() {
            self.fault(origin, "empty-name", "a group without a name", "give it a name");
            return None;
        }
        let name = self.group_name(name);
        if self.groups_left == 0 && self.batch.group_names.get(&name).is_none() {
            self.too_many(origin, "groups");
            return None;
        }
        let known = self.batch.groups.len();
        let group = self.batch.group_at(&name, origin).0;
        if self.batch.groups.len() > known {
            self.groups_left -= 1;
        }
        Some(group)
    }

    /// Whether further such faults would be told.
    pub(crate) fn needs_more(&self) -> bool {
        self.batch.extra.needs.len() < MAX_FAULTS
    }

    /// Says that an earlier source must have named this group.
    pub(crate) fn need(&mut self, group: &str, fault: Diagnostic) {
        if self.needs_more() {
            self.batch.extra.needs.push(Need { group: group.into(), fault });
        }
    }

    /// The hosts of a name with its ranges and port, new or known.
    pub(crate) fn hosts(&mut self, pattern: &str, origin: Origin, group: Option<u32>) -> Option<Vec<u32>> {
        let (names, port) = range::split_port(pattern, Ranges::Allowed);
        if names.is_empty() {
            self.fault(origin, "empty-name", "a host without a name", "give it a name");
            return None;
        }
        let port = port.map(|port| Located::new(port, origin));
        if !names.contains('[') {
            return self.host(names, port.as_ref(), origin, group).map(|host| vec![host]);
        }
        let before = self.named_left.min(self.named_at_once);
        let mut left = before;
        let mut hosts = Vec::new();
        let mut full = false;
        let expanded = range::expand(names, &mut left, &mut |name| match self.add_host(
            name,
            port.as_ref(),
            origin,
            group,
        ) {
            Some(host) => hosts.push(host),
            None => full = true,
        });
        self.named_left -= before - left;
        if full {
            self.too_many(origin, "hosts");
            return None;
        }
        if let Err(fault) = expanded {
            let before = names.get(..fault.offset).map_or(0, |before| before.chars().count());
            let column = origin.column.saturating_add(u32::try_from(before).unwrap_or(0));
            let column = if origin.column == 0 { 0 } else { column };
            self.fault(Origin { column, ..origin }, fault.code, fault.message, fault.help);
            return None;
        }
        Some(hosts)
    }

    /// The host of exactly this name.
    pub(crate) fn host(
        &mut self,
        name: &str,
        port: Option<&Located>,
        origin: Origin,
        group: Option<u32>,
    ) -> Option<u32> {
        let host = self.add_host(name, port, origin, group);
        if host.is_none() {
            self.too_many(origin, "hosts");
        }
        host
    }

    pub(super) fn too_many(&mut self, origin: Origin, what: &str) {
        let message = format!("more {what} than the limit allows");
        self.fault(origin, "too-many-hosts", message, "raise the limit on hosts");
    }

    fn add_host(
        &mut self,
        name: &str,
        port: Option<&Located>,
        origin: Origin,
        group: Option<u32>,
    ) -> Option<u32> {
        let known = self.batch.hosts.len();
        if self.hosts_left == 0 && self.batch.host_names.get(name).is_none() {
            return None;
        }
        let host = self.batch.host_at(name, origin).0;
        if self.batch.hosts.len() > known {
            self.hosts_left -= 1;
            if let Some(port) = port {
                let key = self.batch.keys.id("ansible_port").0;
                self.batch.extra.firsts.push((host, key, port.clone()));
            }
        }
        if let Some(group) = group {
            self.batch.groups[group as usize].hosts.push(host);
        }
        Some(host)
    }

    /// Puts a group below another.
    pub(crate) fn child(&mut self, parent: u32, child: u32, origin: Origin) {
        let below = &mut self.batch.groups[parent as usize];
        below.children.push(child);
        below.child_origins.push(origin);
    }

    /// Whether so many further hosts of a range may have so many variables; if not, it is a fault.
    fn room_for(&mut self, hosts: usize, vars: usize, origin: Origin) -> bool {
        let vars = u64::try_from(hosts.saturating_mul(vars)).unwrap_or(u64::MAX);
        match self.vars_left.checked_sub(vars) {
            Some(left) => {
                self.vars_left = left;
                true
            }
            None => {
                let help = "set them once, as variables of a group";
                self.fault(origin, "too-many-hosts", "the hosts of a range have too many variables", help);
                false
            }
        }
    }

    /// The number of a variable's name; there is a limit on how many there are, beyond which all are taken for one.
    pub(crate) fn key(&mut self, key: &str) -> u32 {
        if self.batch.keys.texts().len() < MAX_KEYS {
            return self.batch.keys.id(key).0;
        }
        self.batch.keys.get(key).unwrap_or_else(|| {
            let origin = Origin::file(self.file);
            let message = format!("more than {MAX_KEYS} different names of variables");
            self.fault(origin, "too-many-names", message, "is this an inventory?");
            0
        })
    }

    /// Sets variables of a host; the keys differ. Ansible looks among the groups first when a variable is set by name,
    /// so the variables of a host with a group's name are the group's.
    pub(crate) fn set_host_vars(&mut self, host: u32, vars: Vec<(u32, Located)>) {
        let entity = match self.batch.group_names.get(self.batch.host_names.text(host)) {
            Some(group) => Entity::Group(group),
            None => Entity::Host(host),
        };
        match entity {
            Entity::Host(host) if self.batch.hosts[host as usize].vars.is_empty() => {
                self.batch.hosts[host as usize].vars = vars;
            }
            Entity::Group(group) => {
                for (key, value) in vars {
                    let name = self.batch.keys.text(key).clone();
                    self.set_group_var(group, &name, value);
                }
            }
            entity => vars.into_iter().for_each(|(key, value)| self.set(entity, key, value)),
        }
    }

    /// Sets the same variables of several hosts; more than they may have is a fault.
    pub(crate) fn set_vars_of_all(&mut self, hosts: &[u32], vars: Vec<(u32, Located)>, origin: Origin) {
        let Some((last, others)) = hosts.split_last() else { return };
        if !vars.is_empty() && self.room_for(others.len(), vars.len(), origin) {
            others.iter().for_each(|host| self.set_host_vars(*host, vars.clone()));
            self.set_host_vars(*last, vars);
        }
    }

    /// Sets a variable of a group, its priority included.
    pub(crate) fn set_group_var(&mut self, group: u32, key: &str, value: Located) {
        if key != "ansible_group_priority" {
            let key = self.key(key);
            return self.set(Entity::Group(group), key, value);
        }
        match priority(&value.value) {
            Some(priority) => self.batch.groups[group as usize].priority = Some(priority),
            None => {
                let message = "ansible_group_priority is not a whole number";
                self.fault(value.origin, "group-priority", message, "write a number, such as 10");
            }
        }
    }

    /// Sets a variable.
    pub(crate) fn set(&mut self, entity: Entity, key: u32, value: Located) {
        let (vars, earlier) = match entity {
            Entity::Host(host) => {
                let host = &mut self.batch.hosts[host as usize];
                (&mut host.vars, &mut host.earlier)
            }
            Entity::Group(group) => {
                let group = &mut self.batch.groups[group as usize];
                (&mut group.vars, &mut group.earlier)
            }
        };
        let place = if vars.len() <= FEW {
            vars.iter().position(|(known, _)| *known == key)
        } else {
            let index = self
                .many
                .entry(entity)
                .or_insert_with(|| vars.iter().enumerate().map(|(index, (key, _))| (*key, index)).collect());
            let place = index.get(&key).copied();
            index.entry(key).or_insert(vars.len());
            place
        };
        match place.and_then(|place| vars.get_mut(place)) {
            // Whether maps are merged is settled when all have spoken.
            Some((_, old)) => earlier.push((key, std::mem::replace(old, value))),
            None => vars.push((key, value)),
        }
    }
}

/// What Python's `int()` makes of a value.
fn priority(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        Value::Bool(truth) => Some(i64::from(*truth)),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "int() cuts the fraction off; the cast saturates"
        )]
        Value::Float(number) if number.is_finite() => Some(*number as i64),
        Value::Text(text) | Value::Unsafe(text) => text.trim().replace('_', "").parse().ok(),
        _ => None,
    }
}
