//! Which value a variable has.

use super::{Combination, GroupId, Inventory};
use crate::Located;
use std::collections::HashMap;

impl Inventory {
    /// What the groups of a combination say together, sorted by key.
    pub(crate) fn shared_vars<'a>(&'a self, combination: &'a Combination) -> &'a [(u32, Located)] {
        combination.vars.get_or_init(|| {
            let mut merged: HashMap<u32, &Located> = HashMap::new();
            for (key, value) in self.contributions(&combination.all) {
                merged.insert(key, value);
            }
            let mut vars: Vec<_> = merged.into_iter().map(|(key, value)| (key, value.clone())).collect();
            vars.sort_unstable_by_key(|(key, _)| *key);
            vars
        })
    }

    pub(crate) fn shared_var<'a>(&'a self, combination: &'a Combination, key: u32) -> Option<&'a Located> {
        let vars = self.shared_vars(combination);
        let index = vars.binary_search_by_key(&key, |(known, _)| *known).ok()?;
        Some(&vars[index].1)
    }

    /// What these groups say, the weakest first: what the inventory says of each in merge order, then what files
    /// beside it say, in the same order (Ansible's VARIABLE_PRECEDENCE: a parent's group_vars file beats what a child
    /// says in the inventory).
    pub(crate) fn contributions(&self, groups: &[GroupId]) -> impl Iterator<Item = (u32, &Located)> {
        let of = |id: &GroupId| &self.0.groups[id.0 as usize];
        let inline = groups.iter().flat_map(move |id| &of(id).vars);
        let files = groups.iter().flat_map(move |id| &of(id).file_vars);
        inline.chain(files).map(|(key, value)| (*key, value))
    }
}
