//! How often, at most.

use crate::Instant;
use std::time::Duration;

/// A rate limit: so many per period, evenly spaced, after a burst.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rate {
    /// How many a period allows; 0 means 1.
    pub count: u32,
    /// The period.
    pub period: Duration,
    /// How many may come at once after a rest; 1 by default. 0 means 1.
    pub burst: u32,
}

impl Rate {
    /// So many per period.
    pub fn new(count: u32, period: Duration) -> Self {
        Self { count, period, burst: 1 }
    }

    /// So many per second.
    pub fn per_second(count: u32) -> Self {
        Self::new(count, Duration::from_secs(1))
    }

    /// How many may come at once after a rest.
    #[must_use]
    pub fn burst(mut self, burst: u32) -> Self {
        self.burst = burst;
        self
    }

    fn spacing(&self) -> Duration {
        self.period / self.count.max(1)
    }
}

/// The state of a [`Rate`]: the generic cell rate algorithm (ITU-T I.371), which keeps one moment and no timer.
///
/// A place is taken when it is used and not before: whoever gives up waiting has cost the others nothing.
#[derive(Debug, Clone)]
pub struct Bucket {
    rate: Rate,
    /// When the bucket is as full as after a long rest.
    full_at: Option<Instant>,
}

impl Bucket {
    /// As after a long rest.
    pub fn new(rate: Rate) -> Self {
        Self { rate, full_at: None }
    }

    /// When there will be a place for somebody who waits behind `ahead` others: `now` if there is room.
    pub fn turn(&self, now: Instant, ahead: u32) -> Instant {
        let spacing = self.rate.spacing();
        let burst = spacing.saturating_mul(self.rate.burst.max(1) - 1);
        let used = self.full_at.map_or(Duration::ZERO, |full_at| full_at.since(now));
        now.saturating_add(used.saturating_add(spacing.saturating_mul(ahead)).saturating_sub(burst))
    }

    /// Takes a place.
    ///
    /// # Errors
    /// The moment at which there will be one, when there is none now; nothing is taken then.
    pub fn take(&mut self, now: Instant) -> Result<(), Instant> {
        let turn = self.turn(now, 0);
        if turn > now {
            return Err(turn);
        }
        let full_at = self.full_at.map_or(now, |full_at| full_at.max(now));
        self.full_at = Some(full_at.saturating_add(self.rate.spacing()));
        Ok(())
    }
}
