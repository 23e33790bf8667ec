//! `fleet inventory export`

use super::sources::Sources;
use crate::cli::examples;
use crate::config::{Config, Layer};
use crate::exit::Exit;
use crate::output::Ui;
use crate::runtime::Runtime;
use clap::{Args, ValueEnum};
use purlin::Result;
use purlin::inventory::write;

/// Write the inventory for another tool
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("inventory export --to ssh-config -i estate.toml > ~/.ssh/fleet", "for `Include fleet` in ~/.ssh/config"),
    ("inventory export --to native -i hosts.ini > estate.toml", "leave Ansible's format"),
    ("inventory export --to ansible-json -i estate.toml", "what an inventory script of Ansible prints"),
]))]
pub(crate) struct Export {
    #[command(flatten)]
    sources: Sources,
    /// What to write
    #[arg(long, value_name = "FORMAT")]
    to: Format,
}

/// What can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The document of `ansible-inventory --list`
    AnsibleJson,
    /// purlin's own format, in TOML
    Native,
    /// A file for ssh
    SshConfig,
}

impl Export {
    /// The settings among the flags.
    pub(super) fn layer(&self) -> Layer {
        self.sources.layer()
    }

    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let inventory = self.sources.load(ui, config, runtime)?.inventory;
        let mut document = Vec::new();
        match self.to {
            Format::AnsibleJson => ui.diagnostics(&write::ansible_json(&inventory, &mut document)?),
            Format::Native => write::native_toml(&inventory, &mut document)?,
            Format::SshConfig => write::ssh_config(&inventory, &mut document)?,
        }
        Ok(ui.text(&String::from_utf8_lossy(&document), Exit::Fine))
    }
}
