//! What the tests of checks share.

use purlin_core::Cx;
use purlin_health::{Check, CheckOutcome, Evidence, Failure};
use std::time::Duration;

pub(crate) fn cx() -> Cx {
    Cx::background().with_timeout(Duration::from_secs(30))
}

/// What a target answers that must answer.
pub(crate) async fn answered(check: &dyn Check) -> Evidence {
    match check.run(&cx()).await {
        CheckOutcome::Answered(evidence) => evidence,
        other => panic!("no answer: {other:?}"),
    }
}

/// How a target fails that must fail.
pub(crate) async fn failure(check: &dyn Check) -> Failure {
    match check.run(&cx()).await {
        CheckOutcome::Failed(failure) => failure,
        other => panic!("no failure: {other:?}"),
    }
}
