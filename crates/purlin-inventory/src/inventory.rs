//! A whole estate: hosts, groups and resolved variables, as one immutable value.

mod build;
mod finish;
mod graph;
mod layers;
mod merge;
mod order;
mod resolve;
mod said;

pub use build::InventoryBuilder;
pub use layers::MergeRule;
pub(crate) use layers::{Many, Native, Voice, combine, same};
pub use merge::HashBehaviour;
pub(crate) use said::Earlier;

use crate::batch::Names;
use crate::explain::missing;
use crate::{Facts, Located, Origin, VarsFile};
use order::MergeOrder;
use purlin_core::{Diagnostics, Place, Result};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

/// A host of one [`Inventory`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(pub(crate) u32);

/// A group of one [`Inventory`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub(crate) u32);

/// Whose rules decide which value a variable has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Profile {
    /// Ansible's: depth of the group, its priority, its name; then the host.
    #[default]
    Ansible,
    /// purlin's own: declared dimensions, and a conflict within one is an error.
    Native,
}

/// A whole estate. Cheap to clone; it never changes.
#[derive(Clone)]
pub struct Inventory(pub(crate) Arc<Data>);

pub(crate) struct Data {
    pub(crate) profile: Profile,
    pub(crate) hash_behaviour: HashBehaviour,
    pub(crate) files: Vec<Arc<str>>,
    /// Of each file its source; see [`InventoryBuilder::sources`].
    pub(crate) sources: Vec<(u32, build::Format)>,
    pub(crate) keys: Names,
    pub(crate) host_names: Names,
    pub(crate) hosts: Vec<HostData>,
    pub(crate) group_names: Names,
    pub(crate) groups: Vec<GroupData>,
    /// How groups follow each other where their variables are merged.
    pub(crate) order: MergeOrder,
    /// Every distinct set of direct groups (and, in the native profile, of layers) that some host has, with the
    /// variables that follow from it.
    pub(crate) combinations: Vec<Combination>,
    /// The rules of the native profile, where it holds.
    pub(crate) native: Option<Native>,
    /// Hosts by their other names.
    pub(crate) aliases: HashMap<Arc<str>, u32>,
    /// What was noticed while it was read.
    pub(crate) warnings: Diagnostics,
    /// Files of variables that were found beside its sources, read or not.
    pub(crate) vars_files: Vec<VarsFile>,
    /// The files that were read as INI, whatever their names say.
    pub(crate) ini_files: HashSet<u32>,
}

pub(crate) struct HostData {
    pub(crate) origin: Origin,
    /// The host's own variables; the later of two equal keys has replaced the earlier.
    pub(crate) vars: Vec<(u32, Located)>,
    /// What files beside the inventory say of it (host_vars): stronger than its own.
    pub(crate) file_vars: Vec<(u32, Located)>,
    /// What became of values that several places have said, where they are merged; stronger than all the others.
    pub(crate) merged: Vec<(u32, Located)>,
    pub(crate) earlier: Vec<Earlier>,
    pub(crate) facts: Option<Arc<Facts>>,
    /// Which of the [`Data::combinations`] it belongs to.
    pub(crate) combination: u32,
}

pub(crate) struct GroupData {
    pub(crate) origin: Origin,
    pub(crate) vars: Vec<(u32, Located)>,
    /// What files beside the inventory say of it (group_vars): stronger than what any group says in the inventory. A
    /// key can be there once a layer.
    pub(crate) file_vars: Vec<(u32, Located)>,
    /// Each layer (the folder beside one source) that has said something, and where its part of `file_vars` ends.
    pub(crate) file_layers: Vec<(u32, u32)>,
    pub(crate) earlier: Vec<Earlier>,
    /// Members that were named in the group itself, in order.
    pub(crate) hosts: Vec<HostId>,
    pub(crate) children: Vec<GroupId>,
    pub(crate) parents: Vec<GroupId>,
    pub(crate) priority: i64,
    /// The longest way from `all`, which is 0.
    pub(crate) depth: u32,
    /// Members with those of all groups below, in Ansible's order; made when first asked for.
    pub(crate) members: OnceLock<Vec<HostId>>,
    /// The same as a bitmap.
    pub(crate) bits: OnceLock<crate::hostset::Bits>,
}

