//! Where a database is and how one logs in there.

use crate::ErrorTable;
use purlin_core::{Endpoint, Error, Result, SecretSource, TlsSettings};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A database to connect to: what its URL says, and what no URL may hold (password, TLS).
///
/// `mysql://app@db1.lon,db2.lds:3307/map?role=primary`, `postgres://app@db1.lon/map`, `sqlite:state.db`,
/// `sqlite::memory:`. A password in a URL is refused, and not repeated in the message.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Target {
    /// The engine, such as `mysql`.
    pub scheme: String,
    /// Whom to log in as; none: the driver's default.
    pub user: Option<String>,
    /// The addresses in the order of preference; hosts without a port have none here. A file has no host.
    pub hosts: Vec<(String, Option<u16>)>,
    /// The path of a Unix socket or of a file, percent signs decoded.
    pub path: Option<std::path::PathBuf>,
    /// The name of the database.
    pub database: Option<String>,
    /// What stands after the `?`. A driver takes what it knows and refuses the rest.
    pub options: BTreeMap<String, String>,
    /// Where the password comes from, asked at each connect.
    pub password: Option<Arc<dyn SecretSource>>,
    /// TLS; verified against the system's roots by default.
    pub tls: TlsSettings,
    /// Further meanings of error codes, before the dialect's.
    pub errors: ErrorTable,
}

impl Target {
    /// Of that engine, and nothing said yet.
    pub fn new(scheme: impl Into<String>) -> Self {
        Self {
            scheme: scheme.into(),
            user: None,
            hosts: Vec::new(),
            path: None,
            database: None,
            options: BTreeMap::new(),
            password: None,
            tls: TlsSettings::new(),
            errors: ErrorTable::new(),
        }
    }

    /// The endpoints, with the engine's usual port where the URL has none.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) for what is no host.
    pub fn endpoints(&self, default_port: u16) -> Result<Vec<Endpoint>> {
        self.hosts.iter().map(|(host, port)| Endpoint::new(host, port.unwrap_or(default_port))).collect()
    }
}

impl std::str::FromStr for Target {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Err(Error::new(purlin_core::ErrorKind::Invalid, format!("{text:?} is no database URL")))
    }
}
