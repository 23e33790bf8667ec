//! Ansible's formats, read as Ansible reads them (ansible-core 2.19).

#[cfg(test)]
mod checks;
pub(crate) mod config;
pub(crate) mod connection;
pub(crate) mod constructed;
pub(crate) mod detect;
pub(crate) mod directory;
#[cfg(test)]
pub(crate) mod fixtures;
pub(crate) mod generator;
mod host_list;
mod ini;
mod json_inventory;
mod options;
pub(crate) mod plugin;
pub(crate) mod range;
pub(crate) mod read;
pub(crate) mod script;
mod shlex;
mod target;
pub(crate) mod template;
mod toml_inventory;
pub(crate) mod vars_files;
pub(crate) mod vault;
mod yaml_inventory;

pub(crate) use host_list::read as host_list;
pub use options::{AnsibleOptions, GroupNames, Limits, VarsFolders};

/// As much of a text as a message bears.
fn shown(text: &str) -> String {
    let mut letters = text.chars();
    let start: String = letters.by_ref().take(60).collect();
    if letters.next().is_some() { start + "..." } else { start }
}
