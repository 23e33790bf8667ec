//! `ansible.cfg`: which file counts, and what it and the environment say about inventories.

mod ini;
mod paths;

use super::options::READERS;
use super::shown;
use crate::pattern::regex::anywhere;
use crate::{GroupNames, HashBehaviour};
use ini::{Entry, Ini};
use paths::Paths;
pub(crate) use paths::normal;
use purlin_core::{Diagnostic, Diagnostics, Place, Result};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The largest file that is read.
const MAX_SIZE: u64 = 1 << 20;

/// What Ansible's configuration depends on: environment variables, the current folder and the user's home. A value, so
/// that nothing is read behind the caller's back.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AnsibleEnv {
    vars: BTreeMap<String, String>,
    current_dir: PathBuf,
    system: PathBuf,
}

impl AnsibleEnv {
    /// No variables, in this folder.
    pub fn new(current_dir: impl Into<PathBuf>) -> Self {
        Self {
            vars: BTreeMap::new(),
            current_dir: current_dir.into(),
            system: PathBuf::from("/etc/ansible/ansible.cfg"),
        }
    }

    /// The variables and the folder of this process; variables that are no UTF-8 are left out.
    ///
    /// # Errors
    /// When the current folder is gone or may not be entered.
    pub fn of_process() -> Result<Self> {
        let folder =
            std::env::current_dir().map_err(|error| purlin_core::Error::io("inventory.config", error))?;
        let vars = std::env::vars_os();
        let vars =
            vars.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Ok(Self { vars: vars.collect(), ..Self::new(folder) })
    }

    /// Sets a variable.
    #[must_use]
    pub fn var(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.vars.insert(name.into(), value.into());
        self
    }

    /// The system's file, in place of `/etc/ansible/ansible.cfg`.
    #[must_use]
    pub fn system(mut self, file: impl Into<PathBuf>) -> Self {
        self.system = file.into();
        self
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.vars.get(name).map(String::as_str)
    }
}

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingOrigin {
    /// Nobody has said it.
    Default,
    /// A line of the file.
    File(Place),
    /// An environment variable.
    Env(&'static str),
}

/// A setting and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setting<T> {
    /// Its value.
    pub value: T,
    /// Where it comes from.
    pub origin: SettingOrigin,
}

/// Where the password of a vault id is (`vault_identity_list`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VaultIdentity {
    /// The vault id; none where an entry is only a file.
    pub id: Option<String>,
    /// The file, or an executable that prints the password.
    pub source: VaultPasswordSource,
}

/// Where a vault password is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VaultPasswordSource {
    /// A file, or an executable that prints the password.
    File(PathBuf),
    /// Somebody is asked.
    Prompt,
}

/// Ansible's configuration as far as inventories depend on it. Environment variables beat the file.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AnsibleConfig {
    /// The file that counts, if there is one.
    pub file: Option<PathBuf>,
    /// Inventory sources (`inventory`), absolute; `/etc/ansible/hosts` by default.
    pub inventory: Setting<Vec<PathBuf>>,
    /// `hash_behaviour`.
    pub hash_behaviour: Setting<HashBehaviour>,
    /// `vault_password_file`, absolute.
    pub vault_password_file: Setting<Option<PathBuf>>,
    /// `vault_identity_list`.
    pub vault_identities: Setting<Vec<VaultIdentity>>,
    /// Whether only the passwords of a secret's own vault id are tried (`vault_id_match`).
    pub vault_id_match: Setting<bool>,
    /// Endings of files that are left out of inventory folders (`ignore_extensions`); none where Ansible's own list
    /// counts.
    pub ignore_extensions: Setting<Option<Vec<String>>>,
    /// Python's regular expressions of names that are left out of inventory folders (`ignore_patterns`).
    pub ignore_patterns: Setting<Vec<String>>,
    /// Whether one source that cannot be read is an error (`any_unparsed_is_failed`).
    pub any_unparsed_is_failed: Setting<bool>,
    /// Whether it is an error when no source can be read (`unparsed_is_failed`).
    pub unparsed_is_failed: Setting<bool>,
    /// Plugins that may read sources, in order (`enable_plugins`).
    pub enable_plugins: Setting<Vec<String>>,
    /// `force_valid_group_names`.
    pub group_names: Setting<GroupNames>,
    /// The order of layers of variables (`precedence`), weakest first.
    pub precedence: Setting<Vec<String>>,
    /// Endings of YAML files in `group_vars` and `host_vars` (`yaml_valid_extensions`).
    pub yaml_extensions: Setting<Vec<String>>,
    /// Endings of files that can be YAML inventories (`yaml_valid_extensions` of `[inventory_plugin_yaml]`, else of
    /// `[defaults]`).
    pub inventory_extensions: Setting<Vec<String>>,
    /// Plugins that add variables (`vars_plugins_enabled`); `group_vars` and `host_vars` are read where `host_group_vars`
    /// is among them.
    pub vars_plugins: Setting<Vec<String>>,
    /// The folder of the playbooks (`playbook_dir`), absolute.
    pub playbook_dir: Setting<Option<PathBuf>>,
    /// Whether a pattern that matches no host is an error (`host_pattern_mismatch`).
    pub pattern_mismatch_is_error: Setting<bool>,
    warnings: Diagnostics,
}

