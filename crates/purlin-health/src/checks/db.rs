//! What databases answer, whoever made them (feature `db`).
//!
//! All but [`Listener`] ask through a [`Pool`] or [`Database`](purlin_db::Database) that the application has
//! anyway, on the sessions that those keep apart for probes: so a pool that is full is never taken for a server that is
//! down, and a check takes no session from anybody's work.
//!
//! | check | kind | what it says |
//! |---|---|---|
//! | [`Ping`] | `db_ping` | whether a server answers, login included |
//! | [`Saturation`] | `db_pool` | whether callers wait because all sessions are lent |
//! | [`NodeRole`] | `db_role` | whether a node is primary or replica, as it should be |
//! | [`Replication`] | `db_lag` | how far the replica that is worst off is behind |
//! | [`Cluster`] | `db_cluster` | whether exactly one node takes writes, over all of them |
//! | [`Listener`] | `db_listener` | whether a listener takes connections for a database, asked without an account |
//! | [`Query`] | `db_query` | the numbers that a statement gives |
//!
//! ```
//! use purlin_core::Cx;
//! use purlin_db::fake::FakeDatabase;
//! use purlin_db::{Connector, Pool, PoolSettings};
//! use purlin_health::checks::db::Ping;
//! use purlin_health::{Check, as_plugin};
//! use std::sync::Arc;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let connector = Arc::new(FakeDatabase::new());
//! let pool = Pool::new(connector.clone(), connector.endpoints()[0].clone(), PoolSettings::new());
//! assert_eq!(as_plugin(&Ping::of(&pool).run(&Cx::background()).await, &[]).0, 0);
//! # });
//! # Ok::<(), std::io::Error>(())
//! ```

mod cluster;
mod listener;
mod ping;
mod query;
mod saturation;

pub use cluster::{Cluster, NodeRole, Replication};
pub use listener::Listener;
pub use ping::Ping;
pub use query::Query;
pub use saturation::Saturation;

use super::failed;
use crate::{CheckOutcome, Phase, Phases};
use purlin_core::{Cx, Error, ErrorKind, Instant};
use purlin_db::{Pool, PoolFault, Pooled};

/// A session for a probe, and how long it took.
async fn session(pool: &Pool, cx: &Cx) -> Result<(Pooled, Phases), CheckOutcome> {
    let begun = cx.now();
    let mut phases = Phases::default();
    match pool.probe(cx).await {
        Ok(session) => {
            phases.push(Phase::Connect, cx.now().since(begun));
            Ok((session, phases))
        }
        Err(error) => Err(not_reached(error, cx.now(), begun)),
    }
}

/// Why there was no session. What the pool itself refuses says nothing of the server.
fn not_reached(error: Error, now: Instant, begun: Instant) -> CheckOutcome {
    if error.detail::<PoolFault>().is_some() {
        return CheckOutcome::Prober(error);
    }
    let phase = match error.kind() {
        ErrorKind::Unresolved => Phase::Resolve,
        ErrorKind::Tls => Phase::Tls,
        ErrorKind::Unauthenticated | ErrorKind::Denied | ErrorKind::NotFound => Phase::Login,
        _ => Phase::Connect,
    };
    let mut phases = Phases::default();
    phases.push(phase, now.since(begun));
    failed(phase, error, phases)
}
