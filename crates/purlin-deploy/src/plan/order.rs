//! In which order a host does its steps.

use crate::{Node, StepId};
use std::collections::BTreeSet;

/// The nodes, each behind those that it comes after; else as they are written. The names that go round in a circle where
/// there is one.
pub(super) fn of(nodes: &[Node]) -> Result<Vec<&Node>, Vec<StepId>> {
    let mut left: Vec<&Node> = nodes.iter().collect();
    let mut done: BTreeSet<&StepId> = BTreeSet::new();
    let mut ordered = Vec::with_capacity(nodes.len());
    while !left.is_empty() {
        let known: BTreeSet<&StepId> = left.iter().map(|node| &node.id).collect();
        let ready = left.iter().position(|node| {
            let before = node.after.iter().chain(&node.closes).chain(&node.on_change);
            before.into_iter().all(|step| done.contains(step) || !known.contains(step))
        });
        match ready {
            Some(at) => {
                let node = left.remove(at);
                done.insert(&node.id);
                ordered.push(node);
            }
            None => return Err(left.iter().map(|node| node.id.clone()).collect()),
        }
    }
    Ok(ordered)
}
