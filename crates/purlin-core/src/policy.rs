//! How an operation is tried: attempt timeout, retry, concurrency, rate, breaker, in one value.
//!
//! Each decision is a pure state machine with injected time and randomness, in a module of its own; [`Policy`] is
//! the driver that waits and calls.

pub mod breaker;
pub mod budget;
mod circuits;
mod queue;
pub mod rate;
pub mod retry;
mod shared;

pub use breaker::Breaker;
pub use budget::Budget;
pub use rate::Rate;
pub use retry::{Failure, Retry, RetryScope};
pub use shared::PolicyStats;

use crate::{Cx, Endpoint, Error, ErrorKind, Outcome, Result, RetryHint};
use retry::{Stop, Verdict};
use shared::{Settings, Shared};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How an operation is tried. Clones share their state (breakers, limits, budget); a setter starts a fresh one.
///
/// [`Policy::new`] does nothing but run the operation once; [`Policy::standard`] is what most want. In the order in
/// which they act: a breaker per endpoint, a rate, a number of operations at once, then the attempt within its
/// timeout; retries go round all of these. The whole is bounded by the deadline of the [`Cx`].
///
/// Nested policies never multiply: the outermost that retries grants its number of retries to everything under it,
/// and an error that was retried already ([`RetryHint::Exhausted`]) is not retried again.
///
/// ```
/// use purlin_core::policy::{Breaker, Rate};
/// use purlin_core::{Cx, Endpoint, ErrorKind, Error, Policy, Result, Retry};
/// use std::time::Duration;
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let policy = Policy::new()
///     .attempt_timeout(Duration::from_secs(2))
///     .retry(Retry::new(3).base(Duration::from_millis(1)))
///     .rate(Rate::per_second(100).burst(10))
///     .concurrency(8)
///     .breaker(Breaker::new(5));
/// let db1 = policy.at(&Endpoint::new("db1.lon", 3306)?);
///
/// let answer: Result<()> = db1.run(&Cx::background(), |_cx| async move {
///     Err(Error::new(ErrorKind::Refused, "nobody listens"))
/// }).await;
/// let error = answer.unwrap_err();
/// assert_eq!(error.to_string(), "db1.lon:3306: nobody listens (3 attempts)");
/// # Ok::<(), Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Policy {
    shared: Arc<Shared>,
    endpoint: Option<Endpoint>,
}

impl Policy {
    /// One attempt, without limits.
    pub fn new() -> Self {
        Self { shared: Arc::new(Shared::new(Settings::default())), endpoint: None }
    }

    /// Attempts of at most 10 s, three of them, and a breaker that opens after five failures in a row for 30 s.
    ///
    /// An attempt that timed out may have taken effect, so it is not repeated: for what may happen twice, such as
    /// reading, set `.retry(Retry::new(3).idempotent())`.
    pub fn standard() -> Self {
        Self::new().attempt_timeout(Duration::from_secs(10)).retry(Retry::new(3)).breaker(Breaker::new(5))
    }

    /// How long one attempt may take.
    #[must_use]
    pub fn attempt_timeout(self, limit: Duration) -> Self {
        self.changed(|settings| settings.attempt_timeout = Some(limit))
    }

    /// When to try again.
    #[must_use]
    pub fn retry(self, retry: Retry) -> Self {
        self.changed(|settings| settings.retry = Some(retry))
    }

    /// How often attempts may start, all endpoints together. Attempts queue in order, for at most the
    /// [queue timeout](Self::queue_timeout); one whose turn would come later than that, or than its deadline, fails
    /// with [`ErrorKind::RateLimited`] without waiting for it.
    #[must_use]
    pub fn rate(self, rate: Rate) -> Self {
        self.changed(|settings| settings.rate = Some(rate))
    }

    /// How many attempts may be under way at once, all endpoints together; 0 means 1. Others queue in order, for at
    /// most the [queue timeout](Self::queue_timeout).
    ///
    /// An attempt must not use the same policy again: it would wait for itself until its deadline.
    #[must_use]
    pub fn concurrency(self, most: usize) -> Self {
        self.changed(|settings| settings.concurrency = Some(most))
    }

