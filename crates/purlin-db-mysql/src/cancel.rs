//! Stopping a statement from outside.

use crate::connector::Here;
use crate::fault::Meaning;
use async_trait::async_trait;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use purlin_db::CancelHandle;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Mutex;

/// No such session: it has ended, and its statement with it.
const NO_SUCH_SESSION: u16 = 1094;
/// Which server answers. Behind a balancer the spare connection may reach another one, and the number is somebody
/// else's there.
pub(crate) const IDENTITY: &str = "CONCAT_WS(':', @@hostname, @@port, @@server_id)";

type Asking = Pin<Box<dyn Future<Output = std::result::Result<(), Failure>> + Send>>;

enum Failure {
    /// There is no way to log in: the password's source failed.
    Way(Error),
    Driver(mysql_async::Error),
    OtherServer,
}

/// Sends `KILL QUERY` over a connection of its own.
pub(crate) struct Killer {
    here: Here,
    id: u64,
    identity: String,
    meaning: Meaning,
    /// Whether the words may have left.
    sent: Arc<AtomicBool>,
    /// Stays here when the one who asked leaves: what may have left has to be known to have come.
    asking: Mutex<Option<Asking>>,
}

impl std::fmt::Debug for Killer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Killer").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Killer {
    pub(crate) fn new(here: Here, id: u64, identity: String, meaning: Meaning) -> Self {
        Self { here, id, identity, meaning, sent: Arc::default(), asking: Mutex::new(None) }
    }

    /// Waits until no request that may have left is under way any more; one that has not is given up.
    pub(crate) async fn settle(&self) {
        let mut asking = self.asking.lock().await;
        if let Some(under_way) = asking.as_mut()
            && self.sent.load(Ordering::Acquire)
        {
            let _ = under_way.await;
        }
        *asking = None;
    }
}

#[async_trait]
impl CancelHandle for Killer {
    async fn cancel(&self, cx: &Cx) -> Result<()> {
        let mut asking = self.asking.lock().await;
        if !self.sent.load(Ordering::Acquire) {
            // It would end with the call of the one who left it.
            *asking = None;
        }
        let under_way = asking.get_or_insert_with(|| {
            self.sent.store(false, Ordering::Release);
            let (cx, here, identity) = (cx.clone(), self.here.clone(), self.identity.clone());
            Box::pin(kill(cx, here, self.id, identity, self.sent.clone()))
        });
        let result = under_way.await;
        *asking = None;
        drop(asking);
        let unsent = !self.sent.load(Ordering::Acquire);
        result.map_err(|failure| {
            let error = match failure {
                Failure::Way(error) => error,
                Failure::OtherServer => Error::new(
                    ErrorKind::Unavailable,
                    "another server answers at this address, so the statement was not cancelled",
                ),
                Failure::Driver(error) if unsent => self.meaning.of_connect(error),
                Failure::Driver(error) => self.meaning.of(error.into()),
            };
            error.with_operation("db.cancel").with_outcome(if unsent {
                Outcome::NotSent
            } else {
                Outcome::Maybe
            })
        })
    }
}

async fn kill(
    cx: Cx,
    here: Here,
    id: u64,
    identity: String,
    sent: Arc<AtomicBool>,
) -> std::result::Result<(), Failure> {
    let opts = here.options(&cx).await.map_err(Failure::Way)?;
    let mut conn = Conn::new(opts).await.map_err(Failure::Driver)?;
    let other: Option<String> =
        conn.query_first(format!("SELECT {IDENTITY}")).await.map_err(Failure::Driver)?;
    if other.as_deref() != Some(&identity) {
        return Err(Failure::OtherServer);
    }
    sent.store(true, Ordering::Release);
    match conn.query_drop(format!("KILL QUERY {id}")).await {
        Ok(()) => {}
        Err(mysql_async::Error::Server(error)) if error.code == NO_SUCH_SESSION => {}
        Err(error) => return Err(Failure::Driver(error)),
    }
    let _ = conn.disconnect().await;
    Ok(())
}
