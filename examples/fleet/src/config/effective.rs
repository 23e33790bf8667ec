//! What counts in the end.

use super::choices::word;
use super::files::File;
use super::{ColorChoice, Environment, Layer, LogFormat, Origin, Sourced, TlsLayer, search};
use crate::cli::Global;
use purlin::Result;
use purlin::core::{Diagnostic, Diagnostics, SecretRef, TlsSettings, suggest, units};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a call may take where nobody says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Every setting, with who set it.
#[derive(Debug)]
pub(crate) struct Config {
    /// The context in use.
    pub(crate) context: Sourced<Option<String>>,
    pub(crate) protected: Sourced<bool>,
    pub(crate) timeout: Sourced<Duration>,
    pub(crate) color: Sourced<ColorChoice>,
    pub(crate) log_format: Sourced<LogFormat>,
    /// The sources of hosts that are used where a command names none.
    pub(crate) inventory: Sourced<Vec<String>>,
    ca: Sourced<Vec<PathBuf>>,
    ca_only: Sourced<Vec<PathBuf>>,
    client_certificate: Sourced<Option<PathBuf>>,
    client_key: Sourced<Option<SecretRef>>,
    server_name: Sourced<Option<String>>,
    /// What is probably not what was meant.
    pub(crate) warnings: Diagnostics,
    /// The files that were read, the one that every other beats first.
    pub(crate) files: Vec<String>,
}

impl Config {
    /// Reads all layers.
    ///
    /// # Errors
    /// [`Invalid`](purlin::ErrorKind::Invalid) with every fault of every file and variable as its `Diagnostics`.
    pub(crate) fn load(global: &Global, flags: Layer, environment: &Environment) -> Result<Self> {
        let mut faults = Diagnostics::new();
        let named = global.config.clone().or_else(|| environment.path("CONFIG"));
        let sources = search::sources(named.as_deref(), environment, &mut faults);
        let readable = !faults.has_errors();
        let names = sources.iter().map(|source| source.name.clone()).collect();
        let files: Vec<_> = sources.into_iter().map(|source| File::read(source, &mut faults)).collect();
        let from_environment = environment.layer(&mut faults);
        let chosen =
            Sourced::flag(global.context.clone(), "--context").or_else(|| environment.context(&mut faults));

        // Where a file cannot be read whole, whether it has the context is not known.
        let complete = readable && files.iter().all(Option::is_some);
        let files: Vec<File> = files.into_iter().flatten().collect();
        let chosen = chosen.or_else(|| files.iter().rev().find_map(|file| file.default_context.clone()));
        let (base, mut contexts) = lay(files);
        let mut merged = base.clone();
        if let Some(chosen) = &chosen {
            match contexts.remove(&chosen.value) {
                Some(context) => merged = context.over(merged),
                None if complete => faults.push(unknown_context(chosen, &contexts)),
                None => {}
            }
        }
        let above = flags.over(global.layer()).over(from_environment);
        let merged = above.clone().over(merged);
        // The other half may stand in a file that cannot be read.
        if complete {
            half_an_identity(&merged.tls, &mut faults);
            for context in contexts.into_values().filter(|context| context.tls.says_identity()) {
                half_an_identity(&above.clone().over(context.over(base.clone())).tls, &mut faults);
            }
        }
        let warnings = faults.into_result("config.read")?;
        Ok(Self::of(chosen, merged, warnings, names))
    }

    fn of(
        context: Option<Sourced<String>>,
        merged: Layer,
        warnings: Diagnostics,
        files: Vec<String>,
    ) -> Self {
        let Layer { protected, timeout, color, log_format, inventory, tls } = merged;
        Self {
            context: optional(context),
            protected: or(protected, false),
            timeout: or(timeout, TIMEOUT),
            color: or(color, ColorChoice::default()),
            log_format: or(log_format, LogFormat::default()),
            inventory: or(inventory, Vec::new()),
            ca: or(tls.ca, Vec::new()),
            ca_only: or(tls.ca_only, Vec::new()),
            client_certificate: optional(tls.client_certificate),
            client_key: optional(tls.client_key),
            server_name: optional(tls.server_name),
            warnings,
            files,
        }
    }

    /// How to speak TLS.
    pub(crate) fn tls(&self) -> TlsSettings {
        let mut settings = TlsSettings::new();
        settings.ca = self.ca.value.iter().map(|path| readable(path).into()).collect();
        settings.ca_only = self.ca_only.value.iter().map(|path| readable(path).into()).collect();
        settings.client_certificate = self.client_certificate.value.clone().map(Into::into);
        settings.client_key = self.client_key.value.clone();
        settings.server_name = self.server_name.value.clone();
        settings
    }

