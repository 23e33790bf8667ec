//! Groups by selector that ask for each other.

use super::link::Selected;
use crate::{GroupId, Inventory};
use purlin_core::{Diagnostic, Diagnostics};
use std::collections::{HashMap, HashSet};

/// Groups whose selectors are in a circle would find nothing, whatever was meant: each is asked while the others are
/// empty.
pub(super) fn report(inventory: &Inventory, selected: &[Selected], report: &mut Diagnostics) {
    let mut numbers: HashMap<GroupId, usize> = HashMap::new();
    for (number, (selection, _)) in selected.iter().enumerate() {
        numbers.extend(inventory.group(&selection.group).map(|group| (group.id(), number)));
    }
    let asks: Vec<Vec<usize>> = selected
        .iter()
        .map(|(selection, _)| {
            let asked = crate::select::groups_of(inventory, &selection.selector);
            below(inventory, asked).iter().filter_map(|id| numbers.get(id).copied()).collect()
        })
        .collect();
    for circle in circles(&asks) {
        let groups =
            || circle.iter().filter_map(|number| selected.get(*number)).map(|(selection, _)| selection);
        let Some(first) = groups().next() else { continue };
        let names: Vec<String> =
            groups().chain([first]).map(|selection| format!("{:?}", selection.group)).collect();
        let message = format!("selectors of groups ask in a circle: {}", names.join(" asks for "));
        let mut fault = Diagnostic::error("group-selector", message).place(inventory.place(first.origin));
        for other in groups().skip(1) {
            fault = fault.related(format!("{:?} asks here", other.group), inventory.place(other.origin));
        }
        report.push(fault.help("select by keys of the hosts instead, or list the hosts"));
    }
}

/// These groups and all below them; `all` and `ungrouped` hold whatever there is.
fn below(inventory: &Inventory, groups: Vec<GroupId>) -> HashSet<GroupId> {
    let mut open: Vec<GroupId> = groups.into_iter().filter(|id| id.0 > 1).collect();
    let mut seen = HashSet::new();
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            open.extend(inventory.group_of(id).children().map(|child| child.id()));
        }
    }
    seen
}

/// A circle through each knot: who asks for nobody that is left is taken out until only circles, and those who ask into
/// them, are left.
fn circles(asks: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut asked_by = vec![Vec::new(); asks.len()];
    let mut left: Vec<usize> = asks.iter().map(Vec::len).collect();
    for (number, asked) in asks.iter().enumerate() {
        asked.iter().for_each(|other| asked_by[*other].push(number));
    }
    let mut done: Vec<usize> = (0..asks.len()).filter(|number| left[*number] == 0).collect();
    while let Some(number) = done.pop() {
        for other in &asked_by[number] {
            left[*other] -= 1;
            if left[*other] == 0 {
                done.push(*other);
            }
        }
    }
    let (mut circles, mut seen) = (Vec::new(), HashSet::new());
    for start in (0..asks.len()).filter(|number| left[*number] > 0) {
        let (mut way, mut at) = (Vec::new(), start);
        while seen.insert(at) {
            way.push(at);
            let Some(next) = asks[at].iter().find(|next| left[**next] > 0) else { break };
            at = *next;
        }
        // Where the way comes back to itself, and not to what was told before.
        if let Some(first) = way.iter().position(|number| *number == at) {
            circles.push(way.split_off(first));
        }
    }
    circles
}
