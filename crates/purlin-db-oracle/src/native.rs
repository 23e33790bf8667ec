//! The way to the driver itself.

use crate::link::{Link, Order};
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use purlin_db::Value;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;

const READ_LOB: &str = "db.read_lob";
/// Pieces that may wait for who writes them.
const MOST_WAITING: usize = 2;

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
    /// Reads one large value piece by piece, so that it need not fit into memory nor into `max_answer`: that of the first
    /// column of the query's first row, a CLOB, NCLOB, BLOB or BFILE. Text is written as UTF-8. Gives the number of bytes;
    /// how many of them were written when it fails is not told.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is no row or the value is NULL; [`ErrorKind::Invalid`] where the column is no
    /// large value; [`ErrorKind::Timeout`] at the deadline: what has begun ends with its next piece; the server's; those of
    /// the writer, as [`Error::io`] tells them.
    pub async fn read_lob(
        &mut self,
        cx: &Cx,
        sql: &str,
        parameters: &[Value],
        into: &mut (impl AsyncWrite + Unpin + Send),
    ) -> Result<u64> {
        let (pieces, mut taken) = mpsc::channel::<Vec<u8>>(MOST_WAITING);
        let (sql, parameters) = (sql.to_owned(), parameters.to_vec());
        let order = Order::Call(Box::new(move |worker| worker.read_lob(&sql, &parameters, &pieces)));
        let turn = self.link.submit(order).map_err(|error| error.with_operation(READ_LOB))?;
        let carried = async move {
            let mut size = 0;
            let written = |error| Error::io("db.write_lob", error).with_outcome(Outcome::Sent);
            while let Some(piece) = taken.recv().await {
                into.write_all(&piece).await.map_err(written)?;
                size += piece.len() as u64;
            }
            into.flush().await.map_err(written)?;
            turn.finished().await?;
            Ok(size)
        };
        cx.run(READ_LOB, carried).await.map_err(|error| match error.operation() {
            Some(_) => error,
            None => error.with_operation(READ_LOB),
        })
    }
}
