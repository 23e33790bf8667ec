//! What may be done again.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a step promises about being applied more than once. It decides what happens when a crash or a lost link leaves
/// open whether the step took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Effect {
    /// Twice is the same as once: it is checked and applied again.
    Idempotent,
    /// [`reconcile`](crate::Step::reconcile) finds out whether it landed; it is applied again where it did not.
    CheckThenAct,
    /// It must never happen twice: where it may have happened, and [`reconcile`](crate::Step::reconcile) cannot tell, a
    /// person decides.
    AtMostOnce,
    /// The effect and the mark that it happened are one transaction of the system that it happens in:
    /// [`reconcile`](crate::Step::reconcile) always knows, so it happens exactly once.
    Transactional,
}

impl Effect {
    /// As it is written in plans, such as `check_then_act`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idempotent => "idempotent",
            Self::CheckThenAct => "check_then_act",
            Self::AtMostOnce => "at_most_once",
            Self::Transactional => "transactional",
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
