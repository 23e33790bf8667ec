//! What a file is: chosen once, by its name and its content, so that one reader alone reports.

use super::options::{AnsibleOptions, Limits, short};
use super::plugin::{self, Plugin};
use super::{ini, read, toml_inventory, yaml_inventory};
use crate::batch::{Batch, Next};
use crate::document::yaml::OddKeys;
use crate::document::{Read, json, toml, yaml};
use crate::native::detect::Form;
use crate::{FileId, Located, Profile, Value};
use purlin_core::{Diagnostic, Diagnostics, Place};

/// The file of a text's own origins.
pub(crate) const OWN: FileId = FileId(0);

/// Reads the bytes of an inventory file. Faults are in the batch.
pub(crate) fn batch(
    bytes: Vec<u8>,
    name: &str,
    profile: Option<Profile>,
    options: &AnsibleOptions,
    limits: &Limits,
) -> Batch {
    let text = match read::ini_text(bytes, name) {
        Ok(text) => text,
        Err(fault) => return faulty(name, [*fault]),
    };
    let form = match profile {
        Some(Profile::Ansible) => None,
        _ => crate::native::detect::form(&text),
    };
    if form.is_some() || profile == Some(Profile::Native) {
        return native(&text, name, form);
    }
    let extension = extension_of(name);
    if extension == ".toml" {
        return of_toml(&text, name, options, limits);
    }
    let may_be_yaml =
        extension.is_empty() || options.inventory_extensions.iter().any(|known| known == extension);
    if !may_be_yaml {
        return of_ini(&text, name, options, limits);
    }
    Choice { text: &text, name, extension, options, limits }.read()
}

/// What stands after the last dot, with the dot; a dot at the start of a name begins no extension.
pub(crate) fn extension_of(name: &str) -> &str {
    let file = name.rsplit('/').next().unwrap_or(name);
    let visible = file.trim_start_matches('.');
    visible.rfind('.').map_or("", |index| &visible[index..])
}

/// A batch of faults alone.
pub(crate) fn faulty(name: &str, faults: impl IntoIterator<Item = Diagnostic>) -> Batch {
    let mut batch = Batch::new(name);
    faults.into_iter().for_each(|fault| batch.report(fault));
    batch
}

/// YAML as Ansible reads it: JSON where it is some.
pub(crate) fn yaml_or_json(text: &str, name: &str, file: FileId) -> Result<Read, Diagnostics> {
    with_keys(text, name, file).map(|(read, _)| read)
}

fn with_keys(text: &str, name: &str, file: FileId) -> Result<(Read, OddKeys), Diagnostics> {
    let may_be_json = text.trim_start().starts_with(['{', '[']);
    match may_be_json.then(|| json::read_all(text, name, file)) {
        Some(Ok(value)) => Ok((value, OddKeys::new())),
        Some(Err(faults)) if extension_of(name) == ".json" => {
            yaml::read_with_keys(text, name, file, yaml::Dialect::Ansible).map_err(|_| faults)
        }
        _ => yaml::read_with_keys(text, name, file, yaml::Dialect::Ansible),
    }
}

fn of_toml(text: &str, name: &str, options: &AnsibleOptions, limits: &Limits) -> Batch {
    if let Some(fault) = options.refusal("toml", name) {
        return faulty(name, [fault]);
    }
    let root = match toml::read(text, name, OWN) {
        Ok(root) => root,
        Err(faults) => return faulty(name, faults),
    };
    match &root.value {
        Value::Map(map) if map.is_empty() => empty(name, "TOML"),
        Value::Map(map) => {
            match map.get("plugin").filter(|plugin| !yaml_inventory::is_nothing(&plugin.value)) {
                Some(_) => {
                    let help = "plugins are configured in YAML files";
                    let place = Place::file(name).at(root.origin.line.max(1), root.origin.column.max(1));
                    let message = "a TOML file cannot configure a plugin";
                    faulty(name, [Diagnostic::error("unknown-plugin", message).place(place).help(help)])
                }
                None => toml_inventory::read(map, name, options, limits),
            }
        }
        _ => empty(name, "TOML"),
    }
}

fn of_ini(text: &str, name: &str, options: &AnsibleOptions, limits: &Limits) -> Batch {
    if let Some(fault) = options.refusal("ini", name) {
        return faulty(name, [fault]);
    }
    let mut ini = ini::read(text, name, options, limits);
    if first_line(text).is_empty() {
        let warning = Diagnostic::warning("empty-file", "this file says nothing");
        let help = "remove it if that is well; else see whether who writes it has failed";
        ini.report(warning.place(Place::file(name)).help(help));
    }
    ini
}

fn empty(name: &str, format: &str) -> Batch {
    let place = Place::file(name).at(1, 1);
    let help = "a group without hosts is enough; remove the file if it is not wanted";
    faulty(
        name,
        [Diagnostic::error("empty-file", format!("no group in this {format} file")).place(place).help(help)],
    )
}

