//! Sessions that are kept open and lent.

mod acquire;
mod close;
mod fault;
mod keep;
mod lane;
mod lent;
mod settings;
mod shared;
mod stats;

pub use acquire::Acquire;
pub use fault::PoolFault;
pub use lent::{Borrower, Pooled};
pub use settings::PoolSettings;
pub use stats::PoolStats;

use crate::Connector;
use lane::Purpose;
use purlin_core::{Cx, Endpoint, Result};
use shared::Shared;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// Sessions with one address of a database, kept open and lent to one caller at a time. Cheap to clone.
///
/// - Who waits longest is served first, with whatever comes first: a session given back, or a new one. A connect runs
///   in the background and survives the caller who asked for it.
/// - A session is lent only when it is in order: one that was cut off is cancelled on the server and recovered or
///   thrown away, an open transaction is rolled back, and what has rested for 500 ms or more answers a ping first.
/// - A server that cannot be reached is told with the cause of the last connect, never as "pool timed out"; a pool that
///   is merely full says so, with who holds its sessions ([`PoolFault`]).
/// - Health probes have a session of their own ([`probe`](Self::probe)), so that a full pool is not taken for a dead
///   server.
///
/// Its tasks end when the last clone of it is dropped; sessions that are lent then live until they are given back. It
/// needs a tokio runtime with its timer.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
    _owner: Arc<Owner>,
}

/// Ends the pool with its last clone.
struct Owner(Arc<Shared>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("endpoint", self.endpoint()).field("stats", &self.stats()).finish()
    }
}

impl Pool {
    /// A pool for that address of the connector; nothing is asked over the network yet.
    pub fn new(connector: Arc<dyn Connector>, endpoint: Endpoint, settings: PoolSettings) -> Self {
        let shared = Arc::new(Shared::new(connector, endpoint, settings));
        Self { _owner: Arc::new(Owner(shared.clone())), shared }
    }

    /// Where its sessions go.
    pub fn endpoint(&self) -> &Endpoint {
        &self.shared.endpoint
    }

    /// A session, as soon as there is one. It goes back when it is dropped.
    ///
    /// # Errors
    /// The error of the connect, where the server cannot be reached; `Timeout` with [`PoolFault::Saturated`] where all
    /// sessions were lent until the deadline (30 s without one); `Unavailable` with [`PoolFault::Closed`].
    #[track_caller]
    pub fn acquire<'p>(&'p self, cx: &'p Cx) -> Acquire<'p> {
        Acquire::new(&self.shared, cx, Purpose::Work, Location::caller())
    }

    /// A session for a health probe, from a slot that no other work can take.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire).
    #[track_caller]
    pub fn probe<'p>(&'p self, cx: &'p Cx) -> Acquire<'p> {
        Acquire::new(&self.shared, cx, Purpose::Probe, Location::caller())
    }

    /// [`acquire`](Self::acquire) for a caller at that place.
    pub(crate) fn acquire_for<'p>(&'p self, cx: &'p Cx, location: &'static Location<'static>) -> Acquire<'p> {
        Acquire::new(&self.shared, cx, Purpose::Work, location)
    }

    /// [`probe`](Self::probe) for a caller at that place.
    pub(crate) fn probe_for<'p>(&'p self, cx: &'p Cx, location: &'static Location<'static>) -> Acquire<'p> {
        Acquire::new(&self.shared, cx, Purpose::Probe, location)
    }

    /// Opens sessions until that many rest, or [the most](PoolSettings::max) are open.
    ///
    /// # Errors
    /// The error of the first connect that fails; sessions opened before it stay.
    pub async fn warm_up(&self, cx: &Cx, sessions: u32) -> Result<()> {
        Shared::warm_up(&self.shared, cx, sessions).await
    }

    /// Has every session that rests prove itself before it is lent again, as after a failover.
    pub fn distrust(&self) {
        self.shared.state().generation += 1;
    }

    /// What it does and did.
    pub fn stats(&self) -> PoolStats {
        self.shared.stats()
    }

    /// Who holds its sessions now, the longest first.
    pub fn borrowers(&self) -> Vec<Borrower> {
        self.shared.borrowers()
    }

    /// Lends nothing any more, waits until all sessions are back, and ends them politely.
    ///
    /// # Errors
    /// `Timeout` at the deadline (10 s without one), naming who still holds sessions; they end when they are dropped.
    pub async fn close(&self, cx: &Cx) -> Result<()> {
        self.shared.close(cx).await
    }
}
