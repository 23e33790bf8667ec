//! What was merged becomes an inventory that never changes.

use super::build::{ALL, UNGROUPED};
use super::order::MergeOrder;
use super::{
    Combination, Data, GroupData, GroupId, HashBehaviour, HostData, HostId, Inventory, Profile, graph,
    layers, narrow,
};
use crate::InventoryBuilder;
use crate::Located;
use purlin_core::{Diagnostics, Error, ErrorKind, Result};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

impl InventoryBuilder {
    /// The inventory, and what was found on the way that is no error.
    ///
    /// # Errors
    /// [`Invalid`](purlin_core::ErrorKind::Invalid) with all [`Diagnostics`] as its detail: those of the batches, and
    /// groups that are below themselves.
    pub fn build(self) -> Result<Inventory> {
        self.finish().map(|(inventory, _)| inventory)
    }

    /// As [`build`](Self::build), with the warnings.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn finish(mut self) -> Result<(Inventory, Diagnostics)> {
        let selected = self.select_members();
        let (mut inventory, mut diagnostics) = self.settled();
        layers::verify(&inventory, &selected, &mut diagnostics);
        if diagnostics.has_errors() {
            return Err(failed(diagnostics));
        }
        // Nobody else has it yet.
        if let Some(data) = Arc::get_mut(&mut inventory.0) {
            data.warnings = diagnostics.clone();
        }
        Ok((inventory, diagnostics))
    }

    /// What selectors of groups are asked about, whatever is wrong with it.
    pub(crate) fn draft(self) -> Inventory {
        self.settled().0
    }

    /// All that was merged as an inventory, and all that is wrong with it; then nobody may have it.
    fn settled(mut self) -> (Inventory, Diagnostics) {
        if self.native.native {
            self.profile = Profile::Native;
        }
        self.settle_links();
        self.settle_parents();
        let mut diagnostics = std::mem::take(&mut self.diagnostics);
        let depths = graph::depths(&self.groups, &self.group_names, &self.files, &mut diagnostics);
        let direct = self.settle_hosts();
        (self.freeze(depths, direct, &mut diagnostics), diagnostics)
    }

    /// What is known between two sources, as Ansible's `constructed` sees it: groups are below `all`, and hosts in
    /// `ungrouped`, only where a source has said so.
    pub(crate) fn snapshot(&self) -> Inventory {
        let draft = self.clone();
        // A circle is reported when all is merged; here it must only come to an end.
        let depths = graph::depths(&draft.groups, &draft.group_names, &draft.files, &mut Diagnostics::new());
        let direct = draft.direct_groups();
        draft.freeze(depths, direct, &mut Diagnostics::new())
    }

    fn freeze(self, depths: Vec<u32>, direct: Vec<Vec<u32>>, diagnostics: &mut Diagnostics) -> Inventory {
        let groups: Vec<GroupData> = self
            .groups
            .into_iter()
            .zip(depths)
            .map(|(draft, depth)| GroupData {
                origin: draft.origin,
                vars: draft.vars,
                file_vars: draft.file_vars,
                file_layers: draft.file_layers,
                earlier: draft.earlier,
                hosts: draft.hosts.into_iter().map(HostId).collect(),
                children: draft.children.into_iter().map(GroupId).collect(),
                parents: draft.parents.into_iter().map(GroupId).collect(),
                priority: draft.priority,
                depth,
                members: OnceLock::new(),
                bits: OnceLock::new(),
            })
            .collect();
        let order = MergeOrder::new(&groups, &self.group_names, self.profile);
        let (combinations, of_host) = combine(direct);
        let hosts = self.hosts.into_iter().zip(of_host).map(|(draft, combination)| HostData {
            origin: draft.origin,
            vars: draft.vars,
            file_vars: draft.file_vars,
            merged: Vec::new(),
            earlier: draft.earlier,
            facts: draft.facts,
            combination,
        });
        let mut data = Data {
            profile: self.profile,
            native: None,
            aliases: HashMap::new(),
            // In the native profile its own rules hold.
            hash_behaviour: match self.profile {
                Profile::Native => HashBehaviour::Replace,
                Profile::Ansible => self.hash_behaviour,
            },
            files: self.files,
            sources: self.sources,
            keys: self.keys,
            host_names: self.host_names,
            hosts: hosts.collect(),
            group_names: self.group_names,
            groups,
            order,
            combinations,
            warnings: Diagnostics::new(),
            vars_files: self.vars_files,
            ini_files: self.ini_files,
        };
        layers::settle(&mut data, self.native, diagnostics);
        let mut inventory = Inventory(Arc::new(data));
        if inventory.0.hash_behaviour == HashBehaviour::Merge {
            merge_hosts(&mut inventory);
        }
        inventory
    }

    /// A group without a parent is below `all`.
    fn settle_parents(&mut self) {
        for id in 1..narrow(self.groups.len()) {
            let group = &self.groups[id as usize];
            if group.parents.is_empty() {
                let origin = group.origin;
                self.add_child(ALL, id, origin);
            }
        }
    }

    /// A host is in `ungrouped` exactly if no other group but `all` names it. Returns each host's groups, sorted.
    fn settle_hosts(&mut self) -> Vec<Vec<u32>> {
        let mut grouped = vec![false; self.hosts.len()];
        for (id, group) in (0..).zip(&self.groups) {
            if id != ALL && id != UNGROUPED {
                group.hosts.iter().for_each(|host| grouped[*host as usize] = true);
            }
        }
        self.groups[UNGROUPED as usize].hosts.retain(|host| !grouped[*host as usize]);
        let mut direct = self.direct_groups();
        for (host, groups) in (0..).zip(&mut direct) {
            if groups.iter().all(|id| *id == ALL) {
                self.groups[UNGROUPED as usize].add_host(host);
                groups.push(UNGROUPED);
            }
        }
        direct
    }

    /// The groups that name each host, sorted.
    fn direct_groups(&self) -> Vec<Vec<u32>> {
        let mut direct = vec![Vec::new(); self.hosts.len()];
        for (id, group) in (0..).zip(&self.groups) {
            group.hosts.iter().for_each(|host| direct[*host as usize].push(id));
        }
        direct
    }
}

