//! What every step must do.

use super::{Case, Complaint, equal};
use crate::suites::{Report, Suite};
use async_trait::async_trait;
use purlin_core::{Cx, Result};
use purlin_deploy::{Before, Effect, Finding, Landed, Outputs, Step, StepEnv, Undo};
use std::fmt;
use std::sync::Arc;

/// A step and a host on which it has something to do.
pub struct StepStage {
    /// The step.
    step: Arc<dyn Step>,
    /// What it works with.
    env: StepEnv,
    look: Box<dyn Fn() -> String + Send + Sync>,
}

impl StepStage {
    /// A step with what it works with, and a way to see how the host is, past the step: all that it may change.
    pub fn new(step: Arc<dyn Step>, env: StepEnv, look: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self { step, env, look: Box::new(look) }
    }
}

impl fmt::Debug for StepStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StepStage").field("step", &self.step).finish_non_exhaustive()
    }
}

/// What a step can do that not all can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepAbility {
    /// It finds nothing to change once it was applied.
    Sees,
    /// It makes the host as it was.
    Undoes,
    /// It can tell whether it landed.
    Tells,
}

impl StepAbility {
    fn as_str(self) -> &'static str {
        match self {
            Self::Sees => "sees",
            Self::Undoes => "undoes",
            Self::Tells => "tells",
        }
    }
}

/// Makes stages for the suite.
#[async_trait]
pub trait StepSubject: Send + Sync {
    /// The kind of the step, for the report.
    fn implementation(&self) -> &str;

    /// What it can do; all of it unless said.
    fn abilities(&self) -> Vec<StepAbility> {
        vec![StepAbility::Sees, StepAbility::Undoes, StepAbility::Tells]
    }

    /// A new stage; the one before is not used any more.
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    async fn stage(&self) -> Result<StepStage>;
}

/// Runs the suite over one step.
pub async fn step(subject: &dyn StepSubject) -> Report {
    let mut abilities: Vec<&str> = subject.abilities().into_iter().map(StepAbility::as_str).collect();
    if let Ok(stage) = subject.stage().await {
        abilities.extend((stage.step.effect() == Effect::Idempotent).then_some("idempotent"));
    }
    let mut suite = Suite::new("step", subject.implementation(), abilities);
    macro_rules! cases {
        ($($case:ident [$($need:literal),*];)*) => {$(
            let body = Box::pin(async { $case(subject).await.map_err(|complaint| complaint.0) });
            suite.case_for_all(&[$($need),*], concat!("step.", stringify!($case)), body).await;
        )*};
    }
    cases! {
        looking_changes_nothing [];
        it_has_something_to_do [];
        it_is_described_the_same_each_time [];
        what_is_applied_is_proven [];
        afterwards_there_is_nothing_to_do ["sees"];
        twice_is_as_once ["idempotent"];
        undoing_makes_it_as_it_was ["undoes"];
        undoing_twice_is_as_once ["undoes"];
        undoing_what_was_never_done_harms_nothing ["undoes"];
        what_undoing_needs_survives_the_journal ["undoes"];
        it_tells_that_it_landed ["tells"];
        it_tells_that_it_did_not_land ["tells"];
    }
    suite.finish()
}

impl StepStage {
    fn seen(&self) -> String {
        (self.look)()
    }

    async fn found(&self) -> Case<Finding> {
        Ok(self.step.check(&Cx::background(), &self.env).await?)
    }

    async fn applied(&self) -> Case<(Before, Outputs)> {
        let found = self.found().await?;
        let outputs = self.step.apply(&Cx::background(), &self.env, &found).await?;
        Ok((found.before().cloned().unwrap_or_default(), outputs))
    }

    async fn undo(&self, before: &Before) -> Case<Undo> {
        Ok(self.step.undo(&Cx::background(), &self.env, before).await?)
    }
}

