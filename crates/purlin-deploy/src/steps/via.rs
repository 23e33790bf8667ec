//! Commands on the host itself, or on another one, such as the balancer's.

use super::command::failure;
use crate::StepEnv;
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use purlin_transport::{Command, Host, Output, SessionExt, Transport};
use serde::{Serialize, Serializer};
use std::sync::Arc;

/// Where commands run.
#[derive(Debug, Clone, Default)]
pub(super) struct Via(Option<(Arc<dyn Transport>, Host)>);

impl Via {
    pub(super) fn host(transport: Arc<dyn Transport>, host: Host) -> Self {
        Self(Some((transport, host)))
    }

    pub(super) fn is_here(&self) -> bool {
        self.0.is_none()
    }

    /// Runs it. Elsewhere it runs as whoever logs in.
    pub(super) async fn exec(&self, cx: &Cx, env: &StepEnv, command: Command) -> Result<Output> {
        let Some((transport, host)) = &self.0 else { return env.exec(cx, command).await };
        let run = async { transport.connect(cx, host).await?.run(cx, &command).await };
        run.await.map_err(elsewhere)
    }

    /// Runs a list of texts that are filled in, and gives what it says.
    pub(super) async fn words(&self, cx: &Cx, env: &StepEnv, argv: &[String]) -> Result<Output> {
        self.exec(cx, env, command(env, argv)?).await
    }

    /// The same, which has to succeed.
    pub(super) async fn done(&self, cx: &Cx, env: &StepEnv, argv: &[String]) -> Result<()> {
        let output = self.words(cx, env, argv).await?;
        if output.is_success() { Ok(()) } else { Err(failure(env, &output)) }
    }
}

impl Serialize for Via {
    /// The host's name; nothing for the host itself.
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.0.as_ref().map(|(_, host)| &host.name).serialize(serializer)
    }
}

fn command(env: &StepEnv, argv: &[String]) -> Result<Command> {
    let words: Vec<String> = argv.iter().map(|word| env.text(word)).collect::<Result<_>>()?;
    let (program, args) = words.split_first().ok_or_else(|| {
        Error::new(ErrorKind::Invalid, "there is no program").with_outcome(Outcome::NotSent)
    })?;
    Ok(Command::new(program).args(args))
}

pub(super) fn words(argv: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    argv.into_iter().map(Into::into).collect()
}

/// An error of another system than the host: that the host cannot be reached is not what it says.
pub(super) fn elsewhere(error: Error) -> Error {
    let outcome = error.outcome();
    let kind = match error.kind() {
        ErrorKind::Unavailable | ErrorKind::Refused | ErrorKind::Unresolved | ErrorKind::Timeout
            if outcome == Outcome::NotSent =>
        {
            ErrorKind::Conflict
        }
        kind => kind,
    };
    Error::new(kind, error.to_string()).with_outcome(outcome).with_source(error)
}
