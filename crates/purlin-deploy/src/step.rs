//! What a step implements.

use crate::{Before, Definition, Effect, Finding, Outputs, StepEnv, StepKind};
use async_trait::async_trait;
use purlin_core::{Cx, Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Something that a deployment does to a host, with everything that is needed to do it safely: looking first, proving
/// afterwards, undoing, and finding out after a crash what became of it.
///
/// The order of a run is fixed: [`check`](Self::check); where that finds a change, its [`Before`] is made durable; then
/// [`apply`](Self::apply), whose outputs are made durable; then [`verify`](Self::verify). Every call is bounded by the
/// step's own time (see [`Node::timeout`](crate::Node::timeout)), and may be dropped at any await point: what it did until
/// then is *in doubt*, and settled by [`effect`](Self::effect).
///
/// Steps are values without state of their own, shared by all hosts: what differs from host to host comes with the
/// [`StepEnv`]. An error of kind [`Unavailable`](ErrorKind::Unavailable), [`Refused`](ErrorKind::Refused),
/// [`Unresolved`](ErrorKind::Unresolved) or [`Timeout`](ErrorKind::Timeout) with
/// [`Outcome::NotSent`](purlin_core::Outcome::NotSent) makes the host *unreachable*, which is not *failed*; one with
/// [`Outcome::Maybe`](purlin_core::Outcome::Maybe) makes the step in doubt.
#[async_trait]
pub trait Step: Send + Sync + fmt::Debug {
    /// The sort of it.
    fn kind(&self) -> StepKind;

    /// What it promises about being applied more than once.
    fn effect(&self) -> Effect;

    /// All its settings, without secrets: plans are compared by it.
    ///
    /// # Errors
    /// Those of [`Definition::of`].
    fn definition(&self) -> Result<Definition>;

    /// Names of [outputs](crate::OutputKey) that an earlier step has to give. A plan without them is refused.
    fn needs(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Names of the [outputs](crate::OutputKey) that it gives.
    fn gives(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Why it cannot be undone; none where it can. A plan shows from which step on there is no way back.
    fn irreversible(&self) -> Option<String> {
        None
    }

    /// What it leaves open that must be closed whatever happens, such as "drained from the balancer"; none for most.
    /// [`undo`](Self::undo) closes it: at the step that [closes](crate::Node::closing) it or at the end of the host's
    /// steps, and after a failure, an abort and a crash.
    fn obligation(&self) -> Option<String> {
        None
    }

    /// Looks, and changes nothing.
    ///
    /// # Errors
    /// What keeps it from looking. What keeps it from applying is [`Finding::Blocked`].
    async fn check(&self, cx: &Cx, env: &StepEnv) -> Result<Finding>;

    /// Does it. The finding is that of the check just before.
    ///
    /// # Errors
    /// Why it could not; its [`outcome`](Error::outcome) says whether it can have taken effect.
    async fn apply(&self, cx: &Cx, env: &StepEnv, finding: &Finding) -> Result<Outputs>;

    /// Proves that it worked. Unless a step knows better, [`check`](Self::check) must now find nothing to change; where
    /// that can only say [`May`](Finding::May) or [`Unknown`](Finding::Unknown), there is no proof to be had.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] where it did not work.
    async fn verify(&self, cx: &Cx, env: &StepEnv, outputs: &Outputs) -> Result<()> {
        let _ = outputs;
        match self.check(cx, env).await? {
            Finding::NoChange | Finding::May { .. } | Finding::Unknown { .. } => Ok(()),
            Finding::Change { diff, .. } => {
                let message = format!("it was applied, and would still change: {}", first_line(&diff));
                Err(Error::new(ErrorKind::Conflict, message))
            }
            Finding::Blocked { why } => Err(Error::new(ErrorKind::Conflict, why)),
        }
    }

    /// Makes it as it was before. It may be called for a step that took no effect, or half of one, and more than once.
    ///
    /// # Errors
    /// Why it could not.
    async fn undo(&self, cx: &Cx, env: &StepEnv, before: &Before) -> Result<Undo>;

    /// Finds out whether it landed, after a crash or a lost link. Unless a step knows better, a check that finds nothing
    /// to change says yes, one that finds a change says no, and anything else is not known.
    ///
    /// # Errors
    /// What keeps it from looking.
    async fn reconcile(&self, cx: &Cx, env: &StepEnv, before: &Before) -> Result<Landed> {
        let _ = before;
        Ok(match self.check(cx, env).await? {
            Finding::NoChange => Landed::Yes(Outputs::new()),
            Finding::Change { .. } => Landed::No,
            _ => Landed::Unknown,
        })
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// What became of undoing a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "undo", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Undo {
    /// It is as it was.
    Undone,
    /// There was nothing to undo.
    NotNeeded,
    /// It cannot be undone.
    Irreversible {
        /// Why not.
        why: String,
    },
}

/// Whether a step took effect.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Landed {
    /// It did, with these outputs.
    Yes(Outputs),
    /// It did not.
    No,
    /// That cannot be told.
    Unknown,
}