impl AnsibleConfig {
    /// Finds the file in Ansible's order, and reads it: `ANSIBLE_CONFIG` (a file, or a folder that holds one), then
    /// `ansible.cfg` in the current folder unless everybody may write there, `~/.ansible.cfg` and
    /// `/etc/ansible/ansible.cfg`. The first that exists counts, alone.
    ///
    /// # Errors
    /// [`Invalid`](purlin_core::ErrorKind::Invalid) with all faults of the file and the environment; the kind of the
    /// system's error when the file cannot be read.
    pub fn find(env: &AnsibleEnv) -> Result<Self> {
        let mut warnings = Diagnostics::new();
        let Some(file) = locate(env, &mut warnings) else {
            return Self::from_parts(env, None, &Ini::default(), warnings);
        };
        let text = read(&file).map_err(|error| {
            purlin_core::Error::io("inventory.config", error).with_note(file.display().to_string())
        })?;
        let (ini, faults) = Ini::parse(&text, &file.display().to_string());
        warnings.extend(faults);
        Self::from_parts(env, Some(file), &ini, warnings)
    }

    /// What is worth knowing: an `ansible.cfg` that was passed over, for example.
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    fn from_parts(env: &AnsibleEnv, file: Option<PathBuf>, ini: &Ini, faults: Diagnostics) -> Result<Self> {
        let mut reader = Reader { env, ini, paths: Paths::new(env, file.as_deref()), faults };
        let config = Self {
            inventory: reader.paths(INVENTORY, || vec![PathBuf::from("/etc/ansible/hosts")]),
            hash_behaviour: reader.choice(HASH_BEHAVIOUR, &HASH_BEHAVIOURS),
            vault_password_file: reader.path(VAULT_PASSWORD_FILE),
            vault_identities: reader.identities(),
            vault_id_match: reader.truth(VAULT_ID_MATCH),
            ignore_extensions: reader.list(IGNORE_EXTENSIONS, None, Some),
            ignore_patterns: reader.expressions(IGNORE_PATTERNS),
            any_unparsed_is_failed: reader.truth(ANY_UNPARSED),
            unparsed_is_failed: reader.truth(UNPARSED),
            enable_plugins: reader.list(ENABLE_PLUGINS, words(&READERS), |list| list),
            group_names: reader.choice(GROUP_NAMES, &GROUP_NAMES_WORDS),
            precedence: reader.list(PRECEDENCE, words(&LAYERS), |list| list),
            yaml_extensions: reader.list(YAML_EXTENSIONS, words(&YAML_ENDINGS), |list| list),
            inventory_extensions: reader.inventory_extensions(),
            vars_plugins: reader.list(VARS_PLUGINS, words(&["host_group_vars"]), |list| list),
            playbook_dir: reader.path(PLAYBOOK_DIR),
            pattern_mismatch_is_error: reader
                .choice(MISMATCH, &[("warning", false), ("ignore", false), ("error", true)]),
            file,
            warnings: Diagnostics::new(),
        };
        let faults = reader.faults;
        // The warnings travel with the answer.
        let _ = faults.clone().into_result("inventory.config")?;
        Ok(Self { warnings: faults, ..config })
    }
}

/// A setting's environment variable, and its sections and keys; the last of these that is there counts.
type Key = (&'static str, &'static [(&'static str, &'static str)]);

const INVENTORY: Key = ("ANSIBLE_INVENTORY", &[("defaults", "inventory")]);
const HASH_BEHAVIOUR: Key = ("ANSIBLE_HASH_BEHAVIOUR", &[("defaults", "hash_behaviour")]);
const VAULT_PASSWORD_FILE: Key = ("ANSIBLE_VAULT_PASSWORD_FILE", &[("defaults", "vault_password_file")]);
const VAULT_IDENTITIES: Key = ("ANSIBLE_VAULT_IDENTITY_LIST", &[("defaults", "vault_identity_list")]);
const VAULT_ID_MATCH: Key = ("ANSIBLE_VAULT_ID_MATCH", &[("defaults", "vault_id_match")]);
const IGNORE_EXTENSIONS: Key = (
    "ANSIBLE_INVENTORY_IGNORE",
    &[("defaults", "inventory_ignore_extensions"), ("inventory", "ignore_extensions")],
);
const IGNORE_PATTERNS: Key = (
    "ANSIBLE_INVENTORY_IGNORE_REGEX",
    &[("defaults", "inventory_ignore_patterns"), ("inventory", "ignore_patterns")],
);
const ANY_UNPARSED: Key =
    ("ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", &[("inventory", "any_unparsed_is_failed")]);
