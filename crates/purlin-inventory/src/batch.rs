//! What a source gives: whole batches of hosts, groups and variables.

mod extra;

pub(crate) use extra::{Early, Extra, Need, Next, in_order};

use crate::{Facts, FileId, Located, Origin};
use purlin_core::{Diagnostic, Diagnostics};
use std::collections::HashMap;
use std::sync::Arc;

/// All that a source has to say: hosts, groups, variables and which belongs to which, in the order in which it was said,
/// each with its origin. Saying the same again adds nothing; a variable that is set again is replaced.
///
/// ```
/// use purlin_inventory::Batch;
///
/// let mut batch = Batch::new("cmdb");
/// let host = batch.host("web01.lon");
/// batch.set_host_var(host, "site", "lon");
/// let web = batch.group("web");
/// batch.add_host(web, host);
/// assert_eq!(batch.host_count(), 1);
/// ```
#[derive(Debug, Clone)]
pub struct Batch {
    pub(crate) files: Vec<Arc<str>>,
    pub(crate) keys: Names,
    pub(crate) host_names: Names,
    pub(crate) hosts: Vec<HostEntry>,
    pub(crate) group_names: Names,
    pub(crate) groups: Vec<GroupEntry>,
    pub(crate) diagnostics: Diagnostics,
    pub(crate) extra: Extra,
    /// What a native file says of precedence, layers and members.
    pub(crate) native: crate::native::layers::Layers,
}

/// A host of a [`Batch`]. In another batch it means some other host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BatchHost(pub(crate) u32);

/// A group of a [`Batch`]. In another batch it means some other group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BatchGroup(pub(crate) u32);

#[derive(Debug, Clone)]
pub(crate) struct HostEntry {
    pub(crate) origin: Origin,
    /// Key and value, in the order in which they were first set.
    pub(crate) vars: Vec<(u32, Located)>,
    /// What was said before of variables that were set again, in order.
    pub(crate) earlier: Vec<(u32, Located)>,
    pub(crate) facts: Option<Arc<Facts>>,
}

#[derive(Debug, Clone)]
pub(crate) struct GroupEntry {
    pub(crate) origin: Origin,
    pub(crate) vars: Vec<(u32, Located)>,
    /// As that of [`HostEntry`].
    pub(crate) earlier: Vec<(u32, Located)>,
    pub(crate) hosts: Vec<u32>,
    pub(crate) children: Vec<u32>,
    /// Where each of the children was said.
    pub(crate) child_origins: Vec<Origin>,
    /// Ansible's `ansible_group_priority`.
    pub(crate) priority: Option<i64>,
}

/// Texts by number, in the order of their first appearance.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    texts: Vec<Arc<str>>,
    index: HashMap<Arc<str>, u32>,
}

impl Names {
    pub(crate) fn id(&mut self, text: &str) -> (u32, bool) {
        if let Some(id) = self.index.get(text) {
            return (*id, false);
        }
        (self.push(text.into()), true)
    }

    /// As [`id`](Self::id), keeping the text itself instead of a copy where it is new.
    pub(crate) fn id_shared(&mut self, text: &Arc<str>) -> (u32, bool) {
        match self.index.get(&**text) {
            Some(id) => (*id, false),
            None => (self.push(text.clone()), true),
        }
    }

    fn push(&mut self, text: Arc<str>) -> u32 {
        let id = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(text.clone());
        self.index.insert(text, id);
        id
    }

    pub(crate) fn get(&self, text: &str) -> Option<u32> {
        self.index.get(text).copied()
    }

    pub(crate) fn text(&self, id: u32) -> &Arc<str> {
        &self.texts[id as usize]
    }

    pub(crate) fn texts(&self) -> &[Arc<str>] {
        &self.texts
    }
}

impl Batch {
    /// An empty batch of a source with this name (a path, a URL, a word), which is its first file.
    pub fn new(source: impl Into<Arc<str>>) -> Self {
        Self {
            files: vec![source.into()],
            keys: Names::default(),
            host_names: Names::default(),
            hosts: Vec::new(),
            group_names: Names::default(),
            groups: Vec::new(),
            diagnostics: Diagnostics::new(),
            extra: Extra::default(),
            native: Default::default(),
        }
    }

    /// The source itself, for origins without a file of their own.
    pub fn source(&self) -> Origin {
        Origin::file(FileId(0))
    }

    /// Notes a further file that was read.
    pub fn file(&mut self, name: impl Into<Arc<str>>) -> FileId {
        let id = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        self.files.push(name.into());
        FileId(id)
    }

    /// The host of this name, new or known.
    pub fn host(&mut self, name: &str) -> BatchHost {
        self.host_at(name, self.source())
    }

    /// The host of this name, first said there.
    pub fn host_at(&mut self, name: &str, origin: Origin) -> BatchHost {
        let (id, is_new) = self.host_names.id(name);
        if is_new {
            self.hosts.push(HostEntry { origin, vars: Vec::new(), earlier: Vec::new(), facts: None });
        }
        BatchHost(id)
    }

    /// The group of this name, new or known.
    pub fn group(&mut self, name: &str) -> BatchGroup {
        self.group_at(name, self.source())
    }

