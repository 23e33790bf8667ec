//! When to try again: at most so many attempts, full jitter between them, within a budget.

use super::budget::{Budget, Tokens};
use crate::{Outcome, RetryHint};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// When to try again.
///
/// Between attempts it waits a random time between zero and `base * 2^(attempt - 1)`, at most `cap`: full jitter,
/// which spreads callers best (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Retry {
    /// The most attempts, the first included; 0 means 1.
    pub attempts: u32,
    /// The longest wait after the first attempt; 100 ms by default.
    pub base: Duration,
    /// The longest wait after any attempt; 10 s by default.
    pub cap: Duration,
    /// How many retries all calls together may cause.
    pub budget: Budget,
    /// Whether a request whose outcome is in doubt, such as one that timed out, may be repeated; not by default.
    pub idempotent: bool,
}

impl Retry {
    /// At most this many attempts, the first included.
    pub fn new(attempts: u32) -> Self {
        Self {
            attempts,
            base: Duration::from_millis(100),
            cap: Duration::from_secs(10),
            budget: Budget::default(),
            idempotent: false,
        }
    }

    /// The longest wait after the first attempt; it doubles with each further one.
    #[must_use]
    pub fn base(mut self, base: Duration) -> Self {
        self.base = base;
        self
    }

    /// The longest wait after any attempt.
    #[must_use]
    pub fn cap(mut self, cap: Duration) -> Self {
        self.cap = cap;
        self
    }

    /// How many retries all calls together may cause.
    #[must_use]
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// The request may happen twice, so it is repeated even when its outcome is in doubt.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// Decides after a failed attempt, with a random number from 0 to 1 for the jitter. What may have taken effect is
    /// repeated only if the request is [idempotent](Self::idempotent), whatever the hint. A retry takes its token from
    /// `tokens` and from the outer policy's allowance, if this call runs under one.
    pub fn after_failure(
        &self,
        failure: Failure,
        random: f64,
        tokens: &mut Tokens,
        outer: Option<&RetryScope>,
    ) -> Verdict {
        let Failure { attempt, hint, outcome, remaining } = failure;
        let may_repeat = self.idempotent || outcome != Outcome::Maybe;
        let least = match hint {
            RetryHint::Safe if may_repeat => Duration::ZERO,
            RetryHint::After(time) if may_repeat => time,
            RetryHint::IfIdempotent if self.idempotent => Duration::ZERO,
            RetryHint::Exhausted => return Verdict::Stop(Stop::Exhausted),
            _ => return Verdict::Stop(Stop::NotRetryable),
        };
        if attempt >= self.attempts {
            return Verdict::Stop(Stop::Attempts);
        }
        let wait = least.saturating_add(self.backoff(attempt, random));
        if remaining.is_some_and(|remaining| remaining <= wait) {
            return Verdict::Stop(Stop::Deadline);
        }
        if !tokens.is_enough() {
            return Verdict::Stop(Stop::Budget);
        }
        if outer.is_some_and(|outer| !outer.take()) {
            return Verdict::Stop(Stop::Outer);
        }
        tokens.take();
        Verdict::Again { after: wait }
    }

    fn backoff(&self, attempt: u32, random: f64) -> Duration {
        let doubled = 2u32.saturating_pow(attempt.saturating_sub(1));
        let longest = self.base.saturating_mul(doubled).min(self.cap);
        // A fraction of a duration: never negative, and never longer than the duration itself.
        let random = if random.is_finite() { random.clamp(0.0, 1.0) } else { 1.0 };
        Duration::try_from_secs_f64(longest.as_secs_f64() * random).unwrap_or(longest).min(longest)
    }
}

/// A failed attempt, as far as it matters for another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// Its number; the first is 1.
    pub attempt: u32,
    /// What its error says about trying again.
    pub hint: RetryHint,
    /// What its error says about its effect.
    pub outcome: Outcome,
    /// What is left of the call's time; none without a deadline, which is the default.
    pub remaining: Option<Duration>,
}

impl Failure {
    /// The failure of the attempt of this number, in a call without a deadline.
    pub fn new(attempt: u32, hint: RetryHint, outcome: Outcome) -> Self {
        Self { attempt, hint, outcome, remaining: None }
    }

    /// What is left of the call's time.
    #[must_use]
    pub fn remaining(mut self, remaining: Option<Duration>) -> Self {
        self.remaining = remaining;
        self
    }
}

/// What to do after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Wait, then try again.
    Again {
        /// How long to wait.
        after: Duration,
    },
    /// Give up, with the error of this attempt.
    Stop(Stop),
}

/// Why no further attempt is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stop {
    /// The error says that trying again is useless or unsafe.
    NotRetryable,
    /// Another policy further in has tried again already.
    Exhausted,
    /// All attempts are used.
    Attempts,
    /// The call would be over before the next attempt.
    Deadline,
    /// All calls together have caused as many retries as they may.
    Budget,
    /// The policy further out has no retry left for the calls under it.
    Outer,
}

impl Stop {
    /// For people, after a number of attempts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotRetryable => "not retryable",
            Self::Exhausted => "retried further in",
            Self::Attempts => "no attempt left",
            Self::Deadline => "no time left for another",
            Self::Budget => "retry budget used up",
            Self::Outer => "the outer policy's attempts are used up",
        }
    }
}

/// The retries that the outermost retrying policy allows to everything that runs under it, so that nested retries
/// add up to that number and never multiply.
#[derive(Debug, Clone)]
pub struct RetryScope(Arc<AtomicU32>);

impl RetryScope {
    /// So many retries in all.
    pub fn new(retries: u32) -> Self {
        Self(Arc::new(AtomicU32::new(retries)))
    }

    /// Takes one; false when none is left.
    pub fn take(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }
}
