//! Cancellation: a chain of flags, from a call to its callers. A child looks up; nobody keeps a list of children, so
//! a long-lived parent holds nothing of the calls that have ended.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use tokio::sync::Notify;

/// Cancels the context that it was made with, and all children of that. Clones do the same; dropping does nothing.
#[derive(Clone)]
pub struct Canceller(Arc<Node>);

impl Canceller {
    /// Tells the call and all its children that the answer is no longer wanted. More than once is fine.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Release);
        self.0.told.notify_waiters();
    }
}

impl std::fmt::Debug for Canceller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Canceller")
            .field("cancelled", &self.0.cancelled.load(Ordering::Acquire))
            .finish_non_exhaustive()
    }
}

struct Node {
    parent: Option<Arc<Node>>,
    cancelled: AtomicBool,
    told: Arc<Notify>,
}

/// None: nobody can cancel.
#[derive(Clone, Default)]
pub(super) struct Cancellation(Option<Arc<Node>>);

impl Cancellation {
    pub(super) fn child(&self) -> (Self, Canceller) {
        let node = Arc::new(Node {
            parent: self.0.clone(),
            cancelled: AtomicBool::new(false),
            told: Arc::default(),
        });
        (Self(Some(node.clone())), Canceller(node))
    }

    pub(super) fn is_possible(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.chain().any(|node| node.cancelled.load(Ordering::Acquire))
    }

    pub(super) async fn wait(&self) {
        // Made before the flags are read: what is told in between is not missed.
        let mut told: Vec<_> =
            self.chain().map(|node| Box::pin(node.told.clone().notified_owned())).collect();
        if self.is_cancelled() {
            return;
        }
        std::future::poll_fn(|context| {
            // Every one is polled, so that each has this task's latest waker.
            let ready =
                told.iter_mut().filter_map(|told| told.as_mut().poll(context).is_ready().then_some(()));
            if ready.count() > 0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    fn chain(&self) -> impl Iterator<Item = &Arc<Node>> {
        std::iter::successors(self.0.as_ref(), |node| node.parent.as_ref())
    }
}
