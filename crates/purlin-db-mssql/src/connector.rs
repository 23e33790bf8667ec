//! The way to a server.

use crate::connection::MssqlConnection;
use crate::dial::dial;
use crate::settings::Settings;
use async_trait::async_trait;
use purlin_core::{Cx, Endpoint, Result};
use purlin_db::{Connection, Connector, Dialect, Driver, Target};
use std::sync::Arc;

/// The driver for the schemes `mssql` and `sqlserver`: `Drivers::new().with(Mssql::new())`.
///
/// Options of its URLs:
///
/// | option | |
/// |---|---|
/// | `tls` | `on` (TLS in TDS 7, the default) or `strict` (TLS around TDS 8, from SQL Server 2022) |
/// | `danger_no_tls` | `true`: everything in the clear, the password too |
/// | `instance` | a named instance, whose port the SQL Server Browser tells; not together with a port |
/// | `browser_port` | where the browser listens (1434) |
/// | `multi_subnet_failover` | `true`: all addresses of a name are dialled at once |
/// | `application_intent` | `read_only` lets an availability group send the session to a readable secondary; `read_write` |
/// | `application_name` | `purlin` |
/// | `packet_size` | from 512 to 32767 bytes (4096) |
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Mssql;

impl Mssql {
    /// The driver.
    pub const fn new() -> Self {
        Self
    }
}

impl Driver for Mssql {
    fn schemes(&self) -> &[&'static str] {
        &["mssql", "sqlserver"]
    }

    fn connector(&self, target: &Target) -> Result<Arc<dyn Connector>> {
        Ok(Arc::new(MssqlConnector::new(target)?))
    }
}

/// Connects to one database of SQL Server.
#[derive(Debug, Clone)]
pub struct MssqlConnector {
    settings: Arc<Settings>,
}

impl MssqlConnector {
    /// A connector to that database; nothing is asked over the network.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) where the host is missing, and for options that are not
    /// known or contradict each other; [`ErrorKind::Unsupported`](purlin_core::ErrorKind::Unsupported) without a user.
    pub fn new(target: &Target) -> Result<Self> {
        Ok(Self { settings: Arc::new(Settings::new(target)?) })
    }
}

#[async_trait]
impl Connector for MssqlConnector {
    fn dialect(&self) -> &'static Dialect {
        Dialect::MSSQL
    }

    fn endpoints(&self) -> &[Endpoint] {
        &self.settings.endpoints
    }

    async fn connect(&self, cx: &Cx, endpoint: &Endpoint) -> Result<Box<dyn Connection>> {
        let dialled = dial(&self.settings, cx, endpoint).await?;
        Ok(Box::new(MssqlConnection::greet(dialled, self.settings.clone(), endpoint).await?))
    }
}
