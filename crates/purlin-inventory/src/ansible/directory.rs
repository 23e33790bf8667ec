//! Paths: files, scripts, and directories of both.

use super::options::{AnsibleOptions, Limits};
use super::vault::keyring::{Keyring, Text, conceal_all};
use super::{detect, read, script, vault};
use crate::Profile;
use crate::batch::{Batch, Next};
use crate::pattern::regex::anywhere;
use purlin_core::{Cx, Diagnostic, Error, ErrorKind, Place, Result};
use regex::Regex;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// How deep directories may be nested.
const MAX_DEPTH: usize = 32;

/// How a path is read.
pub(crate) struct Reading<'a> {
    pub(crate) cx: &'a Cx,
    pub(crate) profile: Option<Profile>,
    pub(crate) options: &'a AnsibleOptions,
    pub(crate) limits: &'a Limits,
    pub(crate) keyring: &'a Keyring,
}

impl Reading<'_> {
    /// Reads a file, runs a script, or does so with all of a directory.
    pub(crate) fn path(&self, path: &Path) -> Result<Batch> {
        let mut batch = self.any(path, &mut Vec::new())?;
        let beside = if path.is_dir() { Some(path) } else { path.parent() };
        batch.extra.vars_beside = beside.filter(|_| batch.is_ansibles()).map(Path::to_owned);
        Ok(batch)
    }

    fn any(&self, path: &Path, above: &mut Vec<PathBuf>) -> Result<Batch> {
        let name = path.display().to_string();
        let found = read::metadata(path)?;
        if found.is_dir() {
            return self.directory(path, &name, above);
        }
        if script::is_script(path, &found)? {
            if let Some(fault) = self.options.refusal("script", &name) {
                return Ok(detect::faulty(&name, [fault]));
            }
            return script::of_file(self.cx, path, &name, self.options, self.limits);
        }
        Ok(self.content(read::bytes(self.cx, path, self.limits.file)?, &name))
    }

    /// Reads what a file of this name holds.
    pub(crate) fn content(&self, bytes: Vec<u8>, name: &str) -> Batch {
        let detect = |bytes| detect::batch(bytes, name, self.profile, self.options, self.limits);
        if !bytes.starts_with(vault::MARK.as_bytes()) {
            return detect(bytes);
        }
        let opened = read::text(bytes, name).and_then(|text| self.keyring.text(text, name));
        match opened {
            Ok(Text::Decrypted(text)) => {
                let mut batch = detect(text.into_bytes());
                conceal_all(&mut batch);
                batch
            }
            Ok(Text::Plain(text) | Text::Closed(text)) => {
                let place = Place::file(name).at(1, 1);
                detect::faulty(name, [*vault::no_password(&text, &place)])
            }
            Err(fault) => detect::faulty(name, [*fault]),
        }
    }

    fn directory(&self, path: &Path, name: &str, above: &mut Vec<PathBuf>) -> Result<Batch> {
        let real = path.canonicalize().map_err(|error| read::fault(path, error))?;
        if above.len() >= MAX_DEPTH || above.contains(&real) {
            let message =
                format!("{name}: this directory contains itself, or {MAX_DEPTH} others inside each other");
            return Err(Error::new(ErrorKind::Invalid, message).with_operation("inventory.read"));
        }
        above.push(real);
        let mut all = Batch::new(name);
        let entries = self.entries(path, &mut all)?;
        if entries.is_empty() && !all.diagnostics().has_errors() {
            let help = "files that begin with a dot or end like a backup are left out";
            let fault = Diagnostic::error("empty-directory", "no inventory in this directory");
            all.report(fault.place(Place::file(name)).help(help));
        }
        for entry in entries {
            let path = path.join(entry);
            match self.any(&path, above) {
                Ok(batch) => add(&mut all, batch),
                Err(error) => all.report(crate::loader::diagnostic_of(&path.display().to_string(), &error)),
            }
        }
        above.pop();
        Ok(all)
    }

    /// The names that are read, in order.
    fn entries(&self, path: &Path, batch: &mut Batch) -> Result<Vec<OsString>> {
        let patterns = self.ignored_patterns(path, batch);
        let mut names = Vec::new();
        for entry in path.read_dir().map_err(|error| read::fault(path, error))? {
            let name = entry.map_err(|error| read::fault(path, error))?.file_name();
            let text = name.to_string_lossy();
            if !self.is_ignored(&text) && !patterns.iter().any(|pattern| pattern.is_match(&text)) {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    fn ignored_patterns(&self, folder: &Path, batch: &mut Batch) -> Vec<Regex> {
        let mut patterns = Vec::new();
        for pattern in &self.options.ignored_patterns {
            match anywhere(pattern) {
                Ok(pattern) => patterns.push(pattern),
                Err(bad) => {
                    let message = format!("the pattern {pattern:?} of names to leave out {bad}");
                    let place = Place::file(folder.display().to_string());
                    batch.report(Diagnostic::error("ignore-pattern", message).place(place));
                }
            }
        }
        patterns
    }

    fn is_ignored(&self, name: &str) -> bool {
        let vars = matches!(name, "group_vars" | "host_vars" | "vars_plugins");
        let ends = |ending: &String| name.ends_with(ending.as_str());
        name.starts_with('.') || vars || self.options.ignored_extensions.iter().any(ends)
    }
}

/// Puts a file's batch after those before it; its faults are the directory's.
fn add(all: &mut Batch, mut batch: Batch) {
    all.diagnostics.extend(std::mem::take(&mut batch.diagnostics));
    all.extra.profile = all.extra.profile.or(batch.extra.profile);
    all.extra.then.push(Next::Batch(Box::new(batch)));
}
