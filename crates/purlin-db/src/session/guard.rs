//! The watch over one call: deadline, cancellation on the server, and what the session is worth afterwards.

use super::Limits;
use super::state::{End, Machine};
use crate::{CancelHandle, DbDetail};
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Result};
use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

type Wait = Pin<Box<dyn Future<Output = Error> + Send>>;

/// What watches a call while it runs.
pub(crate) struct Watch {
    pub(crate) cx: Cx,
    pub(crate) operation: &'static str,
    pub(crate) endpoint: Endpoint,
    pub(crate) cancel: Option<Arc<dyn CancelHandle>>,
    pub(crate) limits: Limits,
    wait: Option<Wait>,
}

impl Watch {
    pub(crate) fn new(
        cx: &Cx,
        operation: &'static str,
        endpoint: Endpoint,
        cancel: Option<Arc<dyn CancelHandle>>,
        limits: Limits,
    ) -> Self {
        Self { cx: cx.clone(), operation, endpoint, cancel, limits, wait: None }
    }

    /// Says why a wait has to end, if it has to; wakes the task when it will. A new wait begins after
    /// [`progress`](Self::progress).
    pub(crate) fn poll_cut(&mut self, context: &mut Context<'_>) -> Poll<Error> {
        let wait = self.wait.get_or_insert_with(|| {
            let cx = match self.cx.deadline() {
                Some(_) => self.cx.clone(),
                None => self.cx.with_timeout(self.limits.statement),
            };
            let operation = self.operation;
            Box::pin(async move {
                match cx.run(operation, pending::<Result<std::convert::Infallible>>()).await {
                    Err(error) => error,
                    Ok(never) => match never {},
                }
            })
        });
        wait.as_mut().poll(context)
    }

    /// Something came: the limit without a deadline begins anew.
    pub(crate) fn progress(&mut self) {
        if self.wait.is_some() && self.cx.deadline().is_none() {
            self.wait = None;
        }
    }

    /// The time that cancelling may take, whatever is left of the call's own.
    pub(crate) fn grace(&self) -> Cx {
        self.cx.detached().with_timeout(self.limits.cancel)
    }

    /// Names operation and address, where the driver did not.
    pub(crate) fn told(&self, error: Error) -> Error {
        let error = if error.operation().is_none() { error.with_operation(self.operation) } else { error };
        error.or_endpoint(&self.endpoint)
    }
}

/// What an error leaves of the session.
pub(crate) fn end_after(error: &Error) -> End {
    match DbDetail::class_of(error) {
        Some(class) if class.ends_session() => End::Broken,
        Some(_) => End::Clean,
        None if refused_unsent(error) => End::Clean,
        None => End::Broken,
    }
}

fn refused_unsent(error: &Error) -> bool {
    error.outcome() == Outcome::NotSent && matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Unsupported)
}

/// A watch together with the machine that it reports to.
pub(crate) struct Guard<'s> {
    pub(crate) watch: Watch,
    pub(crate) machine: &'s mut Machine,
}

impl Guard<'_> {
    /// Runs a call whose whole answer is read when it ends well.
    pub(crate) async fn run<T>(mut self, call: impl Future<Output = Result<T>>) -> Result<T> {
        let result = self.run_open(call).await;
        if result.is_ok() {
            self.machine.ends(End::Clean);
        }
        result
    }

    /// Runs a call whose answer goes on when it ends well; the machine still stands at busy then.
    pub(crate) async fn run_open<T>(&mut self, call: impl Future<Output = Result<T>>) -> Result<T> {
        self.machine.begins();
        let mut call = pin!(call);
        let cut = match self.until_cut(call.as_mut()).await {
            Ok(result) => {
                return result.map_err(|error| {
                    self.machine.ends(end_after(&error));
                    self.watch.told(error)
                });
            }
            Err(cut) => cut,
        };
        match self.stop(call).await {
            // It was faster than its cancellation: what it did is what counts.
            Some(Ok(value)) => {
                self.machine.ends(End::Unread);
                Ok(value)
            }
            Some(Err(error)) => {
                let end = if end_after(&error) == End::Broken { End::Broken } else { End::Unread };
                self.machine.ends(end);
                Err(self.cut_off(cut, true))
            }
            None => {
                self.machine.ends(End::Broken);
                Err(self.cut_off(cut, false))
            }
        }
    }

    async fn until_cut<T>(
        &mut self,
        mut call: Pin<&mut impl Future<Output = Result<T>>>,
    ) -> Result<Result<T>> {
        poll_fn(|context| {
            if let Poll::Ready(result) = call.as_mut().poll(context) {
                return Poll::Ready(Ok(result));
            }
            self.watch.poll_cut(context).map(Err)
        })
        .await
    }

    /// Cancels on the server and waits for the statement's end, within the limit; none where it did not end.
    pub(crate) async fn stop<T>(
        &mut self,
        mut call: Pin<&mut impl Future<Output = Result<T>>>,
    ) -> Option<Result<T>> {
        let cancel = self.watch.cancel.clone()?;
        let cx = self.watch.grace();
        let mut asking = pin!(cancel.cancel(&cx));
        let mut asked = false;
        let ended = poll_fn(|context| {
            if let Poll::Ready(result) = call.as_mut().poll(context) {
                return Poll::Ready(Ok(result));
            }
            if !asked && asking.as_mut().poll(context).is_ready() {
                asked = true;
            }
            Poll::Pending
        });
        cx.run("db.cancel", ended).await.ok()
    }

    pub(crate) fn cut_off(&self, cut: Error, ended: bool) -> Error {
        let note =
            if ended { "the statement was cancelled on the server" } else { "the session was thrown away" };
        self.watch.told(cut).with_note(note).with_outcome(Outcome::Maybe)
    }
}

/// The refusal of a session that is of no more use.
pub(crate) fn refused(endpoint: &Endpoint, operation: &'static str) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "the session is spent: a call on it was cut off or its connection broke",
    )
    .with_operation(operation)
    .with_endpoint(endpoint.clone())
    .with_outcome(Outcome::NotSent)
}
