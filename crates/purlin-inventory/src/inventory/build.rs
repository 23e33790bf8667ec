//! Batches become an inventory.

use super::{Combination, Data, GroupData, GroupId, HostData, HostId, Inventory, Profile, narrow};
use super::{graph, layers};
use crate::batch::{Batch, Names};
use crate::native::layers::Layers;
use crate::{Located, Origin};
use purlin_core::{Diagnostic, Diagnostics};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

/// Merges batches, in their order, into an [`Inventory`].
///
/// ```
/// use purlin_inventory::{Batch, InventoryBuilder};
///
/// let mut batch = Batch::new("cmdb");
/// let (web, host) = (batch.group("web"), batch.host("web01.lon"));
/// batch.add_host(web, host);
/// batch.set_group_var(web, "http_port", 8080);
///
/// let mut builder = InventoryBuilder::new();
/// builder.merge(batch);
/// let estate = builder.build()?;
/// let port = estate.host("web01.lon").and_then(|host| host.var("http_port")).unwrap();
/// assert_eq!(port.value.as_i64(), Some(8080));
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct InventoryBuilder {
    profile: Profile,
    pub(super) files: Vec<Arc<str>>,
    keys: Names,
    pub(super) host_names: Names,
    hosts: Vec<HostDraft>,
    pub(super) group_names: Names,
    pub(super) groups: Vec<GroupDraft>,
    pub(super) native: Layers,
    pub(super) diagnostics: Diagnostics,
}

#[derive(Debug, Clone)]
pub(crate) struct HostDraft {
    origin: Origin,
    vars: Vec<(u32, Located)>,
    file_vars: Vec<(u32, Located)>,
}

#[derive(Debug, Clone)]
pub(crate) struct GroupDraft {
    pub(super) origin: Origin,
    pub(super) vars: Vec<(u32, Located)>,
    pub(super) file_vars: Vec<(u32, Located)>,
    pub(super) hosts: Vec<u32>,
    known_hosts: HashSet<u32>,
    pub(super) children: Vec<u32>,
    pub(super) parents: Vec<u32>,
    pub(super) priority: i64,
}

/// The group of everything, and that of hosts without another.
pub(crate) const ALL: u32 = 0;
pub(crate) const UNGROUPED: u32 = 1;

impl InventoryBuilder {
    /// Nothing but the groups `all` and `ungrouped`.
    pub fn new() -> Self {
        let mut builder = Self {
            profile: Profile::default(),
            files: Vec::new(),
            keys: Names::default(),
            host_names: Names::default(),
            hosts: Vec::new(),
            group_names: Names::default(),
            groups: Vec::new(),
            native: Layers::default(),
            diagnostics: Diagnostics::new(),
        };
        let built_in = Origin::file(builder.file("built-in"));
        for name in ["all", "ungrouped"] {
            builder.group(name, built_in);
        }
        builder.add_child(ALL, UNGROUPED);
        builder
    }

    /// Decides by the rules of this profile. Those of the native one hold as soon as one source is native.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Adds what a source has said; what it says again replaces what was said before.
    pub fn merge(&mut self, batch: Batch) {
        let offset = narrow(self.files.len());
        self.files.extend(batch.files);
        self.native.absorb(batch.native, offset, &self.files, &mut self.diagnostics);
        let keys: Vec<u32> = batch.keys.texts().iter().map(|key| self.keys.id(key).0).collect();
        let mut hosts = Vec::with_capacity(batch.hosts.len());
        for (name, host) in batch.host_names.texts().iter().zip(batch.hosts) {
            let id = self.host(name, host.origin.moved(offset));
            set_all(&mut self.hosts[id as usize].vars, host.vars, &keys, offset);
            hosts.push(id);
        }
        let names = batch.group_names.texts();
        let groups: Vec<u32> = names
            .iter()
            .zip(&batch.groups)
            .map(|(name, group)| self.group(name, group.origin.moved(offset)))
            .collect();
        for (id, group) in groups.iter().zip(batch.groups) {
            let draft = &mut self.groups[*id as usize];
            set_all(&mut draft.vars, group.vars, &keys, offset);
            draft.priority = group.priority.unwrap_or(draft.priority);
            for host in group.hosts {
                draft.add_host(hosts[host as usize]);
            }
            for child in group.children {
                self.add_child(*id, groups[child as usize]);
            }
        }
        self.diagnostics.extend(batch.diagnostics);
    }