/// What hosts of the same direct groups share.
pub(crate) struct Combination {
    /// The direct groups, sorted.
    pub(crate) direct: Vec<GroupId>,
    /// These and all above, in the order in which their variables are merged; made when first asked for.
    pub(crate) all: OnceLock<Vec<GroupId>>,
    /// In the native profile: who speaks, the weakest first, equals beside each other.
    pub(crate) levels: Vec<Vec<Voice>>,
    /// The result of that merge, sorted by key; made when first asked for.
    pub(crate) vars: OnceLock<Vec<(u32, Located)>>,
}

/// A host, looked at in its inventory.
#[derive(Clone, Copy)]
pub struct Host<'a> {
    pub(crate) inventory: &'a Inventory,
    pub(crate) id: HostId,
}

/// A group, looked at in its inventory.
#[derive(Clone, Copy)]
pub struct Group<'a> {
    pub(crate) inventory: &'a Inventory,
    pub(crate) id: GroupId,
}

impl Inventory {
    /// How many hosts there are.
    pub fn len(&self) -> usize {
        self.0.hosts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.hosts.is_empty()
    }

    /// Whose rules decide which value a variable has.
    pub fn profile(&self) -> Profile {
        self.0.profile
    }

    /// The host of this name, or of this alias.
    pub fn host(&self, name: &str) -> Option<Host<'_>> {
        let id = self.0.host_names.get(name).or_else(|| self.0.aliases.get(name).copied())?;
        Some(Host { inventory: self, id: HostId(id) })
    }

    /// As [`host`](Self::host), for names that people give.
    ///
    /// # Errors
    /// [`NotFound`](purlin_core::ErrorKind::NotFound), with a suggestion, for a host that is not there.
    pub fn find_host(&self, name: &str) -> Result<Host<'_>> {
        let names = || self.0.host_names.texts().iter().chain(self.0.aliases.keys());
        self.host(name).ok_or_else(|| missing(format!("no host {name:?}"), name, names().map(|name| &**name)))
    }

    /// The group of this name.
    pub fn group(&self, name: &str) -> Option<Group<'_>> {
        self.0.group_names.get(name).map(|id| Group { inventory: self, id: GroupId(id) })
    }

    /// All hosts, in the order in which they were first named.
    pub fn hosts(&self) -> impl ExactSizeIterator<Item = Host<'_>> {
        (0..self.0.hosts.len()).map(|id| Host { inventory: self, id: HostId(narrow(id)) })
    }

    /// All groups, in the order in which they were first named; `all` and `ungrouped` come first.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = Group<'_>> {
        (0..self.0.groups.len()).map(|id| Group { inventory: self, id: GroupId(narrow(id)) })
    }

    /// The host of an id of this inventory. An id of another one, be it of the same sources, means some other host here.
    ///
    /// # Panics
    /// For an id of another inventory that is beyond the hosts of this one.
    pub fn host_of(&self, id: HostId) -> Host<'_> {
        assert!((id.0 as usize) < self.0.hosts.len(), "the id of a host is of another inventory");
        Host { inventory: self, id }
    }

    /// The group of an id of this inventory; as [`host_of`](Self::host_of).
    ///
    /// # Panics
    /// For an id of another inventory that is beyond the groups of this one.
    pub fn group_of(&self, id: GroupId) -> Group<'_> {
        assert!((id.0 as usize) < self.0.groups.len(), "the id of a group is of another inventory");
        Group { inventory: self, id }
    }

    /// Where that is said which nobody wrote.
    pub(crate) fn built_in(&self) -> Origin {
        Origin::file(crate::FileId(0))
    }

    /// Where an origin of this inventory is, with the file's name.
    pub fn place(&self, origin: Origin) -> Place {
        origin.place(&self.0.files)
    }
}

impl std::fmt::Debug for Inventory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inventory")
            .field("profile", &self.0.profile)
            .field("hosts", &self.0.hosts.len())
            .field("groups", &self.0.groups.len())
            .finish_non_exhaustive()
    }
}

impl<'a> Host<'a> {
    /// Its id in the inventory.
    pub fn id(self) -> HostId {
        self.id
    }

