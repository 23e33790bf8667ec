//! The cases, by what they are about.

use super::stage::Stage;
use super::{commands, deadlines, files, shells};
use crate::suites::Suite;

/// Runs cases of a group, each with what it needs.
macro_rules! cases {
    ($suite:ident, $stage:ident, $group:literal; $($case:ident [$($need:literal),*];)*) => {$(
        let body = Box::pin(async { $case($stage).await.map_err(|complaint| complaint.0) });
        $suite.case_for_all(&[$($need),*], concat!($group, ".", stringify!($case)), body).await;
    )*};
}
pub(super) use cases;

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    commands::run(suite, stage).await;
    deadlines::run(suite, stage).await;
    files::run(suite, stage).await;
    shells::run(suite, stage).await;
}
