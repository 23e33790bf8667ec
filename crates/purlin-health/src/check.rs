//! What a check implements.

use crate::{CheckOutcome, OnTarget};
use async_trait::async_trait;
use purlin_core::{Cx, text_id};
use std::fmt;

text_id! {
    /// The name of a check, unique in a monitor: it stays the same over restarts, since state is kept under it.
    pub struct CheckId;
}

text_id! {
    /// The sort of a check, such as `http`: limits and figures are kept by it.
    pub struct CheckKind;
}

/// Probes a target once.
///
/// An implementation knows nothing of intervals, retries or alarms. Whoever runs it bounds it: `cx` carries the
/// deadline, and at the deadline the future is dropped. So it must be safe to drop at any await point: no socket, no
/// child and no task outlives it. A check that runs blocking code or children keeps them bounded by itself.
///
/// The target's failure is an outcome, never an error; [`CheckOutcome::Prober`] is for faults on this side.
#[async_trait]
pub trait Check: Send + Sync + fmt::Debug {
    /// The sort of it.
    fn kind(&self) -> CheckKind;

    /// Where it goes: checks with the same target share the limit per host. None for what is asked of this machine.
    fn target(&self) -> Option<&str> {
        None
    }

    /// Checks that give the same name here have the same place in an interval, so that they are due together. None: by
    /// the check's own name, which spreads them.
    fn due_with(&self) -> Option<&str> {
        None
    }

    /// The same check for a shell on the target; none where it cannot run there.
    fn on_target(&self) -> Option<&dyn OnTarget> {
        None
    }

    /// Probes once.
    async fn run(&self, cx: &Cx) -> CheckOutcome;
}
