//! What is probably not meant: traps of formats, values that nobody sees, secrets in plain text.

mod coercion;
mod pattern;
mod secrets;
mod structure;

pub use pattern::lint_pattern;

use crate::inventory::Voice;
use crate::{Inventory, Located, Origin, Value};
use purlin_core::{Diagnostics, Place};
use std::collections::HashSet;
use std::fmt;
use std::io::Read;
use std::sync::Arc;

/// The largest file that is looked at again.
const MAX_SIZE: u64 = 32 << 20;
/// How deep values are looked into.
const MAX_DEPTH: usize = 128;

impl Inventory {
    /// What is probably not meant in this inventory, sorted by place: what was noticed while it was loaded, and what
    /// every rule of [`Lint`] finds, files of variables beside its sources included. Files that values come from are
    /// read again, as far as they are still there, to see how numbers and booleans were written.
    pub fn lint(&self) -> Diagnostics {
        Lint::new(self).run()
    }
}

/// A file or folder of variables beside an inventory, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VarsFile {
    /// Whose variables it holds, by its name: a group's or a host's.
    pub owner: VarsOwner,
    /// Where it is.
    pub place: Place,
    /// What was read in its place: `group_vars/web/` hides `group_vars/web.yml`.
    pub hidden_by: Option<Place>,
}

impl VarsFile {
    /// A file of this owner's variables.
    pub fn new(owner: VarsOwner, place: Place) -> Self {
        Self { owner, place, hidden_by: None }
    }

    /// It is not read, because this is.
    #[must_use]
    pub fn hidden_by(mut self, place: Place) -> Self {
        self.hidden_by = Some(place);
        self
    }
}

/// Whose variables a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VarsOwner {
    /// A group: `group_vars/NAME`.
    Group(String),
    /// A host: `host_vars/NAME`.
    Host(String),
}

/// Looks for what is probably not meant. Nothing of it keeps the inventory from being used.
///
/// | code | what |
/// |---|---|
/// | `coerced-boolean` | `no` or `on` became a boolean where text was likely meant |
/// | `coerced-octal`, `coerced-sexagesimal`, `coerced-version` | `0755`, `12:30`, `1.10` became other numbers |
/// | `coerced-number` | `1e3`, `0x1F`, `1_000` or a hash like `12e34` became a number |
/// | `ini-boolean` | `FALSE` stayed text in an INI file, where `False` is a boolean |
/// | `ini-comment` | `key=value # comment` in a `:vars` section: the comment is part of the value |
/// | `coerced-list` | `key=1,2` in an INI file: the comma made a list |
/// | `plain-secret` | a password, token or key in plain text, also in an address (`scheme://user:password@host`) |
/// | `vault-envelope` | a vault text that no password can open; an error |
/// | `shadowed-value` | a value that no host sees |
/// | `empty-group`, `host-and-group` | a group without hosts; a host and a group of one name |
/// | `unused-vars-file`, `ignored-vars-file` | variables of a name that nothing has; a file hidden by a folder |
///
/// ```
/// use purlin_inventory::{Batch, InventoryBuilder, Lint};
///
/// let mut batch = Batch::new("cmdb");
/// let host = batch.host("db1");
/// batch.set_host_var(host, "db_password", "hunter2");
/// let mut builder = InventoryBuilder::new();
/// builder.merge(batch);
/// let faults = Lint::new(&builder.build()?).run();
/// assert_eq!(faults.iter().next().unwrap().code, "plain-secret");
/// # Ok::<(), purlin_core::Error>(())
/// ```
pub struct Lint<'a> {
    inventory: &'a Inventory,
    warnings: Diagnostics,
    vars_files: Vec<VarsFile>,
    texts: Box<Texts<'a>>,
}

/// Gives the text of a file by its name.
type Texts<'a> = dyn Fn(&str) -> Option<String> + 'a;

impl fmt::Debug for Lint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lint").field("inventory", &self.inventory).finish_non_exhaustive()
    }
}

impl<'a> Lint<'a> {
    /// Of this inventory, with what was noticed and found while it was loaded.
    pub fn new(inventory: &'a Inventory) -> Self {
        let (warnings, vars_files) = (inventory.0.warnings.clone(), inventory.0.vars_files.clone());
        Self { inventory, warnings, vars_files, texts: Box::new(text_of) }
    }

    /// Tells these too, unless they are known: what was noticed elsewhere.
    #[must_use]
    pub fn warnings(mut self, warnings: Diagnostics) -> Self {
        for warning in warnings {
            if !self.warnings.iter().any(|known| *known == warning) {
                self.warnings.push(warning);
            }
        }
        self
    }

    /// Compares the names of these files too with those of hosts and groups.
    #[must_use]
    pub fn vars_files(mut self, files: impl IntoIterator<Item = VarsFile>) -> Self {
        self.vars_files.extend(files);
        self
    }

