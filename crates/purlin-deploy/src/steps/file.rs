//! A file with a content.

use super::on_host::{self, failed};
use crate::{Before, Definition, Effect, Finding, Outputs, Step, StepEnv, StepKind, Undo, data, diff};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use purlin_transport::{FileKind, Stat, WriteFile};
use serde::{Deserialize, Serialize};

/// Larger files are not kept for undoing; they belong into a release.
const LARGEST: u64 = 1024 * 1024;

/// A file with that content and mode. Kind `file`, idempotent; undoing puts the old file back, or removes the new one.
///
/// The folder has to be there. A file of more than 1 MiB that would be replaced blocks the step. Plans show which lines
/// change, and the journal keeps the old file, unless the file is [sensitive](Self::sensitive).
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct File {
    path: String,
    content: String,
    #[serde(flatten)]
    form: Form,
}

/// What is said of a file beside its content.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Form {
    pub(super) mode: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) owner: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) sensitive: bool,
}

impl File {
    /// The file at that path with that content, and mode 0644.
    pub fn new(path: impl Into<String>, content: impl Into<String>) -> Self {
        Self { path: path.into(), content: content.into(), form: Form::new() }
    }

    /// Its permission bits.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.form.mode = mode;
        self
    }

    /// `USER`, `USER:GROUP` or `:GROUP`; as the session's user has them unless set. It is set with the content: a file
    /// of another owner alone is no change.
    #[must_use]
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.form.owner = Some(owner.into());
        self
    }

    /// What it holds, and held, is nobody's business: no plan shows a line of it, and the old file is kept beside the new
    /// one on the host, for its owner alone, instead of in the journal.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.form.sensitive = true;
        self
    }

    fn wanted(&self, env: &StepEnv) -> Result<Wanted<'_>> {
        Ok(Wanted { path: env.text(&self.path)?, content: env.text(&self.content)?, form: &self.form })
    }
}

impl Form {
    pub(super) fn new() -> Self {
        Self { mode: 0o644, owner: None, sensitive: false }
    }
}

/// A file as one host is to have it.
pub(super) struct Wanted<'f> {
    pub(super) path: String,
    pub(super) content: String,
    pub(super) form: &'f Form,
}

/// The old file.
#[derive(Debug, Serialize, Deserialize)]
struct Old {
    path: String,
    /// None where there was no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kept: Option<Kept>,
    mode: u32,
    /// Its owner's and its group's number.
    ids: (u32, u32),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kept {
    /// In base64.
    Content(String),
    /// On the host, by the SHA-256 of the content.
    OnHost(String),
}

impl Wanted<'_> {
    pub(super) async fn check(&self, cx: &Cx, env: &StepEnv) -> Result<Finding> {
        let path = &self.path;
        let Some(stat) = on_host::stat(cx, env, path).await? else {
            let old = Old { path: path.clone(), kept: None, mode: 0, ids: (0, 0) };
            return Ok(Finding::change(self.diff(env, ""), Before::of(&old)?));
        };
        if stat.kind != FileKind::File {
            return Ok(Finding::blocked(format!("{path} is no file")));
        }
        if stat.size > LARGEST {
            return Ok(Finding::blocked(format!("{path} has {} bytes: too many to be put back", stat.size)));
        }
        let found = on_host::contents(cx, env, path).await?;
        let mode = stat.mode & 0o7777;
        if found == self.content.as_bytes() && mode == self.form.mode {
            return Ok(Finding::NoChange);
        }
        let mut told = self.diff(env, &String::from_utf8_lossy(&found));
        if mode != self.form.mode {
            told.push_str(&format!("mode {mode:04o} -> {:04o}\n", self.form.mode));
        }
        let kept = match self.form.sensitive {
            true => Kept::OnHost(data::sha256(&found)),
            false => Kept::Content(STANDARD.encode(&found)),
        };
        let old = Old { path: path.clone(), kept: Some(kept), mode, ids: (stat.uid, stat.gid) };
        Ok(Finding::change(told, Before::of(&old)?))
    }

