//! Hosts that are folders of this machine, and steps that count what they do there.

use async_trait::async_trait;
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use purlin_deploy::{
    Before, Definition, Deployment, Effect, Entry, Finding, HostName, Journal, Landed, Outputs, Record, Step,
    StepEnv, StepKind, Target, Undo, Variables,
};
use purlin_transport::Local;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// So many hosts whose `root` is a folder each.
pub(crate) fn targets(folder: &Path, count: usize) -> Vec<Target> {
    let host = |number: usize| {
        let root = folder.join(format!("web{number}"));
        std::fs::create_dir_all(&root).unwrap();
        let variables = Variables::new().with("root", root.to_str().unwrap());
        Target::new(format!("web{number}"), Arc::new(Local::new())).variables(variables)
    };
    (0..count).map(host).collect()
}

pub(crate) fn deployment(folder: &Path, name: &str, count: usize) -> Deployment {
    let evidence = folder.join("evidence").display().to_string();
    Deployment::named(name).targets(targets(folder, count)).evidence(evidence)
}

pub(crate) async fn records(journal: &dyn Journal, run: &purlin_deploy::RunId) -> Vec<Entry> {
    journal.read(&Cx::background(), run, 0).await.unwrap()
}

pub(crate) fn steps_of<'e>(entries: &'e [Entry], host: &str) -> Vec<(&'static str, &'e str)> {
    let named = |at: &HostName| at.as_str() == host;
    let told = entries.iter().filter_map(|entry| match &entry.record {
        Record::Started { host, step, .. } if named(host) => Some(("started", step.as_str())),
        Record::Undone { host, step } if named(host) => Some(("undone", step.as_str())),
        Record::Closed { host, step } if named(host) => Some(("closed", step.as_str())),
        _ => None,
    });
    told.collect()
}

/// A mark in the host's folder. Each time it is applied a line goes to `log`, whatever becomes of it.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    pub(crate) name: &'static str,
    pub(crate) effect: Effect,
    pub(crate) open: bool,
    /// The host on which it does not work.
    pub(crate) broken: Option<&'static str>,
}

impl Mark {
    pub(crate) fn new(name: &'static str, effect: Effect) -> Self {
        Self { name, effect, open: false, broken: None }
    }

    pub(crate) fn obligation(name: &'static str) -> Self {
        Self { open: true, ..Self::new(name, Effect::Idempotent) }
    }

    pub(crate) fn broken_on(self, host: &'static str) -> Self {
        Self { broken: Some(host), ..self }
    }

    fn paths(&self, env: &StepEnv) -> Result<(String, String)> {
        Ok((env.text(&format!("{{{{ root }}}}/{}", self.name))?, env.text("{{ root }}/log")?))
    }
}

pub(crate) fn is_marked(folder: &Path, host: &str, name: &str) -> bool {
    folder.join(host).join(name).exists()
}

/// How often a mark was applied there.
pub(crate) fn count(folder: &Path, host: &str, name: &str) -> usize {
    let log = std::fs::read_to_string(folder.join(host).join("log")).unwrap_or_default();
    log.lines().filter(|line| *line == name).count()
}

#[async_trait]
impl Step for Mark {
    fn kind(&self) -> StepKind {
        "mark".into()
    }

    fn effect(&self) -> Effect {
        self.effect
    }

    fn definition(&self) -> Result<Definition> {
        Definition::of(&(self.name, self.broken))
    }

    fn obligation(&self) -> Option<String> {
        self.open.then(|| format!("{} is open", self.name))
    }

    async fn check(&self, _: &Cx, env: &StepEnv) -> Result<Finding> {
        let (path, _) = self.paths(env)?;
        Ok(match Path::new(&path).exists() {
            true => Finding::NoChange,
            false => Finding::change(format!("+{}", self.name), Before::default()),
        })
    }

    async fn apply(&self, _: &Cx, env: &StepEnv, _: &Finding) -> Result<Outputs> {
        let (path, log) = self.paths(env)?;
        if self.broken == Some(env.host()) {
            return Err(Error::new(ErrorKind::Conflict, "it is broken here").with_outcome(Outcome::Sent));
        }
        let written = std::fs::OpenOptions::new().create(true).append(true).open(log);
        written
            .and_then(|mut log| writeln!(log, "{}", self.name))
            .map_err(|error| Error::io("mark.log", error))?;
        std::fs::write(path, "").map_err(|error| Error::io("mark.apply", error))?;
        Ok(Outputs::new())
    }

    async fn undo(&self, _: &Cx, env: &StepEnv, _: &Before) -> Result<Undo> {
        let (path, _) = self.paths(env)?;
        match std::fs::remove_file(path) {
            Ok(()) => Ok(Undo::Undone),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Undo::NotNeeded),
            Err(error) => Err(Error::io("mark.undo", error)),
        }
    }

    async fn reconcile(&self, cx: &Cx, env: &StepEnv, _: &Before) -> Result<Landed> {
        Ok(match (self.effect, self.check(cx, env).await?) {
            (Effect::AtMostOnce, _) => Landed::Unknown,
            (_, Finding::NoChange) => Landed::Yes(Outputs::new()),
            _ => Landed::No,
        })
    }
}
