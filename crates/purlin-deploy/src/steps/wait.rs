//! A wait for good health.

use super::command::failure;
use super::on_host::failed;
use super::via::{Via, words};
use crate::{Before, Definition, Effect, Finding, Landed, Outputs, Step, StepEnv, StepKind, Undo};
use async_trait::async_trait;
use purlin_core::{Cx, Result};
use purlin_health::{Check, CheckOutcome, Status};
use serde::{Serialize, Serializer};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long one look may take.
const LOOK: Duration = Duration::from_secs(10);

type Make = dyn Fn(&StepEnv) -> Result<Arc<dyn Check>> + Send + Sync;

#[derive(Clone)]
enum Probe {
    Check(String, Arc<Make>),
    Command(Vec<String>),
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Check(name, _) => write!(f, "the check {name}"),
            Self::Command(argv) => write!(f, "the command {}", argv.join(" ")),
        }
    }
}

impl Serialize for Probe {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{self:?}"))
    }
}

/// Waits until the host is well: until every check is [`Status::Ok`] at the same time, so many times in a row. Kind
/// `wait`, idempotent; there is nothing to undo.
///
/// Checks run on this machine, and are made for each host; commands run on the host. Whatever keeps a check from being
/// run is not health either. At the end of the time the step fails with what each of them said last.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct WaitFor {
    probes: Vec<Probe>,
    #[serde(with = "crate::span")]
    within: Duration,
    #[serde(with = "crate::span")]
    every: Duration,
    successes: u32,
}

impl WaitFor {
    fn new(probe: Probe) -> Self {
        let (within, every) = (Duration::from_secs(60), Duration::from_secs(1));
        Self { probes: vec![probe], within, every, successes: 1 }
    }

    /// Until that check says so. Plans are compared by its name alone, so the name should say all.
    pub fn healthy(
        name: impl Into<String>,
        check: impl Fn(&StepEnv) -> Result<Arc<dyn Check>> + Send + Sync + 'static,
    ) -> Self {
        Self::new(Probe::Check(name.into(), Arc::new(check)))
    }

    /// Until the command succeeds.
    pub fn command(argv: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::new(Probe::Command(words(argv)))
    }

    /// And this check too.
    #[must_use]
    pub fn and_healthy(
        mut self,
        name: impl Into<String>,
        check: impl Fn(&StepEnv) -> Result<Arc<dyn Check>> + Send + Sync + 'static,
    ) -> Self {
        self.probes.push(Probe::Check(name.into(), Arc::new(check)));
        self
    }

    /// And this command too.
    #[must_use]
    pub fn and_command(mut self, argv: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.probes.push(Probe::Command(words(argv)));
        self
    }

    /// How long at the most; 60 s unless set.
    #[must_use]
    pub fn within(mut self, time: Duration) -> Self {
        self.within = time;
        self
    }

    /// How long between two looks; 1 s unless set.
    #[must_use]
    pub fn every(mut self, time: Duration) -> Self {
        self.every = time;
        self
    }

    /// How many times in a row; once unless set.
    #[must_use]
    pub fn successes(mut self, times: u32) -> Self {
        self.successes = times.max(1);
        self
    }

    /// What is wrong, a line each; nothing where all is well.
    async fn complaints(&self, cx: &Cx, env: &StepEnv) -> Result<Vec<String>> {
        let mut complaints = Vec::new();
        for probe in &self.probes {
            let said = match probe {
                Probe::Check(_, make) => asked(cx, &*make(env)?).await?,
                Probe::Command(argv) => {
                    let output = Via::default().words(cx, env, argv).await?;
                    if output.is_success() { None } else { Some(failure(env, &output).message().to_owned()) }
                }
            };
            complaints.extend(said.map(|said| format!("{probe:?}: {}", env.redact(&said))));
        }
        Ok(complaints)
    }
}

/// What a check complains of.
async fn asked(cx: &Cx, check: &dyn Check) -> Result<Option<String>> {
    let limited = cx.with_timeout(LOOK);
    let outcome = limited.run("deploy.wait", async { Ok(check.run(&limited).await) }).await;
    cx.check("deploy.wait")?;
    Ok(match outcome {
        Ok(CheckOutcome::Answered(evidence)) if evidence.verdict() == Status::Ok => None,
        Ok(CheckOutcome::Answered(evidence)) => Some(evidence.message),
        Ok(CheckOutcome::Failed(failure)) => Some(failure.message),
        Ok(CheckOutcome::Prober(error)) | Err(error) => Some(error.to_string()),
        Ok(_) => Some("it was not run".to_owned()),
    })
}

#[async_trait]
impl Step for WaitFor {
    fn kind(&self) -> StepKind {
        "wait".into()
    }

    fn effect(&self) -> Effect {
        Effect::Idempotent
    }

    fn definition(&self) -> Result<Definition> {
        Definition::of(self)
    }

    async fn check(&self, cx: &Cx, env: &StepEnv) -> Result<Finding> {
        cx.check("deploy.wait")?;
        for probe in &self.probes {
            match probe {
                Probe::Check(_, make) => drop(make(env)?),
                Probe::Command(argv) => {
                    argv.iter().try_for_each(|word| env.text(word).map(drop))?;
                }
            }
        }
        // How the host is now says nothing of how it is when its turn comes.
        Ok(Finding::may("waits until the host is well", Before::default()))
    }

    async fn apply(&self, cx: &Cx, env: &StepEnv, _: &Finding) -> Result<Outputs> {
        let (until, mut well) = (cx.now().saturating_add(self.within), 0);
        loop {
            let complaints = self.complaints(cx, env).await?;
            well = if complaints.is_empty() { well + 1 } else { 0 };
            if well >= self.successes {
                return Ok(Outputs::new());
            }
            let left = until.since(cx.now());
            if left.is_zero() {
                let message = format!("not well after {:?}:\n{}", self.within, complaints.join("\n"));
                return Err(failed(message));
            }
            cx.sleep(self.every.min(left)).await?;
        }
    }

    async fn verify(&self, _: &Cx, _: &StepEnv, _: &Outputs) -> Result<()> {
        Ok(())
    }

    async fn undo(&self, _: &Cx, _: &StepEnv, _: &Before) -> Result<Undo> {
        Ok(Undo::NotNeeded)
    }

    /// To wait again is never wrong.
    async fn reconcile(&self, cx: &Cx, _: &StepEnv, _: &Before) -> Result<Landed> {
        cx.check("deploy.wait").map(|()| Landed::No)
    }
}
