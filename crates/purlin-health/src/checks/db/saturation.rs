//! Whether a pool is full.

use crate::{Check, CheckKind, CheckOutcome, Evidence, Measurement, Status, Unit};
use async_trait::async_trait;
use purlin_core::Cx;
use purlin_db::Pool;

/// Whether callers wait because all sessions of a pool are lent. That is not the same as a server that is down, and
/// says nothing of it: see [`Ping`](super::Ping) for that.
///
/// Kind `db_pool`. A warning while all sessions are lent and somebody waits, with the place in the source that holds one
/// for longest. Measures `used` sessions, `used_percent`, `waiting` callers, and `timeouts`, callers that waited in vain.
/// Nothing is asked over the network.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Saturation {
    pool: Pool,
}

impl Saturation {
    /// Looks at this pool.
    pub fn of(pool: &Pool) -> Self {
        Self { pool: pool.clone() }
    }
}

#[async_trait]
impl Check for Saturation {
    fn kind(&self) -> CheckKind {
        CheckKind::from("db_pool")
    }

    async fn run(&self, _: &Cx) -> CheckOutcome {
        let stats = self.pool.stats();
        // Sessions that are lent for probes are counted with the others.
        let (used, most) = (f64::from(stats.used.min(stats.max)), f64::from(stats.max));
        let waiting = stats.pending_requests;
        let mut line = format!("{used} of {most} sessions with {} are lent", self.pool.endpoint());
        let mut status = Status::Ok;
        if used >= most && waiting > 0 {
            status = Status::Warning;
            line = format!("{line}, {waiting} callers wait");
            if let Some(longest) = self.pool.borrowers().first() {
                line = format!("{line}; {longest} holds one for longest");
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "nobody waited in vain 2^53 times")]
        let timeouts = stats.timeouts as f64;
        let evidence = Evidence::new(status, line)
            .measured(Measurement::new("used", used, Unit::None).limits(0.0, most))
            .measured(Measurement::new("used_percent", used / most * 100.0, Unit::Percent).limits(0.0, 100.0))
            .measured(Measurement::new("waiting", f64::from(waiting), Unit::None))
            .measured(Measurement::new("timeouts", timeouts, Unit::Counter));
        CheckOutcome::Answered(evidence)
    }
}
