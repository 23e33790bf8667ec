//! Databases and directories that have a name.

use super::layer::from_file;
use super::{DirectoryUrl, Origin, Setting, Sourced, TlsLayer};
use crate::input::{Fields, Misread, Value};
use purlin::core::{Diagnostic, Diagnostics, SecretRef, TlsSettings};
use purlin::db::Target;
use std::collections::BTreeMap;
use std::fmt;

/// What a connection leads to.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    Database(Box<Target>),
    Directory(DirectoryUrl),
}

impl Place {
    fn read(value: &Value<'_>) -> Option<Self> {
        if !DirectoryUrl::is_meant(value.text()?) {
            return value.database().map(|target| Self::Database(Box::new(target)));
        }
        value.parsed(|text| text.parse().map(Self::Directory).map_err(|error| Misread::new(error.message())))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(target) => target.fmt(f),
            Self::Directory(url) => url.fmt(f),
        }
    }
}

/// What one layer says of a connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConnectionLayer {
    /// Where something is said of it.
    said: Option<Origin>,
    url: Option<Sourced<Place>>,
    /// Whether a URL is said, but cannot be read.
    broken_url: bool,
    user: Option<Sourced<String>>,
    password: Option<Sourced<SecretRef>>,
    profile: Option<Sourced<String>>,
    password_in_clear: Option<Sourced<bool>>,
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
        let url = from_file(url, Place::read);
        Self {
            said,
            broken_url: has_url && url.is_none(),
            url,
            user: from_file(fields.value("user"), Value::name),
            password: from_file(fields.value("password"), Value::secret),
            profile: from_file(fields.value("profile"), Value::profile),
            password_in_clear: from_file(fields.value("danger_password_in_clear"), Value::boolean),
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
            profile: self.profile.or(below.profile),
            password_in_clear: self.password_in_clear.or(below.password_in_clear),
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
        faults.push(fault.help("write url = \"ENGINE://USER@HOST/DATABASE\", or \"ldaps://HOST/BASE\""));
    }
}

/// A database or directory that has a name, with what counts in the end.
#[derive(Debug)]
pub(crate) struct Connection {
    place: Sourced<Place>,
    user: Option<Sourced<String>>,
    password: Option<Sourced<SecretRef>>,
    profile: Option<Sourced<String>>,
    password_in_clear: Option<Sourced<bool>>,
    /// What its own table says of TLS, for `config show`.
    own_tls: TlsLayer,
    tls: TlsSettings,
}

/// A directory that has a name.
#[derive(Debug)]
pub(crate) struct NamedDirectory<'c> {
    pub(crate) url: &'c DirectoryUrl,
    pub(crate) bind_dn: Option<&'c str>,
    pub(crate) password: Option<&'c SecretRef>,
    /// A built-in profile, or the path of one.
    pub(crate) profile: Option<&'c str>,
    pub(crate) password_in_clear: bool,
    pub(crate) tls: &'c TlsSettings,
}

impl Connection {
    /// None without a URL, which is told already.
    pub(super) fn new(layer: ConnectionLayer, tls: TlsSettings) -> Option<Self> {
        let ConnectionLayer { url, user, password, profile, password_in_clear, tls: own_tls, .. } = layer;
        Some(Self { place: url?, user, password, profile, password_in_clear, own_tls, tls })
    }

    /// The database that it leads to; none where it leads to a directory.
    pub(crate) fn target(&self) -> Option<Target> {
        let Place::Database(target) = &self.place.value else { return None };
        let mut target = Target::clone(target).tls(self.tls.clone());
        if let Some(user) = &self.user {
            target = target.user(&user.value);
        }
        Some(match &self.password {
            Some(password) => target.password(password.value.clone()),
            None => target,
        })
    }

    /// The directory that it leads to; none where it leads to a database.
    pub(crate) fn directory(&self) -> Option<NamedDirectory<'_>> {
        let Place::Directory(url) = &self.place.value else { return None };
        Some(NamedDirectory {
            url,
            bind_dn: self.user.as_ref().map(|user| user.value.as_str()),
            password: self.password.as_ref().map(|password| &password.value),
            profile: self.profile.as_ref().map(|profile| profile.value.as_str()),
            password_in_clear: self.password_in_clear.as_ref().is_some_and(|said| said.value),
            tls: &self.tls,
        })
    }

    /// Its settings by their keys: those that somebody has said.
    pub(super) fn settings(&self, name: &str) -> Vec<Setting> {
        let key = |key: &str| format!("connection.{name}.{key}");
        let mut settings = vec![Setting::new(key("url"), &self.place, |place| place.to_string().into())];
        settings.extend(
            self.user.as_ref().map(|user| Setting::new(key("user"), user, |user| user.clone().into())),
        );
        settings.extend(
            self.password.as_ref().map(|password| {
                Setting::new(key("password"), password, |password| password.to_string().into())
            }),
        );
        let profile = self.profile.as_ref();
        settings
            .extend(profile.map(|profile| Setting::new(key("profile"), profile, |name| name.clone().into())));
        let in_clear = self.password_in_clear.as_ref();
        settings.extend(
            in_clear.map(|said| Setting::new(key("danger_password_in_clear"), said, |said| (*said).into())),
        );
        settings.extend(self.own_tls.settings(&key("tls")));
        settings
    }
}
