//! What changes how Ansible's formats are read.

use crate::HashBehaviour;
use purlin_core::{Diagnostic, Place};
use std::path::PathBuf;
use std::time::Duration;

/// What becomes of letters in group names that no variable name may have (`ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum GroupNames {
    /// They stay: Ansible's `never` and `ignore`.
    #[default]
    Keep,
    /// Each becomes an underscore: Ansible's `always` and `silently`.
    Replace,
}

/// Whether `group_vars` and `host_vars` beside the sources are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum VarsFolders {
    /// They are.
    #[default]
    Read,
    /// They are not: `ANSIBLE_VARS_ENABLED` without `host_group_vars`.
    Ignore,
}

/// Settings of Ansible that change how its formats are read. The defaults are those of ansible-core 2.19; what reads
/// `ansible.cfg` and `ANSIBLE_*` variables fills them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AnsibleOptions {
    pub(crate) group_names: GroupNames,
    pub(crate) hash_behaviour: HashBehaviour,
    pub(crate) inventory_extensions: Vec<String>,
    pub(crate) vars_extensions: Vec<String>,
    pub(crate) ignored_extensions: Vec<String>,
    pub(crate) ignored_patterns: Vec<String>,
    pub(crate) vars_folders: VarsFolders,
    pub(crate) playbook_dir: Option<PathBuf>,
    pub(crate) readers: Vec<String>,
}

/// Ansible's readers of sources that are built in here too, in its default order.
pub(crate) const READERS: [&str; 6] = ["host_list", "script", "auto", "yaml", "ini", "toml"];

impl AnsibleOptions {
    /// The defaults of ansible-core 2.19.
    pub fn new() -> Self {
        Self {
            group_names: GroupNames::default(),
            hash_behaviour: HashBehaviour::default(),
            inventory_extensions: texts(&[".yaml", ".yml", ".json"]),
            vars_extensions: texts(&[".yml", ".yaml", ".json"]),
            ignored_extensions: texts(&[
                ".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry",
            ]),
            ignored_patterns: Vec::new(),
            vars_folders: VarsFolders::default(),
            playbook_dir: None,
            readers: texts(&READERS),
        }
    }

    /// The plugins that may read sources: `ANSIBLE_INVENTORY_ENABLED`, `enable_plugins`. A source in the format of one that
    /// is not among them is an error. What a source is shows by its name and its content, so their order does not matter.
    #[must_use]
    pub fn readers<T: Into<String>>(mut self, plugins: impl IntoIterator<Item = T>) -> Self {
        self.readers = plugins.into_iter().map(|name| short(&name.into()).to_owned()).collect();
        self
    }

    /// The fault of a source that only a reader understands which is not among the enabled ones.
    pub(crate) fn refusal(&self, reader: &str, source: &str) -> Option<Diagnostic> {
        if self.readers.iter().any(|known| known == reader) {
            return None;
        }
        let message =
            format!("this is for Ansible's plugin {reader}, which its setting enable_plugins leaves out");
        let help = format!(
            "add {reader} to enable_plugins (or to ANSIBLE_INVENTORY_ENABLED), or take the source away"
        );
        Some(Diagnostic::error("disabled-plugin", message).place(Place::file(source)).help(help))
    }

    /// What becomes of bad letters in group names: `ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS`, `force_valid_group_names`.
    #[must_use]
    pub fn group_names(mut self, names: GroupNames) -> Self {
        self.group_names = names;
        self
    }

    /// Whether maps are replaced or merged: `ANSIBLE_HASH_BEHAVIOUR`, `hash_behaviour`.
    #[must_use]
    pub fn hash_behaviour(mut self, behaviour: HashBehaviour) -> Self {
        self.hash_behaviour = behaviour;
        self
    }

