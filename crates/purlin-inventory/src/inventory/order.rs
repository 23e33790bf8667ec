//! How groups follow each other where their variables are merged.
//!
//! Groups can be nested ten thousand deep, with hosts on every level. What all hosts have above them is then far more
//! than what the inventory says, so it is gathered only where it is asked for, and variables are looked for only where
//! there are some.

use super::{Combination, Data, GroupData, GroupId, narrow};
use crate::batch::Names;
use std::collections::BinaryHeap;
use std::sync::{Arc, OnceLock};

/// What is worked out of groups once, so that what is above any of them is found quickly.
pub(crate) struct MergeOrder {
    /// All groups in Ansible's order: by depth, priority, name.
    ids: Vec<u32>,
    /// Of each group its place there.
    ranks: Vec<u32>,
    /// Of each group those above it that say something, with none between that does. Groups in a row share it.
    above: Vec<Arc<[GroupId]>>,
}

impl MergeOrder {
    pub(super) fn new(groups: &[GroupData], names: &Names) -> Self {
        let key = |id: &u32| {
            let group = &groups[*id as usize];
            (group.depth, group.priority, names.text(*id))
        };
        let mut ids: Vec<u32> = (0..narrow(groups.len())).collect();
        ids.sort_by(|one, other| key(one).cmp(&key(other)));
        let mut ranks = vec![0; groups.len()];
        (0..).zip(&ids).for_each(|(rank, id)| ranks[*id as usize] = rank);
        let mut above: Vec<Arc<[GroupId]>> = vec![Arc::from([]); groups.len()];
        // Parents are less deep. In a circle they are not, but that is a fault of its own.
        for id in &ids {
            let id = *id as usize;
            above[id] = nearest(groups, &above, &groups[id].parents);
        }
        Self { ids, ranks, above }
    }
}

/// Of these groups those that say something; in place of the others those above them that do.
fn nearest(groups: &[GroupData], above: &[Arc<[GroupId]>], of: &[GroupId]) -> Arc<[GroupId]> {
    let one = |id: &GroupId| match groups[id.0 as usize].speaks() {
        true => Arc::from([*id]),
        false => above[id.0 as usize].clone(),
    };
    if let [id] = of {
        return one(id);
    }
    let mut parts: Vec<Arc<[GroupId]>> = of.iter().map(one).filter(|part| !part.is_empty()).collect();
    parts.dedup_by(|one, other| Arc::ptr_eq(one, other));
    if parts.len() == 1 {
        return parts.swap_remove(0);
    }
    let mut all: Vec<GroupId> = parts.iter().flat_map(|part| part.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    all.into()
}

impl GroupData {
    fn speaks(&self) -> bool {
        !self.vars.is_empty() || !self.file_vars.is_empty()
    }
}

impl Combination {
    pub(super) fn new(direct: Vec<GroupId>, levels: Vec<Vec<super::Voice>>) -> Self {
        Self { direct, all: OnceLock::new(), levels, vars: OnceLock::new() }
    }
}

impl Data {
    /// The groups of a combination and all above them, in the order in which Ansible merges their variables: by depth,
    /// priority, name.
    pub(crate) fn all_groups<'a>(&self, combination: &'a Combination) -> &'a [GroupId] {
        combination.all.get_or_init(|| {
            self.closure(combination.direct.iter().copied(), |id| &self.groups[id.0 as usize].parents)
        })
    }

    /// Those of them that say something.
    pub(crate) fn speaking_groups(&self, combination: &Combination) -> Vec<GroupId> {
        let above = |id: GroupId| &*self.order.above[id.0 as usize];
        let near = combination.direct.iter().flat_map(|id| match self.groups[id.0 as usize].speaks() {
            true => std::slice::from_ref(id),
            false => above(*id),
        });
        self.closure(near.copied(), above)
    }

    /// These groups and all that are above them, in merge order.
    fn closure<'a>(
        &self,
        of: impl Iterator<Item = GroupId>,
        above: impl Fn(GroupId) -> &'a [GroupId],
    ) -> Vec<GroupId> {
        let MergeOrder { ids, ranks, .. } = &self.order;
        let rank = |id: &GroupId| ranks[id.0 as usize];
        // The last in the order comes out first, so what is there twice comes out twice in a row.
        let mut open: BinaryHeap<u32> = of.map(|id| rank(&id)).collect();
        let mut all = Vec::new();
        while let Some(next) = open.pop() {
            let id = GroupId(ids[next as usize]);
            if all.last() != Some(&id) {
                all.push(id);
                // All that is above comes before it, but in a circle.
                open.extend(above(id).iter().map(rank).filter(|rank| *rank < next));
            }
        }
        all.reverse();
        all
    }
}
