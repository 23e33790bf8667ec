//! `fleet inventory`

mod ansible;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod hosts;
pub(crate) mod lint;
pub(crate) mod list;
pub(crate) mod nodes;
pub(crate) mod shapes;
pub(super) mod sources;

use crate::cli::examples;
use crate::config::{Config, Layer};
use crate::exit::Exit;
use crate::output::Ui;
use crate::runtime::Runtime;
use clap::{Args, Subcommand};
use purlin::Result;

/// Ask who the hosts are, and what is known of them
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = examples(&[
    ("inventory hosts -i hosts.ini -- 'web:&prod'", "the hosts of an Ansible pattern"),
    ("inventory hosts -i estate.toml --select role=web", "the hosts of a selector"),
    ("inventory lint -i hosts.ini", "what is wrong, or probably not meant"),
    ("inventory explain web01 http_port", "where a value comes from"),
    ("inventory nodes fold web01 web02 web03", "write names short: web[01-03]"),
]))]
pub(crate) struct Inventory {
    #[command(subcommand)]
    command: InventoryCommand,
}

#[derive(Debug, Subcommand)]
enum InventoryCommand {
    List(list::List),
    Hosts(hosts::Hosts),
    Explain(explain::Explain),
    Lint(lint::Lint),
    Nodes(nodes::Nodes),
    Export(export::Export),
}

impl Inventory {
    /// The settings among the flags.
    pub(super) fn layer(&self) -> Layer {
        match &self.command {
            InventoryCommand::List(command) => command.layer(),
            InventoryCommand::Hosts(command) => command.layer(),
            InventoryCommand::Explain(command) => command.layer(),
            InventoryCommand::Lint(command) => command.layer(),
            InventoryCommand::Export(command) => command.layer(),
            InventoryCommand::Nodes(_) => Layer::default(),
        }
    }

    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        match &self.command {
            InventoryCommand::List(command) => command.run(ui, config, runtime),
            InventoryCommand::Hosts(command) => command.run(ui, config, runtime),
            InventoryCommand::Explain(command) => command.run(ui, config, runtime),
            InventoryCommand::Lint(command) => command.run(ui, config, runtime),
            InventoryCommand::Export(command) => command.run(ui, config, runtime),
            InventoryCommand::Nodes(command) => command.run(ui),
        }
    }
}
