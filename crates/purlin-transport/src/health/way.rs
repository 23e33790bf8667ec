//! Whether a host can be reached at all.

use super::{LIMIT, Target};
use crate::{Command, SessionExt};
use async_trait::async_trait;
use purlin_core::{Cx, Result};
use purlin_health::checks::failed;
use purlin_health::{Check, CheckKind, CheckOutcome, Evidence, Measurement, Phase, Phases, Status, Unit};

/// Whether commands can be run on a host: by the connection that its checks use, as the user that they use.
///
/// Kind `transport`. Measures `time`, in seconds, until a command that does nothing has ended. A host that is down, does
/// not let us in or shows another key, and a `sudo` that refuses, fail it, and nothing else. Default limit: 10 s, where the
/// call has no deadline.
#[derive(Debug, Clone)]
pub struct WayCheck(Target);

impl WayCheck {
    pub(super) fn new(target: Target) -> Self {
        Self(target)
    }

    async fn go(&self, cx: &Cx, phases: &mut Phases) -> std::result::Result<(), (Phase, purlin_core::Error)> {
        let target = &self.0;
        let begun = cx.now();
        let session = target.0.transport.connect(cx, &target.0.host).await;
        phases.push(Phase::Connect, cx.now().since(begun));
        let session = session.map_err(|error| (Phase::Connect, error))?;
        let begun = cx.now();
        let ran: Result<_> = session.run(cx, &target.as_whom(Command::new("true"))).await;
        phases.push(Phase::Execute, cx.now().since(begun));
        ran.and_then(crate::Output::checked).map(drop).map_err(|error| (Phase::Execute, error))
    }
}

#[async_trait]
impl Check for WayCheck {
    fn kind(&self) -> CheckKind {
        CheckKind::from("transport")
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        let cx = if cx.deadline().is_none() { cx.with_timeout(LIMIT) } else { cx.clone() };
        let mut phases = Phases::default();
        let begun = cx.now();
        match self.go(&cx, &mut phases).await {
            Ok(()) => {
                let time = Measurement::new("time", cx.now().since(begun).as_secs_f64(), Unit::Seconds);
                let line = format!("{} runs commands", self.0.host());
                CheckOutcome::Answered(Evidence::new(Status::Ok, line).measured(time).phases(phases))
            }
            Err((phase, error)) => failed(phase, error, phases),
        }
    }
}
