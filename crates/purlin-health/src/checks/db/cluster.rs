//! What the nodes of a database say of themselves.

use super::super::failed;
use super::session;
use crate::{
    Cause, Check, CheckKind, CheckOutcome, Evidence, Failure, Measurement, Phase, Phases, Status, Unit,
};
use async_trait::async_trait;
use purlin_core::{Cx, ErrorKind};
use purlin_db::{Database, Lag, NodeView, Pool, PoolFault, Topology, Verdict, WantedRole};

/// Whether one node is what it should be: primary, replica, or any that serves.
///
/// Kind `db_role`. A node that does not say what it is makes the status unknown. What one node says alone can be wrong
/// for seconds after a failover: [`Cluster`] compares all of them.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NodeRole {
    pool: Pool,
    wanted: WantedRole,
}

impl NodeRole {
    /// Asks the node of this pool.
    pub fn of(pool: &Pool, wanted: WantedRole) -> Self {
        Self { pool: pool.clone(), wanted }
    }
}

#[async_trait]
impl Check for NodeRole {
    fn kind(&self) -> CheckKind {
        CheckKind::from("db_role")
    }

    fn target(&self) -> Option<&str> {
        self.pool.endpoint().host()
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        let (mut session, mut phases) = match session(&self.pool, cx).await {
            Ok(found) => found,
            Err(outcome) => return outcome,
        };
        let asked = cx.now();
        let view = NodeView::ask(cx, &mut session).await;
        phases.push(Phase::Execute, cx.now().since(asked));
        let role = match view {
            Ok(view) => view.role,
            Err(error) => return failed(Phase::Execute, error, phases),
        };
        let line = format!("{} is {role}", self.pool.endpoint());
        if self.wanted.accepts(role) {
            return CheckOutcome::Answered(Evidence::new(Status::Ok, line).phases(phases));
        }
        let line = format!("{line}, not {}", self.wanted);
        if role == purlin_db::Role::Unknown {
            return CheckOutcome::Answered(Evidence::new(Status::Unknown, line).phases(phases));
        }
        let cause = Cause::Assertion("role".into());
        CheckOutcome::Failed(Failure::new(Phase::Execute, cause, line).phases(phases))
    }
}

/// All nodes at once, and how long that took.
async fn topology(database: &Database, cx: &Cx) -> Result<(Topology, Phases), CheckOutcome> {
    let begun = cx.now();
    let topology = database.topology(cx).await;
    let mut phases = Phases::default();
    phases.push(Phase::Execute, cx.now().since(begun));
    match topology {
        Ok(topology) if topology.nodes().iter().all(is_unasked) => {
            let error = topology.nodes().iter().find_map(|node| node.error.clone());
            let error = error
                .unwrap_or_else(|| purlin_core::Error::new(ErrorKind::Internal, "the database has no nodes"));
            Err(CheckOutcome::Prober(error))
        }
        Ok(topology) => Ok((topology, phases)),
        Err(error) if error.detail::<PoolFault>().is_some() => Err(CheckOutcome::Prober(error)),
        Err(error) => Err(failed(Phase::Execute, error, phases)),
    }
}

/// Whether nothing is known of a node for want of a slot for probes.
fn is_unasked(node: &NodeView) -> bool {
    node.error.as_ref().is_some_and(|error| error.detail::<PoolFault>().is_some())
}

/// How far the replica that is worst off is behind.
///
/// Kind `db_lag`. Measures what is known of `lag` in seconds, `lag_bytes` and `lag_transactions`, for thresholds by
/// [rules](crate::Rule). Nothing known, as where replication has stopped, has failed: engines report a lag of
/// nought, or none, in just the situations that matter. So has a database in which nobody follows anybody.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Replication {
    database: Database,
}

impl Replication {
    /// Asks all nodes of this database.
    pub fn of(database: &Database) -> Self {
        Self { database: database.clone() }
    }

