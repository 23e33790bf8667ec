//! Who starts and stops services.

use super::super::command::failure;
use super::super::on_host::{failed, plain, refused};
use crate::StepEnv;
use purlin_core::{Cx, Error, ErrorKind, Result};
use purlin_transport::Command;

/// What systemd is asked for (`systemd.unit(5)`, `org.freedesktop.systemd1(5)`).
const PROPERTIES: &str = "LoadState,ActiveState,SubState,NRestarts,InvocationID,NeedDaemonReload";

#[derive(Debug)]
pub(super) enum Manager {
    Systemd { name: String },
    Script { name: String, path: String },
}

/// What a service looks like.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) is_known: bool,
    /// For people, such as `active (running)`.
    pub(super) state: String,
    active: String,
    pub(super) has_failed: bool,
    pub(super) restarts: Option<String>,
    pub(super) invocation: Option<String>,
    wants_reload: bool,
}

impl Seen {
    pub(super) fn runs(&self) -> bool {
        matches!(self.active.as_str(), "active" | "reloading")
    }

    pub(super) fn rests(&self) -> bool {
        matches!(self.active.as_str(), "inactive" | "failed")
    }

    fn of_systemd(text: &str) -> Result<Self> {
        let value = |key: &str| {
            text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).map(str::trim)
        };
        let (Some(load), Some(active)) = (value("LoadState"), value("ActiveState")) else {
            let start: String = text.chars().take(80).collect();
            let message = format!("systemctl says {start:?}, which is not understood");
            return Err(refused(ErrorKind::Protocol, message));
        };
        let sub = value("SubState").unwrap_or_default();
        let kept = |key| value(key).filter(|value| !value.is_empty()).map(str::to_owned);
        Ok(Self {
            is_known: !matches!(load, "not-found" | "masked" | "bad-setting" | "error"),
            state: format!("{active} ({sub})"),
            active: active.to_owned(),
            has_failed: active == "failed",
            restarts: kept("NRestarts"),
            invocation: kept("InvocationID"),
            wants_reload: value("NeedDaemonReload") == Some("yes"),
        })
    }
}

impl Manager {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Systemd { name } | Self::Script { name, .. } => name,
        }
    }

    pub(super) async fn look(&self, cx: &Cx, env: &StepEnv) -> Result<Seen> {
        match self {
            Self::Systemd { name } => {
                let show = ["show", "--property", PROPERTIES, "--", name.as_str()];
                let output = env.exec(cx, Command::new("systemctl").args(show)).await?;
                match output.is_success() {
                    true => Seen::of_systemd(&output.stdout.text()),
                    false => Err(failure(env, &output)),
                }
            }
            Self::Script { path, .. } => {
                let output = env.exec(cx, Command::new(plain(path)).arg("status")).await?;
                let code = output.exit.code();
                // 126 and 127: it cannot be run, or is not there.
                let is_known = !matches!(code, Some(126 | 127) | None);
                let (active, state) = match code {
                    Some(0) => ("active", "running".to_owned()),
                    _ => ("inactive", format!("not running ({})", output.exit)),
                };
                Ok(Seen { is_known, state, active: active.to_owned(), ..Seen::default() })
            }
        }
    }

    pub(super) async fn act(&self, cx: &Cx, env: &StepEnv, verb: &str) -> Result<()> {
        let command = match self {
            Self::Systemd { name } => {
                if verb != "stop" && self.look(cx, env).await?.wants_reload {
                    let output = env.exec(cx, Command::new("systemctl").arg("daemon-reload")).await?;
                    if !output.is_success() {
                        return Err(failure(env, &output));
                    }
                }
                Command::new("systemctl").args([verb, "--", name.as_str()])
            }
            Self::Script { path, .. } => Command::new(plain(path)).arg(verb),
        };
        let output = env.exec(cx, command).await?;
        if output.is_success() { Ok(()) } else { Err(failure(env, &output)) }
    }

    /// Why it does not run, with what it said last.
    pub(super) async fn down(&self, cx: &Cx, env: &StepEnv, seen: &Seen) -> Error {
        let command = match self {
            Self::Systemd { name } => Command::new("systemctl").args(["status", "--lines=20", "--", name]),
            Self::Script { path, .. } => Command::new(plain(path)).arg("status"),
        };
        let said = match env.exec(cx, command).await {
            Ok(output) => env.redact(&format!("{}{}", output.stdout.text(), output.stderr.text())),
            Err(error) => format!("it could not be asked why: {error}"),
        };
        failed(format!("{} does not stay up: it is {}\n{}", self.name(), seen.state, said.trim_end()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systemd_shows_is_read_in_any_order() {
        let text =
            "SubState=auto-restart\nActiveState=activating\nLoadState=loaded\nNRestarts=3\nInvocationID=\n";
        let seen = Seen::of_systemd(text).unwrap();
        assert!(seen.is_known && !seen.runs() && !seen.rests() && !seen.has_failed);
        assert_eq!((seen.restarts.as_deref(), seen.invocation), (Some("3"), None));
        assert_eq!(seen.state, "activating (auto-restart)");
        assert!(!Seen::of_systemd("LoadState=not-found\nActiveState=inactive\n").unwrap().is_known);
        assert!(Seen::of_systemd("Failed to connect to bus").is_err());
    }
}
