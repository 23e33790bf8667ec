//! A release: a fresh folder for each, and a link to the one that counts.

use super::bundle::{Artifact, Bundle, Found};
use super::on_host::{self, plain, refused};
use super::{directory, link};
use crate::{Before, Definition, Effect, Finding, Landed, OutputKey, Outputs, Step, StepEnv, StepKind, Undo};
use async_trait::async_trait;
use purlin_core::{Cx, ErrorKind, Result};
use purlin_transport::WriteFile;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A release below a folder: `releases/VERSION` is made of a file of this machine, then the link `current` is switched to
/// it. Kind `release`, idempotent; undoing switches back to the release before, and removes the new one.
///
/// A `.tar.gz` or `.tgz` is unpacked, any other file lies in the release's folder. A release is there whole or not at
/// all; one that is there and made of another file blocks the step. `releases/.switched` lists the releases that were
/// current and not taken back, the last one last: so many of them are kept. The current one and the one before it are
/// never removed, nor are folders that no such step has made. Of the others the oldest go.
///
/// It gives [`Release::VERSION`] and [`Release::PATH`].
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Release {
    artifact: Artifact,
    into: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    keep: usize,
    strip: u32,
}

/// How it was.
#[derive(Debug, Serialize, Deserialize)]
struct Old {
    root: String,
    version: String,
    /// Where `current` led.
    current: Option<String>,
    /// Whether the release was there already.
    is_there: bool,
    /// Folders that were not there, the outermost first.
    missing: Vec<String>,
    /// The list of releases.
    switched: Option<String>,
}

impl Release {
    /// The version that the host has then.
    pub const VERSION: OutputKey<String> = OutputKey::new("release");
    /// The folder of that version.
    pub const PATH: OutputKey<String> = OutputKey::new("release_path");

    /// A release of that file of this machine. Where it goes is said by [`into`](Self::into): the folder `release` of the
    /// user's home unless set.
    pub fn upload(file: impl Into<PathBuf>) -> Self {
        Self { artifact: Artifact::new(file), into: "release".to_owned(), version: None, keep: 5, strip: 0 }
    }

    /// The folder with `releases` and `current`.
    #[must_use]
    pub fn into(mut self, folder: impl Into<String>) -> Self {
        self.into = folder.into();
        self
    }

    /// What the release is called; the beginning of the file's SHA-256 unless set.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// How many releases are kept, with the current one; 5 unless set.
    #[must_use]
    pub fn keep(mut self, releases: usize) -> Self {
        self.keep = releases.max(1);
        self
    }

    /// Leaves out so many leading folders of each name in the archive.
    #[must_use]
    pub fn strip(mut self, folders: u32) -> Self {
        self.strip = folders;
        self
    }

    async fn place(&self, env: &StepEnv) -> Result<Place<'_>> {
        let version = match &self.version {
            Some(version) => env.text(version)?,
            None => self.artifact.known().await?.chars().take(12).collect(),
        };
        let fine = |letter: char| letter.is_ascii_alphanumeric() || "-_.+~".contains(letter);
        if version.is_empty() || version.starts_with(['.', '-']) || !version.chars().all(fine) {
            let message = format!("{version:?} is no version: letters, digits and -_.+~");
            return Err(refused(ErrorKind::Invalid, message));
        }
        let root = env.text(&self.into)?;
        Ok(self.place_of(plain(root.trim_end_matches('/')), version))
    }

    fn place_of(&self, root: String, version: String) -> Place<'_> {
        let folder = format!("{root}/releases/{version}");
        let bundle = Bundle { artifact: &self.artifact, folder, strip: self.strip };
        Place { bundle, root, version }
    }
}

/// A release on one host.
struct Place<'a> {
    bundle: Bundle<'a>,
    root: String,
    version: String,
}

