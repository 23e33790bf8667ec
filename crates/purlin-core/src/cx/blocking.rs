//! Blocking work for callers whose waits have deadlines.

use super::{Canceller, Cx};
use crate::{Error, ErrorKind, Result};
use std::borrow::Cow;
use tokio::sync::oneshot;

struct CancelOnDrop(Canceller);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Cx {
    /// Runs blocking work, such as reading a file, on a thread of its own and waits for it within the call's time.
    ///
    /// The work gets a context that is cancelled as soon as nobody waits for it any more, be it by deadline,
    /// cancellation or because the future was dropped; long work asks it now and then. A system call that never
    /// returns (a dead NFS server) keeps its thread, but not the caller.
    ///
    /// # Errors
    /// Those of the work and of [`run`](Self::run); [`ErrorKind::Internal`] when the work panics, and, with
    /// [`Outcome::NotSent`](crate::Outcome::NotSent), when no thread can be started.
    pub async fn run_blocking<T, F>(&self, operation: impl Into<Cow<'static, str>>, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Self) -> Result<T> + Send + 'static,
    {
        let operation = operation.into();
        self.check(operation.clone())?;
        let (cx, canceller) = self.cancellable();
        let _left = CancelOnDrop(canceller);
        let (sender, receiver) = oneshot::channel();
        let thread = move || {
            // Nobody listens when the caller has left; then the result has no reader.
            let _ = sender.send(work(&cx));
        };
        std::thread::Builder::new().name(operation.to_string()).spawn(thread).map_err(|error| {
            let error = Error::of_this_machine("no thread can be started", &error);
            error.with_operation(operation.clone())
        })?;
        let panicked = operation.clone();
        let answer = async {
            receiver.await.unwrap_or_else(|_| {
                Err(Error::new(ErrorKind::Internal, "the blocking work panicked").with_operation(panicked))
            })
        };
        self.run(operation, answer).await
    }
}