const UNPARSED: Key = ("ANSIBLE_INVENTORY_UNPARSED_FAILED", &[("inventory", "unparsed_is_failed")]);
const ENABLE_PLUGINS: Key = ("ANSIBLE_INVENTORY_ENABLED", &[("inventory", "enable_plugins")]);
const GROUP_NAMES: Key =
    ("ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS", &[("defaults", "force_valid_group_names")]);
const PRECEDENCE: Key = ("ANSIBLE_PRECEDENCE", &[("defaults", "precedence")]);
const YAML_EXTENSIONS: Key = ("ANSIBLE_YAML_FILENAME_EXT", &[("defaults", "yaml_valid_extensions")]);
const INVENTORY_EXTENSIONS: Key = (
    "ANSIBLE_INVENTORY_PLUGIN_EXTS",
    &[("defaults", "yaml_valid_extensions"), ("inventory_plugin_yaml", "yaml_valid_extensions")],
);
const VARS_PLUGINS: Key = ("ANSIBLE_VARS_ENABLED", &[("defaults", "vars_plugins_enabled")]);
const PLAYBOOK_DIR: Key = ("ANSIBLE_PLAYBOOK_DIR", &[("defaults", "playbook_dir")]);
const MISMATCH: Key = ("ANSIBLE_HOST_PATTERN_MISMATCH", &[("inventory", "host_pattern_mismatch")]);

const HASH_BEHAVIOURS: [(&str, HashBehaviour); 2] =
    [("replace", HashBehaviour::Replace), ("merge", HashBehaviour::Merge)];
const GROUP_NAMES_WORDS: [(&str, GroupNames); 4] = [
    ("never", GroupNames::Keep),
    ("ignore", GroupNames::Keep),
    ("always", GroupNames::Replace),
    ("silently", GroupNames::Replace),
];
const LAYERS: [&str; 6] = [
    "all_inventory",
    "groups_inventory",
    "all_plugins_inventory",
    "all_plugins_play",
    "groups_plugins_inventory",
    "groups_plugins_play",
];
const YAML_ENDINGS: [&str; 3] = [".yml", ".yaml", ".json"];
const INVENTORY_ENDINGS: [&str; 3] = [".yaml", ".yml", ".json"];

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Which file counts.
fn locate(env: &AnsibleEnv, warnings: &mut Diagnostics) -> Option<PathBuf> {
    let paths = Paths::new(env, None);
    let named = env.get("ANSIBLE_CONFIG").map(|path| {
        let path = paths.resolve(path);
        if path.is_dir() { path.join("ansible.cfg") } else { path }
    });
    let here = env.current_dir.join("ansible.cfg");
    let here = match everybody_may_write(&env.current_dir) {
        false => Some(here),
        true => {
            if here.exists() && named.as_ref() != Some(&here) {
                let message = "everybody may write into the current folder, so its ansible.cfg is not used";
                let warning = Diagnostic::warning("world-writable", message)
                    .place(Place::file(here.display().to_string()))
                    .help("take the right away (chmod o-w .), or name the file in ANSIBLE_CONFIG");
                warnings.push(warning);
            }
            None
        }
    };
    let home = env.get("HOME").map(|home| Path::new(home).join(".ansible.cfg"));
    let candidates = [named, here, home, Some(env.system.clone())];
    candidates.into_iter().flatten().find(|path| path.is_file() && std::fs::File::open(path).is_ok())
}

#[cfg(unix)]
fn everybody_may_write(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(folder).is_ok_and(|metadata| metadata.permissions().mode() & 0o002 != 0)
}

#[cfg(not(unix))]
fn everybody_may_write(_: &Path) -> bool {
    false
}

fn read(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(file)?.take(MAX_SIZE + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_SIZE {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "the file is larger than 1 MiB"));
    }
    Ok(text)
}

/// Takes settings from the environment, else from the file.
struct Reader<'a> {
    env: &'a AnsibleEnv,
    ini: &'a Ini,
    paths: Paths<'a>,
    faults: Diagnostics,
}

impl<'a> Reader<'a> {
    fn raw(&self, key: Key) -> Option<(&'a str, SettingOrigin)> {
        if let Some(value) = self.env.get(key.0) {
            return Some((value, SettingOrigin::Env(key.0)));
        }
        let entries = key.1.iter().rev().filter_map(|(section, name)| self.ini.get(section, name));
        let Entry { value, place } = entries.into_iter().next()?;
        Some((value, SettingOrigin::File(place.clone())))
    }

