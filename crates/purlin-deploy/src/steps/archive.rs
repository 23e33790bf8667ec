//! A packed folder that is unpacked.

use super::bundle::{Artifact, Bundle, Found};
use super::on_host::{plain, refused};
use crate::{Before, Definition, Effect, Finding, Outputs, Step, StepEnv, StepKind, Undo};
use async_trait::async_trait;
use purlin_core::{Cx, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A `.tar.gz` of this machine, unpacked into a fresh folder of the host, by its `tar`. Kind `archive`, idempotent;
/// undoing removes the folder.
///
/// The folder is there whole or not at all: it gets its name last. Beside it a file `.NAME.sha256` says what it was made
/// of. A folder that is there and made of something else blocks the step: name it after the version.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Archive {
    archive: Artifact,
    into: String,
    strip: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct Old {
    folder: String,
}

impl Archive {
    /// That file of this machine, into that folder of the host. The one above it has to be there.
    pub fn new(file: impl Into<PathBuf>, into: impl Into<String>) -> Self {
        Self { archive: Artifact::new(file), into: into.into(), strip: 0 }
    }

    /// Leaves out so many leading folders of each name in the archive.
    #[must_use]
    pub fn strip(mut self, folders: u32) -> Self {
        self.strip = folders;
        self
    }

    fn bundle(&self, folder: &str) -> Result<Bundle<'_>> {
        if !self.archive.is_archive() {
            let message = format!("{} is no archive: .tar.gz or .tgz", self.archive.name());
            return Err(refused(ErrorKind::Invalid, message));
        }
        let folder = plain(folder.trim_end_matches('/'));
        Ok(Bundle { artifact: &self.archive, folder, strip: self.strip })
    }
}

#[async_trait]
impl Step for Archive {
    fn kind(&self) -> StepKind {
        "archive".into()
    }

    fn effect(&self) -> Effect {
        Effect::Idempotent
    }

    fn definition(&self) -> Result<Definition> {
        self.archive.sum()?;
        Definition::of(self)
    }

    async fn check(&self, cx: &Cx, env: &StepEnv) -> Result<Finding> {
        let bundle = self.bundle(&env.text(&self.into)?)?;
        Ok(match bundle.look(cx, env).await? {
            Found::Same => Finding::NoChange,
            Found::Other => Finding::blocked(bundle.in_the_way()),
            Found::Nothing => {
                let diff = format!("+{}/ from {}\n", bundle.folder, self.archive.name());
                Finding::change(diff, Before::of(&Old { folder: bundle.folder })?)
            }
        })
    }

    async fn apply(&self, cx: &Cx, env: &StepEnv, _: &Finding) -> Result<Outputs> {
        self.bundle(&env.text(&self.into)?)?.make(cx, env).await?;
        Ok(Outputs::new())
    }

    async fn undo(&self, cx: &Cx, env: &StepEnv, before: &Before) -> Result<Undo> {
        let old: Old = before.read()?;
        let removed = self.bundle(&old.folder)?.remove(cx, env).await?;
        Ok(if removed { Undo::Undone } else { Undo::NotNeeded })
    }
}
