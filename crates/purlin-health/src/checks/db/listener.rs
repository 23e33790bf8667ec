//! Whether a listener takes connections.

use super::super::failed;
use crate::{
    Cause, Check, CheckKind, CheckOutcome, Evidence, Failure, Measurement, Phase, Phases, Status, Unit,
};
use async_trait::async_trait;
use purlin_core::{Cx, Error, ErrorKind};
use purlin_db::{ListenerFault, ListenerStep};
use std::sync::Arc;

/// Whether a listener takes connections for a database, asked without an account: Oracle's by
/// `purlin_db_oracle::ListenerProbe`.
///
/// Kind `db_listener`. Measures `time`, in seconds, from asking to the answer. That nobody listens, that nothing
/// answers, that the database is not known, full or restricted are told apart by step and cause: what the listener
/// itself refuses has the word of its refusal as [`Cause::Assertion`], such as `no_such_service`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Listener {
    listener: Arc<dyn purlin_db::Listener>,
}

impl Listener {
    /// Asks this one.
    pub fn of(listener: impl purlin_db::Listener + 'static) -> Self {
        Self { listener: Arc::new(listener) }
    }
}

#[async_trait]
impl Check for Listener {
    fn kind(&self) -> CheckKind {
        CheckKind::from("db_listener")
    }

    fn target(&self) -> Option<&str> {
        self.listener.endpoint().host()
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        let begun = cx.now();
        let answer = self.listener.listens(cx).await;
        let took = cx.now().since(begun);
        let mut phases = Phases::default();
        match answer {
            Ok(line) => {
                phases.push(Phase::FirstByte, took);
                let time = Measurement::new("time", took.as_secs_f64(), Unit::Seconds);
                CheckOutcome::Answered(Evidence::new(Status::Ok, line).measured(time).phases(phases))
            }
            Err(error) => {
                let phase = phase(&error);
                phases.push(phase, took);
                refused(phase, error, phases)
            }
        }
    }
}

/// What the listener itself refuses has its word; what is the network's is told as of any other server.
fn refused(phase: Phase, error: Error, phases: Phases) -> CheckOutcome {
    match error.detail::<ListenerFault>() {
        Some(fault) if fault.step == ListenerStep::Refusal => {
            let cause = Cause::Assertion(fault.word.into());
            CheckOutcome::Failed(Failure::new(phase, cause, error.message().to_owned()).phases(phases))
        }
        _ => failed(phase, error, phases),
    }
}

fn phase(error: &Error) -> Phase {
    match (error.detail::<ListenerFault>().map(|fault| fault.step), error.kind()) {
        (Some(ListenerStep::Resolve), _) | (None, ErrorKind::Unresolved) => Phase::Resolve,
        (Some(ListenerStep::Tls), _) | (None, ErrorKind::Tls) => Phase::Tls,
        (Some(ListenerStep::Reply), _) => Phase::FirstByte,
        (Some(ListenerStep::Refusal), _) => Phase::Login,
        _ => Phase::Connect,
    }
}
