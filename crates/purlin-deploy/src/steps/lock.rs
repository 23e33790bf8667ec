//! A named lock on a host.

use super::on_host::{self, plain, refused};
use crate::{Before, Definition, Effect, Finding, Landed, Outputs, Step, StepEnv, StepKind, Undo};
use async_trait::async_trait;
use purlin_core::{Cx, ErrorKind, Result};
use serde::Serialize;
use std::time::Duration;

/// `$1` the folder, `$2` the run, `$3` a line for people. `mkdir` is atomic; whose it is is written right after it.
const TAKE: &str = "if mkdir \"$1\" 2>/dev/null; then
  umask 022
  printf '%s\\n%s\\n' \"$2\" \"$3\" > \"$1/owner\" || { rm -rf \"$1\"; exit 1; }
elif [ -d \"$1\" ]; then
  [ \"$(head -n 1 \"$1/owner\" 2>/dev/null)\" = \"$2\" ] || exit 75
else
  mkdir \"$1\"; exit 1
fi";
/// Somebody else has it.
const HELD: i32 = 75;
/// `$1` the folder, `$2` the run.
const GIVE: &str = "[ -d \"$1\" ] || exit 76
[ \"$(head -n 1 \"$1/owner\" 2>/dev/null)\" = \"$2\" ] || exit 76
rm -f \"$1/owner\" && rmdir \"$1\"";
/// It is not this run's.
const NOT_OURS: i32 = 76;
/// How often it is tried for.
const EVERY: Duration = Duration::from_millis(500);

/// A lock of the host: a folder that `mkdir` makes, so that of two that want it one gets it. Kind `lock`, check-then-act.
///
/// It is an obligation: undoing, which the run does in any case, gives it back. Whose it is stands in its file `owner`;
/// what another one holds is neither taken nor given back.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Lock {
    path: String,
    #[serde(with = "crate::span")]
    wait: Duration,
}

impl Lock {
    /// The lock that this folder is. The one above it has to be there.
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), wait: Duration::ZERO }
    }

    /// How long to wait for whoever has it; not at all unless set.
    #[must_use]
    pub fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    fn path(&self, env: &StepEnv) -> Result<String> {
        Ok(plain(&env.text(&self.path)?))
    }
}

/// Who has the lock: the run and a line for people; none where nobody has.
async fn holder(cx: &Cx, env: &StepEnv, path: &str) -> Result<Option<(String, String)>> {
    if on_host::stat(cx, env, path).await?.is_none() {
        return Ok(None);
    }
    let owner = on_host::text(cx, env, &format!("{path}/owner")).await?.unwrap_or_default();
    let mut lines = owner.lines().map(str::to_owned);
    Ok(Some((lines.next().unwrap_or_default(), lines.next().unwrap_or_default())))
}

fn held(path: &str, run: &str, line: &str) -> String {
    match run {
        "" => format!("somebody has the lock {path}, and does not say who"),
        run => format!("run {run} has the lock {path}: {line}"),
    }
}

#[async_trait]
impl Step for Lock {
    fn kind(&self) -> StepKind {
        "lock".into()
    }

    fn effect(&self) -> Effect {
        Effect::CheckThenAct
    }

    fn definition(&self) -> Result<Definition> {
        Definition::of(self)
    }

    fn obligation(&self) -> Option<String> {
        Some(format!("holds the lock {}", self.path))
    }

    async fn check(&self, cx: &Cx, env: &StepEnv) -> Result<Finding> {
        let path = self.path(env)?;
        let change = || Finding::change(format!("+{path}/ held by this run\n"), Before::default());
        Ok(match holder(cx, env, &path).await? {
            None => change(),
            Some((run, _)) if run == env.run().as_str() => Finding::NoChange,
            Some((run, line)) if self.wait.is_zero() => Finding::blocked(held(&path, &run, &line)),
            Some((run, line)) => Finding::may(held(&path, &run, &line), Before::default()),
        })
    }

    async fn apply(&self, cx: &Cx, env: &StepEnv, _: &Finding) -> Result<Outputs> {
        let (path, until) = (self.path(env)?, cx.now().saturating_add(self.wait));
        let line = format!("step {}, since {}", env.step(), cx.clock().timestamp());
        loop {
            let output = env.script(cx, TAKE, &[&path, env.run().as_str(), &line]).await?;
            if output.is_success() {
                return Ok(Outputs::new());
            }
            if output.exit.code() != Some(HELD) {
                return Err(super::command::failure(env, &output));
            }
            if cx.now() >= until {
                let (run, line) = holder(cx, env, &path).await?.unwrap_or_default();
                return Err(refused(ErrorKind::Conflict, held(&path, &run, &line)));
            }
            cx.sleep(EVERY.min(until.since(cx.now()))).await?;
        }
    }

    async fn undo(&self, cx: &Cx, env: &StepEnv, _: &Before) -> Result<Undo> {
        let output = env.script(cx, GIVE, &[&self.path(env)?, env.run().as_str()]).await?;
        match output.exit.code() {
            Some(0) => Ok(Undo::Undone),
            Some(NOT_OURS) => Ok(Undo::NotNeeded),
            _ => Err(super::command::failure(env, &output)),
        }
    }

    async fn reconcile(&self, cx: &Cx, env: &StepEnv, _: &Before) -> Result<Landed> {
        Ok(match holder(cx, env, &self.path(env)?).await? {
            Some((run, _)) if run == env.run().as_str() => Landed::Yes(Outputs::new()),
            // It may be the one that this run made, and whose owner was not written any more.
            Some((run, _)) if run.is_empty() => Landed::Unknown,
            _ => Landed::No,
        })
    }
}
