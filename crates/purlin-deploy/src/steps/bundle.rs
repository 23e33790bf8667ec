//! A file of this machine that becomes a fresh folder on hosts.

use super::on_host::{self, failed, plain, refused};
use crate::StepEnv;
use purlin_core::{Cx, Error, ErrorKind, Result};
use purlin_transport::{FileKind, WriteFile};
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// `$1` the archive, `$2` the fresh folder, `$3` how many leading folders of its names go.
const UNPACK: &str = "mkdir \"$2\" || exit 1
if [ \"$3\" = 0 ]; then tar -x -z -o -f \"$1\" -C \"$2\"
else tar -x -z -o -f \"$1\" -C \"$2\" --strip-components=\"$3\"
fi || { rm -rf \"$2\"; exit 1; }
rm -f \"$1\"";
/// `$1` the fresh folder.
const FRESH: &str = "mkdir \"$1\" && chmod 0755 \"$1\"";

/// A file of this machine, known by its content: it is read at the first use, and has to stay as it is.
#[derive(Debug, Clone)]
pub(super) struct Artifact {
    path: PathBuf,
    sum: Arc<OnceLock<String>>,
}

impl Artifact {
    pub(super) fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), sum: Arc::default() }
    }

    pub(super) fn name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Whether its name says that it is a packed folder.
    pub(super) fn is_archive(&self) -> bool {
        let name = self.name().to_lowercase();
        name.ends_with(".tar.gz") || name.ends_with(".tgz")
    }

    /// The SHA-256 of its content, in hexadecimal.
    pub(super) fn sum(&self) -> Result<&str> {
        if let Some(sum) = self.sum.get() {
            return Ok(sum);
        }
        let sum = digest(&self.path).map_err(|error| {
            Error::io("deploy.artifact", error).with_note(format!("file {}", self.path.display()))
        })?;
        Ok(self.sum.get_or_init(|| sum))
    }

    /// The same, without keeping other tasks waiting while it is read.
    pub(super) async fn known(&self) -> Result<&str> {
        if self.sum.get().is_none() {
            let reader = self.clone();
            let read = tokio::task::spawn_blocking(move || reader.sum().map(drop)).await;
            read.map_err(|_| Error::new(ErrorKind::Internal, "the file was not read to its end"))??;
        }
        self.sum()
    }
}

impl Serialize for Artifact {
    /// What is sent, whatever folder it is taken from.
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let sum = self.sum().map_err(serde::ser::Error::custom)?;
        serializer.collect_map([("file", self.name().as_str()), ("sha256", sum)])
    }
}

fn digest(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let (mut hash, mut part) = (Sha256::new(), vec![0; 64 * 1024]);
    loop {
        let count = file.read(&mut part)?;
        let Some(read) = part.get(..count).filter(|read| !read.is_empty()) else { break };
        hash.update(read);
    }
    let mut text = String::with_capacity(64);
    for byte in hash.finalize() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

/// What is where the folder is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    /// The folder, made of this very file.
    Same,
    /// Something else.
    Other,
}

/// A folder on a host, made of an artifact: unpacked, or holding it. It is there whole or not at all, and the file
/// `.NAME.sha256` beside it says what it is made of.
#[derive(Debug)]
pub(super) struct Bundle<'a> {
    pub(super) artifact: &'a Artifact,
    pub(super) folder: String,
    pub(super) strip: u32,
}

impl Bundle<'_> {
    fn marker(&self) -> Result<String> {
        on_host::beside(&self.folder, "sha256")
    }

    pub(super) async fn look(&self, cx: &Cx, env: &StepEnv) -> Result<Found> {
        // Also where nothing is compared with it: from here on the file has to stay as it is.
        let sum = self.artifact.known().await?;
        match on_host::stat(cx, env, &self.folder).await? {
            None => return Ok(Found::Nothing),
            Some(stat) if stat.kind != FileKind::Folder => return Ok(Found::Other),
            Some(_) => {}
        }
        let marker = on_host::text(cx, env, &self.marker()?).await?;
        Ok(if marker.is_some_and(|text| text.trim() == sum) { Found::Same } else { Found::Other })
    }

    pub(super) async fn make(&self, cx: &Cx, env: &StepEnv) -> Result<()> {
        match self.look(cx, env).await? {
            Found::Same => return Ok(()),
            Found::Other => return Err(refused(ErrorKind::Conflict, self.in_the_way())),
            Found::Nothing => {
                self.clear(cx, env).await?;
            }
        }
        let fresh = plain(&on_host::beside(&self.folder, "partial")?);
        if self.artifact.is_archive() {
            let upload = plain(&on_host::beside(&self.folder, "upload")?);
            self.send(cx, env, WriteFile::new(upload.as_str(), self.artifact.path.clone()).mode(0o600))
                .await?;
            on_host::script(cx, env, UNPACK, &[&upload, &fresh, &self.strip.to_string()]).await?;
        } else {
            on_host::script(cx, env, FRESH, &[&fresh]).await?;
            let path = format!("{fresh}/{}", self.artifact.name());
            self.send(cx, env, WriteFile::new(path, self.artifact.path.clone())).await?;
        }
        let marker = format!("{}\n", self.artifact.known().await?);
        env.write(cx, WriteFile::new(self.marker()?, marker)).await?;
        on_host::rename(cx, env, &fresh, &self.folder).await
    }

    async fn send(&self, cx: &Cx, env: &StepEnv, file: WriteFile) -> Result<()> {
        let written = env.write(cx, file).await?;
        if written.sha256 == self.artifact.known().await? {
            return Ok(());
        }
        self.clear(cx, env).await?;
        Err(failed(format!("{} is no longer the file that the plan was made with", self.artifact.name())))
    }

    /// Removes what was left of making it.
    async fn clear(&self, cx: &Cx, env: &StepEnv) -> Result<bool> {
        let upload = on_host::remove(cx, env, &on_host::beside(&self.folder, "upload")?).await?;
        let fresh = on_host::beside(&self.folder, "partial")?;
        let partial = match on_host::stat(cx, env, &fresh).await? {
            Some(_) => on_host::remove_all(cx, env, &fresh).await?,
            None => false,
        };
        Ok(upload || partial)
    }

    /// Removes it, where it was made of this very file, and what was left of making it.
    pub(super) async fn remove(&self, cx: &Cx, env: &StepEnv) -> Result<bool> {
        let mut changed = self.clear(cx, env).await?;
        match self.look(cx, env).await? {
            Found::Same => changed |= on_host::remove_all(cx, env, &self.folder).await?,
            Found::Other => return Ok(changed),
            Found::Nothing => {}
        }
        changed |= on_host::remove(cx, env, &self.marker()?).await?;
        Ok(changed)
    }

    pub(super) fn in_the_way(&self) -> String {
        format!("{} is there already, and is not made of {}", self.folder, self.artifact.name())
    }
}
