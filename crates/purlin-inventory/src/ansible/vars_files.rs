//! `group_vars` and `host_vars`: variables in files beside an inventory.

use super::detect::{extension_of, yaml_or_json};
use super::options::{AnsibleOptions, Limits};
use super::read;
use super::target::{Entity, Target};
use super::vault::keyring::{Keyring, Text, conceal, veiled};
use super::yaml_inventory::is_nothing;
use crate::batch::{Batch, Names};
use crate::{Located, Origin, SecretValue, Value, VarsFile, VarsOwner};
use purlin_core::{Cx, Diagnostic, Error, Place};
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How deep folders inside of a host's or group's folder may be nested.
const MAX_DEPTH: usize = 32;
/// The key of a file that is one vault envelope begins with this, and its name follows: which variables are in it, only
/// the password tells.
pub(crate) const SEALED: &str = "!vault ";

/// Reads what the folders in `base` say of these hosts and groups. Faults are in the batch.
pub(crate) fn read_beside(
    cx: &Cx,
    base: &Path,
    (hosts, groups): (&Names, &Names),
    (options, limits, keyring): (&AnsibleOptions, &Limits, &Keyring),
) -> Batch {
    let target = Target::new(&base.display().to_string(), options, limits);
    let mut folders = Folders { cx, target, options, limits, keyring };
    for group in [true, false] {
        let (folder, known) = if group { ("group_vars", groups) } else { ("host_vars", hosts) };
        let folder = base.join(folder);
        for (name, path) in folders.found(&folder, known, group) {
            let origin = Origin::file(folders.target.file);
            let entity = match group {
                true => Entity::Group(folders.target.batch.group_at(&name, origin).0),
                false => Entity::Host(folders.target.batch.host_at(&name, origin).0),
            };
            folders.read(entity, &path);
        }
    }
    folders.target.finish()
}

struct Folders<'a> {
    cx: &'a Cx,
    target: Target<'a>,
    options: &'a AnsibleOptions,
    limits: &'a Limits,
    keyring: &'a Keyring,
}

