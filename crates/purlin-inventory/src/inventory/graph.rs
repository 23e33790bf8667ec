//! Groups above and below each other.

use super::build::GroupDraft;
use super::{GroupId, HostId, Inventory, narrow};
use crate::batch::Names;
use purlin_core::{Diagnostic, Diagnostics};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The longest way from `all` to each group; a group that is below itself is an error.
pub(super) fn depths(
    groups: &[GroupDraft],
    names: &Names,
    files: &[Arc<str>],
    diagnostics: &mut Diagnostics,
) -> Vec<u32> {
    let mut depths = vec![0u32; groups.len()];
    let mut waiting: Vec<usize> = groups.iter().map(|group| group.parents.len()).collect();
    let mut ready: Vec<usize> = (0..groups.len()).filter(|id| waiting[*id] == 0).collect();
    let mut done = 0;
    while let Some(id) = ready.pop() {
        done += 1;
        for child in &groups[id].children {
            let child = *child as usize;
            depths[child] = depths[child].max(depths[id] + 1);
            waiting[child] -= 1;
            if waiting[child] == 0 {
                ready.push(child);
            }
        }
    }
    if done < groups.len() {
        diagnostics.push(circle(groups, names, files, &waiting));
    }
    depths
}

/// How many groups of a circle are named.
const MAX_SHOWN: usize = 12;

/// One circle among the groups that wait for a parent which waits for them.
fn circle(groups: &[GroupDraft], names: &Names, files: &[Arc<str>], waiting: &[usize]) -> Diagnostic {
    let stuck = |id: &usize| waiting[*id] > 0;
    let mut next = (0..groups.len()).find(stuck).unwrap_or_default();
    let (mut way, mut steps) = (Vec::new(), HashMap::new());
    let start = loop {
        if let Some(start) = steps.insert(next, way.len()) {
            break start;
        }
        way.push(next);
        next = groups[next].parents.iter().map(|id| *id as usize).find(stuck).unwrap_or(next);
    };
    // Where the last of its lines stands: whoever reads from above meets the fault there.
    let members: HashSet<u32> = way[start..].iter().map(|id| narrow(*id)).collect();
    let inside = members.iter().flat_map(|id| {
        let group = &groups[*id as usize];
        group.children.iter().zip(&group.child_origins).filter(|(child, _)| members.contains(child))
    });
    let origin = inside.map(|(_, origin)| *origin).max();
    // From above to below, beginning with the group that was named first.
    let mut ids: Vec<usize> = way[start..].iter().rev().copied().collect();
    let first = (0..ids.len()).min_by_key(|index| ids[*index]).unwrap_or_default();
    ids.rotate_left(first);
    let mut circle: Vec<&str> = ids.iter().map(|id| &**names.text(narrow(*id))).collect();
    circle.push(circle[0]);
    if circle.len() > MAX_SHOWN {
        circle.splice(MAX_SHOWN - 2..circle.len() - 2, ["..."]);
    }
    let place = origin.unwrap_or(groups[way[start]].origin).place(files);
    let help = "remove one of these groups from the children of another";
    let message = format!("a group is below itself: {}", circle.join(" > "));
    Diagnostic::error("group-circle", message).place(place).help(help)
}

impl Inventory {
    /// A group's hosts and those of all groups below, level by level, each host once.
    ///
    /// That is Ansible's order down to the groups directly below. Further down Ansible goes by the addresses of its
    /// objects, which differ from run to run; here groups come in the order in which they were made children.
    pub(crate) fn members(&self, id: GroupId) -> &[HostId] {
        self.0.groups[id.0 as usize].members.get_or_init(|| {
            let mut seen_groups = HashSet::from([id]);
            let mut seen = vec![false; self.0.hosts.len()];
            let (mut level, mut members) = (vec![id], Vec::new());
            while !level.is_empty() {
                let mut below = Vec::new();
                for id in level {
                    let group = &self.0.groups[id.0 as usize];
                    for host in &group.hosts {
                        if !std::mem::replace(&mut seen[host.0 as usize], true) {
                            members.push(*host);
                        }
                    }
                    below.extend(group.children.iter().copied().filter(|child| seen_groups.insert(*child)));
                }
                level = below;
            }
            members
        })
    }
}
