//! Announced work, for as long as the host is worked on.

use super::on_host::failed;
use super::via::{Via, words};
use crate::{Before, Definition, Effect, Finding, Outputs, Step, StepEnv, StepKind, Undo};
use async_trait::async_trait;
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use purlin_health::alarm::{AlarmStore, Downtime as Announced, Write};
use purlin_transport::{Host, Transport};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// Announces work on the host, so that nobody is woken by it, and ends that in any case. Kind `downtime`, idempotent, and
/// an obligation: undoing ends it.
///
/// It ends by itself after 1 h unless [set](Self::lasts): a downtime that outlives its deployment hides outages.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Downtime {
    at: At,
    #[serde(with = "crate::span")]
    lasts: Duration,
    select: String,
    author: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
enum At {
    /// Where alarms are kept.
    #[serde(serialize_with = "nothing")]
    Store(Arc<dyn AlarmStore>),
    Commands(Box<Commands>),
}

#[derive(Debug, Clone, Serialize)]
struct Commands {
    begin: Vec<String>,
    end: Vec<String>,
    holds: Vec<String>,
    #[serde(skip_serializing_if = "Via::is_here")]
    on: Via,
}

fn nothing<S: serde::Serializer>(
    _: &Arc<dyn AlarmStore>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_unit()
}

impl Downtime {
    fn new(at: At) -> Self {
        let (select, author) = ("subject={{ host }}".to_owned(), "deployment".to_owned());
        Self { at, lasts: Duration::from_secs(3600), select, author }
    }

    /// In the store of a monitor's alarms, about the checks of the host (`subject={{ host }}`).
    pub fn announced(store: Arc<dyn AlarmStore>) -> Self {
        Self::new(At::Store(store))
    }

    /// By commands: one that begins it, one that ends it, and one that succeeds while it holds. They run on the host, or
    /// [elsewhere](Self::on).
    pub fn commands(
        begin: impl IntoIterator<Item = impl Into<String>>,
        end: impl IntoIterator<Item = impl Into<String>>,
        holds: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let (begin, end, holds) = (words(begin), words(end), words(holds));
        Self::new(At::Commands(Box::new(Commands { begin, end, holds, on: Via::default() })))
    }

    /// Runs the commands on another host, such as the monitor's. A store is where it is.
    #[must_use]
    pub fn on(mut self, transport: Arc<dyn Transport>, host: Host) -> Self {
        if let At::Commands(commands) = &mut self.at {
            commands.on = Via::host(transport, host);
        }
        self
    }

    /// How long it lasts at the most. Commands say that themselves.
    #[must_use]
    pub fn lasts(mut self, time: Duration) -> Self {
        self.lasts = time;
        self
    }

    /// Which checks it is about, as [`Selection`](purlin_health::alarm::Selection) reads it.
    #[must_use]
    pub fn select(mut self, selection: impl Into<String>) -> Self {
        self.select = selection.into();
        self
    }

    /// Who announces it.
    #[must_use]
    pub fn author(mut self, author: impl Into<String>) -> Self {
        self.author = author.into();
        self
    }

    /// The same in each run, so that a run that is gone leaves at most one behind.
    fn id(env: &StepEnv) -> String {
        format!("deploy-{}-{}", env.step(), env.host())
    }

    async fn holds(&self, cx: &Cx, env: &StepEnv) -> Result<bool> {
        match &self.at {
            At::Commands(by) => Ok(by.on.words(cx, env, &by.holds).await?.is_success()),
            At::Store(store) => {
                let (id, now) = (Self::id(env), cx.clock().timestamp());
                let kept = store.load(cx).await?;
                Ok(kept.downtimes.values().any(|known| known.id.as_str() == id && known.holds(now)))
            }
        }
    }

    fn announcement(&self, cx: &Cx, env: &StepEnv) -> Result<Announced> {
        let select = env.text(&self.select)?.parse().map_err(|error: Error| {
            Error::new(ErrorKind::Invalid, error.message().to_owned()).with_outcome(Outcome::NotSent)
        })?;
        let start = cx.clock().timestamp();
        let span = (start, start.saturating_add(self.lasts));
        Announced::new(Self::id(env), select, span, &self.author, format!("run {}", env.run()))
    }
}

#[async_trait]
impl Step for Downtime {
    fn kind(&self) -> StepKind {
        "downtime".into()
    }

    fn effect(&self) -> Effect {
        Effect::Idempotent
    }

    fn definition(&self) -> Result<Definition> {
        Definition::of(self)
    }

    fn obligation(&self) -> Option<String> {
        Some(match &self.at {
            At::Store(_) => format!("in a downtime of {}", self.select),
            At::Commands(by) => format!("in a downtime by {}", by.begin.join(" ")),
        })
    }

    async fn check(&self, cx: &Cx, env: &StepEnv) -> Result<Finding> {
        cx.check("deploy.downtime")?;
        self.announcement(cx, env)?;
        if self.holds(cx, env).await? {
            return Ok(Finding::NoChange);
        }
        let told = self.obligation().unwrap_or_default();
        Ok(Finding::change(format!("{}\n", env.text(&told)?), Before::default()))
    }

    async fn apply(&self, cx: &Cx, env: &StepEnv, _: &Finding) -> Result<Outputs> {
        cx.check("deploy.downtime")?;
        match &self.at {
            At::Commands(by) => by.on.done(cx, env, &by.begin).await?,
            At::Store(store) => {
                let announced = self.announcement(cx, env)?;
                store.commit(cx, &[Write::Downtime(Box::new(announced))]).await?;
            }
        }
        Ok(Outputs::new())
    }

    async fn undo(&self, cx: &Cx, env: &StepEnv, _: &Before) -> Result<Undo> {
        match &self.at {
            At::Commands(by) => {
                if !self.holds(cx, env).await? {
                    return Ok(Undo::NotNeeded);
                }
                by.on.done(cx, env, &by.end).await?;
                if self.holds(cx, env).await? {
                    return Err(failed("the downtime was ended, and still holds"));
                }
                Ok(Undo::Undone)
            }
            At::Store(store) => {
                let id = Self::id(env);
                if !store.load(cx).await?.downtimes.values().any(|known| known.id.as_str() == id) {
                    return Ok(Undo::NotNeeded);
                }
                store.commit(cx, &[Write::ForgetDowntime(id.as_str().into())]).await?;
                Ok(Undo::Undone)
            }
        }
    }
}
