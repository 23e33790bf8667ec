//! Whether the monitor itself is well.

use purlin_core::Instant;
use std::time::Duration;

/// Over how long lateness is judged at once.
const WINDOW: Duration = Duration::from_secs(1);

/// Runs that are noticed to be due later than this speak of a monitor without enough CPU; a tick of the wheel is 10 ms.
const LATE: Duration = Duration::from_millis(500);

/// The worst score.
const WORST: u8 = 8;

/// From this score on no outage is confirmed: one bad second is not enough.
const ILL: u8 = 2;

/// Whether the monitor itself is well, as a score from 0 (well) to 8.
///
/// A slow observer sees slow targets: most false alarms of failure detectors come from there, and stretching one's own
/// patience by such a score cuts them (Dadgar, Phillips, Currey, "Lifeguard: Local Health Awareness for More Accurate
/// Failure Detection", 2018). Each second in which runs were noticed late, or in which no reference check answered, raises
/// it; each other one lowers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LocalHealth {
    score: u8,
    window: Instant,
    worst: Duration,
    is_cut_off: bool,
}

impl LocalHealth {
    pub(crate) const fn new(now: Instant) -> Self {
        Self { score: 0, window: now, worst: Duration::ZERO, is_cut_off: false }
    }

    /// It was noticed that much after their moment that runs are due. How long they then wait for their turn, as behind a
    /// host that does not answer, says nothing of the monitor.
    pub(crate) fn woke(&mut self, late: Duration) {
        self.worst = self.worst.max(late);
    }

    /// Whether every reference check fails now; false where there are none.
    pub(crate) fn cut_off(&mut self, is_cut_off: bool) {
        self.is_cut_off = is_cut_off;
    }

    /// Time passed. A monitor that slept through several windows (a stopped process, a suspended machine) was as ill in
    /// each of them as in the one that it noticed.
    pub(crate) fn tick(&mut self, now: Instant) {
        let passed = now.since(self.window);
        if passed < WINDOW {
            return;
        }
        let windows = u8::try_from(passed.as_secs()).unwrap_or(u8::MAX);
        self.score = match self.worst > LATE || self.is_cut_off {
            true => self.score.saturating_add(windows.clamp(1, 2)).min(WORST),
            false => self.score.saturating_sub(windows),
        };
        (self.window, self.worst) = (now, Duration::ZERO);
    }

    /// How ill it is, 0 to 8.
    pub(crate) const fn score(self) -> u8 {
        self.score
    }

    /// Whether what it sees is to be doubted.
    pub(crate) const fn is_ill(self) -> bool {
        self.score >= ILL
    }

    /// What a run may take now.
    pub(crate) fn stretched(self, timeout: Duration) -> Duration {
        timeout.saturating_mul(u32::from(self.score) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use purlin_core::SimClock;

    #[test]
    fn lateness_stretches_patience_and_passes_with_it() {
        let clock = SimClock::new();
        let mut health = LocalHealth::new(clock.now());
        let second = Duration::from_secs(1);
        for (late, score, is_ill) in
            [(0, 0, false), (600, 1, false), (700, 2, true), (900, 3, true), (10, 2, true), (0, 1, false)]
        {
            health.woke(Duration::from_millis(late));
            clock.advance(second);
            health.tick(clock.now());
            assert_eq!((health.score(), health.is_ill()), (score, is_ill), "after {late} ms");
        }
        assert_eq!(health.stretched(second), 2 * second);
        clock.advance(60 * second);
        health.tick(clock.now());
        assert_eq!(health.score(), 0);
    }

    #[test]
    fn a_monitor_without_network_doubts_itself() {
        let clock = SimClock::new();
        let mut health = LocalHealth::new(clock.now());
        health.cut_off(true);
        for _ in 0..20 {
            clock.advance(Duration::from_secs(1));
            health.tick(clock.now());
        }
        assert_eq!((health.score(), health.is_ill()), (WORST, true));
    }
}