    /// The group of this name, first said there.
    pub fn group_at(&mut self, name: &str, origin: Origin) -> BatchGroup {
        let (id, is_new) = self.group_names.id(name);
        if is_new {
            self.groups.push(GroupEntry::new(origin));
        }
        BatchGroup(id)
    }

    /// Sets a variable of a host.
    ///
    /// # Panics
    /// For a host of another batch that is beyond the hosts of this one.
    pub fn set_host_var(&mut self, host: BatchHost, key: &str, value: impl Into<crate::Value>) {
        let value = Located::new(value, self.source());
        self.set_host_var_at(host, key, value);
    }

    /// Sets a variable of a host, said there.
    ///
    /// # Panics
    /// For a host of another batch that is beyond the hosts of this one.
    pub fn set_host_var_at(&mut self, host: BatchHost, key: &str, value: Located) {
        let key = self.keys.id(key).0;
        let host = &mut self.hosts[host.0 as usize];
        set(&mut host.vars, &mut host.earlier, key, value);
    }

    /// Notes what was observed of a host, as opposed to what is intended: facts are no variables and override none. Of
    /// several the newest count.
    ///
    /// # Panics
    /// For a host of another batch that is beyond the hosts of this one.
    pub fn set_facts(&mut self, host: BatchHost, facts: Facts) {
        Facts::keep_newest(&mut self.hosts[host.0 as usize].facts, Arc::new(facts));
    }

    /// Sets a variable of a group.
    ///
    /// # Panics
    /// For a group of another batch that is beyond the groups of this one.
    pub fn set_group_var(&mut self, group: BatchGroup, key: &str, value: impl Into<crate::Value>) {
        let value = Located::new(value, self.source());
        self.set_group_var_at(group, key, value);
    }

    /// Sets a variable of a group, said there.
    ///
    /// # Panics
    /// For a group of another batch that is beyond the groups of this one.
    pub fn set_group_var_at(&mut self, group: BatchGroup, key: &str, value: Located) {
        let key = self.keys.id(key).0;
        let group = &mut self.groups[group.0 as usize];
        set(&mut group.vars, &mut group.earlier, key, value);
    }

    /// Sets the priority by which a group's variables are merged among groups of equal depth (Ansible's
    /// `ansible_group_priority`; 1 unless set).
    ///
    /// # Panics
    /// For a group of another batch that is beyond the groups of this one.
    pub fn set_priority(&mut self, group: BatchGroup, priority: i64) {
        self.groups[group.0 as usize].priority = Some(priority);
    }

    /// Puts a host into a group.
    ///
    /// # Panics
    /// For a group or host of another batch that is beyond those of this one.
    pub fn add_host(&mut self, group: BatchGroup, host: BatchHost) {
        assert!((host.0 as usize) < self.hosts.len(), "the host is of another batch");
        // Whether it is there already is settled once for all, when batches are merged.
        self.groups[group.0 as usize].hosts.push(host.0);
    }

    /// Puts a group below another. Circles are found when batches are merged.
    ///
    /// # Panics
    /// For a group of another batch that is beyond the groups of this one.
    pub fn add_child(&mut self, parent: BatchGroup, child: BatchGroup) {
        self.add_child_at(parent, child, self.source());
    }

    /// Puts a group below another, as said there.
    ///
    /// # Panics
    /// For a group of another batch that is beyond the groups of this one.
    pub fn add_child_at(&mut self, parent: BatchGroup, child: BatchGroup, origin: Origin) {
        assert!((child.0 as usize) < self.groups.len(), "the group is of another batch");
        let parent = &mut self.groups[parent.0 as usize];
        parent.children.push(child.0);
        parent.child_origins.push(origin);
    }

    /// Adds a fault; with an error among them the batch is not used.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The faults so far.
    pub fn diagnostics(&self) -> &Diagnostics {
        &self.diagnostics
    }

    /// How many hosts it names; of a directory of files, the sum of what each names.
    pub fn host_count(&self) -> usize {
        self.hosts.len() + self.following().map(Self::host_count).sum::<usize>()
    }

    /// How many groups it names; of a directory of files, the sum of what each names.
    pub fn group_count(&self) -> usize {
        self.groups.len() + self.following().map(Self::group_count).sum::<usize>()
    }

    fn following(&self) -> impl Iterator<Item = &Self> {
        self.extra.then.iter().filter_map(|next| match next {
            Next::Batch(batch) => Some(&**batch),
            Next::Constructed { .. } => None,
        })
    }

    /// Where an origin of this batch is, for messages.
    pub fn place(&self, origin: Origin) -> purlin_core::Place {
        origin.place(&self.files)
    }
}

impl GroupEntry {
    pub(crate) fn new(origin: Origin) -> Self {
        Self {
            origin,
            vars: Vec::new(),
            earlier: Vec::new(),
            hosts: Vec::new(),
            children: Vec::new(),
            child_origins: Vec::new(),
            priority: None,
        }
    }
}

fn set(vars: &mut Vec<(u32, Located)>, earlier: &mut Vec<(u32, Located)>, key: u32, value: Located) {
    match vars.iter_mut().find(|(known, _)| *known == key) {
        Some((_, old)) => earlier.push((key, std::mem::replace(old, value))),
        None => vars.push((key, value)),
    }
}
