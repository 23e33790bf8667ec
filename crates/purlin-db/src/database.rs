//! One database, wherever its nodes are.

mod acquire;
mod connect;
mod join;
mod settings;
mod watch;

pub use acquire::AcquireRole;
pub use connect::Connect;
pub use settings::DatabaseSettings;

use crate::failover::{Book, FailoverSettings};
use crate::{Connector, Drivers, NodeView, Pool, PoolFault, Target, Topology, WantedRole};
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Result};
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tracing::Instrument;
use watch::Watched;

/// A database with all its addresses: a [`Pool`] for each, failover between them, and the [`Topology`] that they make.
/// Cheap to clone.
///
/// An address is tried in the order of preference; the next one is started when it fails or has not answered for
/// 250 ms, and the first answer of the [wanted role](WantedRole) wins. An address that failed comes after all others
/// for a while (1 s at first, 60 s at most, with jitter), and is never left out. The role is asked for on each new
/// connection, every 10 s, and after a session broke or refused to write.
///
/// ```
/// use purlin_core::{Cx, Endpoint};
/// use purlin_db::fake::{FakeCluster, FakeDatabase, FakeRole, Reply};
/// use purlin_db::{Database, Drivers, Verdict, WantedRole};
/// use std::time::Duration;
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// // Real drivers come from their crates, and their URLs are `mysql://app@db1.lon,db2.lds/map?role=primary` and the like.
/// let (old, new) = (Endpoint::new("db1.lon", 1)?, Endpoint::new("db2.lds", 1)?);
/// let (old, new) = (FakeDatabase::at(old), FakeDatabase::at(new));
/// old.set_role(FakeRole::Replica).set_lag(Some(Duration::from_secs(3)));
/// new.on("insert into hosts values (1)", Reply::changed(1));
/// let drivers = Drivers::new().with(FakeCluster::new([old, new]));
///
/// let cx = Cx::background().with_timeout(Duration::from_secs(30));
/// let db = Database::connect(&cx, &drivers, "fake://db1.lon,db2.lds/map?role=primary").await?;
/// let mut session = db.acquire(&cx).await?;
/// session.execute(&cx, "insert into hosts values (1)").await?;
/// assert_eq!(session.info().endpoint.host(), Some("db2.lds"));
///
/// let report = db.acquire(&cx).role(WantedRole::Replica).await?;
/// assert_eq!(report.info().endpoint.host(), Some("db1.lon"));
///
/// let topology = db.topology(&cx).await?;
/// assert_eq!((topology.verdict(), topology.all_seen()), (Verdict::OneWriter, true));
/// assert_eq!(topology.lag().and_then(|lag| lag.time), Some(Duration::from_secs(3)));
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
}

struct Shared {
    pools: Vec<Pool>,
    endpoints: Vec<Endpoint>,
    book: Arc<Mutex<Book>>,
    role: WantedRole,
    settings: DatabaseSettings,
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        lock(&self.book)
    }
}

fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    // Nothing panics while it is held; were it so, what is known of the addresses is still well-formed.
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long a role is believed.
const ROLE_LASTS: Duration = Duration::from_secs(10);
/// How long an address is put back after its first failure, and at most.
const DENY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

impl Database {
    /// Connects to the database of that URL or [`Target`], and makes sure that a node of the wanted role answers. Await
    /// it; its settings can be changed before.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a URL, an engine or an option that is not known; else those of
    /// [`acquire`](Self::acquire).
    pub fn connect<T>(cx: &Cx, drivers: &Drivers, target: T) -> Connect
    where
        T: TryInto<Target>,
        T::Error: Into<Error>,
    {
        Connect::new(cx, drivers, target.try_into().map_err(Into::into))
    }

    /// A database of these connectors' addresses, in their order; nothing is asked over the network yet. Several
    /// connectors are for nodes that have different URLs.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where there is no address, or one stands there twice.
    pub fn from_connectors(
        connectors: impl IntoIterator<Item = Arc<dyn Connector>>,
        settings: DatabaseSettings,
    ) -> Result<Self> {
        let connectors: Vec<_> = connectors.into_iter().collect();
        let mut endpoints = Vec::new();
        for endpoint in connectors.iter().flat_map(|connector| connector.endpoints()) {
            if endpoints.contains(endpoint) {
                return Err(invalid(format!("{endpoint} stands there twice")));
            }
            endpoints.push(endpoint.clone());
        }
        if endpoints.is_empty() {
            return Err(invalid("a database without an address".to_owned()));
        }
        let role = settings.role.unwrap_or_default();
        let watched = endpoints.len() > 1 || role != WantedRole::Any;
        let failover = FailoverSettings {
            head_start: settings.head_start,
            deny_base: DENY.0,
            deny_cap: DENY.1,
            // Where nobody watches the sessions, nothing is believed.
            role_lasts: if watched { ROLE_LASTS } else { Duration::ZERO },
        };
        let book = Arc::new(Mutex::new(Book::new(endpoints.len(), failover, fastrand::u64(..))));
        let mut pools = Vec::with_capacity(endpoints.len());
        for connector in connectors {
            let own = connector.endpoints().to_vec();
            let first = pools.len();
            let connector = if watched {
                Arc::new(Watched::new(connector, first, book.clone())) as Arc<dyn Connector>
            } else {
                connector
            };
            pools.extend(own.into_iter().map(|at| Pool::new(connector.clone(), at, settings.pool.clone())));
        }
        Ok(Self { shared: Arc::new(Shared { pools, endpoints, book, role, settings }) })
    }

