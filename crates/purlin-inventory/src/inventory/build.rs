//! Batches become an inventory.

use super::said::Earlier;
use super::{HashBehaviour, Profile, narrow};
use crate::batch::{Batch, GroupEntry, HostEntry, Names, Need, Next, in_order};
use crate::native::layers::Layers;
use crate::{Facts, Located, Origin, VarsFile};
use purlin_core::{Diagnostic, Diagnostics};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Merges batches, in their order, into an [`Inventory`](crate::Inventory).
///
/// ```
/// use purlin_inventory::{Batch, InventoryBuilder};
///
/// let mut batch = Batch::new("cmdb");
/// let (web, host) = (batch.group("web"), batch.host("web01.lon"));
/// batch.add_host(web, host);
/// batch.set_group_var(web, "http_port", 8080);
///
/// let mut builder = InventoryBuilder::new();
/// builder.merge(batch);
/// let estate = builder.build()?;
/// let port = estate.host("web01.lon").and_then(|host| host.var("http_port")).unwrap();
/// assert_eq!(port.value.as_i64(), Some(8080));
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct InventoryBuilder {
    pub(super) profile: Profile,
    pub(super) hash_behaviour: HashBehaviour,
    pub(super) files: Vec<Arc<str>>,
    /// Of each file the number of the source that brought it; of native ones, which must not contradict each other
    /// within a source, with a mark.
    pub(super) sources: Vec<(u32, Format)>,
    source: u32,
    pub(super) keys: Names,
    pub(super) host_names: Names,
    pub(super) hosts: Vec<HostDraft>,
    pub(super) group_names: Names,
    pub(super) groups: Vec<GroupDraft>,
    /// How many times files beside the inventory were merged.
    pub(super) layers: u32,
    pub(super) native: Layers,
    pub(super) diagnostics: Diagnostics,
    pub(super) vars_files: Vec<VarsFile>,
    /// The files that were read as INI.
    pub(super) ini_files: HashSet<u32>,
    edges: HashSet<(u32, u32)>,
}

#[derive(Debug, Clone)]
pub(crate) struct HostDraft {
    pub(super) origin: Origin,
    pub(super) vars: Vec<(u32, Located)>,
    pub(super) file_vars: Vec<(u32, Located)>,
    pub(super) earlier: Vec<Earlier>,
    pub(super) facts: Option<Arc<Facts>>,
}

/// Whose format a file is in, as far as it matters for files that say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Native,
    Other,
}

#[derive(Debug, Clone)]
pub(crate) struct GroupDraft {
    pub(super) origin: Origin,
    pub(super) vars: Vec<(u32, Located)>,
    pub(super) file_vars: Vec<(u32, Located)>,
    /// Each layer that has said something, and where its part of `file_vars` ends.
    pub(super) file_layers: Vec<(u32, u32)>,
    pub(super) earlier: Vec<Earlier>,
    pub(super) hosts: Vec<u32>,
    known_hosts: HashSet<u32>,
    pub(super) children: Vec<u32>,
    pub(super) child_origins: Vec<Origin>,
    pub(super) parents: Vec<u32>,
    pub(super) priority: i64,
}

/// The group of everything, and that of hosts without another.
pub(crate) const ALL: u32 = 0;
pub(crate) const UNGROUPED: u32 = 1;

impl InventoryBuilder {
    /// Nothing but the groups `all` and `ungrouped`.
    pub fn new() -> Self {
        let mut builder = Self {
            profile: Profile::default(),
            hash_behaviour: HashBehaviour::default(),
            files: Vec::new(),
            sources: Vec::new(),
            source: 0,
            keys: Names::default(),
            host_names: Names::default(),
            hosts: Vec::new(),
            group_names: Names::default(),
            groups: Vec::new(),
            layers: 0,
            native: Layers::default(),
            diagnostics: Diagnostics::new(),
            vars_files: Vec::new(),
            ini_files: HashSet::new(),
            edges: HashSet::new(),
        };
        let built_in = Origin::file(builder.file("built-in"));
        for name in ["all", "ungrouped"] {
            builder.group(&name.into(), built_in);
        }
        builder.add_child(ALL, UNGROUPED, built_in);
        builder
    }

    /// Decides by the rules of this profile. Those of the native one hold as soon as one source is native.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// What happens to a map when a stronger place says a map under the same key.
    #[must_use]
    pub fn hash_behaviour(mut self, behaviour: HashBehaviour) -> Self {
        self.hash_behaviour = behaviour;
        self
    }

    /// Adds what a source has said; what it says again replaces what was said before, or is merged with it where a rule
    /// says so.
    pub fn merge(&mut self, batch: Batch) {
        self.begin_source();
        self.merge_all(batch);
    }

