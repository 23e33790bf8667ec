//! `fleet inventory`

pub(crate) mod nodes;

use crate::cli::examples;
use crate::exit::Exit;
use crate::output::Ui;
use clap::{Args, Subcommand};
use purlin::Result;

/// Ask who the hosts are, and what is known of them
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = examples(&[
    ("inventory nodes fold web01 web02 web03", "write names short: web[01-03]"),
]))]
pub(crate) struct Inventory {
    #[command(subcommand)]
    command: InventoryCommand,
}

#[derive(Debug, Subcommand)]
enum InventoryCommand {
    Nodes(nodes::Nodes),
}

impl Inventory {
    pub(super) fn run(&self, ui: &Ui) -> Result<Exit> {
        match &self.command {
            InventoryCommand::Nodes(command) => command.run(ui),
        }
    }
}