    fn diff(&self, env: &StepEnv, old: &str) -> String {
        match self.form.sensitive {
            true => format!("{}\nits lines are not shown\n", self.path),
            false => diff::lines(&self.path, &env.redact(old), &env.redact(&self.content)),
        }
    }

    pub(super) async fn apply(&self, cx: &Cx, env: &StepEnv, finding: &Finding) -> Result<Outputs> {
        let old =
            finding.before().filter(|before| !before.is_empty()).map(Before::read::<Old>).transpose()?;
        if let Some(Old { kept: Some(Kept::OnHost(sum)), .. }) = &old {
            keep(cx, env, &self.path, sum).await?;
        }
        let mut file = WriteFile::new(self.path.as_str(), self.content.clone()).mode(self.form.mode);
        if let Some(owner) = &self.form.owner {
            file = file.owner(env.text(owner)?);
        }
        env.write(cx, file).await?;
        Ok(Outputs::new())
    }
}

/// Keeps the old file beside the new one, unless that was done before.
async fn keep(cx: &Cx, env: &StepEnv, path: &str, sum: &str) -> Result<()> {
    let found = on_host::contents(cx, env, path).await?;
    if data::sha256(&found) == sum {
        let copy = WriteFile::new(on_host::beside(path, "before")?, found).mode(0o600);
        env.write(cx, copy).await?;
    }
    Ok(())
}

/// Puts the old file back.
pub(super) async fn put_back(cx: &Cx, env: &StepEnv, before: &Before) -> Result<Undo> {
    if before.is_empty() {
        return Ok(Undo::NotNeeded);
    }
    let old: Old = before.read()?;
    let content = match &old.kept {
        None => {
            let removed = on_host::remove(cx, env, &old.path).await?;
            return Ok(if removed { Undo::Undone } else { Undo::NotNeeded });
        }
        Some(Kept::Content(coded)) => STANDARD.decode(coded).map_err(|_| damaged())?,
        Some(Kept::OnHost(sum)) => kept_content(cx, env, &old.path, sum).await?,
    };
    let now = on_host::stat(cx, env, &old.path).await?;
    let mut file = WriteFile::new(old.path.as_str(), content).mode(old.mode);
    // Whoever may not give files away could not have changed the owner either.
    let differs = |now: Stat| (now.uid, now.gid) != old.ids;
    if now.is_some_and(differs) {
        file = file.owner(format!("{}:{}", old.ids.0, old.ids.1));
    }
    let changed = env.write(cx, file).await?.changed;
    if let Some(Kept::OnHost(_)) = old.kept {
        on_host::remove(cx, env, &on_host::beside(&old.path, "before")?).await?;
    }
    Ok(if changed { Undo::Undone } else { Undo::NotNeeded })
}

/// The old content, from beside the file, or from itself where it never changed.
async fn kept_content(cx: &Cx, env: &StepEnv, path: &str, sum: &str) -> Result<Vec<u8>> {
    for place in [path.to_owned(), on_host::beside(path, "before")?] {
        match on_host::contents(cx, env, &place).await {
            Ok(found) if data::sha256(&found) == sum => return Ok(found),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound && error.outcome() == Outcome::Sent => {}
            Err(error) => return Err(error),
        }
    }
    Err(failed(format!("the old {path} is no longer beside it")))
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
        self.wanted(env)?.check(cx, env).await
    }

    async fn apply(&self, cx: &Cx, env: &StepEnv, finding: &Finding) -> Result<Outputs> {
        self.wanted(env)?.apply(cx, env, finding).await
    }

    async fn undo(&self, cx: &Cx, env: &StepEnv, before: &Before) -> Result<Undo> {
        put_back(cx, env, before).await
    }
}

fn damaged() -> Error {
    let error = Error::new(ErrorKind::Invalid, "the old content that was kept is damaged");
    error.with_outcome(Outcome::NotSent)
}
