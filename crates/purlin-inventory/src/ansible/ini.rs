//! Ansible's INI format.

mod line;
mod value;

use super::options::{AnsibleOptions, Limits};
use super::shlex::{Comments, SplitFault, Word, Words};
use super::shown;
use super::target::Target;
use crate::batch::{Batch, Early};
use crate::{Located, Origin};
use line::{Line, Lines, Section};
use purlin_core::{Diagnostic, Place, suggest};
use std::collections::HashMap;
use value::Values;

/// Reads a text; faults are in the batch, all of one pass.
pub(crate) fn read(text: &str, name: &str, options: &AnsibleOptions, limits: &Limits) -> Batch {
    let mut reader = Reader {
        target: Target::new(name, options, limits),
        values: Values::new(),
        state: State::Hosts,
        section: None,
        group: 0,
        pending: HashMap::new(),
        order: Vec::new(),
        early: Vec::new(),
        said: HashMap::new(),
        twice: 0,
        max_pending: usize::try_from(limits.hosts).unwrap_or(usize::MAX),
    };
    for line in Lines::new(text) {
        reader.line(line);
        if reader.values.are_too_many() {
            let message = "more than 1,000,000 values in the lists and maps of one file";
            let help = "split the file, or write long lists as YAML into group_vars";
            reader.target.fault(reader.target.at(line.number, 1), "too-many-values", message, help);
            break;
        }
    }
    let mut batch = reader.finish();
    batch.extra.is_ini = true;
    batch
}

/// How many variables of a line are looked through one by one before an index of them is made.
const FEW: usize = 32;
/// Among how many groups a name like an unknown one is looked for.
const MAX_COMPARED: usize = 5000;

/// So many keys that are there twice are told one by one.
const MAX_TWICE: usize = 100;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Hosts,
    Children,
    Vars,
    /// Lines of a section that is at fault itself.
    Nothing,
}

struct Reader<'t, 'a> {
    target: Target<'a>,
    values: Values<'t>,
    state: State,
    section: Option<&'t str>,
    /// The group that the section is about; known once there is a line for it.
    group: u32,
    /// Groups that were used before any section has declared them.
    pending: HashMap<String, Pending<'t>>,
    /// Their names in order.
    order: Vec<String>,
    /// Parent, child, and how many children the parent had when it named one that was not declared yet.
    early: Vec<(u32, &'t str, usize)>,
    max_pending: usize,
    /// Where variables of groups were said.
    said: HashMap<(u32, &'t str), Origin>,
    /// How many keys were there twice.
    twice: usize,
}

struct Pending<'t> {
    origin: Origin,
    /// The section that names it as a child; none for variables.
    section: Option<&'t str>,
    /// The groups that have it as a child, and where they say so.
    parents: Vec<(u32, Origin)>,
    declared: bool,
}

impl<'t> Reader<'t, '_> {
    fn line(&mut self, line: Line<'t>) {
        match line.section() {
            Some(Ok(section)) => return self.section(line, section),
            Some(Err(message)) => {
                self.state = State::Nothing;
                let help = "a section is [group], [group:children] or [group:vars], without spaces";
                return self.target.fault(self.at(line, 0), "ini-section", message, help);
            }
            None => {}
        }
        if self.section.is_none() && self.state == State::Hosts {
            // What stands before the first section is in `ungrouped`.
            self.section = Some("ungrouped");
            self.group = self.target.group("ungrouped", self.at(line, 0)).unwrap_or_default();
        }
        match self.state {
            State::Hosts => self.host_line(line),
            State::Children => self.child_line(line),
            State::Vars => self.vars_line(line),
            State::Nothing => {}
        }
    }

    fn at(&self, line: Line<'_>, offset: usize) -> Origin {
        self.target.at(line.number, line.column(offset))
    }

