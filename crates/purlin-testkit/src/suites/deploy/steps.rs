//! What every step of a deployment must do.

mod cases;
mod stage;
mod tree;

pub use stage::{StepAbility, StepStage, StepSubject};
pub use tree::tree;

use crate::suites::{Report, Suite};
use purlin_deploy::Effect;

/// Runs the suite over one step: looking changes nothing, what was applied is proven, undoing gives everything back, and
/// a link that is cut before or after any call leaves nothing that cannot be settled.
pub async fn step(subject: &dyn StepSubject) -> Report {
    let abilities = subject.abilities();
    let mut names: Vec<&str> = abilities.iter().map(|ability| ability.name()).collect();
    if let Ok(stage) = subject.stage().await {
        names.extend((stage.step().effect() == Effect::Idempotent).then_some("idempotent"));
    }
    let mut suite = Suite::new("step", subject.implementation(), names);
    if subject.is_scripted() {
        suite = suite.scripted();
    }
    cases::run(&mut suite, subject).await;
    suite.finish()
}
