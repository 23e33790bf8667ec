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

/// How many rows are handed out between two looks at the clock while the data is there without waiting.
pub(crate) const ROWS_BETWEEN_LOOKS: u32 = 256;

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
pub(crate) struct Watch<'s> {
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
    alarm: &'s mut Alarm,
    /// When it had to be waited for something first.
    begun: Option<Instant>,
    /// Ends when the caller no longer wants the answer; none before there is something to wait for, and where nobody
    /// can cancel.
    cancelled: Option<Wait>,
    progress: Option<Instant>,
}

impl<'s> Watch<'s> {
    pub(crate) fn new(
        alarm: &'s mut Alarm,
        cx: &Cx,
        operation: &'static str,
        system: &'static str,
        endpoint: Endpoint,
        remedy: Remedy,
    ) -> Self {
        let span = span::of(operation, system, &endpoint);
        let (limits, survives) = (Limits::default(), false);
        let cx = cx.clone();
        // Of a call that was forgotten.
        alarm.rests();
        Self {
            cx,
            operation,
            endpoint,
            remedy,
            limits,
            survives,
            span,
            uncancelled: None,
            alarm,
            begun: None,
            cancelled: None,
            progress: None,
        }
    }

    /// Works in the call's span. What nobody listens to costs nothing, also where tracing writes to `log`.
    #[inline]
    pub(crate) fn in_span<T>(&self, work: impl FnOnce() -> T) -> T {
        if self.span.is_disabled() { work() } else { self.span.in_scope(work) }
    }

    /// Says why a wait has to end, if it has to; wakes the task when it will.
    #[inline(never)]
    pub(crate) fn poll_cut(&mut self, context: &mut Context<'_>) -> Poll<Error> {
        let now = self.cx.now();
        let begun = *self.begun.get_or_insert(now);
        let until = self.until(begun);
        // The clock is asked each time, and the alarm only wakes: it may be late where a task always has more to do.
        if until <= now || self.is_cancelled(context) {
            let cut = if begun == now { self.cx.check(self.operation).err() } else { self.cx.cut_off(begun) };
            // The limit of a call without a deadline is not the context's.
            return Poll::Ready(self.worded(&cut.unwrap_or_else(|| Error::new(ErrorKind::Timeout, ""))));
        }
        self.alarm.wake_at(self.cx.clock(), until, context);
        Poll::Pending
    }

    /// Whether the answer is no longer wanted; wakes the task when that is so.
    fn is_cancelled(&mut self, context: &mut Context<'_>) -> bool {
        if !self.cx.is_cancellable() {
            return false;
        }
        let cancelled = self.cancelled.get_or_insert_with(|| {
            let cx = self.cx.clone();
            Box::pin(async move { cx.cancelled().await })
        });
        // What has ended is not asked again.
        self.cx.is_cancelled() || cancelled.as_mut().poll(context).is_ready()
    }

    /// Whether the time is over or the answer no longer wanted, asked where nothing has to be waited for.
    pub(crate) fn cut_now(&self) -> Option<Error> {
        self.cx.check(self.operation).err().map(|cut| self.worded(&cut))
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

    /// Something came: the limit of a call without a deadline begins anew. The alarm is left as it is; the clock is
    /// asked when it goes off.
    #[inline]
    pub(crate) fn progress(&mut self) {
        if self.begun.is_some() && self.cx.deadline().is_none() {
            self.progress = Some(self.cx.now());
        }
    }

    /// When a wait that began then has to end.
    fn until(&self, begun: Instant) -> Instant {
        let without = || self.progress.unwrap_or(begun).saturating_add(self.limits.statement);
        self.cx.deadline().unwrap_or_else(without)
    }

    fn worded(&self, cut: &Error) -> Error {
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

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.alarm.rests();
    }
}