    /// How long an attempt may wait for its slot and its turn together; 30 s by default, less where the call's
    /// deadline is earlier.
    #[must_use]
    pub fn queue_timeout(self, limit: Duration) -> Self {
        self.changed(|settings| settings.queue_timeout = Some(limit))
    }

    /// When to leave an endpoint alone. Attempts that are refused fail with [`ErrorKind::Unavailable`], the reason
    /// for the breaker's opening as their source.
    #[must_use]
    pub fn breaker(self, breaker: Breaker) -> Self {
        self.changed(|settings| settings.breaker = Some(breaker))
    }

    /// The same policy, state included, for one endpoint: it has a breaker of its own and is named in errors.
    #[must_use]
    pub fn at(&self, endpoint: &Endpoint) -> Self {
        Self { shared: self.shared.clone(), endpoint: Some(endpoint.clone()) }
    }

    /// What happened so far, all endpoints together.
    pub fn stats(&self) -> PolicyStats {
        self.shared.stats()
    }

    /// Runs the operation as the policy says. Each attempt gets a context of its own, which knows its
    /// [number](Cx::attempt) and its deadline; the attempt's waits go through it.
    ///
    /// The future of an attempt cannot borrow from the closure mutably, so what is tried is not a call on one
    /// `&mut Connection`: an attempt takes its connection from a pool, or opens it. After a failure it would not want
    /// the old one back.
    ///
    /// # Errors
    /// The error of the last attempt, with the number of attempts as its [note](Error::note), marked
    /// [`RetryHint::Exhausted`] where it could have been tried again. An attempt that the caller's deadline cuts
    /// off does not hide what an earlier one has found. If any attempt may have taken effect, the outcome is
    /// [`Outcome::Maybe`], whatever the last one says.
    ///
    /// Before any attempt: [`ErrorKind::Unavailable`] from an open breaker, [`ErrorKind::RateLimited`] or
    /// [`ErrorKind::Timeout`] from waiting for a turn or a slot, all with [`Outcome::NotSent`].
    pub async fn run<T, F, A>(&self, cx: &Cx, mut attempt: F) -> Result<T>
    where
        F: FnMut(Cx) -> A + Send,
        A: Future<Output = Result<T>> + Send,
    {
        let mut in_doubt = false;
        self.shared.begin();
        let error = match self.attempts(cx, &mut attempt, &mut in_doubt).await {
            Ok(answer) => return Ok(answer),
            Err(error) if in_doubt => error.with_outcome(Outcome::Maybe),
            Err(error) => error,
        };
        self.shared.fail();
        Err(match &self.endpoint {
            Some(endpoint) => error.or_endpoint(endpoint),
            None => error,
        })
    }

    /// All attempts; `in_doubt` tells whether one that failed may have taken effect.
    async fn attempts<T, F, A>(&self, cx: &Cx, attempt: &mut F, in_doubt: &mut bool) -> Result<T>
    where
        F: FnMut(Cx) -> A + Send,
        A: Future<Output = Result<T>> + Send,
    {
        let retry = self.shared.settings.retry;
        let scope = cx.retries().cloned().or_else(|| {
            let retries = retry.map_or(0, |retry| retry.attempts.saturating_sub(1));
            (retries > 0).then(|| RetryScope::new(retries))
        });
        let mut number = 1;
        let mut earlier: Option<Error> = None;
        loop {
            let error = match (self.attempt(cx, number, scope.clone(), attempt).await, earlier.take()) {
                (Ok(answer), _) => return Ok(answer),
                (Err(Failed::NotTried(refusal)), None) => return Err(refusal),
                (Err(Failed::NotTried(refusal)), Some(found)) => {
                    return Err(not_tried_again(refusal, found, number - 1));
                }
                (Err(Failed::Tried(error)), found) => {
                    *in_doubt |= error.outcome() == Outcome::Maybe;
                    match found {
                        // Its deadline tells the caller less than what an earlier attempt has found.
                        Some(found) if is_cut_off(&error, cx) => {
                            return Err(exhausted(found, number, "the deadline cut the last one off"));
                        }
                        _ => error,
                    }
                }
            };
            let after = match self.shared.after_failure(number, &error, cx.remaining(), scope.as_ref()) {
                Verdict::Again { after } => after,
                Verdict::Stop(stop) => return Err(given_up(error, number, stop, retry)),
            };
            self.log_retry(number, after, &error);
            if let Err(cancelled) = cx.sleep(after).await {
                return Err(not_tried_again(cancelled.with_operation("policy.retry"), error, number));
            }
            earlier = Some(error);
            number += 1;
        }
    }

