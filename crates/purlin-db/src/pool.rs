//! Sessions that are kept open and lent.

mod acquire;
mod close;
mod fault;
mod keep;
mod lane;
mod lent;
mod loans;
mod locked;
mod queue;
mod settings;
mod shared;
mod stats;
mod task;

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
/// - What a borrower changes in a session stays in it: temporary tables, variables and modes (`SET`, `PRAGMA`), the
///   database of `USE`, locks with a name, statements that were prepared by text. Undo that, or
///   [discard](Pooled::discard) the session.
/// - Health probes have sessions of their own ([`probe`](Self::probe)), so that a full pool is not taken for a dead
///   server.
///
/// Its tasks end when the last clone of it is dropped; sessions that are lent then live until they are given back. It
/// needs a tokio runtime with its timer; where that is gone, it goes on in the next one that it is called from.
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
        let shared = Arc::new(Shared::new(connector, endpoint, settings.checked()));
        Self { _owner: Arc::new(Owner(shared.clone())), shared }
    }

    /// Where its sessions go.
    pub fn endpoint(&self) -> &Endpoint {
        &self.shared.endpoint
    }

    /// A session, as soon as there is one. It goes back when it is dropped.
    ///
    /// The session is [`Idle`](crate::SessionState::Idle), outside any transaction. A session that rested for longer
    /// than [`test_after`](PoolSettings::test_after) has the [limit](crate::Limits::cancel) of cancelling to prove
    /// itself; after 250 ms of silence another one is tried or opened beside it.
    ///
    /// # Errors
    /// The error of the connect, where the server cannot be reached; `Timeout` with [`PoolFault::Saturated`] where all
    /// sessions were lent until the deadline ([`PoolSettings::acquire`] without one), and without it where the server
    /// did not answer by then; `Unavailable` with [`PoolFault::Closed`].
    #[track_caller]
    pub fn acquire<'p>(&'p self, cx: &Cx) -> Acquire<'p> {
        Acquire::new(&self.shared, cx, Purpose::Work, Location::caller())
    }

    /// A session for a health probe, from slots that no other work can take.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire), but [`PoolFault::Probing`] where all slots are taken by other probes.
    #[track_caller]
    pub fn probe<'p>(&'p self, cx: &Cx) -> Acquire<'p> {
        Acquire::new(&self.shared, cx, Purpose::Probe, Location::caller())
    }

    /// [`acquire`](Self::acquire) for a caller at that place.
    pub(crate) fn acquire_for<'p>(&'p self, cx: &Cx, location: &'static Location<'static>) -> Acquire<'p> {
        Acquire::new(&self.shared, cx, Purpose::Work, location)
    }

    /// [`probe`](Self::probe) for a caller at that place.
    pub(crate) fn probe_for<'p>(&'p self, cx: &Cx, location: &'static Location<'static>) -> Acquire<'p> {
        Acquire::new(&self.shared, cx, Purpose::Probe, location)
    }

    /// Opens sessions until that many rest, or [the most](PoolSettings::max) are open.
    ///
    /// # Errors
    /// The error of the first connect that fails; sessions opened before it stay.
    pub async fn warm_up(&self, cx: &Cx, sessions: u32) -> Result<()> {
        self.shared.warm_up(cx, sessions).await
    }

    /// Has every session that rests prove itself before it is lent again, as after a failover.
    pub fn distrust(&self) {
        self.shared.lock().distrust();
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
    /// `Timeout` at the deadline (10 s without one), naming who still holds sessions, which end when they are dropped;
    /// or what is still under way, where nobody does.
    pub async fn close(&self, cx: &Cx) -> Result<()> {
        self.shared.close(cx).await
    }
}