    fn judge(lag: Option<Lag>, phases: Phases) -> CheckOutcome {
        let fail = |word: &str, message: String| {
            let failure = Failure::new(Phase::Execute, Cause::Assertion(word.into()), message);
            CheckOutcome::Failed(failure.phases(phases.clone()))
        };
        let Some(lag) = lag else { return fail("replica", "no node follows another".into()) };
        if !lag.is_known() {
            return fail("lag", "nothing is known of how far the replica that is worst off is behind".into());
        }
        #[expect(clippy::cast_precision_loss, reason = "thresholds are floating-point numbers")]
        let figures = [
            ("lag", lag.time.map(|time| time.as_secs_f64()), Unit::Seconds),
            ("lag_bytes", lag.bytes.map(|bytes| bytes as f64), Unit::Bytes),
            ("lag_transactions", lag.transactions.map(|count| count as f64), Unit::None),
        ];
        let line = match (lag.time, lag.bytes) {
            (Some(time), _) => format!("the replica that is worst off is {time:.1?} behind"),
            (None, Some(bytes)) => format!("the replica that is worst off is {bytes} bytes behind"),
            (None, None) => "the replica that is worst off is some transactions behind".to_owned(),
        };
        let mut evidence = Evidence::new(Status::Ok, line).phases(phases);
        for (name, value, unit) in figures {
            evidence.measurements.extend(value.map(|value| Measurement::new(name, value, unit)));
        }
        CheckOutcome::Answered(evidence)
    }
}

#[async_trait]
impl Check for Replication {
    fn kind(&self) -> CheckKind {
        CheckKind::from("db_lag")
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        match topology(&self.database, cx).await {
            Ok((topology, phases)) => Self::judge(topology.lag(), phases),
            Err(outcome) => outcome,
        }
    }
}

/// Whether exactly one node takes writes, by the word of all nodes taken together.
///
/// Kind `db_cluster`. Measures `nodes` and `nodes_seen`. One writer with all nodes seen is well, and with some of them
/// unseen a warning; two writers, none, and nodes that are cut off from each other have failed. Where it cannot be
/// said the status is unknown. See [`Verdict`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Cluster {
    database: Database,
}

impl Cluster {
    /// Asks all nodes of this database.
    pub fn of(database: &Database) -> Self {
        Self { database: database.clone() }
    }

    fn judge(topology: &Topology, phases: Phases) -> CheckOutcome {
        let verdict = topology.verdict();
        let line = match topology.reasons() {
            [] => verdict.to_string(),
            reasons => format!("{verdict}: {}", reasons.join("; ")),
        };
        let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        let nodes = topology.nodes();
        let all = count(nodes.len());
        let seen = count(nodes.iter().filter(|node| node.is_seen()).count());
        let measurements = vec![
            Measurement::new("nodes", all, Unit::None),
            Measurement::new("nodes_seen", seen, Unit::None).limits(0.0, all),
        ];
        let status = match verdict {
            Verdict::OneWriter if topology.all_seen() => Status::Ok,
            Verdict::OneWriter => Status::Warning,
            Verdict::NoWriter | Verdict::SplitBrain | Verdict::Isolated => {
                let cause = Cause::Assertion("one_writer".into());
                let mut failure = Failure::new(Phase::Execute, cause, line).phases(phases);
                failure.measurements = measurements;
                return CheckOutcome::Failed(failure);
            }
            _ => Status::Unknown,
        };
        let mut evidence = Evidence::new(status, line).phases(phases);
        evidence.measurements = measurements;
        CheckOutcome::Answered(evidence)
    }
}

#[async_trait]
impl Check for Cluster {
    fn kind(&self) -> CheckKind {
        CheckKind::from("db_cluster")
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        match topology(&self.database, cx).await {
            Ok((topology, phases)) => Self::judge(&topology, phases),
            Err(outcome) => outcome,
        }
    }
}
