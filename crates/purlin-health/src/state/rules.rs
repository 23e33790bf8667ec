//! What counts, and how much of it makes an outage.

use super::State;
use crate::{Cadence, Flap, Status};
use std::time::Duration;

/// What a status means for the row of failures or successes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Counts {
    /// One more failure.
    AsFailure,
    /// One more success.
    AsSuccess,
    /// The row stays as it is.
    NotAtAll,
}

/// What it means that no result came for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Expiry {
    /// The status is unknown, and what was believed of the target stays: the monitor is what failed.
    Unknown,
    /// The status is unknown, and that is an outage at once: somebody was to report and did not.
    Outage,
}

/// What makes an outage and what ends it: the numbers of a [`Cadence`], which words count, and flap detection.
///
/// ```
/// use purlin_health::{Cadence, Counts, StateRules};
/// use std::time::Duration;
///
/// let cadence = Cadence::every(Duration::from_secs(10)).confirm(3).over(Duration::from_secs(45));
/// let rules = StateRules::new(&cadence).unknown(Counts::NotAtAll);
/// # assert_ne!(rules, StateRules::new(&cadence));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct StateRules {
    pub(super) every: Duration,
    pub(super) soft_every: Duration,
    pub(super) down_every: Duration,
    pub(super) failures: u32,
    pub(super) over: Duration,
    pub(super) successes: u32,
    pub(super) warning: Counts,
    pub(super) unknown: Counts,
    pub(super) expiry: Expiry,
    pub(super) flap: Flap,
}

impl StateRules {
    /// The numbers of this cadence; critical and unknown are failures, a warning is a success that says so, an expiry
    /// changes the status only, and flapping is judged by [`Flap::default`].
    pub fn new(cadence: &Cadence) -> Self {
        Self {
            every: cadence.interval,
            soft_every: cadence.suspect_every.unwrap_or(cadence.interval),
            down_every: cadence.down_every.unwrap_or(cadence.interval),
            failures: cadence.failures.max(1),
            over: cadence.over,
            successes: cadence.successes.max(1),
            warning: Counts::AsSuccess,
            unknown: Counts::AsFailure,
            expiry: Expiry::Unknown,
            flap: Flap::default(),
        }
    }

    /// What Nagios does with `check_interval`, `retry_interval` and `max_check_attempts`: whatever is not OK is a
    /// failure, so many in a row are a hard state, one success ends it, and flapping is judged by the last 21 results
    /// with Nagios' own thresholds (Nagios Core 4 manual, "State Types" and "Detection and Handling of State Flapping").
    pub fn nagios(check_interval: Duration, retry_interval: Duration, max_check_attempts: u32) -> Self {
        let cadence =
            Cadence::every(check_interval).suspect_every(retry_interval).confirm(max_check_attempts);
        Self::new(&cadence).warning(Counts::AsFailure).flap(Flap::nagios())
    }

    /// Sets what a warning counts as. Default: a success.
    #[must_use]
    pub fn warning(mut self, counts: Counts) -> Self {
        self.warning = counts;
        self
    }

    /// Sets what an unknown counts as, if the target's answer says so. Default: a failure, as in Nagios. A fault of the
    /// prober is none of these and never counts.
    #[must_use]
    pub fn unknown(mut self, counts: Counts) -> Self {
        self.unknown = counts;
        self
    }

    /// Sets what it means that no result came for too long. Default: [`Expiry::Unknown`].
    #[must_use]
    pub fn expiry(mut self, expiry: Expiry) -> Self {
        self.expiry = expiry;
        self
    }

    /// Sets how a check that goes up and down all the time is found.
    #[must_use]
    pub fn flap(mut self, flap: Flap) -> Self {
        self.flap = flap;
        self
    }

    /// The interval in this state.
    pub const fn every(&self, state: State) -> Duration {
        match state {
            State::Pending | State::Up => self.every,
            State::Suspect | State::Recovering => self.soft_every,
            State::Down => self.down_every,
        }
    }

    /// How long there must be failures at least until they are an outage: the window, or the time that so many runs take.
    pub fn confirms_after(&self) -> Duration {
        self.over.max(self.soft_every.saturating_mul(self.failures.saturating_sub(1)))
    }

    /// How long it takes at most from asking again to being sure, if each run ends within this time and none is late: what
    /// those wait who [hang on](crate::Dependencies::patience) such a check.
    pub fn decides_within(&self, timeout: Duration) -> Duration {
        let soft = self.soft_every.max(Duration::from_nanos(1));
        let for_window = self.over.as_nanos().div_ceil(soft.as_nanos());
        let runs = u128::from(self.failures.max(self.successes)).max(for_window + 1);
        // A run that is under way ends first, and the last one takes its time too.
        soft.saturating_mul(u32::try_from(runs).unwrap_or(u32::MAX)).saturating_add(timeout.saturating_mul(2))
    }

    pub(super) const fn counts(&self, status: Status) -> Counts {
        match status {
            Status::Ok => Counts::AsSuccess,
            Status::Warning => self.warning,
            Status::Unknown => self.unknown,
            Status::Critical => Counts::AsFailure,
        }
    }
}