impl Place<'_> {
    fn current(&self) -> String {
        format!("{}/current", self.root)
    }

    fn target(&self) -> String {
        format!("releases/{}", self.version)
    }

    fn list(&self) -> String {
        format!("{}/releases/.switched", self.root)
    }

    fn outputs(&self) -> Result<Outputs> {
        Outputs::new().with(&Release::VERSION, &self.version)?.with(&Release::PATH, &self.bundle.folder)
    }

    /// Notes that it is current, and gives the releases that are kept: the last ones, and `before`, which was current.
    async fn note(&self, cx: &Cx, env: &StepEnv, keep: usize, before: Option<&str>) -> Result<Vec<String>> {
        let text = on_host::text(cx, env, &self.list()).await?.unwrap_or_default();
        let mut switched: Vec<&str> = text.lines().filter(|name| *name != self.version).collect();
        switched.push(&self.version);
        let kept = switched.split_off(switched.len().saturating_sub(keep));
        let before = before.and_then(|target| target.strip_prefix("releases/"));
        let list = before.filter(|name| !kept.contains(name)).into_iter().chain(kept.iter().copied());
        let list: Vec<String> = list.map(str::to_owned).collect();
        env.write(cx, WriteFile::new(self.list(), list.join("\n") + "\n")).await?;
        Ok(list)
    }

    /// Removes releases that are not to be kept.
    async fn prune(&self, cx: &Cx, env: &StepEnv, list: &[String]) -> Result<()> {
        let folder = format!("{}/releases", self.root);
        let entries = on_host::list(cx, env, &folder).await?;
        for (name, _) in &entries {
            let version = name.strip_prefix('.').and_then(|name| name.strip_suffix(".sha256"));
            let Some(version) = version.filter(|version| !list.iter().any(|kept| kept == version)) else {
                continue;
            };
            if entries.iter().any(|(name, _)| name == version) {
                on_host::remove_all(cx, env, &format!("{folder}/{version}")).await?;
            }
            on_host::remove(cx, env, &format!("{folder}/{name}")).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Step for Release {
    fn kind(&self) -> StepKind {
        "release".into()
    }

    fn effect(&self) -> Effect {
        Effect::Idempotent
    }

    fn definition(&self) -> Result<Definition> {
        self.artifact.sum()?;
        Definition::of(self)
    }

    fn gives(&self) -> Vec<&'static str> {
        vec![Self::VERSION.name(), Self::PATH.name()]
    }

    async fn check(&self, cx: &Cx, env: &StepEnv) -> Result<Finding> {
        let place = self.place(env).await?;
        let found = place.bundle.look(cx, env).await?;
        let current = match link::target(cx, env, &place.current()).await? {
            Err(why) => return Ok(Finding::blocked(why)),
            Ok(current) => current,
        };
        if found == Found::Other {
            return Ok(Finding::blocked(place.bundle.in_the_way()));
        }
        if found == Found::Same && current.as_deref() == Some(&place.target()) {
            return Ok(Finding::NoChange);
        }
        let missing = match on_host::stat(cx, env, &format!("{}/releases", place.root)).await? {
            Some(_) => Vec::new(),
            None => match directory::missing(cx, env, &format!("{}/releases", place.root)).await? {
                Err(why) => return Ok(Finding::blocked(why)),
                Ok(missing) => missing,
            },
        };
        let switched = on_host::text(cx, env, &place.list()).await?;
        let mut diff = String::new();
        if found == Found::Nothing {
            diff.push_str(&format!("+{}/ from {}\n", place.bundle.folder, self.artifact.name()));
        }
        diff.push_str(&link::told(&place.current(), current.as_deref(), &place.target()));
        let is_there = found == Found::Same;
        let old = Old { root: place.root, version: place.version, current, is_there, missing, switched };
        Ok(Finding::change(diff, Before::of(&old)?))
    }

    async fn apply(&self, cx: &Cx, env: &StepEnv, finding: &Finding) -> Result<Outputs> {
        let place = self.place(env).await?;
        let old = finding.before().map(Before::read::<Old>).transpose()?;
        on_host::script(cx, env, "mkdir -p \"$1\"", &[&format!("{}/releases", place.root)]).await?;
        place.bundle.make(cx, env).await?;
        let before = old.and_then(|old| old.current);
        // Before the switch: once that has happened, nobody looks for what is left to do.
        let list = place.note(cx, env, self.keep, before.as_deref()).await?;
        link::switch(cx, env, &place.current(), &place.target()).await?;
        place.prune(cx, env, &list).await?;
        place.outputs()
    }

    async fn undo(&self, cx: &Cx, env: &StepEnv, before: &Before) -> Result<Undo> {
        let old: Old = before.read()?;
        let place = self.place_of(old.root, old.version);
        let (current, target) = (place.current(), place.target());
        let undone = link::put_back(cx, env, &current, old.current.as_deref(), &target).await?;
        let mut changed = undone == Undo::Undone;
        if !old.is_there {
            changed |= place.bundle.remove(cx, env).await?;
        }
        changed |= match (&old.switched, on_host::text(cx, env, &place.list()).await?) {
            (Some(old), Some(now)) if *old == now => false,
            (Some(old), _) => env.write(cx, WriteFile::new(place.list(), old.clone())).await?.changed,
            (None, Some(_)) => on_host::remove(cx, env, &place.list()).await?,
            (None, None) => false,
        };
        // What others have put there stays.
        changed |= directory::remove_made(cx, env, &old.missing).await?.unwrap_or_default();
        Ok(if changed { Undo::Undone } else { Undo::NotNeeded })
    }

    async fn reconcile(&self, cx: &Cx, env: &StepEnv, _: &Before) -> Result<Landed> {
        Ok(match self.check(cx, env).await? {
            Finding::NoChange => Landed::Yes(self.place(env).await?.outputs()?),
            Finding::Change { .. } => Landed::No,
            _ => Landed::Unknown,
        })
    }
}
