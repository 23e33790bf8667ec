//! Where a database is and how one logs in there.

mod options;
mod parse;
mod percent;
mod print;
#[cfg(test)]
mod tests;

pub use options::OptionReader;

use crate::{ErrorClass, ErrorTable, Vendor, WantedRole};
use purlin_core::{Endpoint, Error, ErrorKind, Outcome, Result, SecretSource, TlsSettings};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A database to connect to: what its URL says, and what no URL may hold (password, TLS).
///
/// | URL | |
/// |---|---|
/// | `mysql://app@db1.lon,db2.lds:3307/map?role=primary` | several addresses, the preferred first; a port where it is not the engine's own |
/// | `mysql://app@[2001:db8::1]:3306/map` | IPv6 in brackets |
/// | `postgres://app@%2Frun%2Fpostgresql/map` | a Unix socket: its path in place of the host, `/` written `%2F` |
/// | `sqlite:state.db`, `sqlite:/srv/state.db`, `sqlite::memory:` | a file, or memory |
///
/// `@ : / ? # & = % ,` and everything else that means something in a URL is written with a percent sign and two hexadecimal
/// digits where it is part of a name. What stands after the `?` is read by the driver, except `role`
/// (`primary`, `replica` or `any`). A password in a URL is refused, and nothing of it repeated in the message; so is
/// every option whose name speaks of a secret (`ssl-password`, `api_key`, `auth`).
///
/// [`Display`](std::fmt::Display) writes the URL, which never holds a secret.
///
/// ```
/// use purlin_core::SecretRef;
/// use purlin_db::{Target, WantedRole};
///
/// let target: Target = "mysql://app@db1.lon,db2.lds:3307/map?role=primary".parse()?;
/// assert_eq!(target.hosts, [("db1.lon".to_owned(), None), ("db2.lds".to_owned(), Some(3307))]);
/// assert_eq!(target.role, WantedRole::Primary);
/// let target = target.password(SecretRef::env("MAP_PASSWORD"));
///
/// let same = Target::new("mysql").host("db1.lon", None).host("db2.lds", 3307).user("app").database("map");
/// assert_eq!(same.role(WantedRole::Primary).to_string(), target.to_string());
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Target {
    /// The engine, such as `mysql`, in lower case.
    pub scheme: String,
    /// Whom to log in as. Servers want one; a file has none.
    pub user: Option<String>,
    /// The addresses in the order of preference; hosts without a port have none here. A file or socket has no host.
    pub hosts: Vec<(String, Option<u16>)>,
    /// The path of a Unix socket or of a file, percent signs decoded.
    pub path: Option<PathBuf>,
    /// The name of the database.
    pub database: Option<String>,
    /// Which of the addresses will do: what `role=` says, else [`WantedRole::Any`].
    pub role: WantedRole,
    /// What stands after the `?`, without `role`. A driver takes what it knows and refuses the rest
    /// ([`read_options`](Self::read_options)).
    pub options: BTreeMap<String, String>,
    /// Where the password comes from, asked at each connect.
    pub password: Option<Arc<dyn SecretSource>>,
    /// TLS; verified against the system's roots by default.
    pub tls: TlsSettings,
    /// Further meanings of error codes, before the dialect's.
    pub errors: ErrorTable,
}

impl Target {
    /// A database of that engine, of which nothing more is said yet.
    pub fn new(scheme: impl Into<String>) -> Self {
        Self {
            scheme: scheme.into(),
            user: None,
            hosts: Vec::new(),
            path: None,
            database: None,
            role: WantedRole::default(),
            options: BTreeMap::new(),
            password: None,
            tls: TlsSettings::new(),
            errors: ErrorTable::new(),
        }
    }

    /// One more address, after those before it; `None` for the engine's usual port.
    pub fn host(mut self, host: impl Into<String>, port: impl Into<Option<u16>>) -> Self {
        self.hosts.push((host.into(), port.into()));
        self
    }

    /// A Unix socket or a file, in place of hosts.
    pub fn path(mut self, path: impl Into<PathBuf>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Logs in as that user.
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// The name of the database.
    pub fn database(mut self, name: impl Into<String>) -> Self {
        self.database = Some(name.into());
        self
    }

    /// Which of the addresses will do.
    pub fn role(mut self, role: WantedRole) -> Self {
        self.role = role;
        self
    }

    /// With that option, as if it stood in the URL.
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.insert(name.into(), value.into());
        self
    }

    /// With a password from there, asked for at each connect.
    pub fn password(mut self, source: impl SecretSource + 'static) -> Self {
        self.password = Some(Arc::new(source));
        self
    }

    /// With these TLS settings.
    pub fn tls(mut self, tls: TlsSettings) -> Self {
        self.tls = tls;
        self
    }

    /// Takes a vendor's error code for that class, whatever purlin knows of it.
    pub fn error_class(mut self, vendor: Vendor, code: i64, class: ErrorClass) -> Self {
        self.errors = self.errors.code(vendor, code, class);
        self
    }

    /// The endpoints, with the engine's usual port where the URL has none; a path is an [`Endpoint::unix`], also that of
    /// a file.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for what is no host, for an address that stands there twice, for hosts beside a path, and
    /// where there is neither.
    pub fn endpoints(&self, default_port: u16) -> Result<Vec<Endpoint>> {
        if let Some(path) = &self.path {
            return match self.hosts.is_empty() {
                true => Ok(vec![Endpoint::unix(path)]),
                false => Err(invalid(format!("{self}: a path stands alone, without hosts"))),
            };
        }
        let mut endpoints = Vec::with_capacity(self.hosts.len());
        for (host, port) in &self.hosts {
            let endpoint = Endpoint::new(host, port.unwrap_or(default_port))?;
            if endpoints.contains(&endpoint) {
                return Err(invalid(format!("{endpoint} stands there twice")));
            }
            endpoints.push(endpoint);
        }
        if endpoints.is_empty() {
            return Err(invalid(format!("{self} names no host")));
        }
        Ok(endpoints)
    }

    /// Reads the options, of which each driver knows its own.
    pub fn read_options(&self) -> OptionReader<'_> {
        OptionReader::new(self)
    }
}

impl std::str::FromStr for Target {
    type Err = Error;

    /// Reads a URL.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`], naming what is wrong. Of a text that may hold a password nothing is repeated: one with an
    /// `@` in a place where none belongs, and another program's settings (`host=db1 password=…`).
    fn from_str(text: &str) -> Result<Self> {
        parse::url(text)
    }
}

impl From<&Target> for Target {
    fn from(target: &Target) -> Self {
        target.clone()
    }
}

impl TryFrom<&str> for Target {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self> {
        text.parse()
    }
}

impl TryFrom<&String> for Target {
    type Error = Error;

    fn try_from(text: &String) -> Result<Self> {
        text.parse()
    }
}

impl TryFrom<String> for Target {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, message.into()).with_operation("db.target").with_outcome(Outcome::NotSent)
}
