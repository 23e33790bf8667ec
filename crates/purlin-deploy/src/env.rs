//! What a step works with on one host.

use crate::evidence::Evidence;
use crate::{OutputKey, Outputs, Redactor, RunId, StepId, Variables};
use purlin_core::{Cx, Fence, Result, Secret, SecretRef, SecretSource};
use purlin_transport::{Become, Command, Output, Session, SessionExt, WriteFile, Written};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// What a step works with: the host's session and variables, what earlier steps gave, and which run this is. Cheap to
/// clone.
///
/// Tests of a step make one over a [fake](purlin_transport::fake) or a local session.
#[derive(Debug, Clone)]
pub struct StepEnv {
    session: Arc<dyn Session>,
    variables: Arc<Variables>,
    inputs: Arc<Outputs>,
    elevation: Option<Become>,
    redactor: Redactor,
    run: RunId,
    step: StepId,
    attempt: u32,
    fence: Fence,
    evidence: Option<Evidence>,
}

impl StepEnv {
    /// Over that session, without variables and inputs: the first attempt of a run without a name.
    pub fn new(session: Arc<dyn Session>) -> Self {
        let host = session.host().clone();
        let variables = Variables::new()
            .with("host", &host.name)
            .with("address", host.address.as_ref().unwrap_or(&host.name));
        Self {
            session,
            variables: Arc::new(variables),
            inputs: Arc::default(),
            elevation: None,
            redactor: Redactor::new(),
            run: RunId::from("run"),
            step: StepId::from("step"),
            attempt: 1,
            fence: Fence::new(1),
            evidence: None,
        }
    }

    /// With these variables, beside `host` and `address`.
    #[must_use]
    pub fn with_variables(mut self, variables: &Variables) -> Self {
        self.variables = Arc::new(variables.over(&self.variables));
        self
    }

    /// With what earlier steps gave.
    #[must_use]
    pub fn with_inputs(mut self, inputs: Outputs) -> Self {
        self.inputs = Arc::new(inputs);
        self
    }

    /// With commands and files as somebody else.
    #[must_use]
    pub fn with_elevation(mut self, elevation: Option<Become>) -> Self {
        self.elevation = elevation;
        self
    }

    /// With that redactor.
    #[must_use]
    pub fn with_redactor(mut self, redactor: Redactor) -> Self {
        self.redactor = redactor;
        self
    }

    /// As that attempt of that step in that run, with its fencing number.
    #[must_use]
    pub fn with_attempt(mut self, run: RunId, step: StepId, attempt: u32, fence: Fence) -> Self {
        (self.run, self.step, self.attempt, self.fence) = (run, step, attempt, fence);
        self
    }

    pub(crate) fn with_evidence(mut self, evidence: Evidence) -> Self {
        self.evidence = Some(evidence);
        self
    }

    pub(crate) fn evidence(&self) -> Option<&Evidence> {
        self.evidence.as_ref()
    }

    /// The host's name.
    pub fn host(&self) -> &str {
        &self.session.host().name
    }

    /// The session with the host.
    pub fn session(&self) -> &Arc<dyn Session> {
        &self.session
    }

    /// The host's variables, with `host` and `address`.
    pub fn variables(&self) -> &Variables {
        &self.variables
    }

    /// As whom commands run, where that is not the session's user.
    pub fn elevation(&self) -> Option<&Become> {
        self.elevation.as_ref()
    }

    /// The run.
    pub fn run(&self) -> &RunId {
        &self.run
    }

    /// The step.
    pub fn step(&self) -> &StepId {
        &self.step
    }

    /// Which attempt this is; the first is 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The run's fencing number: whoever has a lower one comes too late.
    pub fn fence(&self) -> Fence {
        self.fence
    }

    /// What an earlier step gave.
    ///
    /// # Errors
    /// Those of [`Outputs::get`].
    pub fn input<T: DeserializeOwned>(&self, key: &OutputKey<T>) -> Result<T> {
        self.inputs.get(key)
    }

    /// A text with `{{ … }}` in it, filled in with the host's variables and what earlier steps gave.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) with the variable that is not there.
    pub fn text(&self, template: &str) -> Result<String> {
        self.variables.render(template, self.inputs.values())
    }

    /// Resolves a secret. From now on it is left out of everything that is shown or kept.
    ///
    /// # Errors
    /// Those of [`SecretSource::resolve`].
    pub async fn secret(&self, cx: &Cx, source: &SecretRef) -> Result<Secret<String>> {
        let secret = source.resolve(cx).await?;
        self.redactor.add(secret.expose());
        Ok(secret)
    }

    /// Runs a command as the deployment runs them: as whom the host says. A status other than 0 is no error.
    ///
    /// # Errors
    /// Those of [`SessionExt::run`].
    pub async fn exec(&self, cx: &Cx, command: Command) -> Result<Output> {
        let command = match &self.elevation {
            Some(elevation) if command.elevation().is_none() => command.elevated(elevation.clone()),
            _ => command,
        };
        self.session.run(cx, &command).await
    }

    /// Runs a text of a POSIX shell with arguments, `$1` and so on: data never becomes shell text.
    ///
    /// # Errors
    /// As [`exec`](Self::exec).
    pub async fn script(&self, cx: &Cx, script: &str, args: &[&str]) -> Result<Output> {
        self.exec(cx, Command::new("sh").args(["-c", script, "sh"]).args(args.iter().copied())).await
    }

    /// Writes a file as the deployment writes them.
    ///
    /// # Errors
    /// Those of [`Session::write`].
    pub async fn write(&self, cx: &Cx, file: WriteFile) -> Result<Written> {
        let file = match &self.elevation {
            Some(elevation) if file.elevation.is_none() => file.elevated(elevation.clone()),
            _ => file,
        };
        self.session.write(cx, &file).await
    }

    /// A text without any secret that was resolved.
    pub fn redact(&self, text: &str) -> String {
        self.redactor.redact(text)
    }
}