    /// Extensions of files that can be YAML inventories, beside none at all: `ANSIBLE_INVENTORY_PLUGIN_EXTS`. Default:
    /// `.yaml`, `.yml`, `.json`.
    #[must_use]
    pub fn inventory_extensions<T: Into<String>>(mut self, extensions: impl IntoIterator<Item = T>) -> Self {
        self.inventory_extensions = extensions.into_iter().map(Into::into).collect();
        self
    }

    /// Extensions of files in `group_vars` and `host_vars`, beside none at all: `ANSIBLE_YAML_FILENAME_EXT`,
    /// `yaml_valid_extensions`. Default: `.yml`, `.yaml`, `.json`.
    #[must_use]
    pub fn vars_extensions<T: Into<String>>(mut self, extensions: impl IntoIterator<Item = T>) -> Self {
        self.vars_extensions = extensions.into_iter().map(Into::into).collect();
        self
    }

    /// Endings of names that a directory of inventories leaves out: `ANSIBLE_INVENTORY_IGNORE`,
    /// `inventory_ignore_extensions`.
    #[must_use]
    pub fn ignored_extensions<T: Into<String>>(mut self, extensions: impl IntoIterator<Item = T>) -> Self {
        self.ignored_extensions = extensions.into_iter().map(Into::into).collect();
        self
    }

    /// Regular expressions, as Python has them, of names that a directory of inventories leaves out:
    /// `ANSIBLE_INVENTORY_IGNORE_REGEX`, `inventory_ignore_patterns`. Reading a directory with one that cannot be read is
    /// an error.
    #[must_use]
    pub fn ignored_patterns<T: Into<String>>(mut self, patterns: impl IntoIterator<Item = T>) -> Self {
        self.ignored_patterns = patterns.into_iter().map(Into::into).collect();
        self
    }

    /// Whether `group_vars` and `host_vars` are read: `ANSIBLE_VARS_ENABLED`.
    #[must_use]
    pub fn vars_folders(mut self, folders: VarsFolders) -> Self {
        self.vars_folders = folders;
        self
    }

    /// The folder of the playbooks, whose `group_vars` and `host_vars` are stronger than those beside the sources:
    /// `ANSIBLE_PLAYBOOK_DIR`, else the working directory, as `ansible-inventory` has it. Where all sources are native, nobody looks
    /// there. Default: none.
    #[must_use]
    pub fn playbook_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.playbook_dir = Some(folder.into());
        self
    }
}

impl Default for AnsibleOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// A plugin's name without that of Ansible's own collections.
pub(crate) fn short(name: &str) -> &str {
    ["ansible.builtin.", "ansible.legacy."]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name)
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// How much is read before it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    pub(crate) hosts: u64,
    pub(crate) file: u64,
    pub(crate) script_output: u64,
    pub(crate) script_time: Duration,
    pub(crate) script_calls: usize,
}

impl Limits {
    /// The defaults.
    pub fn new() -> Self {
        Self {
            hosts: 1_000_000,
            file: 64 << 20,
            script_output: 256 << 20,
            script_time: Duration::from_secs(60),
            script_calls: 8,
        }
    }

    /// How many hosts one file's names and ranges may make. Default: 1,000,000.
    #[must_use]
    pub fn hosts(mut self, hosts: u64) -> Self {
        self.hosts = hosts;
        self
    }

    /// How big a file may be, in bytes. Default: 64 MiB.
    #[must_use]
    pub fn file(mut self, bytes: u64) -> Self {
        self.file = bytes;
        self
    }

    /// How much one call of a script may print, in bytes. Default: 256 MiB.
    #[must_use]
    pub fn script_output(mut self, bytes: u64) -> Self {
        self.script_output = bytes;
        self
    }

    /// How long a script may take with all its calls, if the call's own deadline is not earlier. Default: 60 s.
    #[must_use]
    pub fn script_time(mut self, time: Duration) -> Self {
        self.script_time = time;
        self
    }

    /// How many `--host` calls of a script run at once. Default: 8.
    #[must_use]
    pub fn script_calls(mut self, calls: usize) -> Self {
        self.script_calls = calls;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}
