//! `fleet check`

pub(crate) mod ack;
mod control;
mod desk;
pub(crate) mod downtime;
pub(crate) mod explain;
mod given;
mod kept;
mod look;
mod plugin;
pub(crate) mod report;
pub(crate) mod row;
pub(crate) mod schema;
pub(crate) mod status;
mod told;
pub(crate) mod watch;

pub(in crate::commands) use given::kinds;
pub(crate) use plugin::{fault as plugin_fault, is_plugin, usage as plugin_usage};

use crate::cli::examples;
use crate::config::{Config, Layer};
use crate::exit::Exit;
use crate::output::Ui;
use crate::runtime::Runtime;
use clap::{Args, Subcommand};
use given::Given;
use purlin::{Error, ErrorKind, Result};

/// Check hosts and what runs on them: look once, or watch and tell
///
/// Without --watch each check runs until it is sure whether it is up or down; nobody is told, and nothing is kept. With
/// --watch checks run until a signal comes, whoever the file names is told, and state outlives the process.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = examples(&[
    ("check -i estate.toml -c checks.toml", "look until it is sure: exit code 0 where all is up, else 1"),
    ("check -i estate.toml -c checks.toml --once --json", "one round, for a program"),
    ("check -i estate.toml -c checks.toml --watch --listen 127.0.0.1:9090", "watch, tell, and show it over HTTP"),
    ("check status", "how things stand, from the watch that runs"),
    ("check explain web01.lon/app", "why it is so, and who was told"),
    ("check plugin http https://www.example.org/", "one check as a Nagios plugin"),
]))]
pub(crate) struct Check {
    #[command(subcommand)]
    command: Option<CheckCommand>,
    #[command(flatten)]
    given: Given,
    /// Run each check once, and say how it is then
    #[arg(long, conflicts_with = "watch")]
    once: bool,
    /// Go on until a signal comes: tell what goes down and up, and read the files again at SIGHUP
    #[arg(long)]
    watch: bool,
    /// While watching, show state over HTTP there: /metrics, /health, /health/live, /health/ready, /health/startup
    #[arg(long, value_name = "ADDR", requires = "watch")]
    listen: Option<String>,
}

#[derive(Debug, Subcommand)]
enum CheckCommand {
    Status(status::Status),
    Explain(explain::Explain),
    Ack(ack::Ack),
    Downtime(downtime::Downtime),
    Report(report::Report),
    Plugin(Box<plugin::Plugin>),
}

impl Check {
    /// Whether it is a plugin, for which Nagios' contract counts.
    pub(super) fn is_plugin(&self) -> bool {
        matches!(&self.command, Some(CheckCommand::Plugin(_)))
    }

    /// The settings among the flags.
    pub(super) fn layer(&self) -> Layer {
        match &self.command {
            None => self.given.layer(),
            Some(CheckCommand::Plugin(command)) => command.layer(),
            Some(_) => Layer::default(),
        }
    }

    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        match &self.command {
            None if self.watch => {
                let watch = watch::Watch::new(ui, config, &self.given, self.listen.as_deref());
                runtime.block_on(|cx| watch.run(cx))
            }
            None => runtime.block_on(|cx| look::look(cx, ui, config, &self.given, self.once)),
            Some(CheckCommand::Status(command)) => command.run(ui, config, runtime),
            Some(CheckCommand::Explain(command)) => command.run(ui, config, runtime),
            Some(CheckCommand::Ack(command)) => command.run(ui, config, runtime),
            Some(CheckCommand::Downtime(command)) => command.run(ui, config, runtime),
            Some(CheckCommand::Report(command)) => command.run(ui, config, runtime),
            Some(CheckCommand::Plugin(command)) => Ok(command.run(ui, config, runtime)),
        }
    }
}

/// A refusal that the words of the call are to blame for.
fn unusable(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, message.into())
}
