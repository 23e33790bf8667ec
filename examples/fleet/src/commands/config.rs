//! `fleet config`

use crate::cli::examples;
use crate::config;
use crate::exit::Exit;
use crate::output::{Answer, Page, Ui};
use clap::{Args, Subcommand};
use purlin::Result;
use schemars::JsonSchema;
use serde::Serialize;

/// Look at the configuration
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = examples(&[("config show", "every setting and who set it")]))]
pub(crate) struct Config {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Show each setting and where it was said: file and line, environment variable, flag or built-in
    #[command(after_help = examples(&[
        ("config show", "what counts here"),
        ("config show --context lab", "what counts in the context `lab`"),
        ("config show --config other.toml", "what another file would do"),
        ("config show --json", "the same for a program"),
    ]))]
    Show,
}

/// Every setting and who set it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ConfigAnswer {
    /// The context in use; null where there is none.
    context: Option<String>,
    /// The files that were read, the one that every other beats first.
    files: Vec<String>,
    /// Every setting.
    values: Vec<config::Setting>,
}

impl Answer for ConfigAnswer {
    const NAME: &'static str = "config-show";

    fn page(&self, page: &mut Page) {
        let rows = self.values.iter().map(|setting| {
            let value = match &setting.value {
                config::Shown::Text(text) => text.clone(),
                config::Shown::Flag(flag) => flag.to_string(),
                config::Shown::List(list) if list.is_empty() => "-".to_owned(),
                config::Shown::List(list) => list.join(", "),
                config::Shown::Nothing => "-".to_owned(),
            };
            [setting.key.clone(), value, setting.origin.clone()]
        });
        page.table(["KEY", "VALUE", "ORIGIN"], rows);
    }
}

impl Config {
    pub(super) fn run(&self, ui: &Ui, config: &config::Config) -> Result<Exit> {
        match self.command {
            ConfigCommand::Show => Ok(show(ui, config)),
        }
    }
}

fn show(ui: &Ui, config: &config::Config) -> Exit {
    let answer = ConfigAnswer {
        context: config.context.value.clone(),
        files: config.files.clone(),
        values: config.settings(),
    };
    ui.answer(&answer, Exit::Fine)
}
