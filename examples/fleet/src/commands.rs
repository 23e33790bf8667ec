//! The commands, a file each, and the way to them.

pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod copy;
pub(crate) mod db;
pub(crate) mod deploy;
pub(crate) mod facts;
pub(crate) mod inventory;
pub(crate) mod ldap;
pub(crate) mod man;
mod remote;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod tls;
pub(crate) mod version;

use crate::cli::{Cli, Command, Global};
use crate::config::{Config, Environment, Layer};
use crate::exit::Exit;
use crate::logging;
use crate::output::Ui;
use crate::runtime::Runtime;
use purlin::Result;

/// Runs the command. Only those that need the configuration read it, so that a faulty file never stands between a
/// user and the version or the help.
pub(crate) fn run(cli: Cli, ui: &mut Ui, environment: &Environment, runtime: &Runtime) -> Result<Exit> {
    let global = cli.global;
    match cli.command {
        Command::Tls(command) => {
            let config = configure(&global, command.layer(), ui, environment)?;
            command.run(ui, &config, runtime)
        }
        Command::Check(command) if command.is_plugin() => {
            let config = configure(&global, command.layer(), ui, environment);
            Ok(match config {
                Ok(config) => command.run(ui, &config, runtime)?,
                Err(error) => check::plugin_fault(ui, &error),
            })
        }
        Command::Check(command) => {
            let config = configure(&global, command.layer(), ui, environment)?;
            command.run(ui, &config, runtime)
        }
        Command::Deploy(command) => {
            let config = configure(&global, command.layer(), ui, environment)?;
            command.run(ui, &config, runtime)
        }
        Command::Db(command) => {
            let config = configure(&global, command.layer(), ui, environment)?;
            command.run(ui, &config, runtime)
        }
        Command::Ldap(command) => {
            let config = configure(&global, command.layer(), ui, environment)?;
            command.run(ui, &config, runtime)
        }
        Command::Inventory(command) => {
            let config = configure(&global, command.layer(), ui, environment)?;
            command.run(ui, &config, runtime)
        }
        Command::Run(command) => {
            let config = configure(&global, command.layer(), ui, environment)?;
            command.run(ui, &config, runtime)
        }
        Command::Facts(command) => {
            let config = configure(&global, command.layer(), ui, environment)?;
            command.run(ui, &config, runtime)
        }
        Command::Copy(command) => {
            let config = configure(&global, command.layer(), ui, environment)?;
            command.run(ui, &config, runtime)
        }
        Command::Config(command) => {
            let config = configure(&global, Layer::default(), ui, environment)?;
            command.run(ui, &config)
        }
        Command::Schema(command) => command.run(ui),
        Command::Completions(command) => command.run(ui),
        Command::Man(command) => command.run(ui),
        Command::Version(command) => command.run(ui),
    }
}

fn configure(global: &Global, flags: Layer, ui: &mut Ui, environment: &Environment) -> Result<Config> {
    let config = Config::load(global, flags, environment)?;
    ui.configure(&config, environment);
    logging::start(global, ui.log_format(), environment)?;
    for file in &config.files {
        tracing::info!(file, "configuration file read");
    }
    Ok(config)
}
