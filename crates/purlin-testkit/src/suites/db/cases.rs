//! The cases, by what they are about.

use super::stage::Stage;
use crate::suites::Suite;

/// Runs cases of a group, each with what it needs.
macro_rules! cases {
    ($suite:ident, $stage:ident, $group:literal; $($case:ident [$($need:literal),*];)*) => {$(
        let body = Box::pin(async { $case($stage).await.map_err(|complaint| complaint.0) });
        $suite.case_for_all(&[$($need),*], concat!($group, ".", stringify!($case)), body).await;
    )*};
}

mod cancelling;
mod connecting;
mod deadlines;
mod drops;
mod errors;
mod faults;
mod isolation;
mod parameters;
mod pool;
mod results;
mod statements;
mod transactions;
mod types;

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    connecting::run(suite, stage).await;
    statements::run(suite, stage).await;
    results::run(suite, stage).await;
    types::run(suite, stage).await;
    parameters::run(suite, stage).await;
    transactions::run(suite, stage).await;
    isolation::run(suite, stage).await;
    errors::run(suite, stage).await;
    drops::run(suite, stage).await;
    pool::run(suite, stage).await;
    deadlines::run(suite, stage).await;
    cancelling::run(suite, stage).await;
    faults::run(suite, stage).await;
}
