//! `fleet check report`

use super::control::Request;
use super::desk;
use super::row::{Row, table};
use crate::cli::examples;
use crate::config::Config;
use crate::exit::Exit;
use crate::output::{Answer, Page, Ui};
use crate::runtime::Runtime;
use clap::{Args, ValueEnum};
use purlin::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Report the result of a passive check to the watch that runs
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("check report backup ok '42 GB in 12 min'", "a check of kind `passive`, named `backup`"),
    ("check report web01.lon/batch critical 'ended with 1'", "that of a host"),
]))]
pub(crate) struct Report {
    /// The check, as `fleet check status` names it: HOST/NAME, or NAME
    #[arg(value_name = "ID")]
    id: String,
    /// How it is
    #[arg(value_name = "STATUS")]
    status: Word,
    /// The line for people
    #[arg(value_name = "MESSAGE")]
    message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Word {
    /// As it should be
    Ok,
    /// Not yet bad
    Warning,
    /// Bad
    Critical,
    /// It could not be found out
    Unknown,
}

/// How a check stands after a report.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ReportAnswer {
    /// The check.
    pub(super) check: Row,
}

impl Answer for ReportAnswer {
    const NAME: &'static str = "check-report";

    fn page(&self, page: &mut Page) {
        table(page, [&self.check]);
    }
}

impl Report {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let status = match self.status {
            Word::Ok => "ok",
            Word::Warning => "warning",
            Word::Critical => "critical",
            Word::Unknown => "unknown",
        };
        let request =
            Request::Report { id: self.id.clone(), status: status.to_owned(), message: self.message.clone() };
        let answer: ReportAnswer = desk::put(config, runtime, &request)?;
        Ok(ui.answer(&answer, Exit::Fine))
    }
}