/// A file that can be YAML, JSON or INI.
struct Choice<'a> {
    text: &'a str,
    name: &'a str,
    extension: &'a str,
    options: &'a AnsibleOptions,
    limits: &'a Limits,
}

impl Choice<'_> {
    fn read(&self) -> Batch {
        // Whatever follows, this begins a YAML list and never a map; in INI it is a section.
        if first_line(self.text).starts_with('[') && self.extension != ".json" {
            return self.ini();
        }
        match with_keys(self.text, self.name, OWN) {
            Ok((read, odd_keys)) => {
                let mut batch = self.document(&read.value, odd_keys);
                if !batch.diagnostics.has_errors() {
                    batch.diagnostics.extend(read.warnings);
                }
                batch
            }
            Err(faults) => self.ini_or(|| faulty(self.name, faults)),
        }
    }

    fn ini(&self) -> Batch {
        of_ini(self.text, self.name, self.options, self.limits)
    }

    fn document(&self, root: &Located, odd_keys: OddKeys) -> Batch {
        let Value::Map(map) = &root.value else {
            return self.ini_or(|| self.no_map(root));
        };
        if map.is_empty() {
            return empty(self.name, "YAML");
        }
        match map.get("plugin").filter(|plugin| !yaml_inventory::is_nothing(&plugin.value)) {
            Some(plugin) => self.plugin(plugin, root),
            None => {
                if let Some(fault) = self.options.refusal("yaml", self.name) {
                    return faulty(self.name, [fault]);
                }
                let mut batch = yaml_inventory::read(map, odd_keys, self.name, self.options, self.limits);
                if batch.diagnostics.has_errors() && map.get("_meta").is_some() {
                    let place = Place::file(self.name).at(1, 1);
                    let message = "this looks like what an inventory script prints";
                    let help = format!("read it as such: -i 'exec:cat {}'", self.name);
                    batch.report(Diagnostic::error("script-json", message).place(place).help(help));
                }
                batch
            }
        }
    }

    fn plugin(&self, plugin: &Located, root: &Located) -> Batch {
        let name = plugin.value.as_str().unwrap_or_default();
        // Plugins are found by the reader `auto`, or because they are enabled themselves.
        let fault = self.options.refusal("auto", self.name);
        if let Some(fault) = fault.filter(|_| self.options.refusal(short(name), self.name).is_some()) {
            return faulty(self.name, [fault]);
        }
        match Plugin::named(name) {
            Some(Plugin::Generator) => plugin::generator(root, self.name),
            Some(Plugin::Constructed) => {
                let mut batch = Batch::new(self.name);
                batch.extra.profile = Some(Profile::Ansible);
                batch.extra.then.push(Next::Constructed { name: self.name.into(), config: root.clone() });
                batch
            }
            None => plugin::unknown(name, root, self.name),
        }
    }

    fn no_map(&self, root: &Located) -> Batch {
        let line = root.origin.line.max(1);
        let place = Place::file(self.name).at(line, root.origin.column.max(1));
        let (message, help) = match &root.value {
            Value::Null => ("no group in this file".to_owned(), "write `all:` and its hosts"),
            other => {
                let message = format!("a {} where a map of groups is expected", other.kind());
                (message, "write `all:`, and below it `hosts:` with each name as a key")
            }
        };
        faulty(self.name, [Diagnostic::error("yaml-root", message).place(place).help(help)])
    }

    /// What is no YAML inventory can be an INI file, whatever its name. If it is neither, the reader whose format it
    /// resembles reports.
    fn ini_or(&self, yaml: impl FnOnce() -> Batch) -> Batch {
        if self.resembles_yaml() {
            return yaml();
        }
        self.ini()
    }

    fn resembles_yaml(&self) -> bool {
        let first = first_line(self.text);
        let document =
            first.starts_with("---") || first.starts_with("%YAML") || first.starts_with(['{', '-', '?']);
        let word = first.split([' ', '\t']).next().unwrap_or_default();
        let key =
            word.ends_with(':') || first.split('#').next().unwrap_or_default().trim_end().ends_with(':');
        document || key
    }
}

/// The first line that says something in either format.
fn first_line(text: &str) -> &str {
    text.lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with(['#', ';']))
        .unwrap_or_default()
}

/// A file in the native format: TOML where its name or its content says so, else YAML.
fn native(text: &str, name: &str, form: Option<Form>) -> Batch {
    let is_toml = match extension_of(name) {
        ".toml" => true,
        ".yml" | ".yaml" | ".json" => false,
        _ => form == Some(Form::Toml),
    };
    let read = if is_toml { crate::native::read_toml } else { crate::native::read_yaml };
    let mut batch = read(name, text);
    batch.extra.profile = Some(Profile::Native);
    batch
}
