//! What an implementor says of a step.

use async_trait::async_trait;
use purlin_core::{Cx, Fence, Result};
use purlin_deploy::{Step, StepEnv, Variables};
use purlin_transport::{Chaos, ChaosFault, Host, Session, Transport};
use std::fmt;
use std::sync::Arc;

/// What a step can do, as far as not all can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepAbility {
    /// Applying it changes what is [seen](StepStage::seen).
    Changes,
    /// Once it is applied, a check finds nothing to change.
    Proves,
    /// Undoing makes everything as it was.
    Undoes,
    /// After a cut it knows whether it landed.
    Settles,
    /// It works over the session of its host, which can be cut.
    Travels,
}

impl StepAbility {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Changes, Self::Proves, Self::Undoes, Self::Settles, Self::Travels];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Changes => "changes",
            Self::Proves => "proves",
            Self::Undoes => "undoes",
            Self::Settles => "settles",
            Self::Travels => "travels",
        }
    }
}

/// A step for the suite.
#[async_trait]
pub trait StepSubject: Send + Sync {
    /// Its name, for the report.
    fn implementation(&self) -> &str;

    /// What it can do; all of it unless said.
    fn abilities(&self) -> Vec<StepAbility> {
        StepAbility::ALL.to_vec()
    }

    /// Whether answers are [scripted](crate::suites::Suite::scripted), so that nothing is evaluated.
    fn is_scripted(&self) -> bool {
        false
    }

    /// A fresh place for it, which looks the same each time.
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    async fn stage(&self) -> Result<Box<dyn StepStage>>;
}

/// A step in its place.
#[async_trait]
pub trait StepStage: Send + Sync {
    /// The step, which would change something here.
    fn step(&self) -> Arc<dyn Step>;

    /// How its host is reached.
    fn transport(&self) -> Arc<dyn Transport>;

    /// The host.
    fn host(&self) -> Host {
        Host::new("web01")
    }

    /// What its texts are filled in with.
    fn variables(&self) -> Variables {
        Variables::new()
    }

    /// All that the step may change, as a text that does not depend on the place or the time.
    ///
    /// # Errors
    /// What hinders it.
    async fn seen(&self) -> Result<String>;

    /// Secrets that it is given, which must be nowhere.
    fn secrets(&self) -> Vec<String> {
        Vec::new()
    }
}

impl fmt::Debug for dyn StepStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StepStage").field("step", &self.step()).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Shared(Arc<dyn Transport>);

#[async_trait]
impl Transport for Shared {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    async fn connect(&self, cx: &Cx, host: &Host) -> Result<Arc<dyn Session>> {
        self.0.connect(cx, host).await
    }
}

/// What the step works with, where the calls of its session meet these faults.
pub(super) async fn env(
    stage: &dyn StepStage,
    faults: impl IntoIterator<Item = ChaosFault>,
) -> Result<StepEnv> {
    let chaos = Chaos::new(Shared(stage.transport())).with(faults);
    let session = chaos.connect(&Cx::background(), &stage.host()).await?;
    let env = StepEnv::new(session).with_variables(&stage.variables());
    Ok(env.with_attempt("run-1".into(), "step-1".into(), 1, Fence::new(1)))
}
