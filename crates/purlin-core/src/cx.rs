//! The context of a call: how long it may take, whether it is still wanted, whose time it runs on.

mod blocking;
mod cancel;

pub use cancel::Canceller;

use crate::policy::RetryScope;
use crate::units::duration;
use crate::{Clock, Error, ErrorKind, Instant, Labels, Outcome, Result};
use cancel::Cancellation;
use std::borrow::Cow;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// The first argument of every call that can wait: deadline, cancellation, clock and labels. Cheap to clone.
///
/// A context only ever becomes stricter: a child's deadline is never later than its parent's, and cancelling a
/// parent cancels its children.
///
/// ```
/// use purlin_core::Cx;
/// use std::time::Duration;
///
/// let cx = Cx::background().with_timeout(Duration::from_secs(30)).with_label("site", "lon");
/// let child = cx.with_timeout(Duration::from_secs(60));
/// assert_eq!(child.deadline(), cx.deadline());
/// ```
#[derive(Clone)]
pub struct Cx(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    deadline: Option<Deadline>,
    cancellation: Cancellation,
    clock: Clock,
    labels: Labels,
    attempt: u32,
    retries: Option<RetryScope>,
}

#[derive(Clone, Copy)]
struct Deadline {
    at: Instant,
    /// What was asked for when the deadline was set, for the error that it may become.
    limit: Duration,
}

/// What passes between setting a limit and beginning to wait, on a busy machine, and is not worth a word.
const PREPARATION: Duration = Duration::from_millis(10);

impl Cx {
    /// No deadline of its own, never cancelled, on the system's clock.
    ///
    /// Nothing waits for ever all the same: every operation documents a default limit, and the smaller counts.
    pub fn background() -> Self {
        Self(Arc::new(Inner {
            deadline: None,
            cancellation: Cancellation::default(),
            clock: Clock::system(),
            labels: Labels::default(),
            attempt: 1,
            retries: None,
        }))
    }

    /// The same, ending after this time at the latest. An operation sets its documented default with this.
    #[must_use]
    pub fn with_timeout(&self, limit: Duration) -> Self {
        self.ending(Deadline { at: self.now().saturating_add(limit), limit })
    }

    /// The same, ending at this moment at the latest.
    #[must_use]
    pub fn with_deadline(&self, at: Instant) -> Self {
        self.ending(Deadline { at, limit: at.since(self.now()) })
    }

    fn ending(&self, deadline: Deadline) -> Self {
        match self.0.deadline {
            Some(earlier) if earlier.at <= deadline.at => self.clone(),
            _ => self.changed(|inner| inner.deadline = Some(deadline)),
        }
    }

    /// The same on another clock. For the root of a test, before a deadline is set: an earlier deadline keeps the
    /// moment that it had on the old clock.
    #[must_use]
    pub fn with_clock(&self, clock: impl Into<Clock>) -> Self {
        self.changed(|inner| inner.clock = clock.into())
    }

    /// The same with one more label; an equal key is replaced.
    #[must_use]
    pub fn with_label(&self, key: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.changed(|inner| inner.labels = inner.labels.with(key, value))
    }

    /// A child that can be cancelled on its own, and what cancels it.
    ///
    /// ```
    /// # use purlin_core::{Cx, ErrorKind};
    /// let (cx, canceller) = Cx::background().cancellable();
    /// canceller.cancel();
    /// assert_eq!(cx.check("app.step").unwrap_err().kind(), ErrorKind::Cancelled);
    /// ```
    #[must_use]
    pub fn cancellable(&self) -> (Self, Canceller) {
        let (cancellation, canceller) = self.0.cancellation.child();
        (self.changed(|inner| inner.cancellation = cancellation), canceller)
    }

