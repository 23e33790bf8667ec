//! The suite of steps, over all of them.

use super::stages::{Built, Local};
use purlin_testkit::suites::deploy::step;
use purlin_testkit::suites::deploy::{StepAbility, StepStage, StepSubject};
use std::path::Path;

/// A step by its name in the report, what it can do, and how its stage is made.
struct Subject {
    name: &'static str,
    abilities: Vec<StepAbility>,
    build: Box<dyn Fn() -> Built + Send + Sync>,
}

#[async_trait::async_trait]
impl StepSubject for Subject {
    fn implementation(&self) -> &str {
        self.name
    }

    fn abilities(&self) -> Vec<StepAbility> {
        self.abilities.clone()
    }

    async fn stage(&self) -> purlin_core::Result<Box<dyn StepStage>> {
        Ok(Box::new(Local::new((self.build)())))
    }
}

/// Runs it over a step that stands on this machine.
pub(crate) async fn conforms(
    name: &'static str,
    without: &[StepAbility],
    build: impl Fn() -> Built + Send + Sync + 'static,
) {
    let abilities = StepAbility::ALL.into_iter().filter(|ability| !without.contains(ability)).collect();
    subject_conforms(&Subject { name, abilities, build: Box::new(build) }).await;
}

pub(crate) async fn subject_conforms(subject: &dyn StepSubject) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let file = golden.join(format!("step.{}.txt", subject.implementation().replace(' ', "-")));
    step(subject).await.assert_golden(file);
}
