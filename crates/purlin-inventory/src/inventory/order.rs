//! How groups follow each other where their variables are merged.
//!
//! Groups can be nested ten thousand deep, with hosts on every level. What all hosts have above them is then far more
//! than what the inventory says, so it is gathered only where it is asked for, and variables are looked for only where
//! there are some.

use super::{Combination, Data, GroupData, GroupId, Profile, narrow};
use crate::Located;
use crate::batch::Names;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What is worked out of groups once, so that what is above any of them is found quickly.
pub(crate) struct MergeOrder {
    /// All groups: in Ansible's profile by depth, priority, name; in the native one by depth, then as they were named.
    ids: Vec<u32>,
    /// Of each group its place there.
    ranks: Vec<u32>,
    /// Of each group those above it that say something, with none between that does. Groups in a row share it.
    above: Above,
    /// The same of groups of which files beside the inventory say something; empty where there are none.
    above_files: Above,
    kept: Mutex<Kept>,
}

/// Of each group the nearest above it that are looked for.
pub(super) type Above = Vec<Arc<[GroupId]>>;

/// Variables by key.
pub(super) type Folded = HashMap<u32, Located>;

/// What some sets of groups and all above them say together, so that those below need not ask all of them again.
#[derive(Default)]
struct Kept {
    folded: HashMap<Vec<u32>, Arc<Folded>>,
    variables: usize,
}

/// One place in so many of the order is kept.
const STRIDE: u32 = 64;
/// Only small sets are kept: larger ones hardly come again.
const SMALL: usize = 16;
/// So many variables are kept.
const MOST_KEPT: usize = 1 << 20;

impl MergeOrder {
    pub(super) fn new(groups: &[GroupData], names: &Names, profile: Profile) -> Self {
        let mut ids: Vec<u32> = (0..narrow(groups.len())).collect();
        ids.sort_by(|one, other| {
            let (a, b) = (&groups[*one as usize], &groups[*other as usize]);
            a.depth.cmp(&b.depth).then_with(|| match profile {
                Profile::Ansible => (a.priority, names.text(*one)).cmp(&(b.priority, names.text(*other))),
                Profile::Native => one.cmp(other),
            })
        });
        let mut ranks = vec![0; groups.len()];
        (0..).zip(&ids).for_each(|(rank, id)| ranks[*id as usize] = rank);
        let (above, above_files) = Default::default();
        let mut order = Self { ids, ranks, above, above_files, kept: Mutex::default() };
        order.above = order.nearest(groups, |id| groups[id.0 as usize].speaks());
        let in_files = |id: GroupId| !groups[id.0 as usize].file_vars.is_empty();
        if order.ids().any(in_files) {
            order.above_files = order.nearest(groups, in_files);
        }
        order
    }

    /// Of each group those above it that are wanted, with none between that is.
    pub(super) fn nearest(&self, groups: &[GroupData], wanted: impl Fn(GroupId) -> bool) -> Above {
        let mut above: Above = vec![Arc::from([]); groups.len()];
        // Parents are less deep. In a circle they are not, but that is a fault of its own.
        for id in &self.ids {
            let id = *id as usize;
            above[id] = nearest(&above, &groups[id].parents, &wanted);
        }
        above
    }

    /// All groups in their order.
    pub(super) fn ids(&self) -> impl Iterator<Item = GroupId> {
        self.ids.iter().map(|id| GroupId(*id))
    }

    /// Whether one group is above another.
    pub(super) fn is_above(&self, groups: &[GroupData], one: GroupId, other: GroupId) -> bool {
        let rank = |id: GroupId| self.ranks[id.0 as usize];
        let mut seen = HashSet::new();
        let mut open = vec![other];
        while let Some(id) = open.pop() {
            for parent in &groups[id.0 as usize].parents {
                if *parent == one {
                    return true;
                }
                if rank(*parent) > rank(one) && seen.insert(*parent) {
                    open.push(*parent);
                }
            }
        }
        false
    }
}

/// Of these groups those that are wanted; in place of the others those above them that are.
fn nearest(above: &Above, of: &[GroupId], wanted: &impl Fn(GroupId) -> bool) -> Arc<[GroupId]> {
    let one = |id: &GroupId| match wanted(*id) {
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

/// Of a combination's direct groups those that are wanted, or the nearest above that are.
pub(super) fn near(
    combination: &Combination,
    above: &Above,
    wanted: impl Fn(GroupId) -> bool,
) -> Vec<GroupId> {
    let direct = combination.direct.iter();
    direct
        .flat_map(move |id| if wanted(*id) { std::slice::from_ref(id) } else { &above[id.0 as usize] })
        .copied()
        .collect()
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
        let speaks = |id: GroupId| self.groups[id.0 as usize].speaks();
        self.wanted_groups(combination, &self.order.above, speaks)
    }

    /// Those of them of which files beside the inventory say something.
    pub(super) fn groups_in_files(&self, combination: &Combination) -> Vec<GroupId> {
        let above = &self.order.above_files;
        if above.is_empty() {
            return Vec::new();
        }
        self.wanted_groups(combination, above, |id| !self.groups[id.0 as usize].file_vars.is_empty())
    }

    /// Those of them that are wanted, by what is [nearest](MergeOrder::nearest) above each.
    pub(super) fn wanted_groups(
        &self,
        combination: &Combination,
        above: &Above,
        wanted: impl Fn(GroupId) -> bool,
    ) -> Vec<GroupId> {
        self.closure(near(combination, above, wanted).into_iter(), |id| &above[id.0 as usize])
    }

    /// What they say together, step by step in their order. What most of them say was mostly gathered for others.
    pub(super) fn folded(&self, combination: &Combination, step: impl Fn(&mut Folded, GroupId)) -> Folded {
        let MergeOrder { ids, ranks, above, kept, .. } = &self.order;
        let speaks = |id: GroupId| self.groups[id.0 as usize].speaks();
        let rank = |id: GroupId| ranks[id.0 as usize];
        let mut open: BinaryHeap<u32> = near(combination, above, speaks).into_iter().map(rank).collect();
        let (mut way, mut keep) = (Vec::new(), Vec::new());
        let mut folded = Folded::new();
        while let Some(next) = open.pop() {
            while open.peek() == Some(&next) {
                open.pop();
            }
            if next % STRIDE == 0 && open.len() < SMALL {
                let mut set: Vec<u32> = open.iter().copied().chain([next]).collect();
                set.sort_unstable();
                set.dedup();
                let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(known) = kept.folded.get(&set) {
                    folded = (**known).clone();
                    break;
                }
                keep.push((way.len(), set));
            }
            let id = GroupId(ids[next as usize]);
            way.push(id);
            open.extend(above[id.0 as usize].iter().map(|id| rank(*id)).filter(|rank| *rank < next));
        }
        for (index, id) in way.into_iter().enumerate().rev() {
            step(&mut folded, id);
            if let Some((_, set)) = keep.pop_if(|(at, _)| *at == index) {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.variables + folded.len() <= MOST_KEPT {
                    kept.variables += folded.len();
                    kept.folded.insert(set, Arc::new(folded.clone()));
                }
            }
        }
        folded
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
