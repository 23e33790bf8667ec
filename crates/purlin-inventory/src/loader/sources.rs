//! Sources by name: files and commands.

use super::setters::ansible_setters;
use super::timed::in_time;
use crate::ansible::directory::Reading;
use crate::ansible::vault::keyring::Keyring;
use crate::ansible::{AnsibleOptions, Limits, read};
use crate::{Batch, Profile, Source};
use async_trait::async_trait;
use purlin_core::{Canceller, Cx, Result};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A file, an inventory script, a directory of both, or hosts with a comma (`a,b,`).
///
/// `group_vars` and `host_vars` beside it are read by a [`Loader`](crate::Loader), which knows all hosts and groups;
/// fetching the source alone leaves them out.
#[derive(Debug, Clone)]
pub struct FileSource {
    name: String,
    /// What it holds, where that is read already.
    content: Option<Arc<[u8]>>,
    profile: Option<Profile>,
    options: AnsibleOptions,
    limits: Limits,
    keyring: Keyring,
}

impl FileSource {
    /// The source at this path, or these hosts where there is no such file but a comma.
    pub fn new(name: impl Into<String>) -> Self {
        let (options, limits) = (AnsibleOptions::new(), Limits::new());
        let (content, keyring) = (None, Keyring::default());
        Self { name: name.into(), content, profile: None, options, limits, keyring }
    }

    /// What a file of this name would hold: it is not looked for, and no file lies beside it. For what comes by standard
    /// input or a network.
    pub fn content(name: impl Into<String>, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { content: Some(bytes.into()), ..Self::new(name) }
    }

    /// Reads files by the rules of this profile. Default: what each file says.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = Some(profile);
        self
    }

    ansible_setters!();

    /// Opens inventory files that Ansible Vault has encrypted as a whole. A [`Loader`](crate::Loader) does so by itself
    /// for sources that it is given by name, and opens single values of any source.
    #[cfg(feature = "vault")]
    #[must_use]
    pub fn vault(self, keys: crate::VaultKeys) -> Self {
        self.keyring(Keyring::new(keys))
    }

    pub(super) fn keyring(mut self, keyring: Keyring) -> Self {
        self.keyring = keyring;
        self
    }

    fn read(&self, cx: &Cx) -> Result<Batch> {
        let (profile, options, limits) = (self.profile, &self.options, &self.limits);
        let reading = Reading { cx, profile, options, limits, keyring: &self.keyring };
        if let Some(bytes) = &self.content {
            return match bytes.len() as u64 > limits.file {
                true => Err(read::too_big(self.name.clone(), limits.file)),
                false => Ok(reading.content(bytes.to_vec(), &self.name)),
            };
        }
        let path = Path::new(&self.name);
        if self.name.contains(',') && !path.exists() {
            return Ok(crate::ansible::host_list(&self.name, options, limits));
        }
        reading.path(path)
    }
}

#[async_trait]
impl Source for FileSource {
    fn name(&self) -> &str {
        &self.name
    }

    async fn fetch(&self, cx: &Cx) -> Result<Batch> {
        let source = self.clone();
        to_the_end(cx, "inventory.read", move |cx| source.read(cx)).await
    }
}

/// A command that prints what an inventory script prints for `--list`. It runs in a process group of its own, which
/// is ended with everything in it when the time is over.
#[derive(Debug, Clone)]
pub struct ScriptSource {
    name: String,
    command: String,
    options: AnsibleOptions,
    limits: Limits,
}

impl ScriptSource {
    /// This command, split into words as a shell does, but run without one.
    pub fn new(command: impl Into<String>) -> Self {
        let command = command.into();
        let (options, limits) = (AnsibleOptions::new(), Limits::new());
        Self { name: format!("exec:{command}"), command, options, limits }
    }

    ansible_setters!();
}

#[async_trait]
impl Source for ScriptSource {
    fn name(&self) -> &str {
        &self.name
    }

    async fn fetch(&self, cx: &Cx) -> Result<Batch> {
        let Self { name, command, options, limits } = self.clone();
        let run = move |cx: &Cx| crate::ansible::script::of_command(cx, &command, &name, &options, &limits);
        to_the_end(cx, "inventory.script", run).await
    }
}

/// How much longer than its deadline allows a read is waited for.
pub(super) const GRACE: Duration = Duration::from_secs(2);

struct CancelOnDrop(Canceller);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Runs blocking work that heeds its context. Unlike [`Cx::run_blocking`] this waits, at the deadline, until the work has
/// noticed: a program that exits as soon as it has its error would otherwise leave a script running that was about to be
/// ended. Work that does not notice (a dead file server) is left to itself after two seconds.
async fn to_the_end<F>(cx: &Cx, operation: &'static str, work: F) -> Result<Batch>
where
    F: FnOnce(&Cx) -> Result<Batch> + Send + 'static,
{
    let (inner, canceller) = cx.cancellable();
    let _left = CancelOnDrop(canceller);
    let outer = Cx::background().with_clock(cx.clock().clone());
    in_time(cx, operation, GRACE, outer.run_blocking(operation, move |_| work(&inner))).await
}