    fn merge_all(&mut self, mut batch: Batch) {
        let then = std::mem::take(&mut batch.extra.then);
        self.merge_part(batch);
        for next in then {
            match next {
                Next::Batch(batch) => self.merge_all(*batch),
                Next::Constructed { name, config } => {
                    let so_far = self.snapshot();
                    self.merge_part(crate::ansible::plugin::constructed(&so_far, &config, &name));
                }
            }
        }
    }

    /// What is merged from now on belongs to another source.
    pub(crate) fn begin_source(&mut self) {
        self.source += 1;
    }

    /// Adds a part of the source that has begun, without what follows it.
    pub(crate) fn merge_part(&mut self, batch: Batch) {
        let ansible = batch.extra.profile == Some(Profile::Ansible);
        let format = if batch.native.native { Format::Native } else { Format::Other };
        let offset = self.add_files(batch.files, format);
        if batch.extra.is_ini {
            self.ini_files.insert(offset);
        }
        self.native.absorb(batch.native, offset, &self.files, &mut self.diagnostics);
        self.check_needs(batch.extra.needs);
        let keys: Vec<u32> = batch.keys.texts().iter().map(|key| self.keys.id_shared(key).0).collect();
        let known_groups = narrow(self.groups.len());
        let names = batch.group_names.texts();
        let groups: Vec<u32> = names
            .iter()
            .zip(&batch.groups)
            .map(|(name, group)| self.group(name, group.origin.moved(offset)))
            .collect();
        let known_hosts = narrow(self.hosts.len());
        self.hosts.reserve(batch.hosts.len());
        let hosts: Vec<u32> = batch
            .host_names
            .texts()
            .iter()
            .zip(&batch.hosts)
            .map(|(name, host)| self.host(name, host.origin.moved(offset)))
            .collect();
        for (host, key, mut value) in batch.extra.firsts {
            let id = hosts[host as usize];
            if id >= known_hosts {
                value.move_files(offset);
                self.hosts[id as usize].vars.push((keys[key as usize], value));
            }
        }
        let twin = |builder: &Self, id: u32| {
            let group = builder.group_names.get(builder.host_names.text(id));
            group.filter(|group| ansible && *group < known_groups)
        };
        for (id, HostEntry { vars, earlier: before, facts, .. }) in hosts.iter().zip(batch.hosts) {
            if let Some(mut facts) = facts {
                Arc::make_mut(&mut facts).move_files(offset);
                Facts::keep_newest(&mut self.hosts[*id as usize].facts, facts);
            }
            // Ansible looks among the groups first when a variable is set by name.
            let (into, earlier) = match twin(self, *id) {
                Some(group) => {
                    let group = &mut self.groups[group as usize];
                    (&mut group.vars, &mut group.earlier)
                }
                None => {
                    let host = &mut self.hosts[*id as usize];
                    (&mut host.vars, &mut host.earlier)
                }
            };
            set_all(Into { vars: into, earlier, layer: None }, (vars, before), &keys, offset);
        }
        let mut early_of: HashMap<u32, Vec<(u32, usize)>> = HashMap::new();
        for early in &batch.extra.early {
            if groups[early.child as usize] < known_groups {
                early_of.entry(groups[early.parent as usize]).or_default().push((early.child, early.before));
            }
        }
        for (id, group) in groups.iter().zip(batch.groups) {
            self.merge_group(*id, group, (&groups, &hosts, &keys), &early_of, offset);
        }
        self.diagnostics.extend(batch.diagnostics);
    }

    fn merge_group(
        &mut self,
        id: u32,
        group: GroupEntry,
        ids: (&[u32], &[u32], &[u32]),
        early: &HashMap<u32, Vec<(u32, usize)>>,
        offset: u32,
    ) {
        let (groups, hosts, keys) = ids;
        let draft = &mut self.groups[id as usize];
        let into = Into { vars: &mut draft.vars, earlier: &mut draft.earlier, layer: None };
        set_all(into, (group.vars, group.earlier), keys, offset);
        draft.priority = group.priority.unwrap_or(draft.priority);
        for host in group.hosts {
            draft.add_host(hosts[host as usize]);
        }
        let mut children: Vec<_> = group.children.into_iter().zip(group.child_origins).collect();
        if let Some(early) = early.get(&id) {
            children = in_order(children, early);
        }
        for (child, origin) in children {
            self.add_child(id, groups[child as usize], origin.moved(offset));
        }
    }

    fn check_needs(&mut self, needs: Vec<Need>) {
        for need in needs {
            if self.group_names.get(&need.group).is_none() {
                self.diagnostics.push(need.fault);
            }
        }
    }

