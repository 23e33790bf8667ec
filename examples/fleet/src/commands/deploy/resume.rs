//! `fleet deploy resume`

use super::apply::asked;
use super::drive::drive;
use super::given::Given;
use super::keeper::{Found, Keeper};
use super::status::{Standing, StatusAnswer, word};
use super::tell::TellAnswer;
use crate::cli::examples;
use crate::config::Config;
use crate::consent::Consent;
use crate::exit::Exit;
use crate::output::Ui;
use crate::runtime::Runtime;
use clap::Args;
use purlin::deploy::{Control, Lease, LeaseRequest};
use purlin::{Cx, Result};
use std::sync::Arc;

/// Go on with a run that was paused, left or cut off
///
/// Where somebody drives the run, it is told to go on after its pause. Where nobody does, this call drives it, over the
/// hosts of the sources that its plan was made with.
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("deploy resume", "the latest run"),
    ("deploy resume 20261122T113000-1f2e3d4c --yes --json", "that one, a line of JSON for each event"),
]))]
pub(crate) struct Resume {
    #[command(flatten)]
    pub(super) given: Given,
    #[command(flatten)]
    consent: Consent,
    /// Leave the run where it waits for a person, with exit code 4, instead of waiting with it
    #[arg(long)]
    leave: bool,
    /// The run [default: the latest]
    #[arg(value_name = "RUN")]
    run: Option<String>,
}

/// The run, and who drives it.
async fn look(cx: &Cx, keeper: &Keeper, run: Option<&str>) -> Result<(Found, Option<Lease>)> {
    let found = keeper.find(cx, run).await?;
    let lease = keeper.journal.lease(cx, found.run(), LeaseRequest::Show).await?;
    Ok((found, lease))
}

impl Resume {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let ways = self.given.login.ways(runtime)?;
        let (found, lease) = runtime.block_on(|cx| async move {
            let keeper = Keeper::open(&cx, config).await?;
            let found = look(&cx, &keeper, self.run.as_deref()).await;
            keeper.close(&cx).await;
            found
        })?;
        let status = StatusAnswer::new(&found, lease.as_ref());
        if let Some(ending) = status.over() {
            let message = format!("the run {} is over: it {}", found.run(), word(ending));
            return Err(super::unusable(message));
        }
        if self.consent.dry_run {
            return Ok(ui.answer(&status, Exit::Fine));
        }
        if let Err(exit) = self.consent.given(ui, config, runtime, &asked(&found.plan))? {
            return Ok(exit);
        }
        let is_driven = status.standing() == Standing::Driven;
        let shared = Arc::new(ui.clone());
        runtime.block_on(|cx| async move {
            let (cx, run) = (&cx, found.run());
            let keeper = Keeper::open(cx, config).await?;
            if is_driven {
                let told = keeper.deployer().tell(cx, run, Control::Continue, "").await;
                keeper.close(cx).await;
                told?;
                return Ok(shared.answer(&TellAnswer::new(run, "continue", lease.as_ref()), Exit::Fine));
            }
            let (deployment, warnings) = self.given.deployment_of(cx, config, &ways, &found.plan).await?;
            shared.diagnostics(&warnings);
            if status.is_paused() {
                keeper.deployer().tell(cx, run, Control::Continue, "").await?;
            }
            let deployment = &deployment;
            drive(cx, &shared, keeper, self.leave, |deployer| async move {
                deployer.resume(cx, deployment, run).await
            })
            .await
        })
    }
}
