//! Where a database is, as Oracle writes it.

mod attempt;
mod fault;
pub(crate) mod nodes;
mod read;
mod render;
#[cfg(test)]
mod tests;

pub use attempt::Attempt;
pub(crate) use fault::{Fault, Origin, invalid};
pub(crate) use read::{Reader, descriptor as descriptor_at, port};

use crate::names::easy;
use purlin_core::{Diagnostics, Endpoint, Result};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Where Oracle's listeners usually listen.
pub(crate) const PORT: u16 = 1521;
/// The same for TLS.
pub(crate) const TLS_PORT: u16 = 2484;

/// A connect descriptor: `(DESCRIPTION=…)` or `(DESCRIPTION_LIST=…)`, or what stands for one (EZConnect plus, a name of
/// `tnsnames.ora`).
///
/// ```
/// use purlin_db_oracle::Descriptor;
///
/// let descriptor: Descriptor = "tcps://db1.lon,db2.lds:2484/map?connect_timeout=5".parse()?;
/// let attempts = descriptor.attempts(0);
/// assert_eq!(attempts[1].address.endpoint.to_string(), "db2.lds:2484");
/// assert_eq!(
///     attempts[1].connect_string(),
///     "(DESCRIPTION=(RETRY_COUNT=0)(RETRY_DELAY=0)(ADDRESS=(PROTOCOL=tcps)(HOST=db2.lds)(PORT=2484))\
///      (CONNECT_DATA=(SERVICE_NAME=map)))"
/// );
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Descriptor {
    /// One at least.
    pub descriptions: Vec<Description>,
    /// Whether the next description is tried where one fails; so unless `FAILOVER=OFF`.
    pub failover: bool,
    /// Whether the descriptions are tried in a random order. A `DESCRIPTION_LIST` is so unless `LOAD_BALANCE=OFF` (Oracle
    /// Database Net Services Administrator's Guide, address list parameters).
    pub load_balance: bool,
    /// What was written and has no effect here.
    pub warnings: Diagnostics,
}

/// A `DESCRIPTION`: addresses, and what is asked for at them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// In the order in which they are written; one address at least in all of them together.
    pub address_lists: Vec<AddressList>,
    /// Whether the next list is tried where one fails; so unless `FAILOVER=OFF`.
    pub failover: bool,
    /// Whether the lists are tried in a random order; not so unless `LOAD_BALANCE=ON`.
    pub load_balance: bool,
    /// What is asked for.
    pub connect_data: ConnectData,
    /// About TLS.
    pub security: Security,
    /// `CONNECT_TIMEOUT`: how long one address may take from its name to the session.
    pub connect_timeout: Option<Duration>,
    /// `TRANSPORT_CONNECT_TIMEOUT`: how long one address may take to a TCP connection.
    pub transport_connect_timeout: Option<Duration>,
    /// The largest packet, in bytes, from 512 to 2097152.
    pub sdu: Option<u32>,
}

/// An `ADDRESS_LIST`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AddressList {
    /// In the order in which they are written.
    pub addresses: Vec<Address>,
    /// Whether the next address is tried where one fails; so unless `FAILOVER=OFF`.
    pub failover: bool,
    /// Whether they are tried in a random order; not so unless `LOAD_BALANCE=ON`.
    pub load_balance: bool,
}

/// An `ADDRESS`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Address {
    /// Where.
    pub endpoint: Endpoint,
    /// Whether TLS is spoken there: `tcps` rather than `tcp`.
    pub tls: bool,
}

impl Address {
    /// An address without TLS.
    pub fn tcp(endpoint: Endpoint) -> Self {
        Self { endpoint, tls: false }
    }

    /// An address with TLS.
    pub fn tcps(endpoint: Endpoint) -> Self {
        Self { endpoint, tls: true }
    }
}

/// What a listener is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectData {
    /// The database; none: the listener's default service.
    pub name: Option<DatabaseName>,
    /// What else was written and is passed on as it is: `SERVER`, `INSTANCE_NAME`, `POOL_PURITY` and others, the names
    /// in upper case.
    pub others: Vec<(String, String)>,
}

impl ConnectData {
    /// Asks for that database.
    pub fn new(name: DatabaseName) -> Self {
        Self { name: Some(name), others: Vec::new() }
    }
}

/// A database behind a listener: a service or, as of old, an instance's system identifier.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DatabaseName {
    name: String,
    is_sid: bool,
}

impl DatabaseName {
    /// `SERVICE_NAME`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) for an empty name, one of more than 255 bytes, and one with
    /// what means something in a descriptor: space, parentheses, quotes, `=`, `\`, `#`.
    pub fn service(name: impl Into<String>) -> Result<Self> {
        Self::checked(name.into(), false)
    }

    /// `SID`.
    ///
    /// # Errors
    /// As [`service`](Self::service).
    pub fn sid(name: impl Into<String>) -> Result<Self> {
        Self::checked(name.into(), true)
    }

    fn checked(name: String, is_sid: bool) -> Result<Self> {
        match name.is_empty() || name.len() > 255 || !render::is_plain(&name) {
            true => Err(invalid(format!("{name:?} is not the name of a database"))),
            false => Ok(Self { name, is_sid }),
        }
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// Whether it is a `SID` and not a `SERVICE_NAME`.
    pub fn is_sid(&self) -> bool {
        self.is_sid
    }
}

impl fmt::Display for DatabaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// What a descriptor says about TLS. Nothing of it makes the channel less private: see
/// [`TlsSettings`](purlin_core::TlsSettings).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Security {
    /// The directory with the wallet, `WALLET_LOCATION` or `MY_WALLET_DIRECTORY`; its `ewallet.pem` is what is read.
    pub wallet: Option<PathBuf>,
}

impl Descriptor {
    /// One description.
    pub fn new(description: Description) -> Self {
        Self {
            descriptions: vec![description],
            failover: true,
            load_balance: false,
            warnings: Diagnostics::new(),
        }
    }

    /// Each address with what is asked for there, in the order in which they are to be tried. The seed decides the order
    /// where the load is balanced; without failover only the first is left.
    pub fn attempts(&self, seed: u64) -> Vec<Attempt> {
        attempt::all(self, seed)
    }
}

impl Description {
    /// These addresses, one after the other, and what is asked for at them.
    pub fn new(addresses: impl IntoIterator<Item = Address>, connect_data: ConnectData) -> Self {
        Self {
            address_lists: vec![AddressList::new(addresses)],
            failover: true,
            load_balance: false,
            connect_data,
            security: Security::default(),
            connect_timeout: None,
            transport_connect_timeout: None,
            sdu: None,
        }
    }
}

impl AddressList {
    /// These addresses, one after the other.
    pub fn new(addresses: impl IntoIterator<Item = Address>) -> Self {
        Self { addresses: addresses.into_iter().collect(), failover: true, load_balance: false }
    }
}

impl std::str::FromStr for Descriptor {
    type Err = purlin_core::Error;

    /// Reads a descriptor or EZConnect plus: `[tcps://]HOST[:PORT][,HOST…][/SERVICE[:SERVER][/INSTANCE]][?NAME=VALUE&…]`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) with [`Diagnostics`] as its detail, and
    /// [`ErrorKind::Unsupported`](purlin_core::ErrorKind::Unsupported) for what purlin does not do: `SOURCE_ROUTE=ON`, other protocols than
    /// `tcp` and `tcps`, proxies, log-ins by token, Kerberos or RADIUS.
    fn from_str(text: &str) -> Result<Self> {
        match text.trim_start().starts_with('(') {
            true => read::descriptor(text, &Origin::argument(text)),
            false => easy::read(text),
        }
    }
}
