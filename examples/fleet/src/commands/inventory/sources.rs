//! Where the hosts of a command come from.

use super::ansible::Ansible;
use crate::config::{Config, Layer, Origin, Sourced};
use crate::input::{STANDARD_INPUT, at_fault, duration, standard_input};
use crate::output::Ui;
use crate::runtime::Runtime;
use clap::{Args, ValueEnum};
use purlin::core::{Diagnostic, Diagnostics, Place, SecretRef};
use purlin::inventory::{Inventory, Loader, Profile, VaultPasswords};
use purlin::{Cx, Error, ErrorKind, Result};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long sources may take where nobody says otherwise: scripts that ask a cloud are slow.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Which sources, and how they are read.
#[derive(Debug, Clone, Args)]
pub(in crate::commands) struct Named {
    /// Where hosts are named: a file ("-" is standard input), a folder, a script, "exec:COMMAND", or hosts with a comma; a
    /// later one is stronger (can be repeated) [default: the setting `inventory`, then that of ansible.cfg]
    #[arg(short = 'i', long = "inventory", value_name = "SRC")]
    inventory: Vec<String>,
    /// Whose rules files are read by
    #[arg(long, value_name = "PROFILE", default_value = "auto")]
    profile: ProfileChoice,
    /// A password of Ansible Vault: a file, or an executable that prints it; ID@FILE for one vault id (can be repeated)
    /// [default: those of ansible.cfg]
    #[arg(long, visible_alias = "vault-id", value_name = "FILE")]
    vault_password_file: Vec<String>,
    /// The sources of an earlier call, which count where no flag names one.
    #[arg(skip)]
    kept: Option<Vec<String>>,
}

/// The same, with a limit for the reading of them.
#[derive(Debug, Clone, Args)]
pub(in crate::commands) struct Sources {
    #[command(flatten)]
    named: Named,
    /// How long it may take in all, with a unit [default: the setting `timeout` where somebody set it, else 60s]
    #[arg(long, value_name = "DURATION", value_parser = limit)]
    timeout: Option<Duration>,
}

/// Whose rules files are read by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ProfileChoice {
    /// Ansible's
    Ansible,
    /// purlin's own
    Native,
    /// purlin's own where a file says `purlin = 1`, else Ansible's
    Auto,
}

fn limit(text: &str) -> Result<Duration, String> {
    duration(text).map_err(|fault| fault.message)
}

/// An inventory, and what was found on the way that is no error.
pub(in crate::commands) struct Estate {
    pub(in crate::commands) inventory: Inventory,
    pub(in crate::commands) warnings: Diagnostics,
    /// Ansible's settings, unless all files are read as native.
    pub(super) ansible: Option<Ansible>,
    /// What came by standard input, where that was a source.
    pub(in crate::commands) input: Option<Arc<[u8]>>,
    /// The sources, as they were named.
    pub(in crate::commands) names: Vec<String>,
}

impl Sources {
    /// Goes on with the sources of an earlier call, where no flag names another.
    pub(in crate::commands) fn kept(&self, names: &[String]) -> Self {
        let mut sources = self.clone();
        sources.named.kept = Some(names.to_vec()).filter(|names| !names.is_empty());
        sources
    }

    /// The settings among the flags.
    pub(in crate::commands) fn layer(&self) -> Layer {
        Layer { timeout: Sourced::flag(self.timeout, "--timeout"), ..self.named.layer() }
    }

    /// As [`Named::load`].
    ///
    /// # Errors
    /// As [`Named::find`].
    pub(super) fn load(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Estate> {
        self.named.load(ui, config, runtime)
    }

    /// As [`Named::find`].
    ///
    /// # Errors
    /// Those of that.
    pub(super) fn find(&self, config: &Config, runtime: &Runtime) -> Result<Estate> {
        self.named.find(config, runtime)
    }

    /// As [`Named::read`].
    ///
    /// # Errors
    /// Those of that.
    pub(in crate::commands) async fn read(&self, cx: &Cx, config: &Config) -> Result<Estate> {
        self.named.read(cx, config).await
    }
}

impl Named {
    /// The settings among the flags.
    pub(in crate::commands) fn layer(&self) -> Layer {
        let named = Some(self.inventory.clone()).filter(|sources| !sources.is_empty());
        Layer { inventory: Sourced::flag(named, "--inventory"), ..Layer::default() }
    }

    /// Loads them and tells the warnings.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub(in crate::commands) fn load(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Estate> {
        let estate = self.find(config, runtime)?;
        ui.diagnostics(&estate.warnings);
        Ok(estate)
    }

    /// Loads them.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) where nobody names a source; those of [`Loader::load`].
    fn find(&self, config: &Config, runtime: &Runtime) -> Result<Estate> {
        runtime.block_on(|cx| async move { self.read(&cx, config).await })
    }

