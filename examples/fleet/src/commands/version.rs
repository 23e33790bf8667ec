//! `fleet version`

use crate::app::NAME;
use crate::cli::examples;
use crate::exit::Exit;
use crate::output::{Answer, Page, Ui};
use clap::Args;
use purlin::Result;
use schemars::JsonSchema;
use serde::Serialize;

/// Show the version of this tool
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("version", "for people"),
    ("version --json", "for a program, with the platform it was built for"),
]))]
pub(crate) struct Version {}

/// Which build of the tool this is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct VersionAnswer {
    /// What the tool is called.
    name: &'static str,
    /// Its version.
    release: &'static str,
    /// The operating system it was built for.
    os: &'static str,
    /// The processor it was built for.
    arch: &'static str,
}

impl Answer for VersionAnswer {
    const NAME: &'static str = "version";

    fn page(&self, page: &mut Page) {
        page.line(&format!("{} {} ({}, {})", self.name, self.release, self.os, self.arch));
    }
}

impl Version {
    pub(super) fn run(&self, ui: &Ui) -> Result<Exit> {
        let answer = VersionAnswer {
            name: NAME,
            release: env!("CARGO_PKG_VERSION"),
            os: std::env::consts::OS,
            arch: std::env::consts::ARCH,
        };
        Ok(ui.answer(&answer, Exit::Fine))
    }
}
