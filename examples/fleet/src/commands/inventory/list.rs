//! `fleet inventory list`

use super::sources::Sources;
use crate::cli::examples;
use crate::config::{Config, Layer};
use crate::exit::Exit;
use crate::output::Ui;
use crate::runtime::Runtime;
use clap::Args;
use purlin::Result;
use purlin::inventory::write;

/// Print the whole inventory as `ansible-inventory --list` does
///
/// The document is Ansible's, with or without --json: what reads the one reads the other. Secrets by reference are left
/// out, with a warning for each place; encrypted ones need their password.
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("inventory list -i hosts.ini", "all groups, hosts and resolved variables"),
    ("inventory list -i hosts.ini -i prod/ --host web01", "the variables of one host"),
    ("inventory list | jq '._meta.hostvars.web01'", "from the sources of the configuration"),
]))]
pub(crate) struct List {
    #[command(flatten)]
    sources: Sources,
    /// Print the variables of this host alone
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
}

impl List {
    /// The settings among the flags.
    pub(super) fn layer(&self) -> Layer {
        self.sources.layer()
    }

    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let inventory = self.sources.load(ui, config, runtime)?.inventory;
        let mut document = Vec::new();
        let warnings = match &self.host {
            Some(name) => write::ansible_host_json(inventory.find_host(name)?, &mut document)?,
            None => write::ansible_json(&inventory, &mut document)?,
        };
        ui.diagnostics(&warnings);
        Ok(ui.text(&String::from_utf8_lossy(&document), Exit::Fine))
    }
}
