//! The course of one call: read the command line, run the command, tell the exit code.

use crate::cli::{self, Cli};
use crate::commands::{self, check};
use crate::config::Environment;
use crate::exit::Exit;
use crate::output::Ui;
use crate::runtime::Runtime;
use clap::{CommandFactory, FromArgMatches};

/// What the tool is called: in help, in folders of configuration and in the `format` of its documents.
pub(crate) const NAME: &str = "fleet";
/// What its environment variables start with.
pub(crate) const ENV_PREFIX: &str = "FLEET_";

/// Does what the command line says.
pub(crate) fn run() -> Exit {
    // A panic within Oracle's driver is told as an error; Rust's own words about it would stand beside that.
    #[cfg(feature = "oracle")]
    purlin::db::oracle::quiet_panics();
    let environment = Environment::of_process();
    let arguments: Vec<_> = std::env::args_os().collect();
    let parsed =
        Cli::command().try_get_matches_from(&arguments).and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            let ui = Ui::early(&cli::message_flags(&arguments), &environment);
            return match check::is_plugin(&arguments) {
                true => check::plugin_usage(&ui, &error, &arguments),
                false => ui.clap(&error, &arguments),
            };
        }
    };
    let mut ui = Ui::early(&cli.global, &environment);
    // Until everything is told, so that signals are obeyed for as long.
    let runtime = Runtime::default();
    match commands::run(cli, &mut ui, &environment, &runtime) {
        Ok(exit) => exit,
        Err(error) => {
            ui.error(&error);
            Exit::of(&error)
        }
    }
}
