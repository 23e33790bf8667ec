//! Blocking work on a thread of its own, for callers whose waits have deadlines.

use crate::{Cx, Error, ErrorKind, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::oneshot;

/// Tells the thread that nobody waits for it any more.
#[derive(Clone)]
pub(super) struct Wanted(Arc<AtomicBool>);

impl Wanted {
    pub(super) fn is_wanted(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

struct Unwanted(Wanted);

impl Drop for Unwanted {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Release);
    }
}

/// Runs `work` on a thread and waits for it within the call's time. When the wait ends early, by deadline,
/// cancellation or drop, the thread is told; a system call that never returns (a dead NFS server) keeps it.
pub(super) async fn run<T, F>(cx: &Cx, operation: &'static str, work: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce(&Wanted) -> Result<T> + Send + 'static,
{
    cx.check(operation)?;
    let (sender, receiver) = oneshot::channel();
    let wanted = Wanted(Arc::new(AtomicBool::new(true)));
    let told = wanted.clone();
    let thread = move || {
        // Nobody listens when the caller has left; then the result has no reader.
        let _ = sender.send(work(&told));
    };
    std::thread::Builder::new()
        .name(operation.to_owned())
        .spawn(thread)
        .map_err(|error| Error::io(operation, error))?;
    let _unwanted = Unwanted(wanted);
    let answer = async {
        receiver
            .await
            .unwrap_or_else(|_| Err(Error::new(ErrorKind::Internal, "the worker thread panicked")))
    };
    cx.run(operation, answer).await
}
