//! How often a check runs, and how many failures make an outage.

use purlin_core::{Error, ErrorKind, Result, units};
use std::fmt;
use std::time::Duration;

/// How often a check runs, and how many failures over how long make an outage.
///
/// One lost packet is no outage, and a burst of loss is beaten by time, not by number: down means `confirm` failures
/// in a row of which the last came at least `over` after the first.
///
/// ```
/// use purlin_health::Cadence;
/// use std::time::Duration;
///
/// let cadence = Cadence::every(Duration::from_secs(10)).confirm(3).over(Duration::from_secs(45));
/// assert_eq!(cadence.timeout_in_force(), Duration::from_secs(10));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Cadence {
    pub(crate) interval: Duration,
    pub(crate) timeout: Option<Duration>,
    pub(crate) suspect_every: Option<Duration>,
    pub(crate) down_every: Option<Duration>,
    pub(crate) failures: u32,
    pub(crate) over: Duration,
    pub(crate) successes: u32,
}

/// What a run may take where nobody said: 10 seconds, or the interval if that is shorter.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

impl Cadence {
    /// Runs at this interval; the first failure counts, the first success recovers.
    pub fn every(interval: Duration) -> Self {
        Self {
            interval,
            timeout: None,
            suspect_every: None,
            down_every: None,
            failures: 1,
            over: Duration::ZERO,
            successes: 1,
        }
    }

    /// Sets what one run may take. Default: 10 s, or the interval if that is shorter.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Sets how many failures in a row make an outage. Default: 1.
    #[must_use]
    pub fn confirm(mut self, failures: u32) -> Self {
        self.failures = failures;
        self
    }

    /// Sets over how long the failures must be spread, first to last. Default: none.
    #[must_use]
    pub fn over(mut self, time: Duration) -> Self {
        self.over = time;
        self
    }

    /// Sets how many successes in a row end an outage. Default: 1.
    #[must_use]
    pub fn recover(mut self, successes: u32) -> Self {
        self.successes = successes;
        self
    }

    /// Sets the interval while an outage is suspected or a recovery is under way. Default: the usual one.
    #[must_use]
    pub fn suspect_every(mut self, interval: Duration) -> Self {
        self.suspect_every = Some(interval);
        self
    }

    /// Sets the interval while it is down. Default: the usual one.
    #[must_use]
    pub fn down_every(mut self, interval: Duration) -> Self {
        self.down_every = Some(interval);
        self
    }

    /// What one run may take.
    pub fn timeout_in_force(&self) -> Duration {
        self.timeout.unwrap_or_else(|| DEFAULT_TIMEOUT.min(self.shortest()))
    }

    /// The longest of its intervals.
    pub(crate) fn longest(&self) -> Duration {
        [self.suspect_every, self.down_every].into_iter().flatten().fold(self.interval, Duration::max)
    }

    fn shortest(&self) -> Duration {
        [self.suspect_every, self.down_every].into_iter().flatten().fold(self.interval, Duration::min)
    }

    /// Whether it can be kept.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`]: an interval of zero, a timeout of zero or above the shortest interval (runs would queue),
    /// no failure or success to count.
    pub fn validate(&self) -> Result<()> {
        let invalid =
            |message: String| Err(Error::new(ErrorKind::Invalid, message).with_operation("health.cadence"));
        if self.shortest().is_zero() {
            return invalid("an interval is zero".into());
        }
        let timeout = self.timeout_in_force();
        if timeout.is_zero() || timeout > self.shortest() {
            return invalid(format!(
                "the timeout {timeout:?} must be above zero and not above the shortest interval {:?}",
                self.shortest()
            ));
        }
        if self.failures == 0 || self.successes == 0 {
            return invalid("an outage begins and ends with at least one result".into());
        }
        Ok(())
    }
}
/// For people: `every 10s, at most 2s each; down after 3 failures over 45s, up after 1 success`.
impl fmt::Display for Cadence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = units::duration::format;
        write!(f, "every {}, at most {} each; ", time(self.interval), time(self.timeout_in_force()))?;
        for (every, word) in [(self.suspect_every, "while unsure"), (self.down_every, "while down")] {
            if let Some(every) = every {
                write!(f, "every {} {word}; ", time(every))?;
            }
        }
        let (failures, successes) = (self.failures.max(1), self.successes.max(1));
        write!(f, "down after {failures} {}", if failures == 1 { "failure" } else { "failures" })?;
        if self.over > Duration::ZERO {
            write!(f, " over {}", time(self.over))?;
        }
        write!(f, ", up after {successes} {}", if successes == 1 { "success" } else { "successes" })
    }
}
