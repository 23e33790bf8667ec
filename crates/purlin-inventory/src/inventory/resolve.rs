//! Which value a variable has.

mod clash;
mod merge;
mod settle;

pub use merge::MergeRule;
pub(crate) use merge::{combine, same};
pub(super) use settle::settle;

use super::{Combination, Data, GroupId, HostId, Inventory};
use crate::{Located, Origin};
use std::collections::HashMap;
use std::sync::Arc;

/// Somebody who says something of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Voice {
    /// One of the [`Native::layers`].
    Layer(u32),
    /// A group, in the inventory itself.
    Group(GroupId),
    /// A group, in files beside the inventory.
    GroupFiles(GroupId),
    /// The host, in the inventory itself.
    Host(HostId),
    /// The host, in files beside the inventory.
    HostFiles(HostId),
}

/// The rules of the native profile, as all native files together declare them.
pub(crate) struct Native {
    /// The weakest first; `group` is among them, `host` is not.
    pub(crate) dimensions: Vec<Arc<str>>,
    pub(crate) rules: HashMap<u32, Rule>,
    pub(crate) layers: Vec<Layer>,
}

/// A merge rule and where it was declared; some are built in.
#[derive(Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) rule: MergeRule,
    pub(crate) origin: Option<Origin>,
}

/// What is said of the members of a dimension; of everything where the dimension is empty.
pub(crate) struct Layer {
    pub(crate) dimension: Arc<str>,
    pub(crate) member: Arc<str>,
    pub(crate) origin: Origin,
    pub(crate) vars: Vec<(u32, Located)>,
}

impl Data {
    /// How what several say of a variable becomes one value.
    pub(crate) fn rule(&self, key: u32) -> MergeRule {
        match &self.native {
            Some(native) => native.rules.get(&key).map_or(MergeRule::Replace, |rule| rule.rule),
            None => self.hash_behaviour,
        }
    }

    /// All that a voice says.
    pub(crate) fn said_by(&self, voice: Voice) -> &[(u32, Located)] {
        let group = |id: GroupId| &self.groups[id.0 as usize];
        let host = |id: HostId| &self.hosts[id.0 as usize];
        match voice {
            Voice::Layer(id) => self
                .native
                .as_ref()
                .and_then(|native| native.layers.get(id as usize))
                .map_or(&[], |layer| &layer.vars),
            Voice::Group(id) => &group(id).vars,
            Voice::GroupFiles(id) => &group(id).file_vars,
            Voice::Host(id) => &host(id).vars,
            Voice::HostFiles(id) => &host(id).file_vars,
        }
    }

    /// What a voice says of one variable.
    pub(crate) fn says(&self, voice: Voice, key: u32) -> Option<&Located> {
        self.said_by(voice).iter().find(|(known, _)| *known == key).map(|(_, value)| value)
    }

    /// Everybody who may say something of the hosts of a combination, the weakest first. Those of one level are equals.
    ///
    /// In Ansible's profile there are no equals: what the inventory says of each group in merge order, then what files
    /// beside it say, in the same order (VARIABLE_PRECEDENCE: a parent's group_vars file beats what a child says in the
    /// inventory).
    pub(crate) fn levels<'a>(
        &'a self,
        combination: &'a Combination,
    ) -> impl Iterator<Item = Vec<Voice>> + 'a {
        let (native, ansible) = match &self.native {
            Some(_) => (&combination.levels[..], &[][..]),
            None => (&[][..], &combination.all[..]),
        };
        let inline = ansible.iter().map(|id| vec![Voice::Group(*id)]);
        let files = ansible.iter().map(|id| vec![Voice::GroupFiles(*id)]);
        native.iter().cloned().chain(inline).chain(files)
    }

    /// What the groups and layers of a combination say together, sorted by key.
    pub(crate) fn shared_vars<'a>(&'a self, combination: &'a Combination) -> &'a [(u32, Located)] {
        combination.vars.get_or_init(|| {
            let groups = &combination.all;
            let inline = groups.iter().flat_map(|id| self.said_by(Voice::Group(*id)));
            let files = groups.iter().flat_map(|id| self.said_by(Voice::GroupFiles(*id)));
            let mut merged: HashMap<u32, (&Located, Option<Located>)> = HashMap::new();
            for (key, value) in inline.chain(files) {
                let entry = merged.entry(*key).or_insert((value, None));
                if self.hash_behaviour != MergeRule::Replace && !std::ptr::eq(entry.0, value) {
                    entry.1 = Some(combine(self.hash_behaviour, entry.1.as_ref().unwrap_or(entry.0), value));
                }
                entry.0 = value;
            }
            let own = |(key, (value, merged)): (u32, (&Located, Option<Located>))| {
                (key, merged.unwrap_or_else(|| value.clone()))
            };
            let mut vars: Vec<_> = merged.into_iter().map(own).collect();
            vars.sort_unstable_by_key(|(key, _)| *key);
            vars
        })
    }

    pub(crate) fn shared_var<'a>(&'a self, combination: &'a Combination, key: u32) -> Option<&'a Located> {
        let vars = self.shared_vars(combination);
        let index = vars.binary_search_by_key(&key, |(known, _)| *known).ok()?;
        Some(&vars[index].1)
    }
}

impl Inventory {
    /// What the groups and layers of a combination say together, sorted by key.
    pub(crate) fn shared_vars<'a>(&'a self, combination: &'a Combination) -> &'a [(u32, Located)] {
        self.0.shared_vars(combination)
    }

    pub(crate) fn shared_var<'a>(&'a self, combination: &'a Combination, key: u32) -> Option<&'a Located> {
        self.0.shared_var(combination, key)
    }
}
