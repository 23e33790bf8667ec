//! How an operation is tried: attempt timeout, retry, concurrency, rate, breaker, in one value.
//!
//! Each decision is a pure state machine with injected time and randomness, in a module of its own; [`Policy`] is
//! the driver that waits and calls.

pub mod breaker;
pub mod budget;
pub mod rate;
pub mod retry;
mod shared;

pub use breaker::Breaker;
pub use budget::Budget;
pub use rate::Rate;
pub use retry::{Retry, RetryScope};
pub use shared::PolicyStats;

use crate::{Cx, Endpoint, Error, ErrorKind, Result, RetryHint};
use retry::{Stop, Verdict};
use shared::{Settings, Shared};
use std::future::Future;
use std::sync::Arc;
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

    /// How often attempts may start, all endpoints together. Attempts queue in order; one whose turn would come
    /// after its deadline fails at once with [`ErrorKind::RateLimited`].
    #[must_use]
    pub fn rate(self, rate: Rate) -> Self {
        self.changed(|settings| settings.rate = Some(rate))
    }

    /// How many attempts may be under way at once, all endpoints together; 0 means 1. Others queue in order.
    ///
    /// An attempt must not use the same policy again: it would wait for itself until its deadline.
    #[must_use]
    pub fn concurrency(self, most: usize) -> Self {
        self.changed(|settings| settings.concurrency = Some(most))
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
    /// # Errors
    /// The error of the last attempt, with the number of attempts as its [note](Error::note), marked
    /// [`RetryHint::Exhausted`] where it could have been tried again. An attempt that the caller's deadline cuts
    /// off does not hide what an earlier one has found. Before any attempt: [`ErrorKind::Unavailable`] from an open
    /// breaker, [`ErrorKind::RateLimited`] or [`ErrorKind::Timeout`] from waiting for a turn, all with
    /// [`Outcome::NotSent`](crate::Outcome::NotSent).
    pub async fn run<T, F, A>(&self, cx: &Cx, mut attempt: F) -> Result<T>
    where
        F: FnMut(Cx) -> A + Send,
        A: Future<Output = Result<T>> + Send,
    {
        let retry = self.shared.settings.retry;
        let scope = cx.retries().cloned().or_else(|| {
            let retries = retry.map_or(0, |retry| retry.attempts.saturating_sub(1));
            (retries > 0).then(|| RetryScope::new(retries))
        });
        self.shared.begin();
        let mut number = 1;
        let mut earlier: Option<Error> = None;
        loop {
            let error = match (self.attempt(cx, number, scope.clone(), &mut attempt).await, earlier.take()) {
                (Ok(answer), _) => return Ok(answer),
                (Err(Failed::NotTried(error)), None) => return Err(self.failed(error)),
                (Err(Failed::NotTried(refusal)), Some(error)) => {
                    return Err(self.failed(exhausted(error, number - 1, refusal.message())));
                }
                // Its deadline tells the caller less than what an earlier attempt has found.
                (Err(Failed::Tried(error)), Some(found)) if is_cut_off(&error, cx) => {
                    return Err(self.failed(exhausted(found, number, "the deadline cut the last one off")));
                }
                (Err(Failed::Tried(error)), _) => error,
            };
            let after = match self.shared.after_failure(number, &error, cx.remaining(), scope.as_ref()) {
                Verdict::Again { after } => after,
                Verdict::Stop(stop) => return Err(self.failed(given_up(error, number, stop, retry))),
            };
            tracing::debug!(attempt = number, wait = ?after, error = format!("{error:#}"), "purlin.core.retry");
            if let Err(cancelled) = cx.sleep(after).await {
                return Err(self.failed(cancelled.with_note(attempts(number)).with_source(error)));
            }
            earlier = Some(error);
            number += 1;
        }
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

    /// The error that the caller sees names the endpoint.
    fn failed(&self, error: Error) -> Error {
        self.shared.fail();
        match &self.endpoint {
            Some(endpoint) => error.or_endpoint(endpoint),
            None => error,
        }
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
