//! The one connection of a host, while somebody wants it.

use super::Inner;
use super::link::Link;
use super::settings::SshSettings;
use super::way::Way;
use crate::FaultClass;
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex as AsyncMutex, OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;

pub(crate) struct Slot {
    way: Way,
    below: Option<Arc<Self>>,
    link: AsyncMutex<Option<Arc<Link>>>,
    channels: Arc<Semaphore>,
    room: usize,
    idle: Duration,
    /// What closes it when nobody uses it.
    watch: Mutex<Option<AbortHandle>>,
}

impl Slot {
    pub(super) fn new(way: Way, below: Option<Arc<Self>>, settings: &SshSettings) -> Self {
        Self {
            way,
            below,
            link: AsyncMutex::new(None),
            channels: Arc::new(Semaphore::new(settings.channels)),
            room: settings.channels,
            idle: settings.idle,
            watch: Mutex::new(None),
        }
    }

    pub(super) fn way(&self) -> &Way {
        &self.way
    }

    /// The connection, made where there is none or a broken one. Whoever comes meanwhile waits for it.
    pub(super) async fn link(self: &Arc<Self>, cx: &Cx, inner: &Inner) -> Result<Arc<Link>> {
        let mut place = self.link.lock().await;
        if let Some(link) = place.as_ref().filter(|link| !link.is_gone()) {
            return Ok(link.clone());
        }
        *place = None;
        let below = match &self.below {
            Some(below) => Some(Box::pin(below.link(cx, inner)).await?),
            None => None,
        };
        let limit = inner.limits.of(&self.way);
        let _turn =
            limit.acquire().await.map_err(|_| Error::new(ErrorKind::Internal, "the limit was closed"))?;
        let link = Arc::new(Link::connect(cx, &self.way, &inner.settings, below).await?);
        *place = Some(link.clone());
        self.watch_over(cx, &link);
        Ok(link)
    }

    /// Room for one more command on the connection.
    pub(super) async fn room(&self, cx: &Cx) -> Result<OwnedSemaphorePermit> {
        let permit = async {
            let permit = self.channels.clone().acquire_owned().await;
            permit.map_err(|_| Error::new(ErrorKind::Internal, "the limit was closed"))
        };
        cx.run("transport.exec", permit).await.map_err(|error| match error.kind() {
            ErrorKind::Timeout => {
                let message = format!("{} commands run on the connection, and none ended in time", self.room);
                FaultClass::Busy.error(message).with_operation("transport.exec")
            }
            _ => error.with_outcome(Outcome::NotSent),
        })
    }

    /// Forgets a link that broke.
    pub(super) async fn forget(&self, broken: &Arc<Link>) {
        let mut place = self.link.lock().await;
        if place.as_ref().is_some_and(|link| Arc::ptr_eq(link, broken)) {
            *place = None;
        }
    }

    /// Closes the link once nobody but the slot has it for that long.
    fn watch_over(self: &Arc<Self>, cx: &Cx, link: &Arc<Link>) {
        let (slot, link) = (Arc::downgrade(self), Arc::downgrade(link));
        let (clock, idle) = (cx.clock().clone(), self.idle);
        let task = tokio::spawn(async move {
            let mut unused = 0;
            // Looked at twice in each time: a link is closed after once to one and a half times as long.
            while unused < 2 {
                clock.sleep(idle / 2).await;
                match link.upgrade() {
                    // One is this, one is the slot's.
                    Some(link) if Arc::strong_count(&link) <= 2 => unused += 1,
                    Some(_) => unused = 0,
                    None => return,
                }
            }
            if let (Some(slot), Some(link)) = (slot.upgrade(), link.upgrade()) {
                slot.forget(&link).await;
            }
        });
        let old = self.watch.lock().unwrap_or_else(PoisonError::into_inner).replace(task.abort_handle());
        old.iter().for_each(AbortHandle::abort);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner).take();
        watch.iter().for_each(AbortHandle::abort);
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("way", &self.way).finish_non_exhaustive()
    }
}
