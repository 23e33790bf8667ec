//! A file with a content.

use crate::{Before, Definition, Effect, Finding, Outputs, Step, StepEnv, StepKind, Undo, diff};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use purlin_transport::{FileKind, FileRequest, SessionExt, WriteFile};
use serde::{Deserialize, Serialize};

/// Larger files are not kept for undoing; they belong into a release.
const LARGEST: u64 = 1024 * 1024;

/// A file with that content and mode. Kind `file`, idempotent; undoing puts the old file back, or removes the new one.
///
/// The folder has to be there. A file of more than 1 MiB that would be replaced blocks the step.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct File {
    path: String,
    content: String,
    mode: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
}

impl File {
    /// The file at that path with that content, and mode 0644.
    pub fn new(path: impl Into<String>, content: impl Into<String>) -> Self {
        Self { path: path.into(), content: content.into(), mode: 0o644, owner: None }
    }

    /// Its permission bits.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    /// `USER`, `USER:GROUP` or `:GROUP`; as the session's user has them unless set. It is set with the content: a file
    /// of another owner alone is no change.
    #[must_use]
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = Some(owner.into());
        self
    }
}

/// The old file.
#[derive(Debug, Serialize, Deserialize)]
struct Old {
    path: String,
    /// Base64; none where there was no file.
    content: Option<String>,
    mode: u32,
}

#[async_trait]
impl Step for File {
    fn kind(&self) -> StepKind {
        "file".into()
    }

    fn effect(&self) -> Effect {
        Effect::Idempotent
    }

    fn definition(&self) -> Result<Definition> {
        Definition::of(self)
    }

    async fn check(&self, cx: &Cx, env: &StepEnv) -> Result<Finding> {
        let (path, content) = (env.text(&self.path)?, env.text(&self.content)?);
        let session = env.session();
        let Some(stat) = session.stat(cx, &path).await? else {
            let old = Old { path: path.clone(), content: None, mode: 0 };
            let diff = diff::lines(&path, "", &env.redact(&content));
            return Ok(Finding::change(diff, Before::of(&old)?));
        };
        if stat.kind != FileKind::File {
            return Ok(Finding::blocked(format!("{path} is no file")));
        }
        if stat.size > LARGEST {
            return Ok(Finding::blocked(format!("{path} has {} bytes: too many to be put back", stat.size)));
        }
        let found = session.contents(cx, &path).await?;
        let mode = stat.mode & 0o7777;
        if *found == *content.as_bytes() && mode == self.mode {
            return Ok(Finding::NoChange);
        }
        let text = String::from_utf8_lossy(&found);
        let mut told = diff::lines(&path, &env.redact(&text), &env.redact(&content));
        if mode != self.mode {
            told.push_str(&format!("mode {mode:04o} -> {:04o}\n", self.mode));
        }
        let old = Old { path, content: Some(STANDARD.encode(&found)), mode };
        Ok(Finding::change(told, Before::of(&old)?))
    }

    async fn apply(&self, cx: &Cx, env: &StepEnv, _: &Finding) -> Result<Outputs> {
        let mut file = WriteFile::new(env.text(&self.path)?, env.text(&self.content)?).mode(self.mode);
        if let Some(owner) = &self.owner {
            file = file.owner(env.text(owner)?);
        }
        env.write(cx, file).await?;
        Ok(Outputs::new())
    }

    async fn undo(&self, cx: &Cx, env: &StepEnv, before: &Before) -> Result<Undo> {
        let old: Old = before.read()?;
        let changed = match &old.content {
            None => {
                let mut request = FileRequest::remove(old.path.as_str());
                if let Some(elevation) = env.elevation() {
                    request = request.elevated(elevation.clone());
                }
                let reply = env.session().file(cx, &request).await?;
                matches!(reply, purlin_transport::FileReply::Done { changed: true })
            }
            Some(coded) => {
                let content = STANDARD.decode(coded).map_err(|_| damaged())?;
                env.write(cx, WriteFile::new(old.path.as_str(), content).mode(old.mode)).await?.changed
            }
        };
        Ok(if changed { Undo::Undone } else { Undo::NotNeeded })
    }
}

fn damaged() -> Error {
    let error = Error::new(ErrorKind::Invalid, "the old content that was kept is damaged");
    error.with_outcome(Outcome::NotSent)
}
