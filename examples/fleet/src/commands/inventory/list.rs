//! `fleet inventory list`

use super::sources::Sources;
use crate::cli::examples;
use crate::config::{Config, Layer};
use crate::exit::Exit;
use crate::output::Ui;
use crate::runtime::Runtime;
use clap::Args;
use purlin::core::suggest;
use purlin::inventory::{Host, Inventory, write};
use purlin::{Error, ErrorKind, Result};

/// Print the whole inventory as `ansible-inventory --list` does
///
/// The document is Ansible's, with or without --json: what reads the one reads the other.
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
        match &self.host {
            Some(name) => write::ansible_host_json(host(&inventory, name)?, &mut document)?,
            None => write::ansible_json(&inventory, &mut document)?,
        }
        Ok(ui.text(&String::from_utf8_lossy(&document), Exit::Fine))
    }
}

fn host<'a>(inventory: &'a Inventory, name: &str) -> Result<Host<'a>> {
    inventory.host(name).ok_or_else(|| {
        let error =
            Error::new(ErrorKind::NotFound, format!("no host {name:?}")).with_operation("inventory.list");
        match suggest(name, inventory.hosts().map(Host::name)) {
            Some(meant) => error.with_note(format!("did you mean {meant:?}?")),
            None => error,
        }
    })
}
