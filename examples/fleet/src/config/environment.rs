//! What the environment says: variables with the tool's prefix, and a few that belong to everybody.

use super::{ColorChoice, Layer, Origin, Sourced, TlsLayer};
use crate::app::{ENV_PREFIX, NAME};
use crate::input::{Document, Misread, Source, choice, duration, server_name};
use purlin::core::{Diagnostic, Diagnostics, SecretRef, suggest};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// What follows the prefix in each variable that the tool reads.
const NAMES: [&str; 17] = [
    "CHECKS",
    "COLOR",
    "CONFIG",
    "CONTEXT",
    "EVIDENCE_DIR",
    "INVENTORY",
    "JOURNAL",
    "LOG",
    "LOG_FORMAT",
    "STATE_DIR",
    "SYSTEM_CONFIG",
    "TIMEOUT",
    "TLS_CA",
    "TLS_CA_ONLY",
    "TLS_CLIENT_CERTIFICATE",
    "TLS_CLIENT_KEY",
    "TLS_SERVER_NAME",
];

/// The variables and the working folder of this process. An empty variable counts as one that is not set.
#[derive(Debug)]
pub(crate) struct Environment {
    variables: BTreeMap<OsString, OsString>,
    folder: PathBuf,
}

impl Environment {
    pub(crate) fn of_process() -> Self {
        Self {
            variables: std::env::vars_os().filter(|(_, value)| !value.is_empty()).collect(),
            // A working folder that was removed has no parents to search either.
            folder: std::env::current_dir().unwrap_or_default(),
        }
    }

    /// The working folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the user's configuration lives (XDG Base Directory Specification 0.8: a relative one is ignored).
    pub(super) fn config_folder(&self) -> Option<PathBuf> {
        self.absolute("XDG_CONFIG_HOME").or_else(|| Some(self.absolute("HOME")?.join(".config")))
    }

    /// Where state lives that is worth keeping over calls (the same specification); none without a home.
    pub(super) fn state_folder(&self) -> Option<PathBuf> {
        let base =
            self.absolute("XDG_STATE_HOME").or_else(|| Some(self.absolute("HOME")?.join(".local/state")));
        Some(base?.join(NAME))
    }

    fn absolute(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    /// Whether the terminal says that it shows text and nothing else.
    pub(crate) fn is_dumb(&self) -> bool {
        self.get("TERM").is_some_and(|terminal| terminal == "dumb")
    }

    /// A path from a variable of ours.
    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        self.own(name).map(PathBuf::from)
    }

    /// The filter of log lines, `FLEET_LOG`.
    pub(crate) fn log_filter(&self) -> Option<String> {
        Some(self.own("LOG")?.to_string_lossy().into_owned())
    }

    /// The name of the context that is chosen.
    pub(super) fn context(&self, faults: &mut Diagnostics) -> Option<Sourced<String>> {
        self.parsed("CONTEXT", faults, |text| Ok(text.to_owned()))
    }

    /// The values of all our variables, with their faults and a warning for each that looks like one of ours.
    pub(crate) fn layer(&self, faults: &mut Diagnostics) -> Layer {
        self.warn_of_mistyped(faults);
        let client_key = self.secret("TLS_CLIENT_KEY", faults);
        Layer {
            protected: None,
            timeout: self.parsed("TIMEOUT", faults, duration),
            color: self.color(faults),
            log_format: self.parsed("LOG_FORMAT", faults, choice),
            inventory: self.parsed("INVENTORY", faults, |text| Ok(commas(text))),
            checks: self.path("CHECKS").map(|path| sourced(path, "CHECKS")),
            state_dir: self.path("STATE_DIR").map(|path| sourced(path, "STATE_DIR")),
            journal: self.parsed("JOURNAL", faults, |text| Ok(text.to_owned())),
            evidence_dir: self.parsed("EVIDENCE_DIR", faults, |text| Ok(text.to_owned())),
            tls: TlsLayer {
                ca: self.paths("TLS_CA"),
                ca_only: self.paths("TLS_CA_ONLY"),
                client_certificate: self
                    .path("TLS_CLIENT_CERTIFICATE")
                    .map(|path| sourced(path, "TLS_CLIENT_CERTIFICATE")),
                broken_identity: client_key.is_none() && self.own("TLS_CLIENT_KEY").is_some(),
                client_key,
                server_name: self.parsed("TLS_SERVER_NAME", faults, server_name),
            },
            connections: BTreeMap::new(),
        }
    }

    /// Our own variable, else NO_COLOR, whatever it says (no-color.org).
    fn color(&self, faults: &mut Diagnostics) -> Option<Sourced<ColorChoice>> {
        let refused = || {
            self.get("NO_COLOR")?;
            Some(Sourced::new(ColorChoice::Never, Origin::Environment("NO_COLOR".to_owned())))
        };
        self.parsed("COLOR", faults, choice).or_else(refused)
    }

    fn parsed<T>(
        &self,
        name: &str,
        faults: &mut Diagnostics,
        parse: impl FnOnce(&str) -> Result<T, Misread>,
    ) -> Option<Sourced<T>> {
        let value = self.own(name)?;
        let parsed = match value.to_str() {
            Some(text) => parse(text),
            None => Err(Misread::new("not UTF-8 text")),
        };
        match parsed {
            Ok(value) => Some(sourced(value, name)),
            Err(fault) => {
                let message = format!("environment variable {ENV_PREFIX}{name}: {}", fault.message);
                let mut told = Diagnostic::error("bad-value", message);
                told.help = fault.help;
                faults.push(told);
                None
            }
        }
    }

    /// Paths, joined by colons as in PATH.
    fn paths(&self, name: &str) -> Option<Sourced<Vec<PathBuf>>> {
        Some(sourced(std::env::split_paths(self.own(name)?).collect(), name))
    }

    /// A reference, written as in a file.
    fn secret(&self, name: &str, faults: &mut Diagnostics) -> Option<Sourced<SecretRef>> {
        let source = Source {
            name: format!("{ENV_PREFIX}{name}"),
            folder: PathBuf::new(),
            text: self.own(name)?.to_string_lossy().into_owned(),
        };
        Some(sourced(Document::new(source).value(faults, |value| value.secret())?, name))
    }

    /// Variables of other tools may share the prefix, so only those that are nearly ours are told.
    fn warn_of_mistyped(&self, faults: &mut Diagnostics) {
        for name in self.variables.keys().filter_map(|name| name.to_str()) {
            let Some(rest) = name.strip_prefix(ENV_PREFIX) else {
                continue;
            };
            if NAMES.contains(&rest) {
                continue;
            }
            if let Some(meant) = suggest(rest, NAMES) {
                let warning =
                    Diagnostic::warning("unknown-variable", format!("unknown environment variable {name}"));
                faults.push(warning.help(format!("did you mean {ENV_PREFIX}{meant}?")));
            }
        }
    }

    fn own(&self, name: &str) -> Option<&OsStr> {
        self.get(&format!("{ENV_PREFIX}{name}"))
    }

    fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }
}

/// The parts of a list that is written with commas; blank ones say nothing.
fn commas(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn sourced<T>(value: T, name: &str) -> Sourced<T> {
    Sourced::new(value, Origin::Environment(format!("{ENV_PREFIX}{name}")))
}