    /// Adds what files beside the inventory say of hosts and groups that are known already; what they say of others
    /// is left out. Such values are stronger than any that the inventory itself gives.
    pub fn merge_files(&mut self, batch: Batch) {
        let offset = narrow(self.files.len());
        self.files.extend(batch.files);
        let keys: Vec<u32> = batch.keys.texts().iter().map(|key| self.keys.id(key).0).collect();
        for (name, host) in batch.host_names.texts().iter().zip(batch.hosts) {
            if let Some(id) = self.host_names.get(name) {
                set_all(&mut self.hosts[id as usize].file_vars, host.vars, &keys, offset);
            }
        }
        for (name, group) in batch.group_names.texts().iter().zip(batch.groups) {
            if let Some(id) = self.group_names.get(name) {
                set_all(&mut self.groups[id as usize].file_vars, group.vars, &keys, offset);
            }
        }
        self.diagnostics.extend(batch.diagnostics);
    }

    /// Adds a fault; with an error among them no inventory is built.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The names of the hosts so far, in order.
    pub fn host_names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.host_names.texts().iter().map(|name| &**name)
    }

    /// The names of the groups so far, in order.
    pub fn group_names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.group_names.texts().iter().map(|name| &**name)
    }

    /// The inventory, and what was found on the way that is no error.
    ///
    /// # Errors
    /// [`Invalid`](purlin_core::ErrorKind::Invalid) with all [`Diagnostics`] as its detail: those of the batches, and
    /// groups that are below themselves.
    pub fn build(self) -> purlin_core::Result<Inventory> {
        self.finish().map(|(inventory, _)| inventory)
    }

    /// As [`build`](Self::build), with the warnings.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn finish(mut self) -> purlin_core::Result<(Inventory, Diagnostics)> {
        let selected = self.select_members()?;
        if self.native.native {
            self.profile = Profile::Native;
        }
        self.settle_links();
        self.settle_parents();
        let depths = graph::depths(&self.groups, &self.group_names, &self.files, &mut self.diagnostics);
        if self.diagnostics.has_errors() {
            return Err(failed(self.diagnostics));
        }
        let (data, mut diagnostics) = self.assemble(depths);
        let inventory = Inventory(Arc::new(data));
        layers::verify(&inventory, &selected, &mut diagnostics);
        if diagnostics.has_errors() { Err(failed(diagnostics)) } else { Ok((inventory, diagnostics)) }
    }

    /// What the parts become, with everything that is worked out once.
    fn assemble(mut self, depths: Vec<u32>) -> (Data, Diagnostics) {
        let direct = self.settle_hosts();
        let groups: Vec<GroupData> = self
            .groups
            .into_iter()
            .zip(depths)
            .map(|(draft, depth)| GroupData {
                origin: draft.origin,
                vars: draft.vars,
                file_vars: draft.file_vars,
                hosts: draft.hosts.into_iter().map(HostId).collect(),
                children: draft.children.into_iter().map(GroupId).collect(),
                parents: draft.parents.into_iter().map(GroupId).collect(),
                priority: draft.priority,
                depth,
                members: OnceLock::new(),
            })
            .collect();
        let (combinations, of_host) = combine(direct, &groups, &self.group_names);
        let hosts = self.hosts.into_iter().zip(of_host).map(|(draft, combination)| HostData {
            origin: draft.origin,
            vars: draft.vars,
            file_vars: draft.file_vars,
            merged: Vec::new(),
            combination,
        });
        let mut data = Data {
            profile: self.profile,
            native: None,
            aliases: HashMap::new(),
            files: self.files,
            keys: self.keys,
            host_names: self.host_names,
            hosts: hosts.collect(),
            group_names: self.group_names,
            groups,
            combinations,
        };
        layers::settle(&mut data, self.native, &mut self.diagnostics);
        (data, self.diagnostics)
    }

    /// A group without a parent is below `all`.
    fn settle_parents(&mut self) {
        for id in 1..narrow(self.groups.len()) {
            if self.groups[id as usize].parents.is_empty() {
                self.add_child(ALL, id);
            }
        }
    }

    /// A host is in `ungrouped` exactly if no other group but `all` names it. Returns each host's groups, sorted.
    fn settle_hosts(&mut self) -> Vec<Vec<u32>> {
        let mut direct = vec![Vec::new(); self.hosts.len()];
        for (id, group) in (0..).zip(&self.groups) {
            if id != UNGROUPED {
                group.hosts.iter().for_each(|host| direct[*host as usize].push(id));
            }
        }
        let grouped = |groups: &[u32]| groups.iter().any(|id| *id != ALL);
        self.groups[UNGROUPED as usize].hosts.retain(|host| !grouped(&direct[*host as usize]));
        for (host, groups) in (0..).zip(&mut direct) {
            if !grouped(groups) {
                self.groups[UNGROUPED as usize].add_host(host);
                groups.push(UNGROUPED);
            }
        }
        direct
    }

    pub(crate) fn file(&mut self, name: &str) -> crate::FileId {
        self.files.push(name.into());
        crate::FileId(narrow(self.files.len() - 1))
    }

    fn host(&mut self, name: &str, origin: Origin) -> u32 {
        let (id, is_new) = self.host_names.id(name);
        if is_new {
            self.hosts.push(HostDraft { origin, vars: Vec::new(), file_vars: Vec::new() });
        }
        id
    }

    pub(super) fn group(&mut self, name: &str, origin: Origin) -> u32 {
        let (id, is_new) = self.group_names.id(name);
        if is_new {
            self.groups.push(GroupDraft {
                origin,
                vars: Vec::new(),
                file_vars: Vec::new(),
                hosts: Vec::new(),
                known_hosts: HashSet::new(),
                children: Vec::new(),
                parents: Vec::new(),
                priority: 1,
            });
        }
        id
    }

    pub(super) fn add_child(&mut self, parent: u32, child: u32) {
        if !self.groups[parent as usize].children.contains(&child) {
            self.groups[parent as usize].children.push(child);
            self.groups[child as usize].parents.push(parent);
        }
    }
}

