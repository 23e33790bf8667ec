//! A service that runs, rests, or is started anew.

mod manager;

use super::on_host::{failed, refused};
use crate::{Before, Definition, Effect, Finding, Landed, Outputs, Step, StepEnv, StepKind, Undo};
use async_trait::async_trait;
use manager::{Manager, Seen};
use purlin_core::{Cx, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How often a service is looked at.
const EVERY: Duration = Duration::from_millis(500);

/// What is wanted of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Want {
    Running,
    Stopped,
    Restarted,
    Reloaded,
}

impl Want {
    fn verb(self) -> &'static str {
        match self {
            Self::Running => "start",
            Self::Stopped => "stop",
            Self::Restarted => "restart",
            Self::Reloaded => "reload",
        }
    }
}

/// A service of systemd, or of a script with `start`, `stop`, `restart`, `reload` and `status` (whose status is 0 while it
/// runs, as the LSB wants it). Kind `service`.
///
/// It is proven by staying up: for 5 s unless [said otherwise](Self::stable_for) it has to be active, and with systemd
/// be the same invocation with the same number of restarts all the time. That it is active right after its start
/// proves nothing.
///
/// | | plan | undoing | effect |
/// |---|---|---|---|
/// | [`running`](Self::running) | a change where it does not run | stops it again | idempotent |
/// | [`stopped`](Self::stopped) | a change where it runs | starts it again | idempotent |
/// | [`restart`](Self::restart) | may change; wants [`Node::on_change`](crate::Node::on_change) | restarts it, so that it reads what is there then; stops it where it did not run | check-then-act: systemd tells one invocation from another. With a script, idempotent |
/// | [`reload`](Self::reload) | the same | reloads it | idempotent |
///
/// With systemd, unit files that have changed are read anew first (`daemon-reload`).
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Service {
    name: String,
    want: Want,
    #[serde(skip_serializing_if = "Option::is_none")]
    script: Option<String>,
    #[serde(with = "crate::span")]
    stable_for: Duration,
    #[serde(with = "crate::span")]
    within: Duration,
}

/// How it was.
#[derive(Debug, Serialize, Deserialize)]
struct Old {
    ran: bool,
    /// Which invocation; none where nobody tells, or where it does not matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    invocation: Option<String>,
}

impl Service {
    fn new(name: impl Into<String>, want: Want) -> Self {
        Self {
            name: name.into(),
            want,
            script: None,
            stable_for: Duration::from_secs(5),
            within: Duration::from_secs(60),
        }
    }

    /// It runs.
    pub fn running(name: impl Into<String>) -> Self {
        Self::new(name, Want::Running)
    }

    /// It does not run.
    pub fn stopped(name: impl Into<String>) -> Self {
        Self::new(name, Want::Stopped)
    }

    /// It is started anew, whether it runs or not.
    pub fn restart(name: impl Into<String>) -> Self {
        Self::new(name, Want::Restarted)
    }

    /// It reads its configuration anew.
    pub fn reload(name: impl Into<String>) -> Self {
        Self::new(name, Want::Reloaded)
    }

    /// By that script instead of systemd.
    #[must_use]
    pub fn script(mut self, path: impl Into<String>) -> Self {
        self.script = Some(path.into());
        self
    }

    /// How long it must stay up to count as up; 5 s unless set.
    #[must_use]
    pub fn stable_for(mut self, time: Duration) -> Self {
        self.stable_for = time;
        self
    }

    /// How long it may take to come up before that; 60 s unless set.
    #[must_use]
    pub fn within(mut self, time: Duration) -> Self {
        self.within = time;
        self
    }

    fn manager(&self, env: &StepEnv) -> Result<Manager> {
        let name = env.text(&self.name)?;
        if name.is_empty() || name.starts_with('-') {
            return Err(refused(ErrorKind::Invalid, format!("{name:?} is no name of a service")));
        }
        Ok(match &self.script {
            Some(path) => Manager::Script { name, path: env.text(path)? },
            None => Manager::Systemd { name },
        })
    }

    fn before(&self, seen: &Seen) -> Result<Before> {
        let is_new = self.want == Want::Restarted;
        let invocation = seen.invocation.clone().filter(|_| is_new);
        Before::of(&Old { ran: seen.runs(), invocation })
    }

