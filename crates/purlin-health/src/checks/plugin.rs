//! Plugins of Nagios.

use super::{failed, limited};
use crate::child;
use crate::{
    Check, CheckKind, CheckOutcome, Evidence, OnTarget, Phase, Phases, PluginOutput, Status, TargetAnswer,
    TargetQuestion,
};
use async_trait::async_trait;
use purlin_core::{Cx, Error, ErrorKind, Result};

/// Any plugin that keeps to the Nagios contract: exit code 0 to 3, a line, performance data.
///
/// Kind `plugin`. Measures what the plugin's performance data say. No shell is involved. A plugin runs in a process
/// group of its own, which is killed as a whole at the deadline and when it floods. An exit code outside the contract and
/// a death by a signal are [`Status::Unknown`], as in Nagios; a program that cannot be started is a fault of the prober.
/// Default limit: 10 s, where the call has no deadline.
///
/// ```
/// use purlin_core::Cx;
/// use purlin_health::checks::Plugin;
/// use purlin_health::{Check, CheckOutcome, Status};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let check = Plugin::new(["sh", "-c", "echo 'QUEUE WARNING - 7 waiting | waiting=7;5;10'; exit 1"])?;
/// let CheckOutcome::Answered(evidence) = check.run(&Cx::background()).await else { panic!("no answer") };
/// assert_eq!((evidence.status, evidence.measurements[0].value), (Status::Warning, 7.0));
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Plugin {
    argv: Vec<String>,
    target: Option<String>,
}

impl Plugin {
    /// Runs this program with these arguments.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where there is none.
    pub fn new(argv: impl IntoIterator<Item = impl Into<String>>) -> Result<Self> {
        let argv: Vec<String> = argv.into_iter().map(Into::into).collect();
        if argv.first().is_none_or(String::is_empty) {
            return Err(
                Error::new(ErrorKind::Invalid, "there is no plugin to run").with_operation("check.plugin")
            );
        }
        Ok(Self { argv, target: None })
    }

    /// Sets the host that it goes to, for the limit of runs per host.
    #[must_use]
    pub fn on(mut self, host: impl Into<String>) -> Self {
        self.target = Some(host.into());
        self
    }
}

/// What a plugin's end says.
fn outcome(code: Option<i32>, status: &str, said: (&[u8], &[u8]), phases: Phases) -> Evidence {
    let output = PluginOutput::parse(&String::from_utf8_lossy(said.0));
    let known = code.and_then(Status::from_exit_code);
    let mut line = output.line;
    if line.is_empty() {
        // Nagios shows standard error too where there is nothing else to show.
        line = PluginOutput::parse(&String::from_utf8_lossy(said.1)).line;
    }
    if known.is_none() {
        line = format!("{line} ({status} is outside the plugin contract)").trim_start().to_owned();
    } else if line.is_empty() {
        "the plugin said nothing".clone_into(&mut line);
    }
    let mut evidence = Evidence::new(known.unwrap_or(Status::Unknown), line).phases(phases).judged();
    evidence.measurements = output.measurements;
    evidence
}

#[async_trait]
impl Check for Plugin {
    fn kind(&self) -> CheckKind {
        CheckKind::from("plugin")
    }

    fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    fn on_target(&self) -> Option<&dyn OnTarget> {
        Some(self)
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        let cx = &limited(cx);
        let begun = cx.now();
        let ended = child::run(cx, &self.argv, b"").await;
        let mut phases = Phases::default();
        phases.push(Phase::Execute, cx.now().since(begun));
        match ended {
            Ok(ended) => {
                let (status, said) = (ended.status.to_string(), (&*ended.stdout, &*ended.stderr));
                CheckOutcome::Answered(outcome(ended.status.code(), &status, said, phases))
            }
            Err(error) if error.operation() == Some("program.start") => CheckOutcome::Prober(error),
            Err(error) => failed(Phase::Execute, error, phases),
        }
    }
}

impl OnTarget for Plugin {
    fn question(&self) -> TargetQuestion {
        self.argv.iter().fold(TargetQuestion::new("exec \"$@\""), |question, word| question.arg(word))
    }

    fn judge(&self, answer: &TargetAnswer) -> CheckOutcome {
        let program = self.argv.first().map(String::as_str).unwrap_or_default();
        let missing = |kind: ErrorKind, why: &str| {
            let message = format!("{program} cannot be started on the target: {why}");
            CheckOutcome::Prober(Error::new(kind, message).with_operation("program.start"))
        };
        match answer.code {
            127 if answer.stdout.is_empty() => missing(ErrorKind::NotFound, "there is no such program"),
            126 if answer.stdout.is_empty() => missing(ErrorKind::Denied, "it cannot be run"),
            code => {
                let (status, said) = (format!("exit status: {code}"), (&*answer.stdout, &*answer.stderr));
                CheckOutcome::Answered(outcome(Some(code), &status, said, answer.phases()))
            }
        }
    }
}