impl Folders<'_> {
    fn failed(&mut self, path: &Path, error: &Error) {
        self.target.batch.report(crate::loader::diagnostic_of(&path.display().to_string(), error));
    }

    fn fault(&mut self, path: &Path, message: impl Into<String>) {
        let place = Place::file(path.display().to_string());
        self.target.batch.report(Diagnostic::error("vars-file", message).place(place));
    }

    /// Which of these names have a file or a folder, and which.
    fn found(&mut self, folder: &Path, known: &Names, group: bool) -> Vec<(Arc<str>, PathBuf)> {
        let entries = match folder.metadata() {
            Ok(found) if found.is_dir() => folder.read_dir(),
            Ok(_) => {
                let place = Place::file(folder.display().to_string());
                let fault = Diagnostic::warning("vars-file", "not a folder; it is left out").place(place);
                self.target.batch.report(fault);
                return Vec::new();
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
            Err(error) => Err(error),
        };
        let names =
            entries.and_then(|entries| entries.map(|entry| entry.map(|entry| entry.file_name())).collect());
        let names: Vec<_> = match names {
            Ok(names) => names,
            Err(error) => {
                self.failed(folder, &read::fault(folder, error));
                return Vec::new();
            }
        };
        let endings = self.endings();
        let mut best: HashMap<Arc<str>, Vec<usize>> = HashMap::new();
        for name in names.iter().filter_map(|name| name.to_str()) {
            for (rank, ending) in endings.iter().enumerate() {
                let id = name.strip_suffix(ending.as_str()).and_then(|name| known.get(name));
                if let Some(id) = id {
                    best.entry(known.text(id).clone()).or_default().push(rank);
                }
            }
        }
        let nested = |name: &&Arc<str>| name.contains('/') && !name.starts_with('/') && !name.contains("..");
        for name in known.texts().iter().filter(nested) {
            best.insert(name.clone(), (0..endings.len()).collect());
        }
        let mut found: Vec<_> = best
            .into_iter()
            .filter(|(name, _)| !matches!(&**name, "." | ".."))
            .filter_map(|(name, mut ranks)| {
                ranks.sort_unstable();
                let path = |rank: &usize| folder.join(format!("{name}{}", endings.get(*rank)?)).into();
                let path: Option<PathBuf> =
                    ranks.iter().filter_map(path).find(|path: &PathBuf| path.exists());
                path.map(|path| (name, path))
            })
            .collect();
        found.sort();
        self.note_all(folder, &names, known, &found, group);
        found
    }

    /// Notes what is in a folder of variables, read or not, for whoever looks for files that nobody needs.
    fn note_all(
        &mut self,
        folder: &Path,
        names: &[OsString],
        known: &Names,
        found: &[(Arc<str>, PathBuf)],
        group: bool,
    ) {
        let read: HashMap<&Path, &Arc<str>> =
            found.iter().map(|(owner, path)| (path.as_path(), owner)).collect();
        let owners: HashMap<&str, &Path> =
            found.iter().map(|(owner, path)| (&**owner, path.as_path())).collect();
        let folders: HashSet<&str> =
            known.texts().iter().filter_map(|name| Some(name.split_once('/')?.0)).collect();
        let mut names: Vec<&str> = names.iter().filter_map(|name| name.to_str()).collect();
        names.sort_unstable();
        for name in names {
            let path = folder.join(name);
            if name.starts_with('.') || name.ends_with('~') || folders.contains(name) {
                continue;
            }
            let extension = extension_of(name);
            let bare = name.strip_suffix(extension).unwrap_or(name);
            let owner = match read.get(path.as_path()) {
                Some(owner) => owner,
                None if path.is_dir() => name,
                None if self.is_vars_file(extension) => bare,
                None => continue,
            };
            let owned = match group {
                true => VarsOwner::Group(owner.to_owned()),
                false => VarsOwner::Host(owner.to_owned()),
            };
            let place = |path: &Path| Place::file(path.display().to_string());
            let file = VarsFile::new(owned, place(&path));
            let file = match owners.get(owner).filter(|read| **read != path) {
                Some(read) => file.hidden_by(place(read)),
                None => file,
            };
            self.target.batch.extra.vars_files.push(file);
        }
    }

    /// None first: a folder without an extension hides files that have one.
    fn endings(&self) -> Vec<String> {
        let with_dot = |extension: &String| match extension.contains('.') || extension.is_empty() {
            true => extension.clone(),
            false => format!(".{extension}"),
        };
        std::iter::once(String::new()).chain(self.options.vars_extensions.iter().map(with_dot)).collect()
    }

    fn read(&mut self, entity: Entity, path: &Path) {
        if path.is_dir() {
            let mut files = Vec::new();
            self.list(path, &mut files, &mut Vec::new());
            files.iter().for_each(|file| self.read_file(entity, file));
        } else {
            self.read_file(entity, path);
        }
    }

    /// All files of a folder, those of folders inside of it in their place.
    fn list(&mut self, folder: &Path, files: &mut Vec<PathBuf>, above: &mut Vec<PathBuf>) {
        let real = match folder.canonicalize() {
            Ok(real) => real,
            Err(error) => {
                return self.failed(folder, &read::fault(folder, error));
            }
        };
        if above.len() >= MAX_DEPTH || above.contains(&real) {
            let message = format!("this folder contains itself, or {MAX_DEPTH} others inside each other");
            return self.fault(folder, message);
        }
        above.push(real);
        let entries = folder.read_dir().and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<std::io::Result<Vec<_>>>()
        });
        match entries {
            Ok(mut names) => {
                names.sort();
                for name in names {
                    let path = folder.join(&name);
                    let name = name.to_string_lossy();
                    if name.starts_with('.') || name.ends_with('~') {
                        continue;
                    }
                    let extension = extension_of(&name);
                    if path.is_dir() && extension.is_empty() {
                        self.list(&path, files, above);
                    } else if path.is_file() && self.is_vars_file(extension) {
                        files.push(path);
                    }
                }
            }
            Err(error) => self.failed(folder, &read::fault(folder, error)),
        }
        above.pop();
    }

    fn is_vars_file(&self, extension: &str) -> bool {
        extension.is_empty() || self.options.vars_extensions.iter().any(|known| known == extension)
    }

    fn read_file(&mut self, entity: Entity, path: &Path) {
        let bytes = match read::bytes(self.cx, path, self.limits.file) {
            Ok(bytes) => bytes,
            Err(error) => return self.failed(path, &error),
        };
        let name = path.display().to_string();
        let file = self.target.batch.file(name.as_str());
        let text = match read::text(bytes, &name) {
            Ok(text) => text,
            Err(fault) => return self.target.batch.report(*fault),
        };
        let (text, hidden) = match self.keyring.text(text, &name) {
            Ok(Text::Plain(text)) => (text, false),
            Ok(Text::Decrypted(text)) => (text, true),
            Ok(Text::Closed(envelope)) => {
                let secret = SecretValue::Vault { id: super::vault::id(&envelope), envelope };
                let value = Located::new(Value::Secret(Arc::new(secret)), Origin::new(file, 1, 1));
                let key = self.target.key(&format!("{SEALED}{name}"));
                return self.target.set(entity, key, value);
            }
            Err(fault) => return self.target.batch.report(*fault),
        };
        let told = |faults| if hidden { veiled(faults) } else { faults };
        match yaml_or_json(&text, &name, file) {
            Ok(mut read) => {
                self.target.batch.diagnostics.extend(told(read.warnings));
                if hidden {
                    conceal(&mut read.value);
                }
                self.set_all(entity, &name, &read.value);
            }
            Err(faults) => self.target.batch.diagnostics.extend(told(faults)),
        }
    }

    fn set_all(&mut self, entity: Entity, name: &str, root: &Located) {
        match &root.value {
            Value::Map(map) => {
                for (key, value) in map.iter() {
                    let key = self.target.key(key);
                    self.target.set(entity, key, value.clone());
                }
            }
            value if is_nothing(value) => {}
            other => {
                let message = format!("a {} where a map of variables is expected", other.kind());
                let place = Place::file(name).at(root.origin.line.max(1), root.origin.column.max(1));
                let help = "write each variable as `key: value`";
                self.target.batch.report(Diagnostic::error("vars-file", message).place(place).help(help));
            }
        }
    }
}