    fn section(&mut self, line: Line<'t>, section: Section<'t>) {
        let origin = self.at(line, 1);
        self.section = Some(section.group);
        self.state = match section.kind {
            None | Some("hosts") => State::Hosts,
            Some("children") => State::Children,
            Some("vars") => State::Vars,
            Some(kind) => {
                self.state = State::Nothing;
                let message = format!("[{}:{kind}] is a section of an unknown kind", section.group);
                let help = match suggest(kind, ["hosts", "children", "vars"]) {
                    Some(kind) => format!("did you mean [{}:{kind}]?", section.group),
                    None => "the kinds are hosts, children and vars".to_owned(),
                };
                return self.target.fault(origin, "ini-section", message, &help);
            }
        };
        let name = self.target.group_name(section.group).into_owned();
        let known = self.target.batch.group_names.get(&name).is_some();
        let Some(group) = self.target.group(section.group, origin) else { return };
        self.group = group;
        if self.state == State::Vars {
            if !known && !is_built_in(&name) {
                self.pending(&name, origin, None);
            }
        } else if let Some(pending) = self.pending.get_mut(&name) {
            pending.declared = true;
            for (parent, origin) in std::mem::take(&mut pending.parents) {
                self.target.child(parent, group, origin);
            }
        }
    }

    fn pending(&mut self, name: &str, origin: Origin, section: Option<&'t str>) -> Option<&mut Pending<'t>> {
        if self.order.len() >= self.max_pending && !self.pending.contains_key(name) {
            self.target.too_many(origin, "groups");
            return None;
        }
        Some(self.pending.entry(name.to_owned()).or_insert_with(|| {
            self.order.push(name.to_owned());
            Pending { origin, section, parents: Vec::new(), declared: false }
        }))
    }

    fn child_line(&mut self, line: Line<'t>) {
        let origin = self.at(line, 0);
        let Some(child) = line.group_name() else {
            let message = format!("not the name of a group: {:?}", shown(line.text));
            let help = "write one group a line, without variables, spaces or colons";
            return self.target.fault(origin, "ini-child", message, help);
        };
        let group = self
            .target
            .batch
            .group_names
            .get(child)
            .or_else(|| is_built_in(child).then(|| self.target.batch.group_at(child, origin).0));
        let parent = self.group;
        match group {
            Some(group) => self.target.child(parent, group, origin),
            None => {
                let before = self.target.batch.groups[parent as usize].children.len();
                self.early.push((parent, child, before));
                let section = self.section;
                if let Some(pending) = self.pending(child, origin, section) {
                    pending.parents.push((parent, origin));
                }
            }
        }
    }

    fn vars_line(&mut self, line: Line<'t>) {
        let Some((key, value)) = line.text.split_once('=') else {
            let message = format!("no = in {:?}", shown(line.text));
            let help = "a line of a :vars section is key=value";
            return self.target.fault(self.at(line, 0), "ini-vars", message, help);
        };
        let (key, trimmed) = (line::strip(key), line::strip(value));
        let offset = line.text.len() - value.trim_start_matches(line::is_space).len();
        let origin = self.at(line, offset.min(line.text.len()));
        let value = Located::new(self.values.read(trimmed, origin), origin);
        if let Some(first) = self.said.insert((self.group, key), origin) {
            self.twice(key, origin, first);
        }
        self.target.set_group_var(self.group, key, value);
    }

    fn host_line(&mut self, line: Line<'t>) {
        let mut words = Words::new(line.text, Comments::Skipped);
        let name = match words.next() {
            Some(Ok(name)) => name,
            Some(Err(fault)) => return self.bad_quotes(line, &fault),
            None => return,
        };
        let origin = self.at(line, name.offset);
        let hosts = self.hosts(&name, origin);
        let (mut vars, mut index): (Vec<(u32, Located)>, HashMap<u32, usize>) = Default::default();
        // Faults of the assignments are told even if the name is at fault.
        for word in words {
            let assignment = match word {
                Ok(word) => self.assignment(line, &word),
                Err(fault) => return self.bad_quotes(line, &fault),
            };
            let Some((key, value)) = assignment else { continue };
            let origin = value.origin;
            let known = match vars.len() {
                0..FEW => vars.iter().position(|(known, _)| *known == key),
                FEW => {
                    index = vars.iter().enumerate().map(|(index, (key, _))| (*key, index)).collect();
                    index.get(&key).copied()
                }
                _ => index.get(&key).copied(),
            };
            match known.and_then(|known| vars.get_mut(known)) {
                Some((_, old)) => {
                    let first = std::mem::replace(old, value).origin;
                    let name = self.target.batch.keys.text(key).clone();
                    self.twice(&name, origin, first);
                }
                None => {
                    index.insert(key, vars.len());
                    vars.push((key, value));
                }
            }
        }
        vars.shrink_to_fit();
        self.target.set_vars_of_all(&hosts.unwrap_or_default(), vars, origin);
    }

    /// A key that was said before in the same line, or in a section of the same group.
    fn twice(&mut self, key: &str, at: Origin, first: Origin) {
        self.twice += 1;
        if self.twice > MAX_TWICE {
            return;
        }
        let message = format!("the key {:?} is there twice", shown(key));
        let warning = Diagnostic::warning("duplicate-key", message).place(self.target.place(at));
        let warning = warning.related("the first is here", self.target.place(first));
        self.target.batch.report(warning.help("the last one counts; remove the other"));
    }

    fn bad_quotes(&mut self, line: Line<'_>, fault: &SplitFault) {
        let help = "close the quotes, or put the whole value into quotes of the other kind";
        self.target.fault(self.at(line, fault.offset), "ini-quotes", fault.message, help);
    }

    fn hosts(&mut self, name: &Word<'_>, origin: Origin) -> Option<Vec<u32>> {
        let name = &*name.text;
        let (hosts, port) = super::range::split_port(name, super::range::Ranges::Allowed);
        if name.trim_end().ends_with(':') && port.is_none() {
            let message = format!("the name {:?} ends with a colon", shown(name));
            let help = match name.contains(' ') {
                false => "a colon is followed by a port here; if this is YAML, name the file .yml",
                true => "a colon is followed by a port here",
            };
            self.target.fault(origin, "ini-host", message, help);
            return None;
        }
        if hosts.trim() == "---" {
            let help = "name the file .yml";
            self.target.fault(origin, "ini-host", "--- begins a YAML file, not an INI file", help);
            return None;
        }
        self.target.hosts(name, origin, Some(self.group))
    }

    fn assignment(&mut self, line: Line<'t>, word: &Word<'t>) -> Option<(u32, Located)> {
        let origin = self.at(line, word.offset);
        let Some((key, value)) = word.text.split_once('=') else {
            let message = format!("no = in {:?}", shown(&word.text));
            let help = "after the host's name come key=value pairs; quote values with spaces";
            self.target.fault(origin, "ini-host", message, help);
            return None;
        };
        let value = match &word.text {
            std::borrow::Cow::Borrowed(text) => self.values.read(&text[key.len() + 1..], origin),
            std::borrow::Cow::Owned(_) => self.values.read_owned(value, origin),
        };
        Some((self.target.key(key), Located::new(value, origin)))
    }

    fn finish(mut self) -> Batch {
        if let Some(more) = self.twice.checked_sub(MAX_TWICE).filter(|more| *more > 0) {
            let message = format!("{more} more keys are there twice");
            let place = Place::file(self.target.place(self.target.at(1, 1)).file);
            self.target.batch.report(Diagnostic::warning("duplicate-key", message).place(place));
        }
        for name in std::mem::take(&mut self.order) {
            let Some(pending) = self.pending.remove(&name) else { continue };
            if pending.declared {
                continue;
            }
            // Another source may have declared it; then the children are children all the same.
            for (parent, origin) in pending.parents {
                let group = self.target.batch.group_at(&name, origin).0;
                self.target.child(parent, group, origin);
            }
            if !self.target.needs_more() {
                continue;
            }
            let groups = self.target.batch.group_names.texts();
            let few = groups.get(..MAX_COMPARED.min(groups.len())).unwrap_or_default();
            let near = suggest(&name, few.iter().map(|name| &**name));
            let help = match near.filter(|near| *near != name) {
                Some(near) => format!("did you mean {near:?}? Else declare it with a section [{name}]"),
                None => format!("declare it with a section [{name}]"),
            };
            let place = self.target.place(pending.origin);
            let message = match pending.section {
                Some(section) => {
                    format!("[{section}:children] names the group {name:?}, which nothing declares")
                }
                None => format!("[{name}:vars] sets variables of a group that nothing declares"),
            };
            let fault = Diagnostic::error("undefined-group", message).place(place).help(help);
            self.target.need(&name, fault);
        }
        for (parent, name, before) in self.early {
            if let Some(child) = self.target.batch.group_names.get(name) {
                self.target.batch.extra.early.push(Early { parent, child, before });
            }
        }
        self.target.finish()
    }
}

fn is_built_in(name: &str) -> bool {
    matches!(name, "all" | "ungrouped")
}
