//! A symbolic link that is switched.

use super::on_host::{self, failed, plain};
use crate::{Before, Definition, Effect, Finding, Outputs, Step, StepEnv, StepKind, Undo};
use async_trait::async_trait;
use purlin_core::{Cx, ErrorKind, Result};
use purlin_transport::FileKind;
use serde::{Deserialize, Serialize};

/// `$1` the new link, `$2` where it leads. It is looked at in its own folder, so that a relative one is read rightly.
const MAKE: &str = "rm -f \"$1\" || exit 1
ln -s -- \"$2\" \"$1\" || exit 1
if [ ! -e \"$1\" ]; then rm -f \"$1\"; exit 66; fi";
/// There is nothing where it would lead.
const DANGLING: i32 = 66;

/// A symbolic link that leads there. Kind `link`, idempotent; undoing lets it lead where it led, or removes it.
///
/// It is switched by a rename: at each moment there is one link, the old or the new one. What it leads to has to be there
/// by then.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Link {
    path: String,
    target: String,
}

/// Where it led; none where there was none.
#[derive(Debug, Serialize, Deserialize)]
struct Old {
    path: String,
    target: Option<String>,
}

impl Link {
    /// The link at that path leads to that target.
    pub fn new(path: impl Into<String>, target: impl Into<String>) -> Self {
        Self { path: path.into(), target: target.into() }
    }
}

/// Where the link at a path leads: none where there is nothing, an error of words where something else is.
pub(super) async fn target(
    cx: &Cx,
    env: &StepEnv,
    path: &str,
) -> Result<std::result::Result<Option<String>, String>> {
    Ok(match on_host::stat(cx, env, path).await? {
        None => Ok(None),
        Some(stat) if stat.kind == FileKind::Link => Ok(Some(stat.target.unwrap_or_default())),
        Some(_) => Err(format!("{path} is no link")),
    })
}

/// Lets the link lead there, at once.
pub(super) async fn switch(cx: &Cx, env: &StepEnv, path: &str, target: &str) -> Result<()> {
    let fresh = on_host::beside(path, "switching")?;
    let output = env.script(cx, MAKE, &[&plain(&fresh), target]).await?;
    if output.exit.code() == Some(DANGLING) {
        return Err(failed(format!("{path} would lead to {target}, which is not there")));
    }
    if !output.is_success() {
        return Err(super::command::failure(env, &output));
    }
    on_host::rename(cx, env, &fresh, path).await
}

pub(super) fn told(path: &str, old: Option<&str>, new: &str) -> String {
    match old {
        Some(old) => format!("{path} -> {old}\nbecomes -> {new}\n"),
        None => format!("+{path} -> {new}\n"),
    }
}

#[async_trait]
impl Step for Link {
    fn kind(&self) -> StepKind {
        "link".into()
    }

    fn effect(&self) -> Effect {
        Effect::Idempotent
    }

    fn definition(&self) -> Result<Definition> {
        Definition::of(self)
    }

    async fn check(&self, cx: &Cx, env: &StepEnv) -> Result<Finding> {
        let (path, wanted) = (env.text(&self.path)?, env.text(&self.target)?);
        let found = match target(cx, env, &path).await? {
            Err(why) => return Ok(Finding::blocked(why)),
            Ok(found) => found,
        };
        if found.as_ref() == Some(&wanted) {
            return Ok(Finding::NoChange);
        }
        let diff = told(&path, found.as_deref(), &wanted);
        Ok(Finding::change(diff, Before::of(&Old { path, target: found })?))
    }

    async fn apply(&self, cx: &Cx, env: &StepEnv, _: &Finding) -> Result<Outputs> {
        switch(cx, env, &env.text(&self.path)?, &env.text(&self.target)?).await?;
        Ok(Outputs::new())
    }

    async fn undo(&self, cx: &Cx, env: &StepEnv, before: &Before) -> Result<Undo> {
        let old: Old = before.read()?;
        put_back(cx, env, &old.path, old.target.as_deref(), &env.text(&self.target)?).await
    }
}

/// Lets a link lead where it led, where it is the one that the step made.
pub(super) async fn put_back(
    cx: &Cx,
    env: &StepEnv,
    path: &str,
    old: Option<&str>,
    made: &str,
) -> Result<Undo> {
    on_host::remove(cx, env, &on_host::beside(path, "switching")?).await?;
    match (target(cx, env, path).await?, old) {
        (Ok(now), old) if now.as_deref() == old => Ok(Undo::NotNeeded),
        (Ok(Some(now)), _) if now != made => {
            let message = format!("{path} leads to {now} now, which is not what the step made of it");
            Err(on_host::refused(ErrorKind::Conflict, message))
        }
        (Ok(_), Some(old)) => switch(cx, env, path, old).await.map(|()| Undo::Undone),
        (Ok(_), None) => on_host::remove(cx, env, path).await.map(|_| Undo::Undone),
        (Err(why), _) => Err(on_host::refused(ErrorKind::Conflict, why)),
    }
}
