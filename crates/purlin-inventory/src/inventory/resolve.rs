//! Which value a variable has.

use super::order::Folded;
use super::{Combination, Data, GroupData, GroupId};
use crate::Located;
use std::ops::Range;

impl GroupData {
    /// What the files of one layer say of it.
    pub(crate) fn layer(&self, layer: u32) -> &[(u32, Located)] {
        &self.file_vars[self.layer_range(layer)]
    }

    /// Where in its `file_vars` that is.
    pub(super) fn layer_range(&self, layer: u32) -> Range<usize> {
        let Ok(index) = self.file_layers.binary_search_by_key(&layer, |(known, _)| *known) else {
            return 0..0;
        };
        let start = index.checked_sub(1).map_or(0, |before| self.file_layers[before].1);
        start as usize..self.file_layers[index].1 as usize
    }
}

impl Data {
    /// What the groups of a combination, and in the native profile its layers, say together, sorted by key.
    pub(crate) fn shared_vars<'a>(&'a self, combination: &'a Combination) -> &'a [(u32, Located)] {
        combination.vars.get_or_init(|| {
            let vars = match self.native {
                Some(_) => self.native_vars(combination),
                None => self.ansible_vars(combination),
            };
            let mut vars: Vec<(u32, Located)> = vars.into_iter().collect();
            vars.sort_unstable_by_key(|(key, _)| *key);
            vars
        })
    }

    pub(crate) fn shared_var<'a>(&'a self, combination: &'a Combination, key: u32) -> Option<&'a Located> {
        let vars = self.shared_vars(combination);
        let index = vars.binary_search_by_key(&key, |(known, _)| *known).ok()?;
        Some(&vars[index].1)
    }

    /// The weakest first (Ansible's VARIABLE_PRECEDENCE): what the inventory says of each group in merge order; what
    /// files beside it say of `all`; then, layer by layer, what files say of the other groups in merge order. So a
    /// parent's group_vars file beats what a child says in the inventory, and a parent's file beside a later source
    /// what a child's file says beside an earlier one.
    fn ansible_vars(&self, combination: &Combination) -> Folded {
        let set = |all: &mut Folded, said: &[(u32, Located)]| {
            for (key, value) in said {
                match all.get_mut(key) {
                    Some(old) => self.hash_behaviour.set(old, value.clone()),
                    None => drop(all.insert(*key, value.clone())),
                }
            }
        };
        let mut all = self.folded(combination, |all, id| set(all, &self.group(id).vars));
        let groups = self.groups_in_files(combination);
        self.file_parts(&groups).for_each(|(id, layer)| set(&mut all, self.group(id).layer(layer)));
        all
    }

    /// What files beside the inventory say of these groups, part by part, the weakest first.
    pub(crate) fn file_parts(&self, groups: &[GroupId]) -> impl Iterator<Item = (GroupId, u32)> {
        let spoken = groups.iter().copied().filter(|id| !self.group(*id).file_vars.is_empty());
        let mut parts: Vec<(bool, u32, usize, GroupId)> = spoken
            .enumerate()
            .flat_map(|(place, id)| {
                let layers = self.group(id).file_layers.iter();
                layers.map(move |(layer, _)| (id != GroupId(0), *layer, place, id))
            })
            .collect();
        parts.sort_unstable();
        parts.into_iter().map(|(_, layer, _, id)| (id, layer))
    }

    pub(crate) fn group(&self, id: GroupId) -> &GroupData {
        &self.groups[id.0 as usize]
    }
}
