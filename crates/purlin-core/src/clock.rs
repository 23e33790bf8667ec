//! Time that can be real or simulated.

mod instant;
mod sim;

pub use instant::Instant;
pub use sim::SimClock;

use crate::Timestamp;
use std::fmt;
use std::time::Duration;

/// Where time comes from: the system, or a [`SimClock`] that a test moves. Cheap to clone.
///
/// Everything in purlin that waits or measures asks a `Clock`, so a week of outages can be played in a second.
#[derive(Clone, Default)]
pub struct Clock(Kind);

#[derive(Clone, Default)]
enum Kind {
    #[default]
    System,
    Simulated(SimClock),
}

impl Clock {
    /// The system's monotonic and wall clocks.
    ///
    /// Sleeping on it needs a tokio runtime with its timer enabled, as any tokio sleep does. In a runtime whose time
    /// is paused (`tokio::time::pause`) the monotonic clock is paused with it.
    pub fn system() -> Self {
        Self(Kind::System)
    }

    /// Whether it is the system's, and no simulated one.
    pub fn is_system(&self) -> bool {
        matches!(self.0, Kind::System)
    }

    /// The present moment of the monotonic clock.
    pub fn now(&self) -> Instant {
        match &self.0 {
            Kind::System => Instant::of_system(),
            Kind::Simulated(clock) => clock.now(),
        }
    }

    /// The present moment of the wall clock, for people and for files.
    pub fn timestamp(&self) -> Timestamp {
        match &self.0 {
            Kind::System => Timestamp::of_system(),
            Kind::Simulated(clock) => clock.timestamp(),
        }
    }

    /// Waits until that moment; returns at once when it has passed.
    pub async fn sleep_until(&self, moment: Instant) {
        match &self.0 {
            Kind::System => tokio::time::sleep_until(moment.into_tokio()).await,
            Kind::Simulated(clock) => clock.sleep_until(moment).await,
        }
    }

    /// Waits that long. Whoever sleeps for a caller uses [`Cx::sleep`](crate::Cx::sleep), which ends with the call.
    pub async fn sleep(&self, time: Duration) {
        self.sleep_until(self.now().saturating_add(time)).await;
    }
}

impl From<SimClock> for Clock {
    fn from(clock: SimClock) -> Self {
        Self(Kind::Simulated(clock))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::System => "Clock(system)",
            Kind::Simulated(_) => "Clock(simulated)",
        })
    }
}
