//! Names of what a deployment is made of.

use purlin_core::text_id;

text_id! {
    /// The name of a step, unique in its deployment.
    pub struct StepId;
}

text_id! {
    /// The sort of a step, such as `file`.
    pub struct StepKind;
}

text_id! {
    /// The name of a host, as the inventory has it.
    pub struct HostName;
}

text_id! {
    /// The name of a plan. A plan is spent by the first run that applies it.
    pub struct PlanId;
}

text_id! {
    /// The name of a run.
    pub struct RunId;
}

/// A name that sorts by time: `20261122T113000-1f2e3d4c`.
pub(crate) fn fresh(now: purlin_core::Timestamp) -> String {
    let text = now.to_string();
    let second = text.split(['.', 'Z']).next().unwrap_or_default();
    let stamp: String = second.chars().filter(|letter| !matches!(letter, '-' | ':')).collect();
    format!("{stamp}-{:08x}", fastrand::u32(..))
}