    /// Its name.
    pub fn name(self) -> &'a str {
        self.inventory.0.host_names.text(self.id.0)
    }

    /// Where it was first named.
    pub fn place(self) -> Place {
        self.inventory.place(self.data().origin)
    }

    /// The groups that name it, sorted by id: `ungrouped` where no other does.
    pub fn direct_groups(self) -> impl ExactSizeIterator<Item = Group<'a>> {
        let inventory = self.inventory;
        self.combination().direct.iter().map(move |id| inventory.group_of(*id))
    }

    /// The groups that name it and all above them, in the order in which their variables are merged.
    pub fn all_groups(self) -> impl ExactSizeIterator<Item = Group<'a>> {
        let inventory = self.inventory;
        inventory.0.all_groups(self.combination()).iter().map(move |id| inventory.group_of(*id))
    }

    /// The value of a variable, after all groups and the host itself have spoken.
    pub fn var(self, key: &str) -> Option<&'a Located> {
        let key = self.inventory.0.keys.get(key)?;
        self.own_var(key).or_else(|| self.inventory.0.shared_var(self.combination(), key))
    }

    /// What was observed of it, and when; none where nobody has observed it. No fact is a variable.
    pub fn facts(self) -> Option<&'a Facts> {
        self.data().facts.as_deref()
    }

    pub(crate) fn own_var(self, key: u32) -> Option<&'a Located> {
        let data = self.data();
        let own = data.merged.iter().chain(&data.file_vars).chain(&data.vars);
        own.into_iter().find(|(known, _)| *known == key).map(|(_, value)| value)
    }

    /// All variables after all groups and the host itself have spoken, in no particular order.
    pub fn vars(self) -> impl Iterator<Item = (&'a str, &'a Located)> {
        let (data, host) = (&self.inventory.0, self.data());
        let files = host.file_vars.iter().filter(|(key, _)| !says(&host.merged, *key));
        let inline = host.vars.iter();
        let inline = inline.filter(|(key, _)| !says(&host.file_vars, *key) && !says(&host.merged, *key));
        let shared = self.inventory.0.shared_vars(self.combination()).iter();
        let shared = shared.filter(|(key, _)| !says(&host.file_vars, *key) && !says(&host.vars, *key));
        let all = host.merged.iter().chain(files).chain(inline).chain(shared);
        all.map(move |(key, value)| (&**data.keys.text(*key), value))
    }

    pub(crate) fn data(self) -> &'a HostData {
        &self.inventory.0.hosts[self.id.0 as usize]
    }

    pub(crate) fn combination(self) -> &'a Combination {
        &self.inventory.0.combinations[self.data().combination as usize]
    }
}

impl std::fmt::Debug for Host<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Host({})", self.name())
    }
}

impl<'a> Group<'a> {
    /// Its id in the inventory.
    pub fn id(self) -> GroupId {
        self.id
    }

    /// Its name.
    pub fn name(self) -> &'a str {
        self.inventory.0.group_names.text(self.id.0)
    }

    /// Where it was first named.
    pub fn place(self) -> Place {
        self.inventory.place(self.data().origin)
    }

    /// The hosts that it names itself, in order.
    pub fn direct_hosts(self) -> impl ExactSizeIterator<Item = Host<'a>> {
        let inventory = self.inventory;
        self.data().hosts.iter().map(move |id| inventory.host_of(*id))
    }

    /// Its hosts and those of all groups below, each once, in Ansible's order: the group's own before those of its
    /// children, level by level.
    pub fn hosts(self) -> impl ExactSizeIterator<Item = Host<'a>> {
        let inventory = self.inventory;
        inventory.members(self.id).iter().map(move |id| inventory.host_of(*id))
    }

    /// The groups directly below.
    pub fn children(self) -> impl ExactSizeIterator<Item = Group<'a>> {
        let inventory = self.inventory;
        self.data().children.iter().map(move |id| inventory.group_of(*id))
    }

    /// The groups directly above.
    pub fn parents(self) -> impl ExactSizeIterator<Item = Group<'a>> {
        let inventory = self.inventory;
        self.data().parents.iter().map(move |id| inventory.group_of(*id))
    }

    /// Its own variables, in the order in which they were first set.
    pub fn vars(self) -> impl ExactSizeIterator<Item = (&'a str, &'a Located)> {
        let data = &self.inventory.0;
        self.data().vars.iter().map(move |(key, value)| (&**data.keys.text(*key), value))
    }

    /// The priority among groups of equal depth; 1 unless set.
    pub fn priority(self) -> i64 {
        self.data().priority
    }

    /// The longest way from `all`, which is 0.
    pub fn depth(self) -> u32 {
        self.data().depth
    }

    pub(crate) fn data(self) -> &'a GroupData {
        &self.inventory.0.groups[self.id.0 as usize]
    }
}

impl std::fmt::Debug for Group<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Group({})", self.name())
    }
}

fn says(vars: &[(u32, Located)], key: u32) -> bool {
    vars.iter().any(|(known, _)| *known == key)
}

/// Ids count what was pushed one by one; 4 billion hosts do not fit into memory.
pub(crate) fn narrow(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
