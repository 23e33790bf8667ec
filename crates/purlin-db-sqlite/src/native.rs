//! The way to rusqlite itself.

use crate::connection::Link;
use crate::desk::{Desk, Order, Turn};
use purlin_core::{Error, ErrorKind, Result};
use std::sync::{Arc, Mutex, PoisonError};

/// rusqlite's connection, on the thread where it lives: what [`Session::native`](purlin_db::Session::native) gives.
///
/// ```
/// # use purlin_core::Cx;
/// # use purlin_db::{Connector, Session};
/// # use purlin_db_sqlite::{Native, Settings, SqliteConnector};
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// # let cx = Cx::background();
/// # let connector = SqliteConnector::new(Settings::memory())?;
/// # let mut session = Session::connect(&cx, &connector, &connector.endpoints()[0]).await?;
/// let native = session.native().downcast_mut::<Native>().ok_or("not SQLite")?;
/// let pages: i64 = native.call(|sqlite| sqlite.query_row("PRAGMA page_count", [], |row| row.get(0))).await??;
/// # assert_eq!(pages, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Native {
    link: Link,
}

impl Native {
    pub(crate) fn new(link: Link) -> Self {
        Self { link }
    }

    pub(crate) fn desk(&self) -> &Desk {
        &self.link.0
    }

    pub(crate) fn desk_of(&self) -> Arc<Desk> {
        self.link.0.clone()
    }

    /// Runs that on the connection's thread. Dropping the future interrupts a statement that it runs. A progress
    /// handler that it sets takes the place of the driver's own, which watches deadlines.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] where the closure panicked: the session is of no more use then. [`ErrorKind::Cancelled`]
    /// where it was stopped before it began.
    pub async fn call<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut rusqlite::Connection) -> T + Send + 'static,
    ) -> Result<T> {
        let result = Arc::new(Mutex::new(None));
        let place = result.clone();
        let order = Order::Call(Box::new(move |worker| {
            let made = worker.lend(work)?;
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
            Ok(())
        }));
        let turn = Turn::begin(self.desk(), order).map_err(|error| error.with_operation("db.native"))?;
        turn.finished().await.map_err(|error| error.with_operation("db.native"))?;
        let made = result.lock().unwrap_or_else(PoisonError::into_inner).take();
        made.ok_or_else(|| {
            Error::new(ErrorKind::Internal, "the call left no result").with_operation("db.native")
        })
    }
}
