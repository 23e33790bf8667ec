//! `fleet man`

use crate::app::NAME;
use crate::cli::{Cli, examples};
use crate::exit::Exit;
use crate::output::{Answer, Page, Ui};
use clap::{Args, Command, CommandFactory};
use clap_mangen::Man as Manual;
use purlin::core::Place;
use purlin::{Error, Result};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Write the manual: one page a command
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("man ~/.local/share/man/man1", &format!("where `man {NAME}` finds it")),
    ("man pages", "into a folder here, which is made if it is not there"),
]))]
pub(crate) struct Man {
    /// The folder to write to; older pages in it are replaced
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// The pages that were written.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ManAnswer {
    /// Their files.
    files: Vec<String>,
}

impl Answer for ManAnswer {
    const NAME: &'static str = "man";

    fn page(&self, page: &mut Page) {
        for file in &self.files {
            page.line(file);
        }
    }
}

impl Man {
    pub(super) fn run(&self, ui: &Ui) -> Result<Exit> {
        let mut root = Cli::command().disable_help_subcommand(true);
        root.build();
        let mut files = Vec::new();
        std::fs::create_dir_all(&self.folder)
            .and_then(|()| write(&root, &self.folder, &mut files))
            .map_err(|error| at(error, &self.folder))?;
        Ok(ui.answer(&ManAnswer { files }, Exit::Fine))
    }
}

fn write(command: &Command, folder: &Path, files: &mut Vec<String>) -> std::io::Result<()> {
    let file = Manual::new(command.clone()).generate_to(folder)?;
    files.push(file.display().to_string());
    command.get_subcommands().try_for_each(|command| write(command, folder, files))
}

fn at(error: std::io::Error, folder: &Path) -> Error {
    let error = Error::io("man.write", error);
    let message = format!("{}: {}", Place::file(folder.display().to_string()), error.message());
    Error::new(error.kind(), message).with_operation("man.write")
}