    /// The same clock and labels, without deadline, cancellation, attempt number and the retries that a
    /// [`Policy`](crate::Policy) further out allows: for work that others share and that outlives this call, such as
    /// a connection that a pool opens. Whoever starts such work sets its limit and ends it.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self(Arc::new(Inner {
            deadline: None,
            cancellation: Cancellation::default(),
            clock: self.0.clock.clone(),
            labels: self.0.labels.clone(),
            attempt: 1,
            retries: None,
        }))
    }

    pub(crate) fn for_attempt(
        &self,
        number: u32,
        limit: Option<Duration>,
        retries: Option<RetryScope>,
    ) -> Self {
        let child = self.changed(|inner| {
            inner.attempt = number;
            inner.retries = retries;
        });
        match limit {
            Some(limit) => child.with_timeout(limit),
            None => child,
        }
    }

    pub(crate) fn retries(&self) -> Option<&RetryScope> {
        self.0.retries.as_ref()
    }

    /// When the call must have ended.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.deadline.map(|deadline| deadline.at)
    }

    /// The time left; none without a deadline, zero when it has passed.
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline().map(|at| at.since(self.now()))
    }

    /// Whether the caller no longer wants the answer.
    ///
    /// What only reads is cancelled by dropping its future. What changes things asks here between two effects, and
    /// finishes or undoes what it began.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancellation.is_cancelled()
    }

    /// Whether there is anybody who can cancel the call.
    pub fn is_cancellable(&self) -> bool {
        self.0.cancellation.is_possible()
    }

    /// Waits until the caller no longer wants the answer: for ever, where nobody can cancel.
    pub async fn cancelled(&self) {
        self.0.cancellation.wait().await;
    }

    /// The clock of this call.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The present moment of this call's clock.
    pub fn now(&self) -> Instant {
        self.0.clock.now()
    }

    /// What was said about the call on the way here.
    pub fn labels(&self) -> &Labels {
        &self.0.labels
    }

    /// Which attempt of a [`Policy`](crate::Policy) this is; the first is 1.
    pub fn attempt(&self) -> u32 {
        self.0.attempt
    }

    /// Whether there is time left and an answer wanted.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`] or [`ErrorKind::Timeout`], both with [`Outcome::NotSent`].
    pub fn check(&self, operation: impl Into<Cow<'static, str>>) -> Result<()> {
        self.begin().map(|_| ()).map_err(|error| error.with_operation(operation))
    }

    /// Checks, and says when that was; none where nothing bounds the call.
    fn begin(&self) -> Result<Option<Instant>> {
        if !self.is_bounded() {
            return Ok(None);
        }
        let now = self.now();
        let error = match self.0.deadline {
            _ if self.is_cancelled() => cancelled(),
            Some(deadline) if deadline.at <= now => {
                Error::new(ErrorKind::Timeout, "no time left, nothing was asked")
            }
            _ => return Ok(Some(now)),
        };
        Err(error.with_outcome(Outcome::NotSent))
    }

    /// Whether a wait that began at `begun` may go on now: for those who wait by hand and have looked at the clock.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`] or [`ErrorKind::Timeout`], in the words of [`run`](Self::run), but without an operation.
    pub fn check_wait(&self, begun: Instant, now: Instant) -> Result<()> {
        self.cut_off(begun, now).map_or(Ok(()), Err)
    }

    /// Runs a future until it is done, the deadline passes, or the call is cancelled; the future is dropped then.
    /// The operation (`noun.verb`) names what was waited for.
    ///
    /// Waiting needs a tokio runtime with its timer enabled; a future that is ready at once needs none.
    ///
    /// # Errors
    /// Those of the future; [`ErrorKind::Timeout`] or [`ErrorKind::Cancelled`] when it was cut off: with
    /// [`Outcome::NotSent`] when it was never started, else with [`Outcome::Maybe`]. The message of a timeout says how
    /// long this future was waited for.
    pub async fn run<T, F>(&self, operation: impl Into<Cow<'static, str>>, future: F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let operation = operation.into();
        let begun = self.begin().map_err(|error| error.with_operation(operation.clone()))?;
        let mut future = pin!(future);
        let mut wake_up = None;
        let mut poll = |context: &mut std::task::Context<'_>| {
            if let Poll::Ready(result) = future.as_mut().poll(context) {
                return Poll::Ready(result);
            }
            let Some(begun) = begun else { return Poll::Pending };
            // Asked each time, and only woken by the timer: a future that finds data ready time and again uses up
            // the task's share of tokio's budget, and then no timer of that task ever fires.
            if let Some(error) = self.cut_off(begun, self.now()) {
                return Poll::Ready(Err(error.with_operation(operation.clone())));
            }
            let timer = wake_up.get_or_insert_with(|| Box::pin(self.end()));
            if timer.as_mut().poll(context).is_ready() {
                wake_up = None;
                context.waker().wake_by_ref();
            }
            Poll::Pending
        };
        std::future::poll_fn(&mut poll).await
    }

    /// Waits that long.
    ///
    /// # Errors
    /// As [`run`](Self::run): a sleep never outlasts its call.
    pub async fn sleep(&self, time: Duration) -> Result<()> {
        let sleep = async {
            self.clock().sleep(time).await;
            Ok(())
        };
        self.run("cx.sleep", sleep).await.map_err(|error| error.with_outcome(Outcome::NotSent))
    }

    fn is_bounded(&self) -> bool {
        self.0.deadline.is_some() || self.0.cancellation.is_possible()
    }

    /// Why a wait that began then has to end now, if it has to.
    fn cut_off(&self, begun: Instant, now: Instant) -> Option<Error> {
        if self.is_cancelled() {
            return Some(cancelled());
        }
        self.0.deadline.filter(|deadline| deadline.at <= now).map(|deadline| deadline.passed(begun))
    }

    /// Waits for the end of the call's time or of the caller's interest, whichever comes first.
    async fn end(&self) {
        let deadline = self.deadline();
        let mut cancelled = pin!(self.cancelled());
        let mut expired = pin!(async {
            match deadline {
                Some(at) => self.clock().sleep_until(at).await,
                None => std::future::pending().await,
            }
        });
        std::future::poll_fn(|context| match cancelled.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => expired.as_mut().poll(context),
        })
        .await;
    }

    fn changed(&self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Inner::clone(&self.0);
        change(&mut inner);
        Self(Arc::new(inner))
    }
}

impl Deadline {
    /// Says how long a wait that began then has really lasted, where others have used up much of the limit.
    fn passed(self, begun: Instant) -> Error {
        let waited = self.at.since(begun);
        let spent_elsewhere = self.limit.saturating_sub(waited);
        let limit = duration::approximate(self.limit);
        let message = if spent_elsewhere <= self.limit / 20 + PREPARATION {
            format!("no answer within {limit}")
        } else {
            format!("no answer within {}, all that was left of {limit}", duration::approximate(waited))
        };
        Error::new(ErrorKind::Timeout, message)
    }
}

fn cancelled() -> Error {
    Error::new(ErrorKind::Cancelled, "cancelled by the caller")
}

impl std::fmt::Debug for Cx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cx")
            .field("remaining", &self.remaining())
            .field("cancelled", &self.is_cancelled())
            .field("attempt", &self.attempt())
            .field("labels", &self.labels())
            .finish_non_exhaustive()
    }
}
