//! Which database, and how one gets in.

use crate::config::{Config, Layer, Sourced, TlsLayer};
use crate::input::{duration, terminal};
use crate::runtime::Runtime;
use clap::{Args, ValueEnum};
use purlin::core::{Diagnostic, Diagnostics, SecretRef, SecretSource, suggest};
use purlin::db::{Connector, Database, Target, WantedRole, drivers};
use purlin::{Cx, Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// To say good-bye to a server; the answer is complete by then.
const FAREWELL: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
pub(super) struct Reach {
    /// How long it may take in all, with a unit: 500ms, 5s [default: the setting `timeout`]
    #[arg(long, value_name = "DURATION", value_parser = limit)]
    timeout: Option<Duration>,
    /// The password is the value of this environment variable
    #[arg(long, value_name = "NAME", conflicts_with_all = ["password_file", "no_password"])]
    password_env: Option<String>,
    /// The password is the text of this file ("-": standard input)
    #[arg(long, value_name = "PATH", conflicts_with = "no_password")]
    password_file: Option<PathBuf>,
    /// Log in without a password, and do not ask for one on the terminal
    #[arg(long)]
    no_password: bool,
    /// The name the certificate must be for, if it is not the host's
    #[arg(long, value_name = "NAME")]
    server_name: Option<String>,
    /// Trust the authorities in this file as well as the usual ones (can be repeated)
    #[arg(long, value_name = "FILE")]
    ca: Vec<PathBuf>,
    /// Trust the authorities in this file and no others (can be repeated)
    #[arg(long, value_name = "FILE")]
    ca_only: Vec<PathBuf>,
}

/// Which nodes of a database will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RoleChoice {
    /// Any that serves
    Any,
    /// One that takes writes
    Primary,
    /// One that follows another
    Replica,
}

impl From<RoleChoice> for WantedRole {
    fn from(choice: RoleChoice) -> Self {
        match choice {
            RoleChoice::Any => Self::Any,
            RoleChoice::Primary => Self::Primary,
            RoleChoice::Replica => Self::Replica,
        }
    }
}

fn limit(text: &str) -> Result<Duration, String> {
    duration(text).map_err(|fault| fault.message)
}

impl Reach {
    /// The settings among the flags.
    pub(super) fn layer(&self) -> Layer {
        let some = |paths: &Vec<PathBuf>| Some(paths.clone()).filter(|paths| !paths.is_empty());
        Layer {
            timeout: Sourced::flag(self.timeout, "--timeout"),
            tls: TlsLayer {
                ca: Sourced::flag(some(&self.ca), "--ca"),
                ca_only: Sourced::flag(some(&self.ca_only), "--ca-only"),
                server_name: Sourced::flag(self.server_name.clone(), "--server-name"),
                ..TlsLayer::default()
            },
            ..Layer::default()
        }
    }

    /// Whether the password comes by standard input.
    pub(super) fn reads_standard_input(&self) -> bool {
        self.password_file.as_deref() == Some(Path::new("-"))
    }

    /// What a URL or `@NAME` stands for. Nothing is asked over the network, and no secret is fetched.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for what is no URL, a name that nobody has given, an engine or option that is not known.
    pub(super) fn find(&self, given: &str, config: &Config) -> Result<Target> {
        let target = match given.strip_prefix('@') {
            Some(name) => {
                let known = config.connections.keys().map(String::as_str);
                let named = config.connections.get(name).ok_or_else(|| unknown_connection(name, known))?;
                named.target().ok_or_else(|| is_a_directory(name))?
            }
            None => given.parse::<Target>().map_err(unusable)?.tls(config.tls()),
        };
        // Who says how to log in on the command line means that and nothing else.
        let target = match (&self.password_env, &self.password_file) {
            (Some(name), _) => target.password(SecretRef::env(name)),
            (None, Some(_)) if self.reads_standard_input() => target.password(SecretRef::file("/dev/stdin")),
            (None, Some(path)) => target.password(SecretRef::file(path)),
            (None, None) => target,
        };
        drivers().connector(&target)?;
        Ok(target)
    }