    /// Where the text of a file is, by its name in origins; by default the file itself, up to 32 MiB. Without a text,
    /// what depends on how a value was written is not told.
    #[must_use]
    pub fn texts(mut self, texts: impl Fn(&str) -> Option<String> + 'a) -> Self {
        self.texts = Box::new(texts);
        self
    }

    /// The text of one file that cannot be read again, such as standard input.
    #[must_use]
    pub fn text(mut self, file: impl Into<String>, text: impl Into<String>) -> Self {
        let (file, text, others) = (file.into(), text.into(), self.texts);
        self.texts = Box::new(move |name| if name == file { Some(text.clone()) } else { others(name) });
        self
    }

    /// All that was found, sorted by place.
    pub fn run(self) -> Diagnostics {
        let said = said(self.inventory);
        let mut found = self.warnings;
        structure::groups(self.inventory, &mut found);
        structure::shadowed(self.inventory, &said, &mut found);
        structure::vars_files(self.inventory, &self.vars_files, &mut found);
        secrets::plain(self.inventory, &said, &mut found);
        secrets::envelopes(self.inventory, &said, &mut found);
        coercion::traps(self.inventory, &said, &self.texts, &mut found);
        found.sort();
        found
    }
}

/// The text of a file; none where it is none, too large or no UTF-8.
fn text_of(name: &str) -> Option<String> {
    if !std::fs::metadata(name).ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    std::fs::File::open(name).ok()?.take(MAX_SIZE + 1).read_to_string(&mut text).ok()?;
    (text.len() as u64 <= MAX_SIZE).then_some(text)
}

/// A variable as a host or a group has it, whether or not it counts.
struct Said<'a> {
    owner: Owner<'a>,
    key: &'a str,
    value: &'a Located,
}

#[derive(Clone, Copy)]
enum Owner<'a> {
    Host(crate::Host<'a>),
    Group(crate::Group<'a>),
    /// One of the native format's, by its number.
    Layer(&'a Inventory, u32),
}

impl fmt::Display for Owner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(host) => write!(f, "host {}", host.name()),
            Self::Group(group) => write!(f, "group {}", group.name()),
            Self::Layer(inventory, layer) => f.write_str(&inventory.0.voice_name(Voice::Layer(*layer))),
        }
    }
}

/// Everything that was said, layer by layer, group by group and host by host.
fn said(inventory: &Inventory) -> Vec<Said<'_>> {
    let data = &inventory.0;
    let mut all = Vec::new();
    for (number, layer) in (0..).zip(data.native.iter().flat_map(|native| &native.layers)) {
        for (key, value) in &layer.vars {
            all.push(Said { owner: Owner::Layer(inventory, number), key: data.keys.text(*key), value });
        }
    }
    for group in inventory.groups() {
        let vars = &data.groups[group.id.0 as usize];
        for (key, value) in vars.vars.iter().chain(&vars.file_vars) {
            all.push(Said { owner: Owner::Group(group), key: data.keys.text(*key), value });
        }
    }
    for host in inventory.hosts() {
        let vars = &data.hosts[host.id.0 as usize];
        for (key, value) in vars.vars.iter().chain(&vars.file_vars) {
            all.push(Said { owner: Owner::Host(host), key: data.keys.text(*key), value });
        }
    }
    all
}

/// Visits a value and all inside of it, each once by its place, with the way to it: keys joined by dots, lists by `[]`.
fn visit<'a>(said: &[Said<'a>], mut each: impl FnMut(&Visited<'a>)) {
    let mut seen: HashSet<(&str, Origin)> = HashSet::new();
    for said in said {
        // What a range of hosts says was written once.
        let has_line = said.value.origin.line() > 0;
        if has_line && !seen.insert((said.key, said.value.origin)) {
            continue;
        }
        let top = Visited {
            owner: said.owner,
            way: said.key.into(),
            key: said.key,
            value: said.value,
            siblings: &[],
        };
        inner(&top, 0, &mut each);
    }
}

/// A value, or one inside of another.
struct Visited<'a> {
    owner: Owner<'a>,
    way: Arc<str>,
    /// The last key on the way.
    key: &'a str,
    value: &'a Located,
    /// The other items of its list.
    siblings: &'a [Located],
}

fn inner<'a>(visited: &Visited<'a>, depth: usize, each: &mut impl FnMut(&Visited<'a>)) {
    each(visited);
    if depth >= MAX_DEPTH {
        return;
    }
    let value: &'a Value = &visited.value.value;
    match value {
        Value::List(items) => {
            for item in items.iter() {
                let way = format!("{}[]", visited.way).into();
                inner(&Visited { way, value: item, siblings: items, ..*visited }, depth + 1, each);
            }
        }
        Value::Map(map) => {
            for (key, item) in map.iter() {
                let way = format!("{}.{key}", visited.way).into();
                inner(&Visited { way, key, value: item, siblings: &[], ..*visited }, depth + 1, each);
            }
        }
        _ => {}
    }
}
