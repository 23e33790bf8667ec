//! The watch over one call: its time, its cancellation, its span.

use super::alarm::Alarm;
use super::{Limits, span};
use crate::CancelHandle;
use purlin_core::units::duration;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Instant, Outcome};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tracing::Span;

type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

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
    /// When a wait was first necessary.
    begun: Option<Instant>,
    progress: Option<Instant>,
    /// For the caller's loss of interest, where somebody can tell of it.
    cancelled: Option<Wait>,
    /// On a simulated clock, where a timer that is left behind would move the time.
    own: Alarm,
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
        Self {
            cx,
            operation,
            endpoint,
            remedy,
            limits,
            survives,
            span,
            uncancelled: None,
            begun: None,
            progress: None,
            cancelled: None,
            own: Alarm::default(),
        }
    }

    /// Works in the call's span. What nobody listens to costs nothing, also where tracing writes to `log`.
    #[inline]
    pub(crate) fn in_span<T>(&self, work: impl FnOnce() -> T) -> T {
        if self.span.is_disabled() { work() } else { self.span.in_scope(work) }
    }

    /// Says why a wait has to end, if it has to; wakes the task when it will.
    ///
    /// The clock is asked each time: a call that finds data ready time and again uses up the task's share of tokio's
    /// budget, and then no timer of that task ever goes off.
    #[inline(never)]
    pub(crate) fn poll_cut(&mut self, kept: &mut Alarm, context: &mut Context<'_>) -> Poll<Error> {
        loop {
            let now = self.cx.now();
            let begun = *self.begun.get_or_insert(now);
            if let Err(cut) = self.cx.check_wait(begun, now) {
                return Poll::Ready(self.worded(cut));
            }
            let until = self.until(begun);
            if until <= now {
                return Poll::Ready(self.worded(Error::new(ErrorKind::Timeout, "no answer")));
            }
            let alarm = if self.cx.clock().is_system() { &mut *kept } else { &mut self.own };
            if alarm.poll(self.cx.clock(), until, context).is_pending() && !self.poll_cancelled(context) {
                return Poll::Pending;
            }
        }
    }

    fn poll_cancelled(&mut self, context: &mut Context<'_>) -> bool {
        if !self.cx.is_cancellable() {
            return false;
        }
        let cancelled = self.cancelled.get_or_insert_with(|| {
            let cx = self.cx.clone();
            Box::pin(async move { cx.cancelled().await })
        });
        cancelled.as_mut().poll(context).is_ready()
    }

    /// Whether the time is over or the answer no longer wanted, asked where nothing has to be waited for.
    pub(crate) fn cut_now(&self) -> Option<Error> {
        self.cx.check(self.operation).err().map(|cut| self.worded(cut))
    }

    /// Something came: the limit of a call without a deadline begins anew. The timer is kept; it is looked at again
    /// when it goes off.
    #[inline]
    pub(crate) fn progress(&mut self) {
        if self.begun.is_some() && self.cx.deadline().is_none() {
            self.progress = Some(self.cx.now());
        }
    }

    fn until(&self, begun: Instant) -> Instant {
        let limit = || self.progress.unwrap_or(begun).saturating_add(self.limits.statement);
        self.cx.deadline().unwrap_or_else(limit)
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
