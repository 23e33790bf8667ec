//! `fleet inventory lint`

use super::ansible::Ansible;
use super::sources::Sources;
use crate::cli::examples;
use crate::config::{Config, Layer};
use crate::exit::Exit;
use crate::input::STANDARD_INPUT;
use crate::output::Ui;
use crate::runtime::Runtime;
use clap::Args;
use purlin::Result;
use purlin::core::Diagnostics;
use purlin::inventory;

/// Look for faults in the inventory, and for what is probably not meant
///
/// All of one pass are told on standard error; with --json they are an array on standard output too. Errors make the
/// exit code 2, warnings do not.
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("inventory lint -i hosts.ini", "a line a fault, with its place"),
    ("inventory lint --json | jq '.[].code'", "the same for a program"),
]))]
pub(crate) struct Lint {
    #[command(flatten)]
    sources: Sources,
}

impl Lint {
    /// The settings among the flags.
    pub(super) fn layer(&self) -> Layer {
        self.sources.layer()
    }

    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let (found, exit) = match self.sources.find(config, runtime) {
            Ok(estate) => {
                // What the loader saw is among what the lint tells.
                let mut found = estate.ansible.as_ref().map(Ansible::warnings).unwrap_or_default();
                let lint = inventory::Lint::new(&estate.inventory);
                let lint = match estate.input.as_deref().map(String::from_utf8_lossy) {
                    Some(input) => lint.text(STANDARD_INPUT, input),
                    None => lint,
                };
                found.extend(lint.run());
                found.sort();
                (found, Exit::Fine)
            }
            Err(error) => match error.detail::<Diagnostics>() {
                Some(faults) => (faults.clone(), Exit::of(&error)),
                None => return Err(error),
            },
        };
        let exit = if found.has_errors() { exit.max(Exit::BadInput) } else { exit };
        ui.diagnostics(&found);
        Ok(ui.list(&found, exit))
    }
}
