//! `fleet deploy unlock`

use super::given::Given;
use super::keeper::Keeper;
use crate::cli::examples;
use crate::config::Config;
use crate::consent::{self, Consent};
use crate::exit::Exit;
use crate::output::{Answer, Page, Ui, local};
use crate::runtime::Runtime;
use clap::Args;
use purlin::Result;
use purlin::core::Timestamp;
use purlin::deploy::{Force, Lease, LeaseRequest};
use schemars::JsonSchema;
use serde::Serialize;

/// Take the right to drive a run away from whoever has it, for one that is gone; it stands in the journal, with the reason
///
/// A run whose holder may still be at work is refused (exit code 1) without --force. With --hosts, the locks on the hosts are
/// taken away too: for a run that nobody will resume.
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("deploy unlock 20261122T113000-1f2e3d4c --reason 'the laptop is lost' --yes", "so that somebody else can resume it"),
    ("deploy unlock 20261122T113000-1f2e3d4c --reason 'nobody resumes it' --hosts", "and the hosts are free for other runs"),
]))]
pub(crate) struct Unlock {
    #[command(flatten)]
    pub(super) given: Given,
    #[command(flatten)]
    consent: Consent,
    /// The run
    #[arg(value_name = "RUN")]
    run: String,
    /// Why, for whoever reads the journal
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Also where its holder may still be at work
    #[arg(long)]
    force: bool,
    /// Take the run's locks on the hosts away too
    #[arg(long)]
    hosts: bool,
}

/// Who had the right to drive a run.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct UnlockAnswer {
    /// The run.
    run: String,
    /// Who had it; null where nobody ever did.
    operator: Option<String>,
    /// From where.
    controller: Option<String>,
    /// Since when.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    since: Option<Timestamp>,
    /// The hosts whose locks could not be taken away, with the reason; empty where that was not asked for.
    failed: Vec<String>,
}

impl UnlockAnswer {
    fn new(run: &str, lease: Option<Lease>, failed: Vec<String>) -> Self {
        Self {
            run: run.to_owned(),
            operator: lease.as_ref().map(|lease| lease.holder.operator.clone()),
            controller: lease.as_ref().map(|lease| lease.holder.controller.clone()),
            since: lease.map(|lease| lease.since),
            failed,
        }
    }
}

impl Answer for UnlockAnswer {
    const NAME: &'static str = "deploy-unlock";

    fn page(&self, page: &mut Page) {
        page.line(&match (&self.operator, &self.controller, self.since) {
            (Some(operator), Some(controller), Some(since)) => {
                format!("run {}: {operator} on {controller} had it since {}", self.run, local(since))
            }
            _ => format!("run {}: nobody had it", self.run),
        });
        self.failed.iter().for_each(|line| page.line(&format!("  not unlocked: {line}")));
    }
}

impl Unlock {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let ways = self.given.login.ways(runtime)?;
        let (found, held) = runtime.block_on(|cx| async move {
            let keeper = Keeper::open(&cx, config).await?;
            let found = keeper.find(&cx, Some(&self.run)).await;
            let held = match &found {
                Ok(found) => keeper.journal.lease(&cx, found.run(), LeaseRequest::Show).await,
                Err(_) => Ok(None),
            };
            keeper.close(&cx).await;
            Ok((found?, held?))
        })?;
        let target = match &held {
            Some(lease) => {
                let (by, from) = (&lease.holder.operator, &lease.holder.controller);
                format!("run {}, which {by} on {from} has since {}", self.run, local(lease.since))
            }
            None => format!("run {}, which nobody has", self.run),
        };
        if self.consent.dry_run {
            return Ok(ui.answer(&UnlockAnswer::new(&self.run, held, Vec::new()), Exit::Fine));
        }
        let steps = vec!["take the right to drive it away".to_owned()];
        if let Err(exit) = self.consent.given(ui, config, runtime, &consent::Plan { target, steps })? {
            return Ok(exit);
        }
        let force = if self.force { Force::Yes } else { Force::No };
        let (held, failed) = runtime.block_on(|cx| async move {
            let keeper = Keeper::open(&cx, config).await?;
            let deployer = keeper.deployer();
            let unlocked = async {
                let held = deployer.unlock(&cx, found.run(), force, &self.reason).await?;
                if !self.hosts {
                    return Ok((held, Vec::new()));
                }
                let (deployment, _) = self.given.deployment_of(&cx, config, &ways, &found.plan).await?;
                let failed = deployer.unlock_hosts(&cx, &deployment, found.run()).await?;
                let failed = failed.iter().map(|(host, error)| format!("{host}: {error:#}"));
                Ok((held, failed.collect()))
            };
            let unlocked = unlocked.await;
            drop(deployer);
            keeper.close(&cx).await;
            unlocked
        })?;
        let exit = if failed.is_empty() { Exit::Fine } else { Exit::Unreachable };
        Ok(ui.answer(&UnlockAnswer::new(&self.run, held, failed), exit))
    }
}
