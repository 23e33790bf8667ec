//! fleet: the operations tool to copy. Each purlin primitive behind one command line, with one set of habits for
//! configuration, output, exit codes and signals.
//!
//! To make it yours, change the name and the prefix in `app.rs` and the package's name in `Cargo.toml`.

mod app;
mod cli;
mod commands;
mod config;
mod consent;
mod exit;
mod input;
mod logging;
mod output;
mod runtime;
mod state;

use std::process::ExitCode;

fn main() -> ExitCode {
    app::run().into()
}
