//! Who belongs to the groups of native files: what they name, what their selectors find.

use super::{HostId, Many};
use crate::batch::Names;
use crate::native::layers::{Link, Member, Selection};
use crate::{Inventory, InventoryBuilder};
use purlin_core::{Diagnostic, Diagnostics, Result, suggest};
use std::collections::HashSet;

/// A group by selector and the hosts that were found for it.
pub(crate) type Selected = (Selection, Vec<HostId>);

impl InventoryBuilder {
    /// Fills the groups whose members a selector finds, by asking the inventory as it is without them.
    pub(crate) fn select_members(&mut self) -> Vec<Selected> {
        let selections = std::mem::take(&mut self.native.selections);
        let mut selected = Vec::with_capacity(selections.len());
        if selections.is_empty() {
            return selected;
        }
        // What is wrong with it is told when all is put together.
        let draft = self.clone().draft();
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
        selected
    }

    /// Puts hosts and groups into the native groups that name them.
    pub(crate) fn settle_links(&mut self) {
        let mut told = HashSet::new();
        let mut unknown = Many::new("unknown-member");
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
                (None, _) if told.insert(link.origin) => {
                    let suggests = unknown.suggests();
                    let mut report = std::mem::take(&mut self.diagnostics);
                    unknown.push(&mut report, || self.unknown(&link, suggests));
                    self.diagnostics = report;
                }
                (None, _) => {}
            }
        }
        unknown.finish(&mut self.diagnostics);
    }

    fn unknown(&self, link: &Link, suggests: bool) -> Diagnostic {
        let (what, name, known): (_, _, &Names) = match &link.member {
            Member::Host(name) => ("host", name, &self.host_names),
            Member::Group(name) => ("group", name, &self.group_names),
        };
        let message = format!("group {:?} names the {what} {name:?}, which no source knows", link.group);
        let fault =
            Diagnostic::error(format!("unknown-{what}"), message).place(link.origin.place(&self.files));
        match suggest(name, known.texts().iter().map(|text| &**text).filter(|_| suggests)) {
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
