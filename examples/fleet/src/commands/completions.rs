//! `fleet completions`

use crate::app::NAME;
use crate::cli::{Cli, examples};
use crate::exit::Exit;
use crate::output::Ui;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use purlin::Result;

/// Print the completion script of a shell
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    (&format!("completions bash > ~/.local/share/bash-completion/completions/{NAME}"), "for bash"),
    (&format!("completions fish > ~/.config/fish/completions/{NAME}.fish"), "for fish"),
]))]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self, ui: &Ui) -> Result<Exit> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), NAME, &mut script);
        Ok(ui.text(&String::from_utf8_lossy(&script), Exit::Fine))
    }
}
