//! `fleet deploy pause`, `abort`, `promote`, `rollback`, `skip` and `retry`: what a run is told, through its journal.

use super::keeper::{Found, Keeper};
use super::status::{StatusAnswer, word as ended};
use crate::app::NAME;
use crate::cli::examples;
use crate::config::Config;
use crate::consent::{self, Consent};
use crate::exit::Exit;
use crate::input::at_fault;
use crate::output::{Answer, Page, Ui, now};
use crate::runtime::Runtime;
use clap::Args;
use purlin::core::{Diagnostic, suggest};
use purlin::deploy::{Control, Lease, LeaseRequest, Plan, RunId};
use purlin::{Cx, Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::Serialize;

/// What a run was told.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TellAnswer {
    /// The run.
    run: String,
    /// pause, continue, abort, promote, rollback, skip or retry.
    told: String,
    /// Whether somebody drives the run, and hears it soon. Else it counts when the run is resumed.
    driven: bool,
    /// Who drives it, or was the last to.
    operator: Option<String>,
    /// From where.
    controller: Option<String>,
}

impl TellAnswer {
    pub(super) fn new(run: &RunId, told: &str, lease: Option<&Lease>) -> Self {
        Self {
            run: run.to_string(),
            told: told.to_owned(),
            driven: lease.is_some_and(|lease| lease.is_live(now())),
            operator: lease.map(|lease| lease.holder.operator.clone()),
            controller: lease.map(|lease| lease.holder.controller.clone()),
        }
    }
}

impl Answer for TellAnswer {
    const NAME: &'static str = "deploy-told";

    fn page(&self, page: &mut Page) {
        let Self { run, told, .. } = self;
        page.line(&match (&self.operator, &self.controller) {
            (Some(operator), Some(controller)) if self.driven => {
                format!("run {run} is told: {told}; {operator} on {controller} drives it")
            }
            _ => format!("run {run} is told: {told}; nobody drives it: `{NAME} deploy resume {run}` does it"),
        });
    }
}

/// Begin no more hosts of a run; those with something open go on until that is closed
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("deploy pause", "the latest run"),
    ("deploy pause --reason 'the network is slow'", "with a word for the others"),
]))]
pub(crate) struct Pause {
    #[command(flatten)]
    which: Which,
}

/// End a run: no more steps are begun, and what is open is closed
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("deploy abort", "the latest run; asks on a terminal"),
    ("deploy abort 20261122T113000-1f2e3d4c --yes --reason 'wrong release'", "that one, without a question"),
]))]
pub(crate) struct Abort {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    consent: Consent,
}

/// Let a run go on behind its canary
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("deploy promote", "the latest run; asks on a terminal"),
    ("deploy promote --yes --reason 'the map looks right'", "without a question"),
]))]
pub(crate) struct Promote {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    consent: Consent,
}

/// Take all hosts of a run back
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("deploy rollback", "the latest run; asks on a terminal"),
    ("deploy rollback --yes --reason 'half of the tiles are blank'", "without a question"),
]))]
pub(crate) struct Rollback {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    consent: Consent,
}

/// Leave a host out of a run, or take a step of it as done
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("deploy skip 20261122T113000-1f2e3d4c web07.lon --yes", "the host is left out"),
    ("deploy skip 20261122T113000-1f2e3d4c web07.lon migrate --yes", "that step has happened there"),
]))]
pub(crate) struct Skip {
    #[command(flatten)]
    place: Where,
    #[command(flatten)]
    consent: Consent,
}

/// Try a host again, from the step that failed or is in doubt
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("deploy retry 20261122T113000-1f2e3d4c web07.lon --yes", "from where it failed"),
    ("deploy retry 20261122T113000-1f2e3d4c web07.lon reload", "the same, naming the step"),
]))]
pub(crate) struct Retry {
    #[command(flatten)]
    place: Where,
    #[command(flatten)]
    consent: Consent,
}

#[derive(Debug, Args)]
struct Which {
    /// The run [default: the latest]
    #[arg(value_name = "RUN")]
    run: Option<String>,
    /// Why, for whoever reads the journal
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
}

#[derive(Debug, Args)]
struct Where {
    /// The run
    #[arg(value_name = "RUN")]
    run: String,
    /// The host
    #[arg(value_name = "HOST")]
    host: String,
    /// The step
    #[arg(value_name = "STEP")]
    step: Option<String>,
    /// Why, for whoever reads the journal
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
}

