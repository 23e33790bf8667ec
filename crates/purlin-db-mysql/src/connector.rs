//! The way to a server.

mod login;
mod tls;

pub(crate) use login::Here;

use crate::fault::Meaning;
use async_trait::async_trait;
use mysql_async::SslOpts;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Result, SecretSource, TlsSettings};
use purlin_db::{Connection, Connector, Dialect, Driver, ErrorTable, Target, Vendor, refusal};
use std::fmt;
use std::sync::Arc;
use tokio::sync::OnceCell;

const PORT: u16 = 3306;

/// MySQL, MariaDB and what speaks their protocol: the schemes `mysql` and `mariadb`.
///
/// See the [crate](crate) for the options of a URL.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct MySql;

impl MySql {
    /// The driver.
    pub const fn new() -> Self {
        Self
    }
}

impl Driver for MySql {
    fn schemes(&self) -> &[&'static str] {
        &["mysql", "mariadb"]
    }

    fn connector(&self, target: &Target) -> Result<Arc<dyn Connector>> {
        Ok(Arc::new(MySqlConnector::new(target)?))
    }
}

/// Connects to one database of MySQL or MariaDB.
#[derive(Debug, Clone)]
pub struct MySqlConnector {
    way: Arc<Way>,
}

impl MySqlConnector {
    /// A connector to that database; nothing is asked over the network.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where user or host are missing, and for options that are not known;
    /// [`ErrorKind::Unsupported`] for settings of TLS that the raw driver cannot hold: see the [crate](crate).
    pub fn new(target: &Target) -> Result<Self> {
        Ok(Self { way: Arc::new(Way::new(target)?) })
    }
}

/// What a login needs; a request to cancel logs in as well.
pub(crate) struct Way {
    endpoints: Vec<Endpoint>,
    user: Option<String>,
    database: Option<String>,
    password: Option<Arc<dyn SecretSource>>,
    tls: Option<TlsSettings>,
    /// Made at the first connect.
    ssl: OnceCell<SslOpts>,
    errors: ErrorTable,
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Way")
            .field("endpoints", &self.endpoints)
            .field("user", &self.user)
            .field("database", &self.database)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

impl Way {
    fn new(target: &Target) -> Result<Self> {
        let mut options = target.read_options();
        let with_tls = options.choice("tls", &[("on", true), ("off", false)])?.unwrap_or(true);
        options.finish()?;
        if target.user.is_none() {
            return Err(refusal::missing_user(&target.scheme));
        }
        if with_tls && !target.tls.alpn.is_empty() {
            return Err(invalid("application protocols (ALPN) cannot be offered to MySQL".to_owned()));
        }
        if with_tls && target.tls.danger_accept_any_name {
            // The raw driver recognises the fault that it is to pass over by a text that rustls has changed.
            let message = "any name cannot be accepted here; set server_name to one of the certificate's";
            return Err(refused(ErrorKind::Unsupported, message.to_owned()));
        }
        Ok(Self {
            endpoints: target.endpoints(PORT)?,
            user: target.user.clone(),
            database: target.database.clone(),
            password: target.password.clone(),
            tls: with_tls.then(|| target.tls.clone()),
            ssl: OnceCell::new(),
            errors: target.errors.clone(),
        })
    }

    fn meaning(&self, vendor: Vendor) -> Meaning {
        Meaning { vendor, own: self.errors.clone() }
    }
}

fn invalid(message: String) -> Error {
    refused(ErrorKind::Invalid, message)
}

fn refused(kind: ErrorKind, message: String) -> Error {
    Error::new(kind, message).with_operation("db.connect").with_outcome(Outcome::NotSent)
}

#[async_trait]
impl Connector for MySqlConnector {
    fn dialect(&self) -> &'static Dialect {
        Dialect::MYSQL
    }

    fn endpoints(&self) -> &[Endpoint] {
        &self.way.endpoints
    }

    async fn connect(&self, cx: &Cx, endpoint: &Endpoint) -> Result<Box<dyn Connection>> {
        let connection = login::login(&self.way, cx, endpoint).await;
        match connection {
            Ok(connection) => Ok(Box::new(connection)),
            Err(error) => Err(error.with_outcome(Outcome::NotSent).or_endpoint(endpoint)),
        }
    }
}
