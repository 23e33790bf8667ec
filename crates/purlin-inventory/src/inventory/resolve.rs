//! Which value a variable has.

use super::{Combination, GroupData, GroupId, HashBehaviour, Inventory};
use crate::Located;
use std::collections::HashMap;

impl GroupData {
    /// What the files of one layer say of it.
    fn layer(&self, layer: u32) -> &[(u32, Located)] {
        let Ok(index) = self.file_layers.binary_search_by_key(&layer, |(known, _)| *known) else {
            return &[];
        };
        let start = index.checked_sub(1).map_or(0, |before| self.file_layers[before].1);
        &self.file_vars[start as usize..self.file_layers[index].1 as usize]
    }
}

impl Inventory {
    /// What the groups of a combination say together, sorted by key.
    pub(crate) fn shared_vars<'a>(&'a self, combination: &'a Combination) -> &'a [(u32, Located)] {
        combination.vars.get_or_init(|| {
            let groups = self.0.speaking_groups(combination);
            let mut vars = match self.0.hash_behaviour {
                HashBehaviour::Replace => self.replaced(&groups),
                HashBehaviour::Merge => self.merged(&groups),
            };
            vars.sort_unstable_by_key(|(key, _)| *key);
            vars
        })
    }

    pub(crate) fn shared_var<'a>(&'a self, combination: &'a Combination, key: u32) -> Option<&'a Located> {
        let vars = self.shared_vars(combination);
        let index = vars.binary_search_by_key(&key, |(known, _)| *known).ok()?;
        Some(&vars[index].1)
    }

    fn replaced(&self, groups: &[GroupId]) -> Vec<(u32, Located)> {
        let mut last: HashMap<u32, &Located> = HashMap::new();
        last.extend(self.contributions(groups));
        last.into_iter().map(|(key, value)| (key, value.clone())).collect()
    }

    fn merged(&self, groups: &[GroupId]) -> Vec<(u32, Located)> {
        let behaviour = self.0.hash_behaviour;
        let mut all: HashMap<u32, Located> = HashMap::new();
        for (key, value) in self.contributions(groups) {
            match all.get_mut(&key) {
                Some(old) => behaviour.set(old, value.clone()),
                None => drop(all.insert(key, value.clone())),
            }
        }
        all.into_iter().collect()
    }

    /// What these groups say, the weakest first (Ansible's VARIABLE_PRECEDENCE): what the inventory says of each in
    /// merge order; what files beside it say of `all`; then, layer by layer, what files say of the other groups in
    /// merge order. So a parent's group_vars file beats what a child says in the inventory, and a parent's file beside
    /// a later source what a child's file says beside an earlier one.
    pub(crate) fn contributions(&self, groups: &[GroupId]) -> impl Iterator<Item = (u32, &Located)> {
        let of = |id: &GroupId| &self.0.groups[id.0 as usize];
        let inline = groups.iter().flat_map(move |id| &of(id).vars);
        let of_all = groups.iter().filter(|id| **id == GroupId(0)).flat_map(move |id| &of(id).file_vars);
        let others = move |layer| {
            let others = groups.iter().filter(|id| **id != GroupId(0));
            others.flat_map(move |id| of(id).layer(layer))
        };
        let files = (0..self.0.layers).flat_map(others);
        inline.chain(of_all).chain(files).map(|(key, value)| (*key, value))
    }
}
