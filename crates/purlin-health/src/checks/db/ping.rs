//! Whether a server answers.

use super::super::failed;
use super::session;
use crate::{Check, CheckKind, CheckOutcome, Evidence, Measurement, Phase, Status, Unit};
use async_trait::async_trait;
use purlin_core::Cx;
use purlin_db::Pool;

/// Whether the server of a pool answers, login included.
///
/// Kind `db_ping`. Measures `time`, in seconds, from asking to the answer; the session is one that is kept for probes,
/// so mostly without a connect. A server that answers this may still refuse every table: for clusters see
/// [`Cluster`](super::Cluster).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Ping {
    pool: Pool,
}

impl Ping {
    /// Asks the server of this pool.
    pub fn of(pool: &Pool) -> Self {
        Self { pool: pool.clone() }
    }
}

#[async_trait]
impl Check for Ping {
    fn kind(&self) -> CheckKind {
        CheckKind::from("db_ping")
    }

    fn target(&self) -> Option<&str> {
        self.pool.endpoint().host()
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        let begun = cx.now();
        let (mut session, mut phases) = match session(&self.pool, cx).await {
            Ok(found) => found,
            Err(outcome) => return outcome,
        };
        let asked = cx.now();
        let answer = session.ping(cx).await;
        phases.push(Phase::Execute, cx.now().since(asked));
        if let Err(error) = answer {
            return failed(Phase::Execute, error, phases);
        }
        let info = session.info();
        let line = format!("{} answers ({:?} {})", self.pool.endpoint(), info.vendor, info.version);
        let time = cx.now().since(begun).as_secs_f64();
        let time = Measurement::new("time", time, Unit::Seconds);
        CheckOutcome::Answered(Evidence::new(Status::Ok, line).measured(time).phases(phases))
    }
}
