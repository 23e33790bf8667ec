//! A moment of the monotonic clock.

use std::time::Duration;

/// About a hundred years: added to any moment it stays far from what the system can express.
const FAR: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A moment of a [`Clock`](crate::Clock). Moments of simulated and of real clocks compare with each other; no
/// arithmetic on them panics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(std::time::Instant);

impl Instant {
    /// By way of tokio, whose time a test may have paused.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    pub(super) fn of_system() -> Self {
        Self(tokio::time::Instant::now().into_std())
    }

    pub(super) fn into_tokio(self) -> tokio::time::Instant {
        tokio::time::Instant::from_std(self.0)
    }

    /// The time from `earlier` to this moment; zero when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }

    /// That much later, but never further than about a hundred years.
    #[must_use]
    pub fn saturating_add(self, time: Duration) -> Self {
        Self(self.0.checked_add(time.min(FAR)).unwrap_or(self.0))
    }

    /// That much earlier; none where the system cannot express it (some count from their start).
    #[must_use]
    pub fn checked_sub(self, time: Duration) -> Option<Self> {
        self.0.checked_sub(time).map(Self)
    }
}