    /// Fetches the passwords, each once, and asks for one where somebody can be asked and nobody has said anything.
    ///
    /// # Errors
    /// Those of the source of a password, and of the terminal.
    pub(super) fn unlock(&self, targets: &mut [Target], config: &Config, runtime: &Runtime) -> Result<()> {
        let limit = config.timeout.value;
        let mut typed = None;
        // Standard input can be read once, for all.
        let mut read: Option<SecretRef> = None;
        for target in targets {
            let source = target.password.take().filter(|_| !self.no_password);
            let password = match (source, &read) {
                (Some(_), Some(read)) => Some(read.clone()),
                (Some(source), None) => {
                    let fetched = runtime.block_on(|cx| fetch(cx.with_timeout(limit), source))?;
                    let is_for_all = self.password_env.is_some() || self.password_file.is_some();
                    read = Some(fetched.clone()).filter(|_| is_for_all);
                    Some(fetched)
                }
                (None, _) if self.asks(target) => {
                    if typed.is_none() {
                        typed = Some(ask(runtime, target)?);
                    }
                    typed.clone().flatten()
                }
                (None, _) => None,
            };
            if let Some(password) = password {
                *target = target.clone().password(password);
            }
        }
        Ok(())
    }

    fn asks(&self, target: &Target) -> bool {
        !self.no_password && target.user.is_some() && terminal::is_there()
    }
}

async fn fetch(cx: Cx, source: Arc<dyn SecretSource>) -> Result<SecretRef> {
    Ok(SecretRef::literal(source.resolve(&cx).await?))
}

fn ask(runtime: &Runtime, target: &Target) -> Result<Option<SecretRef>> {
    let question = format!("Password for {target} (empty: none): ");
    let typed = terminal::ask_secret(runtime, &question)?;
    Ok(Some(typed).filter(|typed| !typed.expose().is_empty()).map(SecretRef::literal))
}

pub(super) fn unusable(error: Error) -> Error {
    let help = "write ENGINE://USER@HOST/DATABASE, sqlite:PATH or @NAME; a password by --password-env NAME, \
                --password-file PATH or a connection of the configuration";
    let fault = Diagnostic::error("usage", format!("URL: {}", error.message())).help(help);
    error.with_detail(Diagnostics::from_iter([fault]))
}

pub(super) fn is_a_directory(name: &str) -> Error {
    let message = format!("the connection {name:?} is a directory, not a database");
    let fault = Diagnostic::error("usage", message.clone()).help("ask it with `ldap`");
    Error::new(ErrorKind::Invalid, message).with_detail(Diagnostics::from_iter([fault]))
}

/// There is no connection of that name.
pub(crate) fn unknown_connection<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Error {
    let known: Vec<_> = known.collect();
    let list = match known.as_slice() {
        [] => format!("the configuration has none; write one as [connection.{name}]"),
        known => format!("known connections: {}", known.join(", ")),
    };
    let help = match suggest(name, known.iter().copied()) {
        Some(meant) => format!("did you mean \"@{meant}\"? {list}"),
        None => list,
    };
    let message = format!("there is no connection {name:?}");
    let fault = Diagnostic::error("unknown-connection", message.clone()).help(help);
    Error::new(ErrorKind::Invalid, message).with_detail(Diagnostics::from_iter([fault]))
}

/// The connectors of these databases.
///
/// # Errors
/// As [`Reach::find`], which has made sure that there are none.
pub(super) fn connectors(targets: &[Target]) -> Result<Vec<Arc<dyn Connector>>> {
    let drivers = drivers();
    targets.iter().map(|target| drivers.connector(target)).collect()
}

/// Leaves politely where that is quick.
pub(super) async fn leave(cx: &Cx, database: &Database) {
    // The answer is complete; a server that does not listen to a good-bye changes nothing about it.
    let _ = database.close(&cx.with_timeout(FAREWELL)).await;
}
