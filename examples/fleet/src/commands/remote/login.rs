//! How one gets to hosts, and as whom.

use crate::runtime::Runtime;
use clap::Args;
use purlin::core::{SecretRef, SecretSource};
use purlin::health::config::{Placed, Places};
use purlin::health::{Check, CheckSpec};
use purlin::inventory::{Host, TransportKind};
use purlin::transport::{Become, HostKeyTrust, Local, Reach, Ssh, SshSettings, Targets, Transport};
use purlin::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How long a source of a password may take.
const FETCH: Duration = Duration::from_secs(10);

#[derive(Debug, Args)]
pub(in crate::commands) struct Login {
    /// Log in as this user, where neither the inventory nor ~/.ssh/config names one [default: $USER]
    #[arg(help_heading = "Login", long, value_name = "NAME")]
    user: Option<String>,
    /// Show this private key too (can be repeated) [default: those of the inventory, ~/.ssh/config and the agent]
    #[arg(help_heading = "Login", long, value_name = "FILE")]
    identity: Vec<PathBuf>,
    /// Believe the host keys of this file in place of ~/.ssh/known_hosts (can be repeated)
    #[arg(help_heading = "Login", long, value_name = "FILE")]
    known_hosts: Vec<PathBuf>,
    /// Believe the key of a host of which none is known, and write it down; a changed key is refused all the same
    #[arg(help_heading = "Login", long)]
    accept_new_host_keys: bool,
    /// The password to log in with is the value of this environment variable
    #[arg(help_heading = "Login", long, value_name = "NAME", conflicts_with = "password_file")]
    password_env: Option<String>,
    /// The password to log in with is the text of this file
    #[arg(help_heading = "Login", long, value_name = "PATH")]
    password_file: Option<PathBuf>,
    /// Become root there by sudo, or the user of the inventory
    #[arg(help_heading = "Login", long)]
    r#become: bool,
    /// Become this user there by sudo
    #[arg(help_heading = "Login", long, value_name = "NAME")]
    become_user: Option<String>,
    /// The password of sudo is the value of this environment variable
    #[arg(help_heading = "Login", long, value_name = "NAME", conflicts_with = "become_password_file")]
    become_password_env: Option<String>,
    /// The password of sudo is the text of this file
    #[arg(help_heading = "Login", long, value_name = "PATH")]
    become_password_file: Option<PathBuf>,
}

/// The transports of one call.
#[derive(Debug, Clone)]
pub(in crate::commands) struct Ways {
    local: Local,
    ssh: Ssh,
}

impl Ways {
    /// As `ssh` goes them: the agent, the keys and the files of one's home.
    pub(in crate::commands) fn from_home() -> Self {
        Self { local: Local::new(), ssh: Ssh::new(SshSettings::from_home()) }
    }

    /// Where checks run that are to run on their target.
    pub(in crate::commands) fn places(self) -> impl Places {
        let targets = Targets::new();
        move |host: Host<'_>, check: Arc<dyn Check>| {
            let reach = Reach::of(host)?;
            let transport: Arc<dyn Transport> = match reach.kind {
                TransportKind::Local => Arc::new(self.local),
                _ => Arc::new(self.ssh.clone()),
            };
            let target = targets.reached(transport, &reach);
            Ok(Placed::new(target.place(check)?, CheckSpec::new(target.way_id(), target.way())))
        }
    }

    /// That of a kind.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for one of a name that means nothing here.
    pub(in crate::commands) fn transport(&self, kind: &TransportKind) -> Result<Arc<dyn Transport>> {
        match kind {
            TransportKind::Local => Ok(Arc::new(self.local)),
            TransportKind::Named(name) => {
                let message = format!("hosts are reached by ssh and local, not by {name}");
                Err(Error::new(ErrorKind::Unsupported, message))
            }
            _ => Ok(Arc::new(self.ssh.clone())),
        }
    }

    /// That of a host.
    pub(super) fn of(&self, reach: &Reach) -> &dyn Transport {
        match reach.kind {
            TransportKind::Local => &self.local,
            _ => &self.ssh,
        }
    }
}

impl Login {
    /// The transports. Nothing is connected yet; passwords are fetched, so that a wrong name is told at once.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a file that is not there; those of the source of a password.
    pub(in crate::commands) fn ways(&self, runtime: &Runtime) -> Result<Ways> {
        for path in self.identity.iter().chain(&self.known_hosts) {
            readable(path)?;
        }
        let mut settings = SshSettings::from_home();
        if !self.known_hosts.is_empty() {
            settings = settings.only_known_hosts(&self.known_hosts);
        }
        settings = self.identity.iter().fold(settings, SshSettings::identity);
        if let Some(user) = &self.user {
            settings = settings.user(user);
        }
        if self.accept_new_host_keys {
            settings = settings.trust(HostKeyTrust::AcceptNew);
        }
        if let Some(source) = secret(self.password_env.as_deref(), self.password_file.as_deref()) {
            settings = settings.password(fetched(runtime, source)?);
        }
        Ok(Ways { local: Local::new(), ssh: Ssh::new(settings) })
    }

    /// As whom commands run on a host: as the flags say, else as the inventory does.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where a password is given and nobody is to become anybody.
    pub(super) fn elevate(&self, reach: &mut Reach) -> Result<()> {
        reach.elevation = self.elevated(reach.elevation.take())?;
        Ok(())
    }

    /// The same for what the inventory says.
    ///
    /// # Errors
    /// Those of [`elevate`](Self::elevate).
    pub(in crate::commands) fn elevated(&self, told: Option<Become>) -> Result<Option<Become>> {
        let elevation = match &self.become_user {
            Some(user) => Some(Become::user(user)),
            None if self.r#become && told.is_none() => Some(Become::root()),
            None => told,
        };
        let password = secret(self.become_password_env.as_deref(), self.become_password_file.as_deref());
        match (password, elevation) {
            (Some(_), None) => {
                let message = "a password for sudo is given, and nobody says --become";
                Err(Error::new(ErrorKind::Invalid, message))
            }
            (Some(password), Some(elevation)) => Ok(Some(elevation.password(password))),
            (None, elevation) => Ok(elevation),
        }
    }
}

fn secret(variable: Option<&str>, file: Option<&Path>) -> Option<SecretRef> {
    variable.map(SecretRef::env).or_else(|| file.map(SecretRef::file))
}

fn fetched(runtime: &Runtime, source: SecretRef) -> Result<SecretRef> {
    let fetched = runtime.block_on(|cx| async move { source.resolve(&cx.with_timeout(FETCH)).await })?;
    Ok(SecretRef::literal(fetched))
}

/// A key that somebody names must be there; OpenSSH would go on without it, and ask for a password in the end.
fn readable(path: &Path) -> Result<()> {
    std::fs::metadata(path).map(drop).map_err(|error| {
        let error = Error::io("file.read", error);
        Error::new(ErrorKind::Invalid, format!("{}: {}", path.display(), error.message()))
    })
}

/// For the tasks of a round.
pub(super) type Shared = Arc<Ways>;