    /// Every setting by its key, as it is shown.
    pub(crate) fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::new("context", &self.context, |context| context.clone().into()),
            Setting::new("protected", &self.protected, |protected| Shown::Flag(*protected)),
            Setting::new("timeout", &self.timeout, |timeout| units::duration::format(*timeout).into()),
            Setting::new("color", &self.color, |color| word(*color).into()),
            Setting::new("log_format", &self.log_format, |format| word(*format).into()),
            Setting::new("inventory", &self.inventory, |sources| Shown::List(sources.clone())),
            Setting::new("tls.ca", &self.ca, |paths| Shown::of_paths(paths)),
            Setting::new("tls.ca_only", &self.ca_only, |paths| Shown::of_paths(paths)),
            Setting::new("tls.client_certificate", &self.client_certificate, |path| {
                path.as_ref().map(|path| path.display().to_string()).into()
            }),
            Setting::new("tls.client_key", &self.client_key, |key| {
                key.as_ref().map(ToString::to_string).into()
            }),
            Setting::new("tls.server_name", &self.server_name, |name| name.clone().into()),
        ]
    }
}

/// A setting as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Setting {
    /// Its name; a key of a table has the table's name and a dot before it.
    pub(crate) key: &'static str,
    /// Its value; null where there is none. A secret is shown as the reference to it.
    pub(crate) value: Shown,
    /// Who set it: a place in a file, `environment NAME`, `flag --NAME` or `built-in`.
    pub(crate) origin: String,
}

impl Setting {
    fn new<T>(key: &'static str, value: &Sourced<T>, show: impl FnOnce(&T) -> Shown) -> Self {
        Self { key, value: show(&value.value), origin: value.origin.to_string() }
    }
}

/// A value as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Shown {
    Text(String),
    Flag(bool),
    List(Vec<String>),
    Nothing,
}

impl Shown {
    fn of_paths(paths: &[PathBuf]) -> Self {
        Self::List(paths.iter().map(|path| path.display().to_string()).collect())
    }
}

impl From<String> for Shown {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Option<String>> for Shown {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Nothing, Self::Text)
    }
}

/// The files laid over each other: what is said outside of contexts, and each context by its name.
fn lay(files: Vec<File>) -> (Layer, BTreeMap<String, Layer>) {
    let mut base = Layer::default();
    let mut contexts: BTreeMap<String, Layer> = BTreeMap::new();
    for file in files {
        base = file.base.over(base);
        for (name, context) in file.contexts {
            let below = contexts.remove(&name).unwrap_or_default();
            contexts.insert(name, context.over(below));
        }
    }
    (base, contexts)
}

fn unknown_context(chosen: &Sourced<String>, contexts: &BTreeMap<String, Layer>) -> Diagnostic {
    let name = &chosen.value;
    let fault = match &chosen.origin {
        Origin::File(place) => {
            Diagnostic::error("unknown-context", format!("there is no context {name:?}")).place(place.clone())
        }
        origin => Diagnostic::error("unknown-context", format!("there is no context {name:?} ({origin})")),
    };
    let names: Vec<_> = contexts.keys().map(String::as_str).collect();
    let known = if names.is_empty() {
        format!("the configuration files have none; write one as [context.{name}]")
    } else {
        format!("known contexts: {}", names.join(", "))
    };
    fault.help(match suggest(name, names.iter().copied()) {
        Some(meant) => format!("did you mean {meant:?}? {known}"),
        None => known,
    })
}

/// A certificate is of no use without its key, nor a key without its certificate. One that is at fault is not missing.
fn half_an_identity(tls: &TlsLayer, faults: &mut Diagnostics) {
    if tls.broken_identity {
        return;
    }
    let (key, missing, origin) = match (&tls.client_certificate, &tls.client_key) {
        (Some(certificate), None) => ("client_certificate", "client_key", &certificate.origin),
        (None, Some(key)) => ("client_key", "client_certificate", &key.origin),
        _ => return,
    };
    let message = format!("tls.{key} is set, but tls.{missing} is not");
    let fault = match origin {
        Origin::File(place) => Diagnostic::error("missing-key", message).place(place.clone()),
        origin => Diagnostic::error("missing-key", format!("{message} ({origin})")),
    };
    faults.push(fault.help(format!("set tls.{missing} too")));
}

/// `-` is standard input, by the name under which Linux opens it: it is read within the limit of the call.
fn readable(path: &Path) -> PathBuf {
    if path == Path::new("-") { "/dev/stdin".into() } else { path.to_owned() }
}

fn or<T>(said: Option<Sourced<T>>, built_in: T) -> Sourced<T> {
    said.unwrap_or_else(|| Sourced::new(built_in, Origin::BuiltIn))
}

fn optional<T>(said: Option<Sourced<T>>) -> Sourced<Option<T>> {
    match said {
        Some(Sourced { value, origin }) => Sourced::new(Some(value), origin),
        None => Sourced::new(None, Origin::BuiltIn),
    }
}
