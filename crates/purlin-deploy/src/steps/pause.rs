//! A wait for a person.

use super::on_host::refused;
use crate::{Before, Definition, Effect, Finding, Landed, Outputs, Step, StepEnv, StepKind, Undo};
use async_trait::async_trait;
use purlin_core::{Cx, ErrorKind, Result};
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// Somebody who answers questions of a run.
#[async_trait]
pub trait Person: Send + Sync + fmt::Debug {
    /// Whether the run may go on; it waits for that.
    ///
    /// # Errors
    /// That nobody can be asked.
    async fn may_go_on(&self, cx: &Cx, host: &str, question: &str) -> Result<bool>;
}

/// Waits for a person to look and to say so. Kind `pause`, idempotent; there is nothing to undo.
///
/// Without somebody [to ask](Self::ask) it has no effect, and [`WaitsForPerson`] is its error's detail: the run then waits at
/// this step, for days if need be, until it is [told](crate::Control::Promote) to go on.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Pause {
    question: String,
    #[serde(skip)]
    person: Option<Arc<dyn Person>>,
}

/// That a step waits for a person: the detail of its error.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitsForPerson {
    /// What the person is to look at.
    pub question: String,
}

impl Pause {
    /// Until somebody has answered that, such as "does the map show all layers?".
    pub fn until(question: impl Into<String>) -> Self {
        Self { question: question.into(), person: None }
    }

    /// Asks that person.
    #[must_use]
    pub fn ask(mut self, person: impl Person + 'static) -> Self {
        self.person = Some(Arc::new(person));
        self
    }
}

#[async_trait]
impl Step for Pause {
    fn kind(&self) -> StepKind {
        "pause".into()
    }

    fn effect(&self) -> Effect {
        Effect::Idempotent
    }

    fn definition(&self) -> Result<Definition> {
        Definition::of(self)
    }

    async fn check(&self, cx: &Cx, env: &StepEnv) -> Result<Finding> {
        cx.check("deploy.pause")?;
        Ok(Finding::may(format!("waits for a person: {}", env.text(&self.question)?), Before::default()))
    }

    async fn apply(&self, cx: &Cx, env: &StepEnv, _: &Finding) -> Result<Outputs> {
        let question = env.text(&self.question)?;
        let Some(person) = &self.person else {
            let error = refused(ErrorKind::Conflict, format!("a person has to answer first: {question}"));
            return Err(error.with_detail(WaitsForPerson { question }));
        };
        let asked = person.may_go_on(cx, env.host(), &question);
        match cx.run("deploy.pause", asked).await? {
            true => Ok(Outputs::new()),
            false => Err(refused(ErrorKind::Conflict, format!("a person said no: {question}"))),
        }
    }

    async fn verify(&self, _: &Cx, _: &StepEnv, _: &Outputs) -> Result<()> {
        Ok(())
    }

    async fn undo(&self, _: &Cx, _: &StepEnv, _: &Before) -> Result<Undo> {
        Ok(Undo::NotNeeded)
    }

    /// A person who was asked and not heard is asked again.
    async fn reconcile(&self, cx: &Cx, _: &StepEnv, _: &Before) -> Result<Landed> {
        cx.check("deploy.pause").map(|()| Landed::No)
    }
}
