//! Calls of web servers.

mod request;

pub use request::HttpRequest;

use super::on_host::failed;
use crate::{Before, Definition, Effect, Finding, Landed, Outputs, Step, StepEnv, StepKind, Undo};
use async_trait::async_trait;
use purlin_core::{Cx, Result};
use serde::Serialize;

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
enum Condition {
    /// Unless this one is answered as it expects.
    Unless(Box<HttpRequest>),
    /// Each time, for that reason.
    Always(String),
}

/// A call of a web server, from this machine (feature `http`). Kind `http`; check-then-act, or at most once where nothing
/// tells whether it is needed.
///
/// It carries an `Idempotency-Key` of run, step and host, so that a server which knows the header does it once.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct HttpCall {
    request: HttpRequest,
    condition: Condition,
    #[serde(skip_serializing_if = "Option::is_none")]
    undo: Option<HttpRequest>,
    effect: Effect,
}

impl HttpCall {
    /// A call that is made unless the other one, which changes nothing, is answered as it expects.
    pub fn unless(request: HttpRequest, check: HttpRequest) -> Self {
        Self {
            request,
            condition: Condition::Unless(Box::new(check)),
            undo: None,
            effect: Effect::CheckThenAct,
        }
    }

    /// A call that is made each time, for that reason, and where a crash leaves open whether it was, not again.
    pub fn always(request: HttpRequest, reason: impl Into<String>) -> Self {
        let condition = Condition::Always(reason.into());
        Self { request, condition, undo: None, effect: Effect::AtMostOnce }
    }

    /// What undoes it; without that it is irreversible.
    #[must_use]
    pub fn undo(mut self, request: HttpRequest) -> Self {
        self.undo = Some(request);
        self
    }

    /// It may be made again without harm.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.effect = Effect::Idempotent;
        self
    }
}

const IRREVERSIBLE: &str = "the call says nothing of how to undo it";

#[async_trait]
impl Step for HttpCall {
    fn kind(&self) -> StepKind {
        "http".into()
    }

    fn effect(&self) -> Effect {
        self.effect
    }

    fn definition(&self) -> Result<Definition> {
        Definition::of(self)
    }

    fn irreversible(&self) -> Option<String> {
        self.undo.is_none().then(|| IRREVERSIBLE.to_owned())
    }

    async fn check(&self, cx: &Cx, env: &StepEnv) -> Result<Finding> {
        let would = self.request.shown(env)?;
        Ok(match &self.condition {
            Condition::Always(reason) => {
                cx.check("deploy.http")?;
                Finding::may(format!("{would}: {}", env.text(reason)?), Before::default())
            }
            Condition::Unless(check) => match check.complaint(cx, env).await? {
                None => Finding::NoChange,
                Some(_) => Finding::change(format!("{would}\n"), Before::default()),
            },
        })
    }

    async fn apply(&self, cx: &Cx, env: &StepEnv, _: &Finding) -> Result<Outputs> {
        match self.request.complaint(cx, env).await? {
            None => Ok(Outputs::new()),
            Some(complaint) => Err(failed(complaint)),
        }
    }

    async fn undo(&self, cx: &Cx, env: &StepEnv, _: &Before) -> Result<Undo> {
        let Some(undo) = &self.undo else {
            return Ok(Undo::Irreversible { why: IRREVERSIBLE.to_owned() });
        };
        if let Condition::Unless(check) = &self.condition
            && check.complaint(cx, env).await?.is_some()
        {
            return Ok(Undo::NotNeeded);
        }
        match undo.complaint(cx, env).await? {
            None => Ok(Undo::Undone),
            Some(complaint) => Err(failed(complaint)),
        }
    }

    async fn reconcile(&self, cx: &Cx, env: &StepEnv, _: &Before) -> Result<Landed> {
        Ok(match (&self.condition, self.check(cx, env).await?) {
            (Condition::Always(_), _) => Landed::Unknown,
            (_, Finding::NoChange) => Landed::Yes(Outputs::new()),
            (_, Finding::Change { .. }) => Landed::No,
            _ => Landed::Unknown,
        })
    }
}
