//! What counts in the end.

use super::choices::word;
use super::files::File;
use super::{
    ColorChoice, Connection, Environment, Layer, LogFormat, Origin, Setting, Shown, Sourced, TlsLayer, search,
};
use crate::cli::Global;
use purlin::Result;
use purlin::core::{Diagnostic, Diagnostics, TlsSettings, suggest, units};
use std::collections::BTreeMap;
use std::path::PathBuf;
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
    /// The file of checks that is used where a command names none.
    pub(crate) checks: Sourced<Option<PathBuf>>,
    /// Where state outlives a call; none where nobody says so and there is no home.
    pub(crate) state_dir: Sourced<Option<PathBuf>>,
    /// The database of the deployments' journal, a URL or `@NAME`; none for the state folder's own.
    pub(crate) journal: Sourced<Option<String>>,
    /// The folder on hosts for what deployments leave there; none for the usual one.
    pub(crate) evidence_dir: Sourced<Option<String>>,
    tls: TlsLayer,
    /// The databases and directories that have a name.
    pub(crate) connections: BTreeMap<String, Connection>,
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
        let by_flag = flags.tls.clone();
        let above = flags.over(global.layer()).over(from_environment);
        let merged = above.clone().over(merged);
        // The other half may stand in a file that cannot be read.
        if complete {
            whole(&merged, &mut faults);
            for context in contexts.into_values() {
                part_of_other(context, &above, &base, &mut faults);
            }
        }
        let warnings = faults.into_result("config.read")?;
        let mut config = Self::of(chosen, merged, &by_flag, warnings, names);
        let state_dir = &mut config.state_dir.value;
        *state_dir = state_dir.take().or_else(|| environment.state_folder());
        Ok(config)
    }

    fn of(
        context: Option<Sourced<String>>,
        merged: Layer,
        by_flag: &TlsLayer,
        warnings: Diagnostics,
        files: Vec<String>,
    ) -> Self {
        let Layer { protected, timeout, color, log_format, inventory, checks, state_dir, .. } = merged;
        let Layer { journal, evidence_dir, tls, connections, .. } = merged;
        let named = connections.into_iter().filter_map(|(name, layer)| {
            // What a connection says counts before what is said for all, and a flag before both.
            let settings = by_flag.clone().over(layer.tls.clone().over(tls.clone())).to_settings();
            Some((name, Connection::new(layer, settings)?))
        });
        Self {
            connections: named.collect(),
            context: optional(context),
            protected: or(protected, false),
            timeout: or(timeout, TIMEOUT),
            color: or(color, ColorChoice::default()),
            log_format: or(log_format, LogFormat::default()),
            inventory: or(inventory, Vec::new()),
            checks: optional(checks),
            state_dir: optional(state_dir),
            journal: optional(journal),
            evidence_dir: optional(evidence_dir),
            tls,
            warnings,
            files,
        }
    }

    /// How to speak TLS.
    pub(crate) fn tls(&self) -> TlsSettings {
        self.tls.to_settings()
    }

    /// Every setting by its key, as it is shown.
    pub(crate) fn settings(&self) -> Vec<Setting> {
        let tls = &self.tls;
        let mut settings = vec![
            Setting::new("context", &self.context, |context| context.clone().into()),
            Setting::new("protected", &self.protected, |protected| Shown::Flag(*protected)),
            Setting::new("timeout", &self.timeout, |timeout| units::duration::format(*timeout).into()),
            Setting::new("color", &self.color, |color| word(*color).into()),
            Setting::new("log_format", &self.log_format, |format| word(*format).into()),
            Setting::new("inventory", &self.inventory, |sources| Shown::List(sources.clone())),
            Setting::new("checks", &self.checks, |path| shown_path(path.as_ref())),
            Setting::new("state_dir", &self.state_dir, |path| shown_path(path.as_ref())),
            Setting::new("journal", &self.journal, |url| url.clone().into()),
            Setting::new("evidence_dir", &self.evidence_dir, |folder| folder.clone().into()),
            Setting::new("tls.ca", &or(tls.ca.clone(), Vec::new()), |paths| Shown::of_paths(paths)),
            Setting::new("tls.ca_only", &or(tls.ca_only.clone(), Vec::new()), |paths| Shown::of_paths(paths)),
            Setting::new("tls.client_certificate", &optional(tls.client_certificate.clone()), |path| {
                shown_path(path.as_ref())
            }),
            Setting::new("tls.client_key", &optional(tls.client_key.clone()), |key| {
                key.as_ref().map(ToString::to_string).into()
            }),
            Setting::new("tls.server_name", &optional(tls.server_name.clone()), |name| name.clone().into()),
        ];
        settings.extend(self.connections.iter().flat_map(|(name, connection)| connection.settings(name)));
        settings
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

/// Tells what is missing in what counts.
fn whole(layer: &Layer, faults: &mut Diagnostics) {
    layer.tls.half_an_identity("tls", faults);
    for (name, connection) in &layer.connections {
        connection.check(name, faults);
        connection.tls.half_an_identity(&format!("connection.{name}.tls"), faults);
    }
}

/// The same for a context that is not in use, of what it says itself.
fn part_of_other(context: Layer, above: &Layer, base: &Layer, faults: &mut Diagnostics) {
    let says_identity = context.tls.says_identity();
    let names: Vec<_> = context.connections.keys().cloned().collect();
    let mut layer = above.clone().over(context.over(base.clone()));
    layer.connections.retain(|name, _| names.contains(name));
    if !says_identity {
        layer.tls = TlsLayer::default();
    }
    whole(&layer, faults);
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

fn shown_path(path: Option<&PathBuf>) -> Shown {
    path.map(|path| path.display().to_string()).into()
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
