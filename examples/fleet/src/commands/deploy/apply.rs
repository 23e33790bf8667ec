//! `fleet deploy apply`

use super::drive::drive;
use super::given::Given;
use super::keeper::Keeper;
use super::plan::PlanAnswer;
use super::plan_file;
use crate::cli::examples;
use crate::commands::remote::{folded, hosts};
use crate::config::Config;
use crate::consent::{self, Consent};
use crate::exit::Exit;
use crate::output::Ui;
use crate::runtime::Runtime;
use clap::Args;
use purlin::core::Diagnostic;
use purlin::deploy::{Deployment, Plan};
use purlin::{Error, ErrorKind, Result};
use std::path::PathBuf;
use std::sync::Arc;

/// Do what a plan says; it is spent by that
///
/// Hosts and steps are those of the plan, and its sources of hosts are read again, from the same working folder. A host that
/// is no longer as the plan found it stops the run. With --json, each event is a line. The first signal finishes what is
/// under way and leaves the run to `resume`.
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("deploy apply plan.json", "asks on a terminal"),
    ("deploy apply plan.json --dry-run", "whether the hosts are still as the plan found them"),
    ("deploy apply plan.json --context prod --yes=prod --json", "without a question, a line of JSON for each event"),
]))]
pub(crate) struct Apply {
    #[command(flatten)]
    pub(super) given: Given,
    #[command(flatten)]
    consent: Consent,
    /// Leave the run where it waits for a person, with exit code 4, instead of waiting with it
    #[arg(long)]
    leave: bool,
    /// The plan, as `fleet deploy plan --out` has written it
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
}

impl Apply {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let plan = plan_file::read(&self.plan)?;
        let ways = self.given.login.ways(runtime)?;
        let (of, by) = (&plan, &ways);
        let (deployment, warnings) =
            runtime.block_on(|cx| async move { self.given.deployment_of(&cx, config, by, of).await })?;
        ui.diagnostics(&warnings);
        if self.consent.dry_run {
            return rehearse(ui, config, runtime, &plan, &deployment);
        }
        if let Err(exit) = self.consent.given(ui, config, runtime, &asked(&plan))? {
            return Ok(exit);
        }
        let shared = Arc::new(ui.clone());
        runtime.block_on(|cx| async move {
            let keeper = Keeper::open(&cx, config).await?;
            let (cx, deployment, plan) = (&cx, &deployment, &plan);
            drive(cx, &shared, keeper, self.leave, |deployer| async move {
                deployer.apply(cx, deployment, plan).await
            })
            .await
        })
    }
}

/// What somebody says yes to.
pub(super) fn asked(plan: &Plan) -> consent::Plan {
    let names: Vec<String> = plan.hosts.iter().map(|host| host.name.to_string()).collect();
    let mut steps: Vec<String> =
        plan.steps.iter().map(|step| format!("{} ({})", step.id, step.kind)).collect();
    steps.extend(plan.warnings.iter().map(|warning| format!("mind: {warning}")));
    consent::Plan { target: format!("{} to {}: {}", plan.name, hosts(names.len()), folded(&names)), steps }
}

/// Looks anew, and says where a host is no longer as the plan found it. Nothing is changed.
fn rehearse(
    ui: &Ui,
    config: &Config,
    runtime: &Runtime,
    plan: &Plan,
    deployment: &Deployment,
) -> Result<Exit> {
    let now = runtime.block_on(|cx| async move {
        let keeper = Keeper::open(&cx, config).await?;
        let runs = keeper.journal.runs(&cx).await;
        let made = keeper.deployer().plan(&cx, deployment).await;
        keeper.close(&cx).await;
        if let Some(head) = runs?.into_iter().find(|head| head.plan == plan.id) {
            let message = format!("the plan {} is spent: run {} of {}", plan.id, head.run, head.opened_at);
            return Err(Error::new(ErrorKind::Invalid, message).with_operation("deploy.apply"));
        }
        made
    })?;
    let answer = PlanAnswer::new(&now, None);
    let mut exit = answer.exit();
    for (then, host) in plan.hosts.iter().zip(&now.hosts) {
        for (before, found) in then.findings.iter().zip(&host.findings) {
            if before.fingerprint != found.fingerprint || before.finding != found.finding {
                exit = exit.max(Exit::No);
                let message = format!("{}: {} is not as the plan found it", host.name, found.step);
                ui.verdict(ErrorKind::Conflict, &Diagnostic::error("drift", message));
            }
        }
    }
    Ok(ui.answer(&answer, exit))
}
