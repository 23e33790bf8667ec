//! The way to a server.

use crate::channel::Way;
use crate::connection::OracleConnection;
use crate::descriptor::Attempt;
use crate::fault::lost;
use crate::link::{Link, Shared};
use crate::relay::{Relay, Waiting};
use crate::settings::{Settings, descriptor};
use crate::threads::{ThreadStats, Threads};
use crate::worker::{self, Beginning, Greeting};
use async_trait::async_trait;
use purlin_core::{Cx, Endpoint, Error, Outcome, Result};
use purlin_db::{
    Capability, Connection, Connector, Dialect, Driver, ServerInfo, ServerVersion, Target, Vendor,
};
use purlin_tls::TlsClient;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use tokio::sync::oneshot;

/// The driver for the scheme `oracle`: `Drivers::new().with(Oracle::new())`.
///
/// Options of its URLs:
///
/// | option | |
/// |---|---|
/// | `sid`, `server`, `instance`, `wallet`, `tnsnames`, `descriptor`, `danger_no_tls` | where the database is: see [`Descriptor::of_target`](crate::Descriptor::of_target) |
/// | `application_name` | what `v$session.program` shows (`purlin`) |
/// | `fetch_size` | rows of one fetch (100) |
/// | `prefetch` | rows that come with the first answer (2) |
/// | `statement_cache` | prepared statements that a session keeps (20) |
/// | `max_answer` | the most bytes of one answer, a fetch with all its LOBs (256MiB) |
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Oracle;

impl Oracle {
    /// The driver.
    pub const fn new() -> Self {
        Self
    }
}

impl Driver for Oracle {
    fn schemes(&self) -> &[&'static str] {
        &["oracle"]
    }

    fn connector(&self, target: &Target) -> Result<Arc<dyn Connector>> {
        Ok(Arc::new(OracleConnector::new(target)?))
    }
}

/// Connects to one service or instance of Oracle. Clones share the count of their threads.
#[derive(Debug, Clone)]
pub struct OracleConnector {
    settings: Arc<Settings>,
    threads: Arc<Threads>,
}

impl OracleConnector {
    /// A connector to that database; nothing is asked over the network.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) where host, user or service is missing, and for options
    /// that are not known or contradict each other; [`ErrorKind::Unsupported`](purlin_core::ErrorKind::Unsupported)
    /// without a password.
    pub fn new(target: &Target) -> Result<Self> {
        Ok(Self { settings: Arc::new(Settings::new(target)?), threads: Arc::new(Threads::default()) })
    }

    /// How many threads there are.
    pub fn stats(&self) -> ThreadStats {
        self.threads.stats()
    }

    async fn way(&self, cx: &Cx, attempt: &Attempt) -> Result<Way> {
        let tls = match self.settings.tls(cx, attempt).await? {
            Some(tls) => {
                purlin_tls::ensure_provider();
                Some(TlsClient::load(cx, &tls).await?)
            }
            None => None,
        };
        Ok(Way { endpoint: attempt.address.endpoint.clone(), tls })
    }

    async fn begin(&self, cx: &Cx, endpoint: &Endpoint) -> Result<OracleConnection> {
        self.threads.room(cx).await?;
        let attempt = self.settings.attempt(endpoint)?;
        let way = self.way(cx, attempt).await?;
        let server = way.dial(&bounded(cx, attempt.transport_connect_timeout)).await?;
        let shared = Arc::new(Shared::default());
        let bounds = self.settings.bounds(attempt);
        let Waiting { relay, port, token } = Relay::begin(cx, way, server, shared.clone(), bounds).await?;
        let config = self.settings.config(cx, &descriptor(attempt, port, &token)?).await?;
        let (greeted, greeting) = oneshot::channel();
        let (orders, taken) = mpsc::channel();
        let (ticket, watched) = self.threads.begin();
        let link = Link::new(orders, shared.clone(), relay, watched);
        let beginning = Beginning {
            config,
            settings: self.settings.clone(),
            shared: shared.clone(),
            ticket,
            greeted,
            orders: taken,
        };
        worker::start(beginning).map_err(|error| Error::io("db.connect", error))?;
        let greeting = match greeting.await {
            Ok(greeting) => greeting?,
            Err(_) => return Err(shared.line.fault().unwrap_or_else(|| lost("the session's thread ended"))),
        };
        Ok(OracleConnection::new(link, info(endpoint, &greeting)))
    }
}

#[async_trait]
impl Connector for OracleConnector {
    fn dialect(&self) -> &'static Dialect {
        Dialect::ORACLE
    }

    fn endpoints(&self) -> &[Endpoint] {
        &self.settings.endpoints
    }

    async fn connect(&self, cx: &Cx, endpoint: &Endpoint) -> Result<Box<dyn Connection>> {
        let limit = self.settings.attempt(endpoint).ok().and_then(|attempt| attempt.connect_timeout);
        let cx = bounded(cx, limit);
        match cx.run("db.connect", self.begin(&cx, endpoint)).await {
            Ok(connection) => Ok(Box::new(connection)),
            Err(error) => Err(error.with_outcome(Outcome::NotSent).or_endpoint(endpoint)),
        }
    }
}

/// The call's own time, and that of the descriptor where it is shorter.
fn bounded(cx: &Cx, limit: Option<Duration>) -> Cx {
    limit.map_or_else(|| cx.clone(), |limit| cx.with_timeout(limit))
}

fn info(endpoint: &Endpoint, greeting: &Greeting) -> ServerInfo {
    let number = |place: usize| u32::try_from(greeting.version[place]).unwrap_or(u32::MAX);
    let text = greeting.version.map(|number| number.to_string()).join(".");
    let version = ServerVersion::new(number(0), number(1), number(2), text);
    // The server can cancel; the driver cannot ask for it.
    let capabilities = Dialect::ORACLE.capabilities(&version, Vendor::Oracle).without(Capability::Cancel);
    let info = ServerInfo::new(Vendor::Oracle, version, endpoint.clone()).capabilities(capabilities);
    match u64::try_from(greeting.session_id) {
        Ok(id) => info.session_id(id),
        Err(_) => info,
    }
}