fn failed(diagnostics: Diagnostics) -> Error {
    let lost = || Error::new(ErrorKind::Internal, "an error was lost");
    diagnostics.into_result("inventory.build").err().unwrap_or_else(lost)
}

/// Hosts of the same groups share what follows from them.
fn combine(direct: Vec<Vec<u32>>) -> (Vec<Combination>, Vec<u32>) {
    let mut known: HashMap<Vec<u32>, u32> = HashMap::new();
    let mut combinations = Vec::new();
    let of_host = direct.into_iter().map(|groups_of_host| {
        if let Some(id) = known.get(&groups_of_host) {
            return *id;
        }
        let id = narrow(combinations.len());
        let direct: Vec<GroupId> = groups_of_host.iter().map(|id| GroupId(*id)).collect();
        combinations.push(Combination::new(direct, Vec::new()));
        known.insert(groups_of_host, id);
        id
    });
    let of_host = of_host.collect();
    (combinations, of_host)
}

/// Keeps, for every host, what became of the keys about which more than one place has spoken.
fn merge_hosts(inventory: &mut Inventory) {
    let merged: Vec<Vec<(u32, Located)>> =
        (0..inventory.0.hosts.len()).map(|host| merged_of(inventory, host)).collect();
    // Nobody else holds it yet.
    if let Some(data) = Arc::get_mut(&mut inventory.0) {
        for (host, merged) in data.hosts.iter_mut().zip(merged) {
            host.merged = merged;
        }
    }
}

fn merged_of(inventory: &Inventory, host: usize) -> Vec<(u32, Located)> {
    let data = &inventory.0;
    let host = &data.hosts[host];
    let combination = &data.combinations[host.combination as usize];
    let said = |vars: &[(u32, Located)], key: u32| {
        vars.iter().find(|(known, _)| *known == key).map(|(_, value)| value.clone())
    };
    let mut keys: HashSet<u32> = HashSet::new();
    let own = host.vars.iter().chain(&host.file_vars);
    own.filter(|(key, _)| keys.insert(*key))
        .filter_map(|(key, _)| {
            let shared = inventory.0.shared_var(combination, *key).cloned();
            let places = [shared, said(&host.vars, *key), said(&host.file_vars, *key)];
            let several = places.iter().flatten().count() > 1;
            let value =
                places.into_iter().flatten().reduce(|under, over| data.hash_behaviour.combine(&under, &over));
            value.filter(|_| several).map(|value| (*key, value))
        })
        .collect()
}