    /// The same within a runtime.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    async fn read(&self, cx: &Cx, config: &Config) -> Result<Estate> {
        let ansible = match self.profile {
            ProfileChoice::Native => None,
            ProfileChoice::Ansible | ProfileChoice::Auto => Some(Ansible::find()?),
        };
        let names = match &self.kept {
            Some(kept) if self.inventory.is_empty() => kept.clone(),
            _ => names(config, ansible.as_ref())?,
        };
        let limit = match config.timeout.origin {
            Origin::BuiltIn => TIMEOUT,
            _ => config.timeout.value,
        };
        let loader = self.loader(ansible.as_ref());
        let cx = cx.with_timeout(limit);
        let loaded = async {
            let (loader, input) = with_sources(loader, names.clone(), &cx).await?;
            Ok((loader.load(&cx).await?, input))
        };
        let (loaded, input) = loaded.await.map_err(of_this_machine)?;
        let mut warnings = ansible.as_ref().map(Ansible::warnings).unwrap_or_default();
        warnings.extend(loaded.diagnostics);
        Ok(Estate { inventory: loaded.inventory, warnings, ansible, input, names })
    }

    /// How sources are read.
    fn loader(&self, ansible: Option<&Ansible>) -> Loader {
        let loader = Loader::new();
        let loader = match ansible {
            Some(ansible) => loader.ansible(ansible.options()),
            None => loader,
        };
        let loader = loader.vault(self.vault_passwords(ansible));
        match self.profile {
            ProfileChoice::Ansible => loader.profile(Profile::Ansible),
            ProfileChoice::Native => loader.profile(Profile::Native),
            ProfileChoice::Auto => loader,
        }
    }

    /// Those of the flags, else those of Ansible's configuration.
    fn vault_passwords(&self, ansible: Option<&Ansible>) -> VaultPasswords {
        let named = self.vault_password_file.iter().map(|named| match named.split_once('@') {
            Some((id, file)) => (Some(id), Path::new(file)),
            None => (None, Path::new(named.as_str())),
        });
        let mut passwords: Vec<(Option<&str>, &Path)> = named.collect();
        if passwords.is_empty() {
            passwords.extend(ansible.into_iter().flat_map(Ansible::vault_passwords));
        }
        passwords.into_iter().fold(VaultPasswords::new(), |all, (id, path)| match id {
            Some(id) => all.password_for(id, password_of(path)),
            None => all.password(password_of(path)),
        })
    }
}

/// The sources that somebody named, in order.
fn names(config: &Config, ansible: Option<&Ansible>) -> Result<Vec<String>> {
    let mut sources = config.inventory.value.clone();
    if sources.is_empty() {
        sources = ansible.map(Ansible::sources).unwrap_or_default();
    }
    let refused = |message| Error::new(ErrorKind::Invalid, message).with_operation("inventory.load");
    if sources.is_empty() {
        return Err(refused("nobody says where the hosts are: name a source with -i, or set `inventory`"));
    }
    if sources.iter().any(|source| source.trim().is_empty()) {
        return Err(refused(
            "a source is empty text: name a file, a folder, a script, or hosts with a comma",
        ));
    }
    if sources.iter().filter(|source| *source == "-").count() > 1 {
        return Err(refused("standard input can be read only once: name - as one source"));
    }
    Ok(sources)
}

/// The loader with its sources; `-` is read now, and given too.
async fn with_sources(
    mut loader: Loader,
    sources: Vec<String>,
    cx: &Cx,
) -> Result<(Loader, Option<Arc<[u8]>>)> {
    let mut input = None;
    for source in sources {
        loader = match source.as_str() {
            "-" => {
                let read = cx.run_blocking("stdin.read", |_| standard_input()).await;
                let read: Arc<[u8]> = read.and_then(filled).map_err(of_standard_input)?.into();
                loader.content(STANDARD_INPUT, input.insert(read).clone())
            }
            _ => loader.source(source),
        };
    }
    Ok((loader, input))
}

/// A program in front of a pipe that fails says nothing; that is not an estate without hosts.
fn filled(bytes: Vec<u8>) -> Result<Vec<u8>> {
    if !bytes.trim_ascii().is_empty() {
        return Ok(bytes);
    }
    let fault = Diagnostic::error("empty-file", "nothing came by standard input");
    let help = "see whether the program before it failed, or something else has read it";
    Err(at_fault(ErrorKind::Invalid, fault.place(Place::file(STANDARD_INPUT)).help(help)))
}

/// Whoever writes to it takes too long: that has a place, too.
fn of_standard_input(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Timeout => {
            let fault = Diagnostic::error("timeout", "standard input did not end in time");
            at_fault(ErrorKind::Timeout, fault.place(Place::file(STANDARD_INPUT)))
        }
        _ => error,
    }
}

/// The text of a file, or what it prints where it can be run, as Ansible takes it.
fn password_of(path: &Path) -> SecretRef {
    let is_program = path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.mode() & 0o111 != 0);
    if is_program { SecretRef::command([path.display().to_string()]) } else { SecretRef::file(path) }
}

/// A script that fails or does not end is bad input: no system is out of reach, and whoever named it can mend it.
fn of_this_machine(error: Error) -> Error {
    let is_of_system = error.endpoint().is_some();
    match (error.kind(), error.detail::<Diagnostics>()) {
        (ErrorKind::Unavailable | ErrorKind::Timeout, Some(faults)) if !is_of_system => {
            let told = Error::new(ErrorKind::Invalid, error.message().to_owned());
            told.with_operation("inventory.load").with_detail(faults.clone())
        }
        _ => error,
    }
}
