//! A command with a condition.

use crate::evidence::{Witnessed, status};
use crate::{Before, Definition, Effect, Finding, Landed, Outputs, Step, StepEnv, StepKind, Undo};
use async_trait::async_trait;
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use purlin_transport::{Output, SessionExt};
use serde::Serialize;

/// When a command runs. There is no command without an answer to that: a plan must say what it will do.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
enum Condition {
    /// Where the path does not exist.
    Creates(String),
    /// Where this one fails.
    Unless(Vec<String>),
    /// Each time, for that reason.
    Always(String),
}

/// A command of the host. Kind `command`, check-then-act, or [at most once](Self::at_most_once).
///
/// A status other than 0 is a failure, told with the last lines of what the command said. Unless it is idempotent, a run
/// starts it so that it comes to its end when the link is lost, and never twice for one attempt: the host keeps what it said
/// and how it ended, and a resumed run waits for that.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Command {
    argv: Vec<String>,
    condition: Condition,
    #[serde(skip_serializing_if = "Option::is_none")]
    dir: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    undo: Vec<String>,
    effect: Effect,
}

impl Command {
    fn when(argv: impl IntoIterator<Item = impl Into<String>>, condition: Condition) -> Self {
        Self {
            argv: argv.into_iter().map(Into::into).collect(),
            condition,
            dir: None,
            undo: Vec::new(),
            effect: Effect::CheckThenAct,
        }
    }

    /// A command that makes that path: it runs where the path does not exist.
    pub fn creates(argv: impl IntoIterator<Item = impl Into<String>>, path: impl Into<String>) -> Self {
        Self::when(argv, Condition::Creates(path.into()))
    }

    /// A command that runs unless the other one succeeds.
    pub fn unless(
        argv: impl IntoIterator<Item = impl Into<String>>,
        check: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self::when(argv, Condition::Unless(check.into_iter().map(Into::into).collect()))
    }

    /// A command that runs each time, for that reason: a plan says that it may change something.
    pub fn always(argv: impl IntoIterator<Item = impl Into<String>>, reason: impl Into<String>) -> Self {
        Self::when(argv, Condition::Always(reason.into()))
    }

    /// Runs it in that folder.
    #[must_use]
    pub fn dir(mut self, dir: impl Into<String>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// What undoes it; without that it is irreversible.
    #[must_use]
    pub fn undo(mut self, argv: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.undo = argv.into_iter().map(Into::into).collect();
        self
    }

    /// It may be run again without harm.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.effect = Effect::Idempotent;
        self
    }

    /// It must never run twice: where a crash leaves open whether it ran, a person decides.
    #[must_use]
    pub fn at_most_once(mut self) -> Self {
        self.effect = Effect::AtMostOnce;
        self
    }

    fn command(&self, env: &StepEnv, argv: &[String]) -> Result<purlin_transport::Command> {
        let words: Vec<String> = argv.iter().map(|word| env.text(word)).collect::<Result<_>>()?;
        let (program, args) = words.split_first().ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "there is no program").with_outcome(Outcome::NotSent)
        })?;
        Ok(purlin_transport::Command::new(program).args(args))
    }

    async fn run(&self, cx: &Cx, env: &StepEnv, argv: &[String]) -> Result<Output> {
        let command = self.command(env, argv)?;
        let command = match &self.dir {
            Some(dir) => command.dir(env.text(dir)?),
            None => command,
        };
        env.exec(cx, command).await
    }
}

/// What came of a command that the host watched.
fn judged(env: &StepEnv, output: &Output) -> Result<Outputs> {
    match status(output) {
        (Some(0), _) => Ok(Outputs::new()),
        (Some(code), said) => Err(failed(env, &format!("exit {code}"), &said)),
        (None, said) => Err(failed(env, "its status was lost", &said)),
    }
}

/// The error that a failed command is, with its last lines.
pub(crate) fn failure(env: &StepEnv, output: &Output) -> Error {
    failed(env, &output.exit.to_string(), &format!("{}{}", output.stdout.text(), output.stderr.text()))
}

fn failed(env: &StepEnv, exit: &str, said: &str) -> Error {
    let text = env.redact(said);
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n");
    let message = match last.is_empty() {
        true => format!("the command failed ({exit}) and said nothing"),
        false => format!("the command failed ({exit}): {last}"),
    };
    Error::new(ErrorKind::Conflict, message).with_outcome(Outcome::Sent)
}

#[async_trait]
impl Step for Command {
    fn kind(&self) -> StepKind {
        "command".into()
    }

    fn effect(&self) -> Effect {
        self.effect
    }

    fn definition(&self) -> Result<Definition> {
        Definition::of(self)
    }

    fn irreversible(&self) -> Option<String> {
        self.undo.is_empty().then(|| "the command says nothing of how to undo it".to_owned())
    }

    async fn check(&self, cx: &Cx, env: &StepEnv) -> Result<Finding> {
        let would = |env: &StepEnv| -> Result<String> {
            let words: Vec<String> = self.argv.iter().map(|word| env.text(word)).collect::<Result<_>>()?;
            Ok(format!("run: {}", words.join(" ")))
        };
        match &self.condition {
            Condition::Always(reason) => Ok(Finding::may(env.text(reason)?, Before::default())),
            Condition::Creates(path) => match env.session().stat(cx, &env.text(path)?).await? {
                Some(_) => Ok(Finding::NoChange),
                None => Ok(Finding::change(would(env)?, Before::default())),
            },
            Condition::Unless(argv) => match self.run(cx, env, argv).await?.is_success() {
                true => Ok(Finding::NoChange),
                false => Ok(Finding::change(would(env)?, Before::default())),
            },
        }
    }

    async fn apply(&self, cx: &Cx, env: &StepEnv, _: &Finding) -> Result<Outputs> {
        let Some(evidence) = env.evidence().filter(|_| self.effect != Effect::Idempotent) else {
            let output = self.run(cx, env, &self.argv).await?;
            return if output.is_success() { Ok(Outputs::new()) } else { Err(failure(env, &output)) };
        };
        let dir = self.dir.as_ref().map(|dir| env.text(dir)).transpose()?;
        let command = self.command(env, &self.argv)?;
        let output = evidence.witness(cx, env, &command, dir.as_deref()).await?;
        judged(env, &output)
    }

    async fn undo(&self, cx: &Cx, env: &StepEnv, _: &Before) -> Result<Undo> {
        if self.undo.is_empty() {
            let why = "the command says nothing of how to undo it".to_owned();
            return Ok(Undo::Irreversible { why });
        }
        let output = self.run(cx, env, &self.undo).await?;
        if output.is_success() { Ok(Undo::Undone) } else { Err(failure(env, &output)) }
    }

    async fn reconcile(&self, cx: &Cx, env: &StepEnv, _: &Before) -> Result<Landed> {
        if let Some(evidence) = env.evidence().filter(|_| self.effect != Effect::Idempotent) {
            match evidence.witnessed(cx, env).await? {
                Witnessed::Never => return Ok(Landed::No),
                Witnessed::Ended(output) => return judged(env, &output).map(Landed::Yes),
                Witnessed::Lost => {}
            }
        }
        Ok(match (&self.condition, self.check(cx, env).await?) {
            (Condition::Always(_), _) => Landed::Unknown,
            (_, Finding::NoChange) => Landed::Yes(Outputs::new()),
            (_, Finding::Change { .. }) => Landed::No,
            _ => Landed::Unknown,
        })
    }
}
