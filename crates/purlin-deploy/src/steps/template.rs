//! A file made of a template.

use super::file::{Form, Wanted, put_back};
use super::on_host::refused;
use crate::{Before, Definition, Effect, Finding, Outputs, Step, StepEnv, StepKind, Undo, Variables};
use async_trait::async_trait;
use purlin_core::{Cx, Error, ErrorKind, Result, SecretRef};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// A file made of a Jinja template with the host's variables, what earlier steps gave, and secrets. Kind `template`,
/// idempotent; undoing puts the old file back, or removes the new one.
///
/// A variable that is not there is an error which names it and the template. With a secret in it the file is
/// [sensitive](super::File::sensitive).
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Template {
    path: String,
    name: String,
    template: String,
    #[serde(flatten)]
    form: Form,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", serialize_with = "written")]
    secrets: BTreeMap<String, SecretRef>,
}

fn written<S: serde::Serializer>(
    secrets: &BTreeMap<String, SecretRef>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_map(secrets.iter().map(|(name, secret)| (name, secret.to_string())))
}

impl Template {
    /// The file at that path, made of that text, with mode 0644.
    pub fn new(path: impl Into<String>, template: impl Into<String>) -> Self {
        let path = path.into();
        let (name, secrets) = (format!("the template of {path}"), BTreeMap::new());
        Self { path, name, template: template.into(), form: Form::new(), secrets }
    }

    /// The same from a file of this machine, which is read now: a plan holds its text.
    ///
    /// # Errors
    /// What keeps it from being read.
    pub fn read(path: impl Into<String>, file: impl AsRef<Path>) -> Result<Self> {
        let file = file.as_ref();
        let text = std::fs::read_to_string(file).map_err(|error| {
            Error::io("deploy.template", error).with_note(format!("template {}", file.display()))
        })?;
        Ok(Self { name: file.display().to_string(), ..Self::new(path, text) })
    }

    /// Its permission bits.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.form.mode = mode;
        self
    }

    /// `USER`, `USER:GROUP` or `:GROUP`; as the session's user has them unless set.
    #[must_use]
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.form.owner = Some(owner.into());
        self
    }

    /// A variable whose value is a secret, fetched anew each time and shown nowhere.
    #[must_use]
    pub fn secret(mut self, name: impl Into<String>, secret: SecretRef) -> Self {
        self.secrets.insert(name.into(), secret);
        self.form.sensitive = true;
        self
    }

    async fn wanted(&self, cx: &Cx, env: &StepEnv) -> Result<Wanted<'_>> {
        let mut secrets = Variables::new();
        for (name, secret) in &self.secrets {
            secrets = secrets.with(name, env.secret(cx, secret).await?.expose());
        }
        let filled = env.clone().with_variables(&secrets).text(&self.template).map_err(|error| {
            let message = format!("{}: {}", self.name, env.redact(error.message()));
            refused(ErrorKind::Invalid, message).with_operation("deploy.template")
        })?;
        Ok(Wanted { path: env.text(&self.path)?, content: filled, form: &self.form })
    }
}

#[async_trait]
impl Step for Template {
    fn kind(&self) -> StepKind {
        "template".into()
    }

    fn effect(&self) -> Effect {
        Effect::Idempotent
    }

    fn definition(&self) -> Result<Definition> {
        Definition::of(self)
    }

    async fn check(&self, cx: &Cx, env: &StepEnv) -> Result<Finding> {
        self.wanted(cx, env).await?.check(cx, env).await
    }

    async fn apply(&self, cx: &Cx, env: &StepEnv, finding: &Finding) -> Result<Outputs> {
        self.wanted(cx, env).await?.apply(cx, env, finding).await
    }

    async fn undo(&self, cx: &Cx, env: &StepEnv, before: &Before) -> Result<Undo> {
        put_back(cx, env, before).await
    }
}
