//! Sessions with the hosts of a run, and their locks.

use crate::evidence::{Evidence, Owner};
use crate::{HostName, Target};
use purlin_core::{Cx, Error, Fence, Outcome, Result};
use purlin_transport::Session;
use std::sync::Arc;
use tokio::sync::Mutex;

/// The way to one host: connected and locked when it is first used, and again after the link was lost.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) target: Target,
    folder: Option<String>,
    owner: Owner,
    fence: std::sync::OnceLock<Fence>,
    session: Mutex<Option<Arc<dyn Session>>>,
}

impl Link {
    pub(super) fn new(target: Target, folder: Option<String>, owner: Owner) -> Self {
        Self { target, folder, owner, fence: std::sync::OnceLock::new(), session: Mutex::new(None) }
    }

    /// From now on the host is locked under that number.
    pub(super) fn fenced(&self, fence: Fence) {
        // A run has one number.
        let _ = self.fence.set(fence);
    }

    pub(super) fn evidence(&self, session: &Arc<dyn Session>) -> Evidence {
        let name: &HostName = &self.target.name;
        Evidence::of(session.clone(), name, self.folder.clone())
    }

    /// The highest number that the host has seen.
    pub(super) async fn highest(&self, cx: &Cx) -> Result<Fence> {
        let session = self.target.transport.connect(cx, &self.target.host).await?;
        self.evidence(&session).highest(cx).await
    }

    /// A session with the host, whose lock the run has.
    ///
    /// Every error of it means that nothing was done.
    pub(super) async fn session(&self, cx: &Cx) -> Result<Arc<dyn Session>> {
        let mut slot = self.session.lock().await;
        if let Some(session) = &*slot {
            return Ok(session.clone());
        }
        let unsent = |error: Error| error.with_outcome(Outcome::NotSent);
        let session = self.target.transport.connect(cx, &self.target.host).await.map_err(unsent)?;
        if let Some(fence) = self.fence.get() {
            self.evidence(&session).lock(cx, &self.owner, *fence).await.map_err(unsent)?;
        }
        *slot = Some(session.clone());
        Ok(session)
    }

    /// The next call makes a session anew.
    pub(super) async fn forget(&self) {
        *self.session.lock().await = None;
    }

    /// Takes the lock away from the run, whoever may hold it there.
    pub(super) async fn unlock(&self, cx: &Cx) -> Result<()> {
        let session = self.target.transport.connect(cx, &self.target.host).await?;
        self.evidence(&session).unlock(cx, &self.owner.run).await
    }

    /// Gives the lock back, where there is a session.
    pub(super) async fn give_back(&self, cx: &Cx) {
        let session = self.session.lock().await.take();
        if let Some(session) = session {
            note(self.evidence(&session).unlock(cx, &self.owner.run).await, "the lock");
        }
    }

    /// Gives the lock back, where there is a session; notes the release and the journal's head before.
    pub(super) async fn farewell(&self, cx: &Cx, release: Option<&str>, (seq, hash): (u64, &str)) {
        let session = self.session.lock().await.take();
        let Some(session) = session else { return };
        let head = format!("{seq} {hash}");
        let left = self.evidence(&session).farewell(cx, &self.owner.run, release, &head).await;
        note(left, "what came of the run, or the lock,");
    }
}

/// What could not be left on a host is in the journal all the same.
fn note(left: Result<()>, what: &str) {
    if let Err(error) = left {
        tracing::warn!(error = %error, "{what} could not be left on the host");
    }
}
