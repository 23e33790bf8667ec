//! Who belongs to the groups of native files: what they name, what their selectors find.

use super::HostId;
use crate::batch::Names;
use crate::native::layers::{Link, Member, Selection};
use crate::{Inventory, InventoryBuilder};
use purlin_core::{Diagnostic, Diagnostics, Result, suggest};
use std::collections::HashSet;

/// A group by selector and the hosts that were found for it.
pub(crate) type Selected = (Selection, Vec<HostId>);

/// So many unknown names are told: who has read these will load again.
const MOST: usize = 100;

impl InventoryBuilder {
    /// Fills the groups whose members a selector finds, by asking the inventory as it is without them.
    pub(crate) fn select_members(&mut self) -> Result<Vec<Selected>> {
        let selections = std::mem::take(&mut self.native.selections);
        let mut selected = Vec::with_capacity(selections.len());
        if selections.is_empty() {
            return Ok(selected);
        }
        let (draft, _) = self.clone().finish()?;
        for selection in selections {
            match ask(&draft, &selection.selector) {
                Ok(hosts) => {
                    let group = self.group(&selection.group, selection.origin);
                    hosts.iter().for_each(|host| self.groups[group as usize].add_host(host.0));
                    selected.push((selection, hosts));
                }
                Err(error) => {
                    let message = format!("the selector of group {:?}: {}", selection.group, error.message());
                    let place = draft.place(selection.origin);
                    self.diagnostics.push(Diagnostic::error("group-selector", message).place(place));
                }
            }
        }
        Ok(selected)
    }

    /// Puts hosts and groups into the native groups that name them.
    pub(crate) fn settle_links(&mut self) {
        let mut told = HashSet::new();
        for link in std::mem::take(&mut self.native.links) {
            let group = self.group(&link.group, link.origin);
            let known = match &link.member {
                Member::Host(name) => self.host_names.get(name),
                Member::Group(name) => self.group_names.get(name),
            };
            match (known, &link.member) {
                (Some(host), Member::Host(_)) => self.groups[group as usize].add_host(host),
                (Some(child), Member::Group(_)) => self.add_child(group, child, link.origin),
                // A folded name of which nothing is known is one fault, not a thousand.
                (None, _) if told.len() < MOST && told.insert(link.origin) => {
                    let fault = self.unknown(&link);
                    self.diagnostics.push(fault);
                }
                (None, _) => {}
            }
        }
    }

    fn unknown(&self, link: &Link) -> Diagnostic {
        let (what, name, known): (_, _, &Names) = match &link.member {
            Member::Host(name) => ("host", name, &self.host_names),
            Member::Group(name) => ("group", name, &self.group_names),
        };
        let message = format!("group {:?} names the {what} {name:?}, which no source knows", link.group);
        let fault =
            Diagnostic::error(format!("unknown-{what}"), message).place(link.origin.place(&self.files));
        match suggest(name, known.texts().iter().map(|text| &**text)) {
            Some(meant) => fault.help(format!("did you mean {meant:?}?")),
            None => fault.help(format!("declare it: [{what}s.{name:?}]")),
        }
    }
}

/// A selection must find the same hosts after the groups were filled: else it depends on another one, or on variables
/// that its own group gives, and what it finds would depend on the order of work.
pub(crate) fn verify(inventory: &Inventory, selected: &[Selected], report: &mut Diagnostics) {
    super::circle::report(inventory, selected, report);
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
    Ok(inventory.select(selector)?.ids().collect())
}