async fn looking_changes_nothing(subject: &dyn StepSubject) -> Case {
    let stage = subject.stage().await?;
    let before = stage.seen();
    let (one, other) = (stage.found().await?, stage.found().await?);
    equal("the second look", &other, &one)?;
    equal("the host", &stage.seen(), &before)
}

async fn it_has_something_to_do(subject: &dyn StepSubject) -> Case {
    match subject.stage().await?.found().await? {
        Finding::Change { .. } | Finding::May { .. } => Ok(()),
        other => Err(Complaint(format!("it finds {other:?}, and there is something to do"))),
    }
}

async fn it_is_described_the_same_each_time(subject: &dyn StepSubject) -> Case {
    let stage = subject.stage().await?;
    equal("the definition", &stage.step.definition()?, &stage.step.definition()?)?;
    equal("that there is one", &stage.step.definition()?.is_empty(), &false)
}

async fn what_is_applied_is_proven(subject: &dyn StepSubject) -> Case {
    let stage = subject.stage().await?;
    let (_, outputs) = stage.applied().await?;
    stage.step.verify(&Cx::background(), &stage.env, &outputs).await?;
    let given: Vec<&str> = outputs.names().collect();
    let mut promised = stage.step.gives();
    promised.sort_unstable();
    equal("what it gives", &given, &promised)
}

async fn afterwards_there_is_nothing_to_do(subject: &dyn StepSubject) -> Case {
    let stage = subject.stage().await?;
    stage.applied().await?;
    equal("what it finds", &stage.found().await?, &Finding::NoChange)
}

async fn twice_is_as_once(subject: &dyn StepSubject) -> Case {
    let stage = subject.stage().await?;
    let found = stage.found().await?;
    stage.step.apply(&Cx::background(), &stage.env, &found).await?;
    let once = stage.seen();
    stage.step.apply(&Cx::background(), &stage.env, &found).await?;
    equal("the host", &stage.seen(), &once)
}

async fn undoing_makes_it_as_it_was(subject: &dyn StepSubject) -> Case {
    let stage = subject.stage().await?;
    let seen = stage.seen();
    let (before, _) = stage.applied().await?;
    equal("what undoing says", &stage.undo(&before).await?, &Undo::Undone)?;
    equal("the host", &stage.seen(), &seen)
}

async fn undoing_twice_is_as_once(subject: &dyn StepSubject) -> Case {
    let stage = subject.stage().await?;
    let seen = stage.seen();
    let (before, _) = stage.applied().await?;
    stage.undo(&before).await?;
    stage.undo(&before).await?;
    equal("the host", &stage.seen(), &seen)
}

async fn undoing_what_was_never_done_harms_nothing(subject: &dyn StepSubject) -> Case {
    let stage = subject.stage().await?;
    let seen = stage.seen();
    let before = stage.found().await?.before().cloned().unwrap_or_default();
    stage.undo(&before).await?;
    equal("the host", &stage.seen(), &seen)
}

async fn what_undoing_needs_survives_the_journal(subject: &dyn StepSubject) -> Case {
    let stage = subject.stage().await?;
    let seen = stage.seen();
    let (before, _) = stage.applied().await?;
    // As JSON has it, and back.
    let kept = Before::of(&before)?;
    stage.undo(&kept).await?;
    equal("the host", &stage.seen(), &seen)
}

async fn it_tells_that_it_landed(subject: &dyn StepSubject) -> Case {
    let stage = subject.stage().await?;
    let (before, _) = stage.applied().await?;
    match stage.step.reconcile(&Cx::background(), &stage.env, &before).await? {
        Landed::Yes(_) => Ok(()),
        other => Err(Complaint(format!("it says {other:?}"))),
    }
}

async fn it_tells_that_it_did_not_land(subject: &dyn StepSubject) -> Case {
    let stage = subject.stage().await?;
    let before = stage.found().await?.before().cloned().unwrap_or_default();
    let landed = stage.step.reconcile(&Cx::background(), &stage.env, &before).await?;
    equal("what it says", &landed, &Landed::No)
}
