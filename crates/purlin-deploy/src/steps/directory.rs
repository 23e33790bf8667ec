//! A folder.

use super::on_host::{self, plain};
use crate::{Before, Definition, Effect, Finding, Outputs, Step, StepEnv, StepKind, Undo};
use async_trait::async_trait;
use purlin_core::{Cx, ErrorKind, Outcome, Result};
use purlin_transport::{FileKind, Stat};
use serde::{Deserialize, Serialize};

/// `$1` the folder, `$2` mode, `$3` owner or nothing.
const MAKE: &str = "mkdir -p \"$1\" || exit 1
if [ -n \"$3\" ]; then chown \"$3\" \"$1\" || exit 1; fi
chmod \"$2\" \"$1\"";

/// A folder with that mode, and those above it. Kind `directory`, idempotent; undoing gives it back its mode and owner, or
/// removes what was made, as far as it is empty.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Directory {
    path: String,
    mode: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
}

/// How it was.
#[derive(Debug, Serialize, Deserialize)]
struct Old {
    path: String,
    /// Folders that were not there, the outermost first.
    missing: Vec<String>,
    mode: u32,
    ids: (u32, u32),
}

impl Directory {
    /// The folder at that path, with mode 0755.
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), mode: 0o755, owner: None }
    }

    /// Its permission bits. Folders that are made above it have those of the host's umask.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    /// `USER`, `USER:GROUP` or `:GROUP`, by names or numbers; as the session's user has them unless set.
    #[must_use]
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = Some(owner.into());
        self
    }

    fn path(&self, env: &StepEnv) -> Result<String> {
        Ok(plain(&env.text(&self.path)?))
    }

    fn owner_of(&self, env: &StepEnv) -> Result<String> {
        self.owner.as_ref().map_or(Ok(String::new()), |owner| env.text(owner))
    }
}

/// Whether something belongs to `USER:GROUP`.
fn belongs(stat: &Stat, owner: &str) -> bool {
    let (user, group) = owner.split_once(':').unwrap_or((owner, ""));
    let fits = |wanted: &str, name: Option<&String>, id: u32| {
        wanted.is_empty() || name.is_some_and(|name| name == wanted) || wanted == id.to_string()
    };
    fits(user, stat.user.as_ref(), stat.uid) && fits(group, stat.group.as_ref(), stat.gid)
}

/// The folders that lead to a path and are not there, the outermost first; an error of words where something else is.
pub(super) async fn missing(
    cx: &Cx,
    env: &StepEnv,
    path: &str,
) -> Result<std::result::Result<Vec<String>, String>> {
    let mut missing = vec![path.to_owned()];
    let mut at = path;
    while let Ok((folder, _)) = on_host::split(at) {
        if matches!(folder, "/" | ".") {
            break;
        }
        match on_host::stat(cx, env, folder).await? {
            None => missing.push(folder.to_owned()),
            // A link may lead to a folder: whether it does is seen when it is used.
            Some(stat) if matches!(stat.kind, FileKind::Folder | FileKind::Link) => break,
            Some(_) => return Ok(Err(format!("{folder} is no folder"))),
        }
        at = folder;
    }
    missing.reverse();
    Ok(Ok(missing))
}

/// Removes folders that were made, the innermost first; an error of words where one is not empty.
pub(super) async fn remove_made(
    cx: &Cx,
    env: &StepEnv,
    made: &[String],
) -> Result<std::result::Result<bool, String>> {
    let mut changed = false;
    for folder in made.iter().rev() {
        match on_host::remove(cx, env, folder).await {
            Ok(removed) => changed |= removed,
            Err(error) if error.kind() == ErrorKind::Conflict => {
                return Ok(Err(format!("{folder} holds what the step did not put there")));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Ok(changed))
}

#[async_trait]
impl Step for Directory {
    fn kind(&self) -> StepKind {
        "directory".into()
    }

    fn effect(&self) -> Effect {
        Effect::Idempotent
    }

    fn definition(&self) -> Result<Definition> {
        Definition::of(self)
    }

    async fn check(&self, cx: &Cx, env: &StepEnv) -> Result<Finding> {
        let (path, owner) = (self.path(env)?, self.owner_of(env)?);
        let found = match on_host::stat(cx, env, &path).await {
            // What is above it is no folder.
            Err(error) if error.kind() == ErrorKind::Invalid && error.outcome() == Outcome::Sent => None,
            found => found?,
        };
        let Some(stat) = found else {
            return Ok(match missing(cx, env, &path).await? {
                Err(why) => Finding::blocked(why),
                Ok(missing) => {
                    let told: String = missing.iter().map(|folder| format!("+{folder}/\n")).collect();
                    let old = Old { path, missing, mode: 0, ids: (0, 0) };
                    Finding::change(told, Before::of(&old)?)
                }
            });
        };
        if stat.kind != FileKind::Folder {
            return Ok(Finding::blocked(format!("{path} is no folder")));
        }
        let (mode, is_owned) = (stat.mode & 0o7777, belongs(&stat, &owner));
        if mode == self.mode && is_owned {
            return Ok(Finding::NoChange);
        }
        let mut told = format!("{path}/\n");
        if mode != self.mode {
            told.push_str(&format!("mode {mode:04o} -> {:04o}\n", self.mode));
        }
        if !is_owned {
            let name = |name: Option<String>, id: u32| name.unwrap_or_else(|| id.to_string());
            let (user, group) = (name(stat.user, stat.uid), name(stat.group, stat.gid));
            told.push_str(&format!("owner {user}:{group} -> {owner}\n"));
        }
        let old = Old { path, missing: Vec::new(), mode, ids: (stat.uid, stat.gid) };
        Ok(Finding::change(told, Before::of(&old)?))
    }

    async fn apply(&self, cx: &Cx, env: &StepEnv, _: &Finding) -> Result<Outputs> {
        let mode = format!("{:04o}", self.mode);
        on_host::script(cx, env, MAKE, &[&self.path(env)?, &mode, &self.owner_of(env)?]).await?;
        Ok(Outputs::new())
    }

    async fn undo(&self, cx: &Cx, env: &StepEnv, before: &Before) -> Result<Undo> {
        let old: Old = before.read()?;
        if old.missing.is_empty() {
            let Some(stat) = on_host::stat(cx, env, &old.path).await? else { return Ok(Undo::NotNeeded) };
            let same_owner = (stat.uid, stat.gid) == old.ids;
            if same_owner && stat.mode & 0o7777 == old.mode {
                return Ok(Undo::NotNeeded);
            }
            let owner = if same_owner { String::new() } else { format!("{}:{}", old.ids.0, old.ids.1) };
            on_host::script(cx, env, MAKE, &[&old.path, &format!("{:04o}", old.mode), &owner]).await?;
            return Ok(Undo::Undone);
        }
        Ok(match remove_made(cx, env, &old.missing).await? {
            Ok(true) => Undo::Undone,
            Ok(false) => Undo::NotNeeded,
            Err(why) => Undo::Irreversible { why },
        })
    }
}