    fn log_retry(&self, number: u32, wait: Duration, error: &Error) {
        let endpoint = error.endpoint().or(self.endpoint.as_ref());
        tracing::event!(
        name: "purlin.core.retry",
        tracing::Level::DEBUG,
                   server.address = endpoint.and_then(Endpoint::address).as_deref(),
                   server.port = endpoint.and_then(Endpoint::port),
                   error.type = error.kind().as_str(),
                   error.message = format!("{error:#}"),
                   attempt = number,
                   ?wait,
                   "an attempt failed and is tried again"
               );
    }

    /// One attempt behind breaker, rate and concurrency.
    async fn attempt<T, F, A>(
        &self,
        cx: &Cx,
        number: u32,
        scope: Option<RetryScope>,
        attempt: &mut F,
    ) -> Result<T, Failed>
    where
        F: FnMut(Cx) -> A + Send,
        A: Future<Output = Result<T>> + Send,
    {
        let ticket = self.shared.admit(cx, self.endpoint.as_ref()).await.map_err(Failed::NotTried)?;
        let child = cx.for_attempt(number, self.shared.settings.attempt_timeout, scope);
        let result = child.run("policy.attempt", attempt(child.clone())).await;
        ticket.report(&result, cx);
        result.map_err(Failed::Tried)
    }

    fn changed(self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = self.shared.settings.clone();
        change(&mut settings);
        Self { shared: Arc::new(Shared::new(settings)), endpoint: self.endpoint }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::new()
    }
}

enum Failed {
    /// Breaker, rate or concurrency did not let it go.
    NotTried(Error),
    /// It went and failed.
    Tried(Error),
}

/// The call ends between two attempts.
fn not_tried_again(refusal: Error, found: Error, number: u32) -> Error {
    match refusal.kind() {
        // The caller's own doing comes first.
        ErrorKind::Cancelled => {
            refusal.with_note(attempts(number)).with_outcome(found.outcome()).with_source(found)
        }
        _ => exhausted(found, number, refusal.message()),
    }
}

fn is_cut_off(error: &Error, cx: &Cx) -> bool {
    error.kind() == ErrorKind::Timeout && cx.check("policy.run").is_err()
}

/// A policy without retries leaves the error as it is, and so does one that cannot help.
fn given_up(error: Error, number: u32, stop: Stop, retry: Option<Retry>) -> Error {
    match stop {
        Stop::Exhausted => error,
        Stop::NotRetryable if number == 1 => error,
        Stop::NotRetryable => error.with_note(attempts(number)),
        Stop::Attempts if retry.is_none_or(|retry| retry.attempts < 2) => error,
        Stop::Attempts => error.with_note(attempts(number)).with_retry(RetryHint::Exhausted),
        stop => exhausted(error, number, stop.as_str()),
    }
}

/// Nobody further out tries again on top of these attempts.
fn exhausted(error: Error, number: u32, why: &str) -> Error {
    error.with_note(format!("{}, {why}", attempts(number))).with_retry(RetryHint::Exhausted)
}

fn attempts(number: u32) -> String {
    match number {
        1 => "1 attempt".to_owned(),
        number => format!("{number} attempts"),
    }
}

/// A panic in an attempt leaves what is locked whole: each change is one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
