//! `fleet ldap authenticate`

use super::lookup::Named;
use super::reach::{in_clear, misused};
use crate::cli::examples;
use crate::config::Config;
use crate::exit::Exit;
use crate::input::terminal;
use crate::output::{Answer, Page, Ui};
use crate::runtime::Runtime;
use clap::Args;
use purlin::core::{Diagnostic, Secret, SecretRef, SecretSource, units};
use purlin::ldap::{DirectoryExt, Verdict};
use purlin::{Cx, Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Ask whether a password is somebody's
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("ldap authenticate ada", "the password is asked for"),
    ("ldap authenticate ada @corp --user-password-env ADA_PASSWORD --json", "for a program: .accepted and .reason"),
    ("ldap authenticate ada @corp --user-password-file /run/secrets/ada", "from a file; - is standard input"),
]))]
pub(crate) struct Authenticate {
    #[command(flatten)]
    pub(super) named: Named,
    /// The user's password is the value of this environment variable
    #[arg(long, value_name = "NAME", conflicts_with = "user_password_file")]
    user_password_env: Option<String>,
    /// The user's password is the text of this file ("-": standard input)
    #[arg(long, value_name = "PATH")]
    user_password_file: Option<PathBuf>,
}

/// Whether a password is somebody's.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AuthenticateAnswer {
    /// Whose.
    user: String,
    /// Whether it is.
    accepted: bool,
    /// Why not: empty_password, bad_credentials, locked, expired, must_change, disabled, account_expired or not_now; null
    /// where it is.
    reason: Option<&'static str>,
    /// How many times more an expired password is taken; null where nothing is said.
    grace_logins: Option<u32>,
    /// In how many seconds the password expires; null where nothing is said.
    expires_in_s: Option<u64>,
}

impl Authenticate {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let user_reads = self.user_password_file.as_deref() == Some(Path::new("-"));
        if user_reads && self.named.reach.reads_standard_input() {
            return Err(misused(
                "standard input holds one password, not two",
                "take one of them from a file",
            ));
        }
        let (name, found) = self.named.find(config, runtime)?;
        let password = self.password(name, config, runtime)?;
        let limit = config.timeout.value;
        let verdict = runtime.block_on(|cx| async move {
            let cx = cx.with_timeout(limit);
            // Before anybody is bothered.
            if let Some(refused) = Verdict::of_password(password.expose()) {
                return Ok(refused);
            }
            let directory = found.open(&cx).await?;
            directory.authenticate_user(&cx, name, &password).await.map_err(in_clear)
        })?;
        let answer = AuthenticateAnswer::new(name, &verdict);
        let Some(reason) = answer.reason else { return Ok(ui.answer(&answer, Exit::Fine)) };
        let exit = ui.answer(&answer, Exit::No);
        ui.verdict(ErrorKind::Unauthenticated, &Diagnostic::error(reason, format!("{name} is not let in")));
        Ok(exit)
    }

    fn password(&self, name: &str, config: &Config, runtime: &Runtime) -> Result<Secret<String>> {
        let source = match (&self.user_password_env, &self.user_password_file) {
            (Some(name), _) => SecretRef::env(name),
            (None, Some(path)) if path == Path::new("-") => SecretRef::file("/dev/stdin"),
            (None, Some(path)) => SecretRef::file(path),
            (None, None) if terminal::is_there() => {
                return terminal::ask_secret(runtime, &format!("Password of {name}: "));
            }
            (None, None) => {
                let help = "say --user-password-env NAME or --user-password-file PATH";
                return Err(misused(&format!("nobody can be asked for the password of {name}"), help));
            }
        };
        let limit = config.timeout.value;
        runtime.block_on(|cx| fetched(cx.with_timeout(limit), source))
    }
}

/// An empty one is a password that is refused, and no missing one.
async fn fetched(cx: Cx, source: SecretRef) -> Result<Secret<String>> {
    let is_empty = |error: &Error| error.message().ends_with(" is empty");
    match source.resolve(&cx).await {
        Err(error) if error.kind() == ErrorKind::Invalid && is_empty(&error) => Ok(Secret::from("")),
        other => other,
    }
}

impl AuthenticateAnswer {
    fn new(user: &str, verdict: &Verdict) -> Self {
        let accepted = match verdict {
            Verdict::Accepted(accepted) => Some(*accepted),
            _ => None,
        };
        Self {
            user: user.to_owned(),
            accepted: verdict.is_accepted(),
            reason: verdict.reason().map(|reason| reason.as_str()),
            grace_logins: accepted.and_then(|accepted| accepted.grace_logins),
            expires_in_s: accepted.and_then(|accepted| Some(accepted.expires_in?.as_secs())),
        }
    }
}

impl Answer for AuthenticateAnswer {
    const NAME: &'static str = "ldap-authenticate";

    fn page(&self, page: &mut Page) {
        let user = &self.user;
        match self.reason {
            Some(reason) => page.line(&format!("{user}: refused, {}", reason.replace('_', " "))),
            None => page.line(&format!("{user}: accepted")),
        }
        if let Some(logins) = self.grace_logins {
            page.line(&format!("the password has expired, and is taken {logins} times more"));
        }
        if let Some(seconds) = self.expires_in_s {
            let left = units::duration::approximate(Duration::from_secs(seconds));
            page.line(&format!("the password expires in {left}"));
        }
    }
}
