//! Sources become an inventory: in order, each with its policy.

mod entry;
mod fetch;
mod guard;
mod merge;
mod setters;
mod sources;
mod store;
mod timed;

pub use entry::SourceEntry;
pub use sources::{FileSource, ScriptSource};

pub(crate) use fetch::{diagnostic_of, error_at};

#[cfg(feature = "vault")]
use crate::VaultPasswords;
use crate::ansible::{AnsibleOptions, Limits};
use crate::{Inventory, Profile};
use purlin_core::{Cx, Diagnostics, Result};
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tracing::Instrument;

/// Loads an [`Inventory`] from sources, in order: what a later one says replaces what an earlier one said.
///
/// A source that fails is never an empty inventory: the load fails, unless its [entry](SourceEntry) says that it is
/// optional or that a stale answer is allowed.
///
/// ```
/// # use purlin_core::Cx;
/// # use purlin_inventory::{Loader, SourceEntry};
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let cx = Cx::background();
/// let lab = SourceEntry::named("lab.ini").optional();
/// let loaded = Loader::new().source("web1.lon,web2.lon,").add(lab).load(&cx).await?;
/// assert_eq!(loaded.inventory.len(), 2);
/// assert_eq!(loaded.diagnostics.len(), 1);    // lab.ini is not there
/// # Ok::<(), purlin_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Loader {
    entries: Vec<SourceEntry>,
    profile: Option<Profile>,
    options: AnsibleOptions,
    limits: Limits,
    store: Arc<Store>,
    removal: Removal,
    #[cfg(feature = "vault")]
    passwords: VaultPasswords,
}

/// How many hosts a [refresh](Loader::refresh) may remove.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Removal {
    /// At most this share of the hosts that there were, from 0 to 1.
    Share(f64),
    /// As many as it likes: what a person says who knows that it is right.
    Any,
}

/// What a [`Loader`] has loaded.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Loaded {
    /// The inventory.
    pub inventory: Inventory,
    /// What was found on the way that is no error.
    pub diagnostics: Diagnostics,
    /// What became of each source, in order.
    pub sources: Vec<Loading>,
}

/// What became of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loading {
    /// The source's name.
    pub source: String,
    /// What it gave.
    pub state: Freshness,
}

/// What a source gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Freshness {
    /// What it says now.
    Fresh,
    /// What it said so long ago: it failed, and that is allowed.
    Stale(Duration),
    /// Nothing: it failed, and is optional.
    LeftOut,
}

impl Loader {
    /// No sources yet.
    pub fn new() -> Self {
        Self {
            entries: Vec::new(),
            profile: None,
            options: AnsibleOptions::new(),
            limits: Limits::new(),
            store: Arc::default(),
            removal: Removal::Share(0.2),
            #[cfg(feature = "vault")]
            passwords: VaultPasswords::new(),
        }
    }

    /// Adds a source by its name: the path of a file, a script or a directory; hosts with a comma (`a,b` or `a,`); or
    /// `exec:` and a command that prints what an inventory script prints for `--list`.
    #[must_use]
    pub fn source(self, name: impl Into<String>) -> Self {
        self.add(SourceEntry::named(name))
    }

    /// Adds what is read already, such as standard input: what a file of this name would hold. Places name it so, and no
    /// file lies beside it.
    #[must_use]
    pub fn content(self, name: impl Into<String>, bytes: impl Into<Arc<[u8]>>) -> Self {
        self.add(SourceEntry::content(name, bytes))
    }

    /// Adds a source with its policy and time, or one of your own: an `Arc` of what implements [`Source`](crate::Source).
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "nothing is summed")]
    pub fn add(mut self, source: impl Into<SourceEntry>) -> Self {
        self.entries.push(source.into());
        self
    }

    /// Reads every file by the rules of this profile. Default: a file that says `purlin = 1` is native, others are
    /// Ansible's.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = Some(profile);
        self
    }

    setters::ansible_setters!();

    /// How many hosts a refresh may remove. Default: a fifth of those that there were.
    #[must_use]
    pub fn removal(mut self, removal: Removal) -> Self {
        self.removal = removal;
        self
    }

    /// The passwords of what Ansible Vault has encrypted: fetched anew by each load, before the sources. Encrypted
    /// values become [secrets](crate::SecretValue) that are open, those of encrypted files too; with a password, what
    /// none of them opens is an error. Without any, all that is encrypted stays closed.
    #[cfg(feature = "vault")]
    #[must_use]
    pub fn vault(mut self, passwords: VaultPasswords) -> Self {
        self.passwords = passwords;
        self
    }

    /// Loads all sources. Files are read on a thread of their own; scripts have 60 s ([`Limits::script_time`]), and each
    /// source its [`time`](SourceEntry::time), unless the call's deadline is earlier.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) for faults of content, all of one pass as the error's
    /// detail [`Diagnostics`]; that of the first source that could not be read, when a required one could not, with the
    /// same detail; that of a vault password that cannot be fetched; those of [`Cx::run`].
    pub async fn load(&self, cx: &Cx) -> Result<Loaded> {
        let span = tracing::debug_span!("purlin.inventory.load", sources = self.entries.len());
        self.load_all(cx).instrument(span).await
    }

    /// Loads all sources anew, and refuses the result if too many hosts of `previous` are missing in it. A host that has
    /// another name, but an [identity](crate::Identity) of before, is not missing; it stays two hosts where sources name
    /// it differently: nothing is ever merged by identity.
    ///
    /// # Errors
    /// As [`load`](Self::load); [`ErrorKind::Conflict`](purlin_core::ErrorKind::Conflict) when more hosts are missing
    /// than [`removal`](Self::removal) allows, with a note that names the sources that were left out and what was found
    /// on the way as its detail [`Diagnostics`].
    pub async fn refresh(&self, cx: &Cx, previous: &Inventory) -> Result<Loaded> {
        let loaded = self.load(cx).await?;
        guard::check(self.removal, previous, &loaded)?;
        Ok(loaded)
    }
}

impl Default for Loader {
    fn default() -> Self {
        Self::new()
    }
}

impl Inventory {
    /// Loads sources by their names, all required; see [`Loader`] for more. Warnings are logged.
    ///
    /// # Errors
    /// As [`Loader::load`].
    pub async fn load<S: Into<String>>(cx: &Cx, sources: impl IntoIterator<Item = S>) -> Result<Self> {
        let loader = sources.into_iter().fold(Loader::new(), Loader::source);
        let loaded = loader.load(cx).await?;
        loaded.diagnostics.iter().for_each(|diagnostic| tracing::warn!("{diagnostic}"));
        Ok(loaded.inventory)
    }
}
