//! Stopping a statement from a session beside.

use crate::connector::dial;
use crate::parameters::bytes_of;
use crate::settings::Settings;
use async_trait::async_trait;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Result};
use purlin_db::CancelHandle;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use std::fmt;
use std::sync::Arc;

/// Knows the session by its process and by the moment that it began at: the system gives numbers of processes out
/// again.
pub(crate) struct Cancel {
    pub(crate) settings: Arc<Settings>,
    pub(crate) endpoint: Endpoint,
    pub(crate) pid: u32,
    pub(crate) began: String,
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancel")
            .field("endpoint", &self.endpoint)
            .field("pid", &self.pid)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl CancelHandle for Cancel {
    async fn cancel(&self, cx: &Cx) -> Result<()> {
        let mut beside = dial(&self.settings, cx, &self.endpoint).await?;
        let sql = format!(
            "SELECT pg_cancel_backend(pid) FROM pg_catalog.pg_stat_activity \
             WHERE pid = {} AND backend_start = '{}'",
            self.pid, self.began,
        );
        let told = |error| self.settings.meanings.of_call(error).or_endpoint(&self.endpoint);
        let row = beside.fetch_optional(sqlx::raw_sql(AssertSqlSafe(sql))).await.map_err(told)?;
        let hit = row.is_some_and(|row| bytes_of(&row, 0).is_ok_and(|told| told == b"t"));
        beside.close().await.map_err(told)?;
        if hit { Ok(()) } else { Err(gone(&self.endpoint)) }
    }
}

/// Nothing is under way then that could hit another statement.
fn gone(endpoint: &Endpoint) -> Error {
    Error::new(ErrorKind::NotFound, "the server has no such session any more")
        .with_operation("db.cancel")
        .with_endpoint(endpoint.clone())
        .with_outcome(Outcome::NotSent)
}
