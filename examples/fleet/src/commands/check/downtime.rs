//! `fleet check downtime`

use super::control::Request;
use super::{desk, unusable};
use crate::cli::examples;
use crate::config::Config;
use crate::exit::Exit;
use crate::input::duration;
use crate::output::{Answer, Page, Ui, local, now};
use crate::runtime::Runtime;
use clap::{Args, Subcommand};
use purlin::core::{Diagnostic, Diagnostics, Timestamp};
use purlin::health::alarm::{self, Selection};
use purlin::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Announce work: what goes down meanwhile is told only if it is still down at the end
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = examples(&[
    ("check downtime add role=web --for 2h --comment 'new kernel'", "all checks of hosts with the role web"),
    ("check downtime add web01.lon --for 30m --comment reboot", "all checks of a host"),
    ("check downtime list", "what is announced"),
    ("check downtime end 2026-11-22T18:00:00Z", "end one, or call it off"),
]))]
pub(crate) struct Downtime {
    #[command(subcommand)]
    command: DowntimeCommand,
}

#[derive(Debug, Subcommand)]
enum DowntimeCommand {
    /// Announce work
    #[command(after_help = examples(&[
        ("check downtime add role=web --for 2h --comment 'new kernel'", "from now on"),
        ("check downtime add 'site=lon & role=db' --start 2026-11-22T22:00:00Z --for 4h --comment move", "later"),
        ("check downtime add web01.lon/app --for 10m --comment deploy", "one check"),
    ]))]
    Add(Add),
    /// Show announced work
    #[command(after_help = examples(&[("check downtime list", "the present and the coming")]))]
    List,
    /// End announced work, or call it off
    #[command(after_help = examples(&[("check downtime end kernel", "the one of this name")]))]
    End {
        /// Its name, as `fleet check downtime list` shows it
        #[arg(value_name = "NAME")]
        name: String,
    },
}

#[derive(Debug, Args)]
struct Add {
    /// Whose alarms: key=value joined by &, by host, check, role, site, environment or owner; or a host, or HOST/NAME
    #[arg(value_name = "SELECT")]
    select: String,
    /// For how long, with a unit
    #[arg(long = "for", value_name = "DURATION", value_parser = limit)]
    duration: Duration,
    /// What for
    #[arg(long, value_name = "TEXT")]
    comment: String,
    /// From when on, RFC 3339 [default: now]
    #[arg(long, value_name = "TIME")]
    start: Option<Timestamp>,
    /// What to call it [default: its start]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Who announces it [default: who calls]
    #[arg(long, value_name = "NAME")]
    author: Option<String>,
}

fn limit(text: &str) -> Result<Duration, String> {
    duration(text).map_err(|fault| fault.message)
}

/// Whom an announcement is about.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Announced {
    /// How many checks it fits now; none where no watch runs.
    pub(super) fits: Option<u64>,
}

/// Announced work.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct DowntimesAnswer {
    downtimes: Vec<View>,
}

/// Announced work.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct View {
    /// Its name.
    name: String,
    /// Whom it is about.
    select: String,
    /// From when on.
    #[schemars(with = "String", extend("format" = "date-time"))]
    start: Timestamp,
    /// Until when.
    #[schemars(with = "String", extend("format" = "date-time"))]
    end: Timestamp,
    /// Whether it holds now.
    holds: bool,
    /// Who announced it.
    author: String,
    /// What for.
    comment: String,
}

impl DowntimesAnswer {
    pub(super) fn new<'d>(downtimes: impl IntoIterator<Item = &'d alarm::Downtime>, at: Timestamp) -> Self {
        let view = |downtime: &alarm::Downtime| View {
            name: downtime.id.to_string(),
            select: downtime.select.to_string(),
            start: downtime.start,
            end: downtime.end,
            holds: downtime.holds(at),
            author: downtime.author.clone(),
            comment: downtime.comment.clone(),
        };
        Self { downtimes: downtimes.into_iter().map(view).collect() }
    }
}

impl Answer for DowntimesAnswer {
    const NAME: &'static str = "check-downtimes";

    fn page(&self, page: &mut Page) {
        if self.downtimes.is_empty() {
            page.line("no work is announced");
            return;
        }
        let rows = self.downtimes.iter().map(|view| {
            let holds = if view.holds { "yes" } else { "no" }.to_owned();
            let (start, end) = (local(view.start), local(view.end));
            [
                view.name.clone(),
                view.select.clone(),
                holds,
                start,
                end,
                view.author.clone(),
                view.comment.clone(),
            ]
        });
        page.table(["NAME", "SELECT", "HOLDS", "START", "END", "AUTHOR", "COMMENT"], rows);
    }
}

impl Downtime {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        match &self.command {
            DowntimeCommand::Add(add) => add.run(ui, config, runtime),
            DowntimeCommand::List => {
                let answer: DowntimesAnswer = desk::put(config, runtime, &Request::Downtimes)?;
                Ok(ui.answer(&answer, Exit::Fine))
            }
            DowntimeCommand::End { name } => {
                let request = Request::EndDowntime { id: name.clone() };
                let answer: DowntimesAnswer = desk::put(config, runtime, &request)?;
                Ok(ui.answer(&answer, Exit::Fine))
            }
        }
    }
}

impl Add {
    fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let start = self.start.unwrap_or_else(now);
        let times = (start, start.saturating_add(self.duration));
        let name = self.name.clone().unwrap_or_else(|| start.to_string());
        let select = selection(&self.select)?;
        let author = author(self.author.as_deref());
        let downtime = alarm::Downtime::new(name.as_str(), select, times, author, self.comment.as_str())?;
        let request = Request::Announce { downtime: Box::new(downtime.clone()) };
        let announced: Announced = desk::put(config, runtime, &request)?;
        let exit = ui.answer(&DowntimesAnswer::new([&downtime], now()), Exit::Fine);
        if announced.fits == Some(0) {
            let fault = Diagnostic::warning("nobody-selected", "no check of the watch is selected now");
            let help = "fleet check status names the checks and their hosts";
            ui.diagnostics(&[fault.help(help)].into_iter().collect());
        }
        Ok(exit)
    }
}

/// A host or a check by its name alone, or a selection.
fn selection(text: &str) -> Result<Selection> {
    let text = text.trim();
    let written = match text {
        _ if text.contains('=') || text == "*" => text.to_owned(),
        _ if text.contains('/') => format!("check={text}"),
        _ => format!("host={text}"),
    };
    written.parse().map_err(|error: Error| {
        let fault = Diagnostic::error("bad-selector", error.message().to_owned());
        let fault = fault.help(error.note().unwrap_or("write key=value joined by &").to_owned());
        unusable(error.message().to_owned()).with_detail(Diagnostics::from_iter([fault]))
    })
}

/// Who calls, where nobody says otherwise.
pub(in crate::commands) fn author(said: Option<&str>) -> String {
    let of_environment = || {
        ["SUDO_USER", "USER", "LOGNAME"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.trim().is_empty()))
    };
    said.map(str::to_owned)
        .or_else(of_environment)
        .unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()))
}