impl Where {
    fn words(&self) -> Words<'_> {
        Words { run: Some(&self.run), reason: &self.reason, place: Some((&self.host, self.step.as_deref())) }
    }
}

/// What is told, and to whom.
#[derive(Clone, Copy)]
struct Words<'w> {
    run: Option<&'w str>,
    reason: &'w str,
    place: Option<(&'w str, Option<&'w str>)>,
}

impl Which {
    fn words(&self) -> Words<'_> {
        Words { run: self.run.as_deref(), reason: &self.reason, place: None }
    }
}

impl Pause {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        tell(ui, config, runtime, ("pause", None), self.which.words(), Control::Pause)
    }
}

impl Abort {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let said = ("abort", Some(&self.consent));
        tell(ui, config, runtime, said, self.which.words(), Control::Abort)
    }
}

impl Promote {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let said = ("promote", Some(&self.consent));
        tell(ui, config, runtime, said, self.which.words(), Control::Promote)
    }
}

impl Rollback {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let said = ("rollback", Some(&self.consent));
        tell(ui, config, runtime, said, self.which.words(), Control::Rollback)
    }
}

impl Skip {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let host = self.place.host.as_str().into();
        let control = Control::Skip { host, step: self.place.step.as_deref().map(Into::into) };
        tell(ui, config, runtime, ("skip", Some(&self.consent)), self.place.words(), control)
    }
}

impl Retry {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let control = Control::Retry { host: self.place.host.as_str().into() };
        tell(ui, config, runtime, ("retry", Some(&self.consent)), self.place.words(), control)
    }
}

/// The run, who drives it, and how it stands.
async fn look(cx: &Cx, keeper: &Keeper, run: Option<&str>) -> Result<(Found, Option<Lease>)> {
    let found = keeper.find(cx, run).await?;
    let lease = keeper.journal.lease(cx, found.run(), LeaseRequest::Show).await?;
    Ok((found, lease))
}

fn tell(
    ui: &Ui,
    config: &Config,
    runtime: &Runtime,
    (word, consent): (&str, Option<&Consent>),
    words: Words<'_>,
    control: Control,
) -> Result<Exit> {
    let (found, lease) = runtime.block_on(|cx| async move {
        let keeper = Keeper::open(&cx, config).await?;
        let found = look(&cx, &keeper, words.run).await;
        keeper.close(&cx).await;
        found
    })?;
    let status = StatusAnswer::new(&found, lease.as_ref());
    if let Some(ending) = status.over() {
        let message = format!("the run {} is over: it {}", found.run(), ended(ending));
        return Err(super::unusable(message));
    }
    known(&found.plan, words.place)?;
    let answer = TellAnswer::new(found.run(), word, lease.as_ref());
    if let Some(consent) = consent {
        if consent.dry_run {
            return Ok(ui.answer(&status, Exit::Fine));
        }
        let place = words.place.map(|(host, step)| format!(" {host} {}", step.unwrap_or_default()));
        let steps = vec![format!("{word}{}", place.unwrap_or_default())];
        let target = format!("run {} of {}", found.run(), found.plan.name);
        if let Err(exit) = consent.given(ui, config, runtime, &consent::Plan { target, steps })? {
            return Ok(exit);
        }
    }
    runtime.block_on(|cx| async move {
        let keeper = Keeper::open(&cx, config).await?;
        let told = keeper.deployer().tell(&cx, found.run(), control, words.reason).await;
        keeper.close(&cx).await;
        told
    })?;
    Ok(ui.answer(&answer, Exit::Fine))
}

/// Whether the plan has such a host, and such a step.
fn known(plan: &Plan, place: Option<(&str, Option<&str>)>) -> Result<()> {
    let Some((host, step)) = place else { return Ok(()) };
    let hosts = || plan.hosts.iter().map(|host| host.name.as_str());
    let steps = || plan.steps.iter().map(|step| step.id.as_str());
    if !hosts().any(|known| known == host) {
        return Err(unknown("host", host, suggest(host, hosts())));
    }
    match step.filter(|step| !steps().any(|known| known == *step)) {
        Some(step) => Err(unknown("step", step, suggest(step, steps()))),
        None => Ok(()),
    }
}

fn unknown(what: &str, name: &str, meant: Option<&str>) -> Error {
    let message = format!("the run has no {what} {name:?}");
    let fault = Diagnostic::error("unknown-name", message);
    at_fault(
        ErrorKind::Invalid,
        match meant {
            Some(meant) => fault.help(format!("did you mean {meant:?}?")),
            None => fault.help("see `fleet deploy status`"),
        },
    )
}