    /// A session with a node of the wanted role; it goes back when it is dropped. Await it, or say another
    /// [role](AcquireRole::role) first.
    ///
    /// # Errors
    /// One error that names each address and why it did not do ([`AddressCauses`](crate::AddressCauses)): of the kind that all of them
    /// have, else [`ErrorKind::Unavailable`], so that a wrong password stays [`ErrorKind::Unauthenticated`];
    /// [`ErrorKind::Timeout`] at the deadline (30 s without one). Nothing was sent in any of these.
    #[track_caller]
    pub fn acquire<'d>(&'d self, cx: &Cx) -> AcquireRole<'d> {
        AcquireRole::new(self, cx.clone(), self.shared.role, Location::caller())
    }

    /// Asks all nodes at once what they are, each within 5 s (or the call's time, if that is less) and through the slot
    /// of its pool that no other work can take. A node that does not answer is part of the result.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] and [`ErrorKind::Cancelled`] where the call itself was over before it began or was
    /// cancelled; [`ErrorKind::Unavailable`] after [`close`](Self::close).
    #[track_caller]
    pub fn topology(&self, cx: &Cx) -> impl Future<Output = Result<Topology>> + Send {
        let (cx, shared, location) = (cx.clone(), self.shared.clone(), Location::caller());
        let span = tracing::debug_span!("purlin.db.topology", nodes = shared.pools.len());
        topology(cx, shared, location).instrument(span)
    }

    /// The addresses, in the order of preference.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.shared.endpoints
    }

    /// The pools, one an address in the same order.
    pub fn pools(&self) -> &[Pool] {
        &self.shared.pools
    }

    /// Lends nothing any more, waits until all sessions are back, and ends them politely.
    ///
    /// # Errors
    /// As [`Pool::close`], the first; all pools are closed either way.
    pub async fn close(&self, cx: &Cx) -> Result<()> {
        join::all(self.shared.pools.iter().map(|pool| pool.close(cx))).await.into_iter().collect()
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("pools", &self.shared.pools).finish_non_exhaustive()
    }
}

async fn topology(cx: Cx, shared: Arc<Shared>, location: &'static Location<'static>) -> Result<Topology> {
    cx.check("db.topology")?;
    let views = join::all((0..shared.pools.len()).map(|index| view(&cx, &shared, index, location))).await;
    if cx.is_cancelled() {
        cx.check("db.topology")?;
    }
    views.into_iter().collect::<Result<Vec<_>>>().map(Topology::of)
}

async fn view(
    cx: &Cx,
    shared: &Shared,
    index: usize,
    location: &'static Location<'static>,
) -> Result<NodeView> {
    let cx = cx.with_timeout(shared.settings.probe);
    let pool = &shared.pools[index];
    let mut failed = None;
    // A session that rested may have ended with the server that it was with: the second one is new.
    for _ in 0..2 {
        match ask(&cx, pool, location).await {
            Ok(view) => {
                let mut book = shared.book();
                book.said(index, view.role, cx.now());
                book.answered(index);
                return Ok(view);
            }
            Err(error) if matches!(error.detail(), Some(PoolFault::Closed)) => return Err(error),
            Err(error) => {
                let again =
                    failed.is_none() && error.kind() != ErrorKind::Timeout && cx.check("db.topology").is_ok();
                failed = Some(error);
                if !again {
                    break;
                }
            }
        }
    }
    let error = failed.unwrap_or_else(|| Error::new(ErrorKind::Internal, "the node was not asked"));
    Ok(NodeView::unseen(pool.endpoint().clone(), error, cx.clock().timestamp()))
}

async fn ask(cx: &Cx, pool: &Pool, location: &'static Location<'static>) -> Result<NodeView> {
    let mut session = pool.probe_for(cx, location).await?;
    NodeView::ask(cx, &mut session).await
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::Invalid, message).with_operation("db.connect").with_outcome(Outcome::NotSent)
}
