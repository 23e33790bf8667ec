//! Places for steps on this machine.

use purlin_core::{Cx, Error, Result};
use purlin_deploy::{Step, StepEnv, Variables};
use purlin_testkit::suites::deploy::{StepStage, tree};
use purlin_transport::{Host, Transport};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// What a stage is made of: a folder, a step, and what it must not tell.
pub(crate) struct Built {
    pub(crate) folder: TempDir,
    pub(crate) step: Arc<dyn Step>,
    pub(crate) secrets: Vec<String>,
    /// What of the folder is no concern of the step: a log, a fake's state.
    pub(crate) ignored: Vec<&'static str>,
    /// What has to live as long.
    kept: Vec<TempDir>,
}

impl Built {
    /// A folder with `work` in it, where the step works: `{{ root }}`.
    pub(crate) fn new(step: impl Step + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("work")).unwrap();
        Self { folder, step: Arc::new(step), secrets: Vec::new(), ignored: Vec::new(), kept: Vec::new() }
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    pub(crate) fn keeping(mut self, folder: TempDir) -> Self {
        self.kept.push(folder);
        self
    }

    pub(crate) fn with(self, prepare: impl FnOnce(&std::path::Path)) -> Self {
        prepare(&self.work());
        self
    }
}

/// A stage on this machine.
pub(crate) struct Local(Built);

impl Local {
    pub(crate) fn new(built: Built) -> Self {
        Self(built)
    }
}

#[async_trait::async_trait]
impl StepStage for Local {
    fn step(&self) -> Arc<dyn Step> {
        self.0.step.clone()
    }

    fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(purlin_transport::Local::new())
    }

    fn variables(&self) -> Variables {
        variables(&self.0.folder)
    }

    async fn seen(&self) -> Result<String> {
        let text = tree(self.0.work()).map_err(|error| Error::io("test.tree", error))?;
        let concerns = |line: &&str| !self.0.ignored.iter().any(|name| line.contains(name));
        let root = self.0.work().display().to_string();
        Ok(text.lines().filter(concerns).collect::<Vec<_>>().join("\n").replace(&root, "ROOT"))
    }

    fn secrets(&self) -> Vec<String> {
        self.0.secrets.clone()
    }
}

fn variables(folder: &TempDir) -> Variables {
    Variables::new().with("root", &folder.path().join("work"))
}

/// What a step works with in the work folder of a stage.
pub(crate) async fn env(built: &Built) -> StepEnv {
    let session =
        purlin_transport::Local::new().connect(&Cx::background(), &Host::new("web01")).await.unwrap();
    StepEnv::new(session).with_variables(&variables(&built.folder))
}
