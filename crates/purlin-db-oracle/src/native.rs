//! The way to the driver itself.

use crate::link::{Link, Order};
use purlin_core::{Error, ErrorKind, Result};
use std::sync::{Arc, Mutex, PoisonError};

/// The driver's connection, on the thread where it lives: what [`Session::native`](purlin_db::Session::native) gives.
#[derive(Debug)]
pub struct Native {
    link: Link,
}

impl Native {
    pub(crate) fn new(link: Link) -> Self {
        Self { link }
    }

    pub(crate) fn link(&self) -> &Link {
        &self.link
    }

    /// Runs that on the session's thread: for batches of rows, LOBs by reference, OUT parameters, and whatever else
    /// purlin does not offer. Nothing is committed for it. Dropping the future does not stop it; dropping the session
    /// closes its connection.
    ///
    /// # Errors
    /// [`ErrorKind::Protocol`] where the closure panicked: the session is of no more use then.
    pub async fn call<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut oracledb::Connection) -> T + Send + 'static,
    ) -> Result<T> {
        let result = Arc::new(Mutex::new(None));
        let place = result.clone();
        let order = Order::Call(Box::new(move |worker| {
            let made = worker.lend(work)?;
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
            Ok(())
        }));
        let turn = self.link.submit(order).map_err(|error| error.with_operation("db.native"))?;
        turn.finished().await.map_err(|error| error.with_operation("db.native"))?;
        let made = result.lock().unwrap_or_else(PoisonError::into_inner).take();
        made.ok_or_else(|| {
            Error::new(ErrorKind::Internal, "the call left no result").with_operation("db.native")
        })
    }
}
