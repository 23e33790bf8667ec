//! `fleet deploy`

mod apply;
mod drive;
pub(crate) mod event;
mod given;
mod keeper;
pub(crate) mod plan;
mod plan_file;
pub(crate) mod report;
mod resume;
pub(crate) mod stats;
pub(crate) mod status;
pub(crate) mod tell;
pub(crate) mod unlock;

use crate::cli::examples;
use crate::config::{Config, Layer};
use crate::exit::Exit;
use crate::output::Ui;
use crate::runtime::Runtime;
use clap::{Args, Subcommand};
use purlin::deploy::Spent;
use purlin::{Error, ErrorKind, Result};

/// Deploy to hosts: see what would change, do it, stop it, take it back
///
/// A plan says what changes where, and is spent by the first run that applies it. A run can be stopped at any moment, also by
/// the loss of its process, and goes on with `resume`. Exit codes: 1 where it stopped or everything was taken back, or
/// somebody else deploys to the hosts; 4 where a person has to look.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = examples(&[
    ("deploy plan -i estate.toml -f deploy.toml --out plan.json", "look at the hosts, and say what would change"),
    ("deploy apply plan.json", "do it; asks on a terminal"),
    ("deploy status", "how the latest run stands"),
    ("deploy rollback --yes", "take back what the latest run has done"),
]))]
pub(crate) struct Deploy {
    #[command(subcommand)]
    command: DeployCommand,
}

#[derive(Debug, Subcommand)]
enum DeployCommand {
    Plan(plan::PlanCommand),
    Apply(apply::Apply),
    Status(status::Status),
    Resume(resume::Resume),
    Pause(tell::Pause),
    Abort(tell::Abort),
    Promote(tell::Promote),
    Rollback(tell::Rollback),
    Skip(tell::Skip),
    Retry(tell::Retry),
    Unlock(unlock::Unlock),
    Report(report::Report),
    Stats(stats::Stats),
}

impl Deploy {
    /// The settings among the flags.
    pub(super) fn layer(&self) -> Layer {
        match &self.command {
            DeployCommand::Plan(command) => command.given.layer(),
            DeployCommand::Apply(command) => command.given.layer(),
            DeployCommand::Resume(command) => command.given.layer(),
            DeployCommand::Unlock(command) => command.given.layer(),
            _ => Layer::default(),
        }
    }

    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let done = match &self.command {
            DeployCommand::Plan(command) => command.run(ui, config, runtime),
            DeployCommand::Apply(command) => command.run(ui, config, runtime),
            DeployCommand::Status(command) => command.run(ui, config, runtime),
            DeployCommand::Resume(command) => command.run(ui, config, runtime),
            DeployCommand::Pause(command) => command.run(ui, config, runtime),
            DeployCommand::Abort(command) => command.run(ui, config, runtime),
            DeployCommand::Promote(command) => command.run(ui, config, runtime),
            DeployCommand::Rollback(command) => command.run(ui, config, runtime),
            DeployCommand::Skip(command) => command.run(ui, config, runtime),
            DeployCommand::Retry(command) => command.run(ui, config, runtime),
            DeployCommand::Report(command) => command.run(ui, config, runtime),
            DeployCommand::Stats(command) => command.run(ui, config, runtime),
            DeployCommand::Unlock(command) => command.run(ui, config, runtime),
        };
        match done {
            Err(error) if is_held(&error) => {
                ui.error(&error);
                Ok(Exit::No)
            }
            done => done,
        }
    }
}

/// Whether somebody else is at it: that is an answer, and no fault of the words of the call.
fn is_held(error: &Error) -> bool {
    let by_lock = matches!(error.operation(), Some("deploy.lock" | "deploy.journal"));
    error.kind() == ErrorKind::Conflict && by_lock && error.detail::<Spent>().is_none()
}

/// A refusal that the words of the call are to blame for.
fn unusable(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, message.into())
}