    /// Paths in the environment are relative to the current folder, those in the file to the file's.
    fn resolve(&self, path: &str, origin: &SettingOrigin) -> PathBuf {
        match origin {
            SettingOrigin::File(_) => self.paths.resolve_in_file(path),
            _ => self.paths.resolve(path),
        }
    }

    fn paths(&self, key: Key, default: impl Fn() -> Vec<PathBuf>) -> Setting<Vec<PathBuf>> {
        let Some((text, origin)) = self.raw(key) else { return defaulted(default()) };
        let value = text.split(',').map(|path| self.resolve(path.trim(), &origin)).collect();
        Setting { value, origin }
    }

    fn path(&self, key: Key) -> Setting<Option<PathBuf>> {
        let Some((text, origin)) = self.raw(key) else { return defaulted(None) };
        Setting { value: Some(self.resolve(text.trim(), &origin)), origin }
    }

    fn list<T>(&self, key: Key, default: T, wrap: impl Fn(Vec<String>) -> T) -> Setting<T> {
        let Some((text, origin)) = self.raw(key) else { return defaulted(default) };
        let items = text.split(',').map(|item| unquoted(item.trim()).to_owned());
        Setting { value: wrap(items.collect()), origin }
    }

    fn truth(&self, key: Key) -> Setting<bool> {
        let Some((text, origin)) = self.raw(key) else { return defaulted(false) };
        let text = text.trim().to_lowercase();
        Setting { value: ["y", "yes", "on", "1", "true", "t", "1.0"].contains(&text.as_str()), origin }
    }

    /// One of some words; the first is the default.
    fn choice<T: Copy + Default>(&mut self, key: Key, words: &[(&str, T)]) -> Setting<T> {
        let Some((text, origin)) = self.raw(key) else { return defaulted(T::default()) };
        let text = unquoted(text.trim());
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Setting { value: *value, origin };
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let name = key.1.first().map_or("", |(_, name)| name);
        let message = format!("{name} cannot be '{}'", shown(text));
        self.fault(&origin, message, format!("it is one of {}", known.join(", ")));
        Setting { value: T::default(), origin }
    }

    /// Regular expressions as Python has them.
    fn expressions(&mut self, key: Key) -> Setting<Vec<String>> {
        let setting = self.list(key, Vec::new(), |list| list);
        for expression in &setting.value {
            if let Err(bad) = anywhere(expression) {
                let help = "a comma parts expressions; a backslash before a letter takes its meaning";
                self.fault(&setting.origin, format!("'{}' {bad}", shown(expression)), help.into());
            }
        }
        setting
    }

    fn fault(&mut self, origin: &SettingOrigin, message: String, help: String) {
        let fault = Diagnostic::error("bad-setting", message).help(help);
        self.faults.push(match origin {
            SettingOrigin::File(place) => fault.place(place.clone()),
            SettingOrigin::Env(name) => fault.place(Place::file(format!("${name}"))),
            SettingOrigin::Default => fault,
        });
    }

    /// Two variables set these; the one of the plugin's own name counts.
    fn inventory_extensions(&self) -> Setting<Vec<String>> {
        let (own, keys) = INVENTORY_EXTENSIONS;
        let variable = if self.env.get(own).is_some() { own } else { YAML_EXTENSIONS.0 };
        self.list((variable, keys), words(&INVENTORY_ENDINGS), |list| list)
    }

    fn identities(&self) -> Setting<Vec<VaultIdentity>> {
        let Some((text, origin)) = self.raw(VAULT_IDENTITIES) else { return defaulted(Vec::new()) };
        let entries = text.split(',').map(|entry| unquoted(entry.trim())).filter(|entry| !entry.is_empty());
        let identity = |entry: &str| {
            let (id, source) = entry.split_once('@').map_or((None, entry), |(id, source)| (Some(id), source));
            let source = match source {
                "prompt" | "prompt_ask_vault_pass" => VaultPasswordSource::Prompt,
                // Ansible reads these from the current folder, wherever they are written.
                path => VaultPasswordSource::File(self.paths.resolve(path)),
            };
            VaultIdentity { id: id.filter(|id| !id.is_empty()).map(str::to_owned), source }
        };
        Setting { value: entries.map(identity).collect(), origin }
    }
}

fn defaulted<T>(value: T) -> Setting<T> {
    Setting { value, origin: SettingOrigin::Default }
}

/// A text without the quotes around it.
fn unquoted(text: &str) -> &str {
    ['"', '\''].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(text)
}
