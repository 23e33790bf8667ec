//! The way to a server.

use crate::connection::PostgresConnection;
use crate::settings::Settings;
use async_trait::async_trait;
use purlin_core::{Cx, Endpoint, Result};
use purlin_db::{Connection, Connector, Dialect, Driver, Target};
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnection;
use std::net::IpAddr;
use std::sync::Arc;

/// The driver for the schemes `postgres` and `postgresql`: `Drivers::new().with(Postgres)`.
///
/// Options of its URLs: `application_name` (`purlin`), `tls` (`on`, or `off`: everything in the clear) and
/// `statement_cache` (how many prepared statements a session keeps; 100). A path stands for a Unix socket, or for its
/// folder where the port is 5432. The database is named like the user unless it is named.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Postgres;

impl Postgres {
    /// The driver.
    pub const fn new() -> Self {
        Self
    }
}

impl Driver for Postgres {
    fn schemes(&self) -> &[&'static str] {
        &["postgres", "postgresql"]
    }

    fn connector(&self, target: &Target) -> Result<Arc<dyn Connector>> {
        Ok(Arc::new(PostgresConnector::new(target)?))
    }
}

/// Connects to one database of PostgreSQL.
#[derive(Debug, Clone)]
pub struct PostgresConnector {
    settings: Arc<Settings>,
}

impl PostgresConnector {
    /// A connector to that database; nothing is asked over the network.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) where user or host are missing, and for options that
    /// are not known; [`ErrorKind::Unsupported`](purlin_core::ErrorKind::Unsupported) for settings of TLS that sqlx
    /// cannot hold: see the [crate](crate).
    pub fn new(target: &Target) -> Result<Self> {
        Ok(Self { settings: Arc::new(Settings::new(target)?) })
    }
}

#[async_trait]
impl Connector for PostgresConnector {
    fn dialect(&self) -> &'static Dialect {
        Dialect::POSTGRES
    }

    fn endpoints(&self) -> &[Endpoint] {
        &self.settings.endpoints
    }

    async fn connect(&self, cx: &Cx, endpoint: &Endpoint) -> Result<Box<dyn Connection>> {
        let raw = dial(&self.settings, cx, endpoint).await?;
        Ok(Box::new(PostgresConnection::greet(raw, self.settings.clone(), endpoint).await?))
    }
}

/// Resolves, connects, shakes hands, logs in.
pub(crate) async fn dial(settings: &Settings, cx: &Cx, endpoint: &Endpoint) -> Result<PgConnection> {
    let options = settings.options(cx, endpoint).await?;
    let is_name = endpoint.host().is_some_and(|host| host.parse::<IpAddr>().is_err());
    let connected = options.connect().await;
    connected.map_err(|error| settings.meanings.of_connect(error, is_name).or_endpoint(endpoint))
}
