//! Hosts and groups of a file.

use super::layers::{Link, Member, Selection};
use super::read::Reader;
use super::{keys, names};
use crate::typed::parts::{self, Fault, wrong};
use crate::{BatchHost, Located};
use std::collections::HashMap;
use std::sync::Arc;

impl Reader {
    /// What `[hosts."NAME"]` says.
    pub(super) fn hosts(&mut self, folded: &str, value: &Located) {
        let what = || format!("host {folded:?}");
        let entries = self.entries(&what, value);
        let Some(names) = self.expand(&what, folded, value, entries.len()) else { return };
        for (key, value) in entries.iter().filter(|(key, _)| keys::ONE_HOST.contains(key)) {
            if names.len() > 1 {
                let message = format!("{key} is said of single hosts, not of {} at once", names.len());
                wrong(&mut self.faults, value, message, "give the host a table of its own name");
            }
        }
        let ids = entries.into_iter().map(|(key, value)| (self.batch.keys.id(key).0, value));
        let vars: Vec<(u32, Located)> = ids.collect();
        for name in names {
            let before = self.batch.host_count();
            let host = self.batch.host_at(&name, value.origin);
            if self.batch.host_count() > before {
                self.batch.hosts[host.0 as usize].vars.clone_from(&vars);
            } else {
                self.add(host, &name, &vars);
            }
        }
    }

    /// Two tables may speak of one host, but not of the same key.
    fn add(&mut self, host: BatchHost, name: &str, vars: &[(u32, Located)]) {
        let said = &self.batch.hosts[host.0 as usize].vars;
        let known: HashMap<u32, &Located> = said.iter().map(|(key, value)| (*key, value)).collect();
        let (twice, fresh): (Vec<_>, Vec<_>) = vars.iter().partition(|(key, _)| known.contains_key(key));
        let mut faults = Vec::new();
        for (key, value) in twice {
            // A folded name may mean a host twice by itself: `web[1,1]`.
            let Some(first) = known.get(key).filter(|first| first.origin != value.origin) else { continue };
            let message = format!("{} of {name:?} is said twice in this file", self.batch.keys.text(*key));
            let help = "say it once; what several hosts share goes into defaults or a dimension";
            let fault =
                Fault { code: "said-twice", message, help: Some(help.to_owned()), origin: value.origin };
            let fault = fault.at(self.batch.place(value.origin));
            faults.push(fault.related("the first is here", self.batch.place(first.origin)));
        }
        faults.into_iter().for_each(|fault| self.batch.report(fault));
        let fresh = fresh.into_iter().cloned();
        self.batch.hosts[host.0 as usize].vars.extend(fresh);
    }

    /// What `[groups.NAME]` says.
    pub(super) fn group(&mut self, name: &str, value: &Located) {
        let fits = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
        if name.is_empty() || !name.chars().all(fits) || name.starts_with(['-', '.']) {
            let help = "letters, digits, '.', '-' and '_' are what names are made of";
            return wrong(&mut self.faults, value, format!("{name:?} is no name of a group"), help);
        }
        if ["all", "ungrouped"].contains(&name) {
            let help = "what is true of every host goes into [defaults]";
            return wrong(&mut self.faults, value, format!("{name:?} is there already"), help);
        }
        let group = self.batch.group_at(name, value.origin);
        let known = ["hosts", "children", "select", "vars"];
        let Some(map) = parts::table(&format!("group {name:?}"), value, &known, &mut self.faults) else {
            return;
        };
        let name: Arc<str> = name.into();
        for (key, value) in map.iter() {
            match key {
                "hosts" => self.links(&name, value, Member::Host),
                "children" => self.links(&name, value, Member::Group),
                "select" => {
                    if let Some(selector) = parts::text("select", value, &mut self.faults) {
                        let (selector, origin) = (selector.into(), value.origin);
                        self.batch.native.selections.push(Selection {
                            group: name.clone(),
                            selector,
                            origin,
                        });
                    }
                }
                "vars" => {
                    let vars = self.variables(value);
                    let ids = vars.into_iter().map(|(key, value)| (self.batch.keys.id(key).0, value));
                    self.batch.groups[group.0 as usize].vars = ids.collect();
                }
                _ => {}
            }
        }
    }

    fn links(&mut self, group: &Arc<str>, value: &Located, member: fn(Arc<str>) -> Member) {
        let one = std::slice::from_ref(value);
        for item in value.value.as_list().unwrap_or(one) {
            let Some(folded) = parts::text("a member", item, &mut self.faults) else { continue };
            let Some(names) = self.expand(&|| "a member".to_owned(), folded, item, 1) else { continue };
            let link = |name: String| Link {
                group: group.clone(),
                member: member(name.into()),
                origin: item.origin,
            };
            self.batch.native.links.extend(names.into_iter().map(link));
        }
    }

    /// The names that a folded one means, each of which makes so many things.
    fn expand(
        &mut self,
        what: &dyn Fn() -> String,
        folded: &str,
        value: &Located,
        each: usize,
    ) -> Option<Vec<String>> {
        let full = self.room == 0 && folded.contains('[');
        let names = match if full { Ok(Vec::new()) } else { names::expand(folded) } {
            Ok(names) => names,
            Err(fault) => {
                wrong(&mut self.faults, value, format!("{}: {fault}", what()), "");
                return None;
            }
        };
        // What is written name by name is as large as the file; only folding makes more of it.
        let made = if names.len() > 1 { names.len().saturating_mul(each.max(1)) } else { 0 };
        match self.room.checked_sub(made).filter(|_| !full) {
            Some(room) => {
                self.room = room;
                Some(names)
            }
            None => {
                self.room = 0;
                let help =
                    "fewer hosts in one file, or fewer keys of each: defaults and dimensions say them once";
                wrong(
                    &mut self.faults,
                    value,
                    format!("{}: the folded names of this file mean too much", what()),
                    help,
                );
                None
            }
        }
    }
}