fn failed(diagnostics: Diagnostics) -> purlin_core::Error {
    let lost = || purlin_core::Error::new(purlin_core::ErrorKind::Internal, "an error was lost");
    diagnostics.into_result("inventory.build").err().unwrap_or_else(lost)
}

impl Default for InventoryBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl GroupDraft {
    pub(super) fn add_host(&mut self, host: u32) {
        if self.known_hosts.insert(host) {
            self.hosts.push(host);
        }
    }
}

fn set_all(into: &mut Vec<(u32, Located)>, vars: Vec<(u32, Located)>, keys: &[u32], offset: u32) {
    let fresh = into.is_empty();
    for (key, mut value) in vars {
        value.move_files(offset);
        let key = keys[key as usize];
        match into.iter_mut().find(|(known, _)| !fresh && *known == key) {
            Some((_, old)) => *old = value,
            None => into.push((key, value)),
        }
    }
}

/// Hosts of the same groups share what follows from them.
fn combine(direct: Vec<Vec<u32>>, groups: &[GroupData], names: &Names) -> (Vec<Combination>, Vec<u32>) {
    let mut known: HashMap<Vec<u32>, u32> = HashMap::new();
    let mut combinations = Vec::new();
    let of_host = direct.into_iter().map(|groups_of_host| {
        if let Some(id) = known.get(&groups_of_host) {
            return *id;
        }
        let id = narrow(combinations.len());
        let direct: Vec<GroupId> = groups_of_host.iter().map(|id| GroupId(*id)).collect();
        let all = graph::merge_order(&direct, groups, names);
        combinations.push(Combination { direct, all, levels: Vec::new(), vars: OnceLock::new() });
        known.insert(groups_of_host, id);
        id
    });
    let of_host = of_host.collect();
    (combinations, of_host)
}
