//! Databases that have a name.

use super::layer::from_file;
use super::{Origin, Setting, Sourced, TlsLayer};
use crate::input::{Fields, Value};
use purlin::core::{Diagnostic, Diagnostics, SecretRef, TlsSettings};
use purlin::db::Target;
use std::collections::BTreeMap;

/// What one layer says of a connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConnectionLayer {
    /// Where something is said of it.
    said: Option<Origin>,
    url: Option<Sourced<Target>>,
    /// Whether a URL is said, but cannot be read.
    broken_url: bool,
    user: Option<Sourced<String>>,
    password: Option<Sourced<SecretRef>>,
    pub(super) tls: TlsLayer,
}

impl ConnectionLayer {
    pub(super) fn read_all(fields: &mut Fields<'_>) -> BTreeMap<String, Self> {
        let help = "its values as [connection.NAME], and @NAME in the place of a URL";
        fields.named_tables("connection", help, |_, fields| Self::read(fields)).into_iter().collect()
    }

    fn read(fields: &mut Fields<'_>) -> Self {
        let url = fields.value("url");
        let (said, has_url) = (Some(Origin::File(fields.place())), url.is_some());
        let url = from_file(url, Value::database);
        Self {
            said,
            broken_url: has_url && url.is_none(),
            url,
            user: from_file(fields.value("user"), Value::name),
            password: from_file(fields.value("password"), Value::secret),
            tls: fields.table("tls", TlsLayer::read).unwrap_or_default(),
        }
    }

    pub(super) fn over(self, below: Self) -> Self {
        Self {
            said: self.said.or(below.said),
            url: self.url.or(below.url),
            broken_url: self.broken_url || below.broken_url,
            user: self.user.or(below.user),
            password: self.password.or(below.password),
            tls: self.tls.over(below.tls),
        }
    }

    /// A connection without a URL leads nowhere.
    pub(super) fn check(&self, name: &str, faults: &mut Diagnostics) {
        if self.url.is_some() || self.broken_url {
            return;
        }
        let fault = Diagnostic::error("missing-key", format!("connection.{name} has no url"));
        let fault = match &self.said {
            Some(Origin::File(place)) => fault.place(place.clone()),
            _ => fault,
        };
        faults.push(fault.help("write url = \"ENGINE://USER@HOST/DATABASE\""));
    }
}

/// A database that has a name, with what counts in the end.
#[derive(Debug)]
pub(crate) struct Connection {
    target: Sourced<Target>,
    user: Option<Sourced<String>>,
    password: Option<Sourced<SecretRef>>,
    /// What its own table says of TLS, for `config show`.
    own_tls: TlsLayer,
    tls: TlsSettings,
}

impl Connection {
    /// None without a URL, which is told already.
    pub(super) fn new(layer: ConnectionLayer, tls: TlsSettings) -> Option<Self> {
        let ConnectionLayer { url, user, password, tls: own_tls, .. } = layer;
        Some(Self { target: url?, user, password, own_tls, tls })
    }

    /// What is connected to.
    pub(crate) fn target(&self) -> Target {
        let mut target = self.target.value.clone().tls(self.tls.clone());
        if let Some(user) = &self.user {
            target = target.user(&user.value);
        }
        match &self.password {
            Some(password) => target.password(password.value.clone()),
            None => target,
        }
    }

    /// Its settings by their keys: those that somebody has said.
    pub(super) fn settings(&self, name: &str) -> Vec<Setting> {
        let key = |key: &str| format!("connection.{name}.{key}");
        let mut settings = vec![Setting::new(key("url"), &self.target, |target| target.to_string().into())];
        settings.extend(
            self.user.as_ref().map(|user| Setting::new(key("user"), user, |user| user.clone().into())),
        );
        settings.extend(
            self.password.as_ref().map(|password| {
                Setting::new(key("password"), password, |password| password.to_string().into())
            }),
        );
        settings.extend(self.own_tls.settings(&key("tls")));
        settings
    }
}
