//! The watch over one call: its time, its cancellation, its span.

use super::{Limits, span};
use crate::CancelHandle;
use purlin_core::units::duration;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Instant, Outcome, Result};
use std::convert::Infallible;
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tracing::Span;

/// How many rows are handed out between two looks at the clock while the data is there without waiting.
pub(crate) const ROWS_BETWEEN_LOOKS: u32 = 256;

type Wait = Pin<Box<dyn Future<Output = Error> + Send>>;

/// What is done about a call whose time is over.
#[derive(Clone)]
pub(crate) enum Remedy {
    /// It is cancelled on the server.
    Cancel(Arc<dyn CancelHandle>),
    /// Its answer is waited for a little longer: it cannot be cancelled without harm.
    Patience,
    /// It is left.
    Leave,
}

/// What watches a call while it runs.
pub(crate) struct Watch {
    pub(crate) cx: Cx,
    pub(crate) operation: &'static str,
    pub(crate) endpoint: Endpoint,
    pub(crate) remedy: Remedy,
    pub(crate) limits: Limits,
    /// The driver recovers from dropped futures.
    pub(crate) survives: bool,
    pub(crate) span: Span,
    /// Why the server could not be asked to cancel.
    pub(crate) uncancelled: Option<Error>,
    wait: Option<Wait>,
    progress: Option<Instant>,
}

impl Watch {
    pub(crate) fn new(
        cx: &Cx,
        operation: &'static str,
        system: &'static str,
        endpoint: Endpoint,
        remedy: Remedy,
    ) -> Self {
        let span = span::of(operation, system, &endpoint);
        let (limits, survives) = (Limits::default(), false);
        let cx = cx.clone();
        let (uncancelled, wait, progress) = (None, None, None);
        Self { cx, operation, endpoint, remedy, limits, survives, span, uncancelled, wait, progress }
    }

    /// Works in the call's span. What nobody listens to costs nothing, also where tracing writes to `log`.
    #[inline]
    pub(crate) fn in_span<T>(&self, work: impl FnOnce() -> T) -> T {
        if self.span.is_disabled() { work() } else { self.span.in_scope(work) }
    }

    /// Says why a wait has to end, if it has to; wakes the task when it will.
    #[inline(never)]
    pub(crate) fn poll_cut(&mut self, context: &mut Context<'_>) -> Poll<Error> {
        loop {
            let wait = match &mut self.wait {
                Some(wait) => wait,
                None => self.wait.insert(wait_for_the_end(self.bounded(), self.operation)),
            };
            let cut = ready!(wait.as_mut().poll(context));
            self.wait = None;
            // Rows came in the meantime, and the call has no deadline of its own.
            if cut.kind() == ErrorKind::Timeout && self.until().is_some_and(|until| until > self.cx.now()) {
                continue;
            }
            return Poll::Ready(self.worded(cut));
        }
    }

    /// Whether the time is over or the answer no longer wanted, asked where nothing has to be waited for.
    pub(crate) fn cut_now(&self) -> Option<Error> {
        self.cx.check(self.operation).err().map(|cut| self.worded(cut))
    }

    /// Counts towards the next look at the clock, and looks when it is time.
    #[inline]
    pub(crate) fn looks(&self, since: &mut u32) -> Option<Error> {
        *since += 1;
        if *since <= ROWS_BETWEEN_LOOKS {
            return None;
        }
        *since = 0;
        self.cut_now()
    }

    /// Something came: the limit of a call without a deadline begins anew. The timer is kept; it is looked at again
    /// when it goes off.
    #[inline]
    pub(crate) fn progress(&mut self) {
        if self.wait.is_some() && self.cx.deadline().is_none() {
            self.progress = Some(self.cx.now());
        }
    }

    fn until(&self) -> Option<Instant> {
        self.progress.map(|moment| moment.saturating_add(self.limits.statement))
    }

    fn bounded(&self) -> Cx {
        match (self.cx.deadline(), self.until()) {
            (Some(_), _) => self.cx.clone(),
            (None, Some(until)) => self.cx.with_deadline(until),
            (None, None) => self.cx.with_timeout(self.limits.statement),
        }
    }

    fn worded(&self, cut: Error) -> Error {
        let kind = cut.kind();
        let message: std::borrow::Cow<'static, str> = match kind {
            ErrorKind::Timeout if self.cx.deadline().is_none() => {
                format!("no answer within {}", duration::approximate(self.limits.statement)).into()
            }
            ErrorKind::Timeout if cut.outcome() == Outcome::NotSent => "no time left for the answer".into(),
            _ => cut.message().to_owned().into(),
        };
        Error::new(kind, message).with_operation(self.operation).with_endpoint(self.endpoint.clone())
    }

    /// The time that cancelling may take, whatever is left of the call's own.
    pub(crate) fn grace(&self) -> Cx {
        self.cx.detached().with_timeout(self.limits.cancel)
    }

    /// Names operation and address, where the driver did not.
    pub(crate) fn told(&self, error: Error) -> Error {
        let error = if error.operation().is_none() { error.with_operation(self.operation) } else { error };
        let error = error.or_endpoint(&self.endpoint);
        span::failed(&self.span, &error);
        error
    }
}

fn wait_for_the_end(cx: Cx, operation: &'static str) -> Wait {
    Box::pin(async move {
        match cx.run(operation, pending::<Result<Infallible>>()).await {
            Err(error) => error,
            Ok(never) => match never {},
        }
    })
}
