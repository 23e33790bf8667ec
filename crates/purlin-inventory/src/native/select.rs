//! Groups whose members a selector finds.

use super::layers::Selection;
use crate::{HostId, Inventory};
use purlin_core::{Diagnostic, Diagnostics, Result};

type Selected = (Selection, Vec<HostId>);

/// The hosts of each selection, in the inventory's order.
pub(crate) fn members(
    draft: &Inventory,
    selections: Vec<Selection>,
    report: &mut Diagnostics,
) -> Vec<Selected> {
    let mut found = Vec::with_capacity(selections.len());
    for selection in selections {
        match ask(draft, &selection.selector) {
            Ok(hosts) => found.push((selection, hosts)),
            Err(error) => {
                let message = format!("the selector of group {:?}: {}", selection.group, error.message());
                report
                    .push(Diagnostic::error("group-selector", message).place(draft.place(selection.origin)));
            }
        }
    }
    found
}

/// A selection must find the same hosts after the groups were filled: else it depends on another one, or on variables
/// that its own group gives, and what it finds would depend on the order of work.
pub(crate) fn verify(inventory: &Inventory, selected: &[Selected], report: &mut Diagnostics) {
    for (selection, hosts) in selected {
        if ask(inventory, &selection.selector).is_ok_and(|again| again != *hosts) {
            let group = &selection.group;
            let message =
                format!("the selector of group {group:?} depends on what selected groups contain or say");
            let fault = Diagnostic::error("group-selector", message).place(inventory.place(selection.origin));
            report.push(fault.help("select by keys of the hosts instead, or list the hosts"));
        }
    }
}

fn ask(inventory: &Inventory, selector: &str) -> Result<Vec<HostId>> {
    let _ = (inventory, selector);
    Err(purlin_core::Error::new(purlin_core::ErrorKind::Unsupported, "selectors are not built yet"))
}