    /// Adds what files beside the inventory say of hosts and groups that are known already; what they say of others
    /// is left out. Such values are stronger than any that the inventory itself gives, and what is merged later is
    /// stronger, for any group but `all`, than what was merged before, for any group.
    pub fn merge_files(&mut self, batch: Batch) {
        self.begin_source();
        let offset = self.add_files(batch.files, Format::Other);
        let layer = Some(self.layers);
        let keys: Vec<u32> = batch.keys.texts().iter().map(|key| self.keys.id_shared(key).0).collect();
        for (name, host) in batch.host_names.texts().iter().zip(batch.hosts) {
            if let Some(id) = self.host_names.get(name) {
                let draft = &mut self.hosts[id as usize];
                let into = Into { vars: &mut draft.file_vars, earlier: &mut draft.earlier, layer };
                set_all(into, (host.vars, host.earlier), &keys, offset);
            }
        }
        for (name, group) in batch.group_names.texts().iter().zip(batch.groups) {
            if let Some(id) = self.group_names.get(name) {
                let draft = &mut self.groups[id as usize];
                let mut vars = Vec::new();
                let into = Into { vars: &mut vars, earlier: &mut draft.earlier, layer };
                set_all(into, (group.vars, group.earlier), &keys, offset);
                draft.file_vars.append(&mut vars);
                draft.file_layers.push((self.layers, narrow(draft.file_vars.len())));
            }
        }
        self.layers += 1;
        self.vars_files.extend(batch.extra.vars_files);
        self.diagnostics.extend(batch.diagnostics);
    }

    /// Adds a fault; with an error among them no inventory is built.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The names of the hosts so far, in order.
    pub fn host_names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.host_names.texts().iter().map(|name| &**name)
    }

    /// The names of the groups so far, in order.
    pub fn group_names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.group_names.texts().iter().map(|name| &**name)
    }

    /// The hosts and groups so far.
    pub(crate) fn names(&self) -> (&Names, &Names) {
        (&self.host_names, &self.group_names)
    }

    pub(super) fn file(&mut self, name: &str) -> crate::FileId {
        crate::FileId(self.add_files(vec![name.into()], Format::Other))
    }

    /// The number of the first of these.
    fn add_files(&mut self, files: Vec<Arc<str>>, format: Format) -> u32 {
        let offset = narrow(self.files.len());
        self.files.extend(files);
        self.sources.resize(self.files.len(), (self.source, format));
        offset
    }

    fn host(&mut self, name: &Arc<str>, origin: Origin) -> u32 {
        let (id, is_new) = self.host_names.id_shared(name);
        if is_new {
            let (vars, file_vars, earlier) = Default::default();
            self.hosts.push(HostDraft { origin, vars, file_vars, earlier, facts: None });
        }
        id
    }

    pub(super) fn group(&mut self, name: &Arc<str>, origin: Origin) -> u32 {
        let (id, is_new) = self.group_names.id_shared(name);
        if is_new {
            self.groups.push(GroupDraft {
                origin,
                vars: Vec::new(),
                file_vars: Vec::new(),
                file_layers: Vec::new(),
                earlier: Vec::new(),
                hosts: Vec::new(),
                known_hosts: HashSet::new(),
                children: Vec::new(),
                child_origins: Vec::new(),
                parents: Vec::new(),
                priority: 1,
            });
        }
        id
    }

    pub(super) fn add_child(&mut self, parent: u32, child: u32, origin: Origin) {
        if self.edges.insert((parent, child)) {
            let above = &mut self.groups[parent as usize];
            above.children.push(child);
            above.child_origins.push(origin);
            self.groups[child as usize].parents.push(parent);
        }
    }
}

impl Default for InventoryBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl GroupDraft {
    pub(super) fn add_host(&mut self, host: u32) {
        if self.known_hosts.insert(host) {
            self.hosts.push(host);
        }
    }
}

/// How many variables are looked through one by one before an index of them is made.
const FEW: usize = 32;

/// Variables by key.
type Vars = Vec<(u32, Located)>;

/// Where variables are put.
struct Into<'a> {
    vars: &'a mut Vec<(u32, Located)>,
    earlier: &'a mut Vec<Earlier>,
    layer: Option<u32>,
}

/// Puts variables, and what the same batch had said of them before, where some may be already.
fn set_all(into: Into<'_>, (mut vars, before): (Vars, Vars), keys: &[u32], offset: u32) {
    let Into { vars: known, earlier, layer } = into;
    for (key, value) in &mut vars {
        *key = keys[*key as usize];
        value.move_files(offset);
    }
    if known.is_empty() {
        *known = vars;
    } else {
        let index: Option<HashMap<u32, usize>> = (known.len() > FEW)
            .then(|| known.iter().enumerate().map(|(index, (key, _))| (*key, index)).collect());
        let count = known.len();
        for (key, value) in vars {
            let place = match &index {
                Some(index) => index.get(&key).copied(),
                // The new ones differ among each other.
                None => known[..count].iter().position(|(known, _)| *known == key),
            };
            match place {
                Some(place) => {
                    let value = std::mem::replace(&mut known[place].1, value);
                    earlier.push(Earlier { layer, key, value, is_last: false });
                }
                None => known.push((key, value)),
            }
        }
    }
    for (key, mut value) in before {
        value.move_files(offset);
        earlier.push(Earlier { layer, key: keys[key as usize], value, is_last: false });
    }
}
