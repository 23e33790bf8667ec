//! What a layer says of TLS.

use super::layer::from_file;
use super::{Origin, Setting, Shown, Sourced};
use crate::input::{Fields, Value, server_name};
use purlin::core::{Diagnostic, Diagnostics, SecretRef, TlsSettings};
use std::path::{Path, PathBuf};

/// The values of `[tls]` in one layer.
#[derive(Debug, Clone, Default)]
pub(crate) struct TlsLayer {
    pub(crate) ca: Option<Sourced<Vec<PathBuf>>>,
    pub(crate) ca_only: Option<Sourced<Vec<PathBuf>>>,
    pub(crate) client_certificate: Option<Sourced<PathBuf>>,
    pub(crate) client_key: Option<Sourced<SecretRef>>,
    pub(crate) server_name: Option<Sourced<String>>,
    /// Whether a half of the identity is said, but cannot be read.
    pub(crate) broken_identity: bool,
}

impl TlsLayer {
    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let (certificate, key) = (fields.value("client_certificate"), fields.value("client_key"));
        let said = (certificate.is_some(), key.is_some());
        let client_certificate = from_file(certificate, Value::path);
        let client_key = from_file(key, Value::secret);
        Self {
            ca: from_file(fields.value("ca"), Value::paths),
            ca_only: from_file(fields.value("ca_only"), Value::paths),
            broken_identity: said != (client_certificate.is_some(), client_key.is_some()),
            client_certificate,
            client_key,
            server_name: from_file(fields.value("server_name"), |value| value.parsed(server_name)),
        }
    }

    pub(super) fn over(self, below: Self) -> Self {
        // Who trusts these authorities only does not trust those that somebody added further down.
        let ca_below = below.ca.filter(|_| self.ca_only.is_none());
        Self {
            ca: self.ca.or(ca_below),
            ca_only: self.ca_only.or(below.ca_only),
            client_certificate: self.client_certificate.or(below.client_certificate),
            client_key: self.client_key.or(below.client_key),
            server_name: self.server_name.or(below.server_name),
            broken_identity: self.broken_identity || below.broken_identity,
        }
    }

    /// Whether it says a half of the identity or both.
    pub(super) fn says_identity(&self) -> bool {
        self.client_certificate.is_some() || self.client_key.is_some()
    }

    /// A certificate is of no use without its key, nor a key without its certificate. One that is at fault is not missing.
    pub(super) fn half_an_identity(&self, table: &str, faults: &mut Diagnostics) {
        if self.broken_identity {
            return;
        }
        let (key, missing, origin) = match (&self.client_certificate, &self.client_key) {
            (Some(certificate), None) => ("client_certificate", "client_key", &certificate.origin),
            (None, Some(key)) => ("client_key", "client_certificate", &key.origin),
            _ => return,
        };
        let message = format!("{table}.{key} is set, but {table}.{missing} is not");
        let fault = match origin {
            Origin::File(place) => Diagnostic::error("missing-key", message).place(place.clone()),
            origin => Diagnostic::error("missing-key", format!("{message} ({origin})")),
        };
        faults.push(fault.help(format!("set {table}.{missing} too")));
    }

    /// As the libraries take it.
    pub(super) fn to_settings(&self) -> TlsSettings {
        let paths = |said: &Option<Sourced<Vec<PathBuf>>>| match said {
            Some(said) => said.value.iter().map(|path| readable(path).into()).collect(),
            None => Vec::new(),
        };
        let mut settings = TlsSettings::new();
        settings.ca = paths(&self.ca);
        settings.ca_only = paths(&self.ca_only);
        settings.client_certificate = self.client_certificate.as_ref().map(|path| path.value.clone().into());
        settings.client_key = self.client_key.as_ref().map(|key| key.value.clone());
        settings.server_name = self.server_name.as_ref().map(|name| name.value.clone());
        settings
    }

    /// What is said of it, for `config show`.
    pub(super) fn settings(&self, table: &str) -> Vec<Setting> {
        let key = |key: &str| format!("{table}.{key}");
        let ca = |name: &str, said: &Option<Sourced<Vec<PathBuf>>>| {
            said.as_ref().map(|said| Setting::new(key(name), said, |paths| Shown::of_paths(paths)))
        };
        let certificate = self.client_certificate.as_ref().map(|path| {
            Setting::new(key("client_certificate"), path, |path| path.display().to_string().into())
        });
        let client_key = self.client_key.as_ref();
        let client_key = client_key.map(|it| Setting::new(key("client_key"), it, |it| it.to_string().into()));
        let name = self.server_name.as_ref();
        let name = name.map(|name| Setting::new(key("server_name"), name, |name| name.clone().into()));
        let all = [ca("ca", &self.ca), ca("ca_only", &self.ca_only), certificate, client_key, name];
        all.into_iter().flatten().collect()
    }
}

/// `-` is standard input, by the name under which Linux opens it: it is read within the limit of the call.
fn readable(path: &Path) -> PathBuf {
    if path == Path::new("-") { "/dev/stdin".into() } else { path.to_owned() }
}
