//! Databases for others than the commands of this folder.

use super::reach::{is_a_directory, unknown_connection, unusable};
use crate::config::Config;
use purlin::Result;
use purlin::core::{SecretRef, TlsSettings};
use purlin::db::{Database, DatabaseSettings, Target, drivers};
use std::collections::BTreeMap;

/// What opens a database by its URL or `@NAME`, and holds nothing of the configuration's but that.
#[derive(Debug, Clone)]
pub(crate) struct Opener {
    /// None is a directory.
    connections: BTreeMap<String, Option<Target>>,
    tls: TlsSettings,
}

impl Opener {
    /// With the connections of this configuration.
    pub(crate) fn new(config: &Config) -> Self {
        let targets = config.connections.iter().map(|(name, known)| (name.clone(), known.target()));
        Self { connections: targets.collect(), tls: config.tls() }
    }

    /// Opens one; nothing is asked over the network yet.
    ///
    /// # Errors
    /// [`Invalid`](purlin::ErrorKind::Invalid) for what is no URL, a name that nobody has given, an engine or option that
    /// is not known.
    pub(crate) fn open(&self, given: &str, password: Option<SecretRef>) -> Result<Database> {
        let target = match given.strip_prefix('@') {
            Some(name) => {
                let known = self.connections.keys().map(String::as_str);
                let named = self.connections.get(name).ok_or_else(|| unknown_connection(name, known))?;
                named.clone().ok_or_else(|| is_a_directory(name))?
            }
            None => given.parse::<Target>().map_err(unusable)?.tls(self.tls.clone()),
        };
        let target = match password {
            Some(password) => target.password(password),
            None => target,
        };
        let connector = drivers().connector(&target)?;
        Database::from_connectors([connector], DatabaseSettings::new().role(target.role))
    }
}

/// Opens one for a command.
///
/// # Errors
/// Those of [`Opener::open`].
pub(crate) fn open(config: &Config, given: &str, password: Option<SecretRef>) -> Result<Database> {
    Opener::new(config).open(given, password)
}