    /// Waits until it is up and has stayed so.
    async fn stays_up(&self, cx: &Cx, env: &StepEnv, manager: &Manager) -> Result<()> {
        let until = cx.now().saturating_add(self.within);
        let mut first = manager.look(cx, env).await?;
        while !first.runs() {
            if first.has_failed || cx.now() >= until {
                return Err(manager.down(cx, env, &first).await);
            }
            cx.sleep(EVERY).await?;
            first = manager.look(cx, env).await?;
        }
        let stable = cx.now().saturating_add(self.stable_for);
        while cx.now() < stable {
            cx.sleep(EVERY.min(stable.since(cx.now()))).await?;
            let now = manager.look(cx, env).await?;
            if !now.runs() {
                return Err(manager.down(cx, env, &now).await);
            }
            if (&now.invocation, &now.restarts) != (&first.invocation, &first.restarts) {
                let state = now.state;
                let message = format!("{} does not stay up: it was started again, and is {state}", self.name);
                return Err(failed(message));
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Step for Service {
    fn kind(&self) -> StepKind {
        "service".into()
    }

    fn effect(&self) -> Effect {
        match (self.want, &self.script) {
            (Want::Restarted, None) => Effect::CheckThenAct,
            _ => Effect::Idempotent,
        }
    }

    fn definition(&self) -> Result<Definition> {
        Definition::of(self)
    }

    async fn check(&self, cx: &Cx, env: &StepEnv) -> Result<Finding> {
        let manager = self.manager(env)?;
        let seen = manager.look(cx, env).await?;
        if !seen.is_known {
            return Ok(Finding::blocked(format!("there is no service {}", manager.name())));
        }
        let would = format!("{} {}: it is {}\n", self.want.verb(), manager.name(), seen.state);
        Ok(match (self.want, seen.runs()) {
            (Want::Running, true) | (Want::Stopped, false) => Finding::NoChange,
            (Want::Running, false) | (Want::Stopped, true) => Finding::change(would, self.before(&seen)?),
            (Want::Reloaded, false) => Finding::blocked(format!("{} does not run", manager.name())),
            (Want::Restarted | Want::Reloaded, _) => Finding::may(would, self.before(&seen)?),
        })
    }

    async fn apply(&self, cx: &Cx, env: &StepEnv, _: &Finding) -> Result<Outputs> {
        self.manager(env)?.act(cx, env, self.want.verb()).await.map(|()| Outputs::new())
    }

    async fn verify(&self, cx: &Cx, env: &StepEnv, _: &Outputs) -> Result<()> {
        let manager = self.manager(env)?;
        if self.want != Want::Stopped {
            return self.stays_up(cx, env, &manager).await;
        }
        let until = cx.now().saturating_add(self.within);
        loop {
            let seen = manager.look(cx, env).await?;
            if seen.rests() {
                return Ok(());
            }
            if cx.now() >= until {
                return Err(failed(format!("{} was stopped, and is {}", manager.name(), seen.state)));
            }
            cx.sleep(EVERY).await?;
        }
    }

    async fn undo(&self, cx: &Cx, env: &StepEnv, before: &Before) -> Result<Undo> {
        let (manager, old) = (self.manager(env)?, before.read::<Old>()?);
        let runs = manager.look(cx, env).await?.runs();
        let verb = match (self.want, old.ran, runs) {
            (_, false, false) | (Want::Running | Want::Stopped, true, true) => return Ok(Undo::NotNeeded),
            (_, false, true) => "stop",
            (Want::Restarted, true, _) => "restart",
            (Want::Reloaded, true, true) => "reload",
            (_, true, false) => "start",
        };
        manager.act(cx, env, verb).await?;
        if old.ran {
            self.stays_up(cx, env, &manager).await?;
        }
        Ok(Undo::Undone)
    }

    async fn reconcile(&self, cx: &Cx, env: &StepEnv, before: &Before) -> Result<Landed> {
        let seen = self.manager(env)?.look(cx, env).await?;
        let old: Old = before.read()?;
        Ok(match (self.want, &seen.invocation) {
            (Want::Running, _) if seen.runs() => Landed::Yes(Outputs::new()),
            (Want::Stopped, _) if seen.rests() => Landed::Yes(Outputs::new()),
            (Want::Running | Want::Stopped, _) => Landed::No,
            (Want::Restarted, Some(now)) if seen.runs() && Some(now) != old.invocation.as_ref() => {
                Landed::Yes(Outputs::new())
            }
            (Want::Restarted, Some(_)) => Landed::No,
            (Want::Restarted, None) | (Want::Reloaded, _) => Landed::Unknown,
        })
    }
}
