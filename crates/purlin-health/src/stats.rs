//! What a monitor says about its own work.

use serde::Serialize;
use std::time::Duration;

/// What a scheduler has done since it started. A monitor that keeps up has `offered` equal to `finished` plus what runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RunCounts {
    /// Runs that came to be due.
    pub offered: u64,
    /// Runs that began.
    pub started: u64,
    /// Runs that ended, however.
    pub finished: u64,
    /// Runs that came to be due and never began, by reason.
    pub skipped: Skipped,
    /// How long after their due moment runs began.
    pub lateness: Histogram,
}

impl RunCounts {
    /// Adds those of another scheduler.
    pub(crate) fn add(&mut self, other: &Self) {
        self.offered += other.offered;
        self.started += other.started;
        self.finished += other.finished;
        self.skipped.late += other.skipped.late;
        self.skipped.overlap += other.skipped.overlap;
        self.lateness.merge(&other.lateness);
    }
}

/// Runs that came to be due and never began.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Skipped {
    /// Due again before its turn came: the monitor cannot keep up, or a limit is too low.
    pub late: u64,
    /// Due while its last run was still under way.
    pub overlap: u64,
}

/// How many buckets there are: up to 1 ms, 2 ms, 4 ms, … 32.768 s, and above.
const BUCKETS: usize = 17;

/// Durations, counted in buckets that double: up to 1 ms, 2 ms, 4 ms, and so on to 32.768 s, and longer ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Histogram {
    counts: [u64; BUCKETS],
    sum: Duration,
}

impl Histogram {
    /// Counts one.
    pub(crate) fn add(&mut self, time: Duration) {
        let millis = time.as_nanos().div_ceil(1_000_000).max(1);
        let bucket = (u128::BITS - (millis - 1).leading_zeros()) as usize;
        self.counts[bucket.min(BUCKETS - 1)] += 1;
        self.sum = self.sum.saturating_add(time);
    }

    fn merge(&mut self, other: &Self) {
        self.counts.iter_mut().zip(other.counts).for_each(|(count, more)| *count += more);
        self.sum = self.sum.saturating_add(other.sum);
    }

    /// How many were counted.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// All of them, added up.
    pub fn sum(&self) -> Duration {
        self.sum
    }

    /// The buckets: the upper end, none for the last, and how many are in it and not in one before.
    pub fn buckets(&self) -> impl Iterator<Item = (Option<Duration>, u64)> + '_ {
        self.counts.iter().enumerate().map(|(bucket, count)| {
            let end = (bucket + 1 < BUCKETS).then(|| Duration::from_millis(1 << bucket));
            (end, *count)
        })
    }

    /// The end of the bucket in which this share lies, such as 0.99; none where nothing was counted, or it lies in the
    /// last bucket.
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let total = self.count();
        // Rounding of counts beyond 2^52 does not matter here.
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a count"
        )]
        let wanted = ((total as f64) * share.clamp(0.0, 1.0)).ceil().max(1.0) as u64;
        let mut seen = 0;
        self.buckets().find_map(|(end, count)| {
            seen += count;
            (total > 0 && seen >= wanted).then_some(end)
        })?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_ends_with_its_name() {
        let mut histogram = Histogram::default();
        for micros in [0, 1_000, 1_001, 2_000, 2_001, 32_768_000, 32_768_001] {
            histogram.add(Duration::from_micros(micros));
        }
        let filled: Vec<_> = histogram.buckets().filter(|(_, count)| *count > 0).collect();
        let millis = |millis| Some(Duration::from_millis(millis));
        assert_eq!(filled, [(millis(1), 2), (millis(2), 2), (millis(4), 1), (millis(32_768), 1), (None, 1)]);
    }

    #[test]
    fn a_quantile_names_the_bucket_that_holds_it() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.5), None);
        (0..99).for_each(|_| histogram.add(Duration::from_micros(500)));
        histogram.add(Duration::from_millis(100));
        assert_eq!(histogram.quantile(0.99), Some(Duration::from_millis(1)));
        assert_eq!(histogram.quantile(1.0), Some(Duration::from_millis(128)));
    }
}
