//! Which hosts a command is for.

use super::Login;
use crate::commands::inventory::sources::{Estate, Named};
use crate::config::{Config, Layer};
use crate::exit::Exit;
use crate::input::duration;
use crate::output::Ui;
use crate::runtime::Runtime;
use clap::Args;
use purlin::core::{Diagnostic, Diagnostics};
use purlin::inventory::{Host, Inventory, TransportKind, lint_pattern};
use purlin::transport::Reach;
use purlin::{Error, ErrorKind, Result};
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, Args)]
pub(in crate::commands) struct Targets {
    #[command(flatten)]
    sources: Named,
    /// The hosts that this selector finds; with a pattern too, those that both find
    #[arg(long, value_name = "SELECTOR", allow_hyphen_values = true)]
    select: Option<String>,
    /// So many hosts at once, at most
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1000))]
    forks: u16,
    /// How long each host may take, with a unit
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = limit)]
    timeout: Duration,
    #[command(flatten)]
    pub(in crate::commands) login: Login,
}

/// Reads a time that is not nothing.
///
/// # Errors
/// What is to be written.
fn limit(text: &str) -> Result<Duration, String> {
    duration(text).map_err(|fault| fault.message)
}

impl Targets {
    /// The settings among the flags.
    pub(in crate::commands) fn layer(&self) -> Layer {
        self.sources.layer()
    }

    pub(in crate::commands) fn forks(&self) -> usize {
        self.forks.into()
    }

    /// How long each host may take.
    pub(in crate::commands) fn limit(&self) -> Duration {
        self.timeout
    }

    pub(in crate::commands) fn has_selector(&self) -> bool {
        self.select.is_some()
    }

    /// The hosts in the pattern's order, or the inventory's, and what came by standard input; where there are none, that is
    /// told, with the exit code. Stricter than what only names hosts: a part of the pattern that finds nothing is a fault.
    ///
    /// # Errors
    /// Those of the inventory; [`ErrorKind::Invalid`] with all that is asked for and not done, of all hosts.
    pub(in crate::commands) fn find(
        &self,
        pattern: Option<&str>,
        ui: &Ui,
        config: &Config,
        runtime: &Runtime,
    ) -> Result<Result<Found, Exit>> {
        let Estate { inventory, input, .. } = self.sources.load(ui, config, runtime)?;
        let hosts = self.chosen(&inventory, pattern, ui)?;
        if hosts.is_empty() {
            let fault = Diagnostic::error("nothing-found", "no host is found, so nothing was done");
            ui.verdict(ErrorKind::NotFound, &fault);
            return Ok(Err(Exit::No));
        }
        let mut faults = Diagnostics::new();
        let mut reached = Vec::with_capacity(hosts.len());
        for host in hosts {
            match self.way(host) {
                Ok(reach) => reached.push(reach),
                Err(error) => add(&mut faults, host.name(), &error),
            }
        }
        ui.diagnostics(&faults.into_result("transport.inventory")?);
        Ok(Ok(Found { hosts: reached, input }))
    }

    fn chosen<'i>(&self, inventory: &'i Inventory, pattern: Option<&str>, ui: &Ui) -> Result<Vec<Host<'i>>> {
        let selected = self.select.as_ref().map(|selector| inventory.select(selector)).transpose()?;
        selected.iter().for_each(|selected| ui.diagnostics(selected.warnings()));
        let Some(pattern) = pattern else {
            let names = selected.iter().flat_map(|selected| selected.names());
            return Ok(names.filter_map(|name| inventory.host(name)).collect());
        };
        let found = inventory.pattern(pattern, None)?;
        let mut faults: Diagnostics = found.unmatched().iter().map(|part| unmatched(part)).collect();
        faults.extend(lint_pattern(pattern));
        ui.diagnostics(&faults.into_result("inventory.hosts")?);
        let both = found.ids().iter().filter(|id| selected.as_ref().is_none_or(|set| set.contains(**id)));
        Ok(both.map(|id| inventory.host_of(*id)).collect())
    }

    fn way(&self, host: Host<'_>) -> Result<Reach> {
        let mut reach = Reach::of(host)?;
        if let TransportKind::Named(name) = &reach.kind {
            let message = format!("hosts are reached by ssh and local, not by {name}");
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        self.login.elevate(&mut reach)?;
        Ok(reach)
    }
}

/// The hosts of a command.
#[derive(Debug)]
pub(in crate::commands) struct Found {
    pub(in crate::commands) hosts: Vec<Reach>,
    /// What came by standard input, where that was a source.
    pub(in crate::commands) input: Option<Arc<[u8]>>,
}

fn unmatched(part: &str) -> Diagnostic {
    Diagnostic::error("unmatched-pattern", format!("nothing is called {part:?}, so nothing was done"))
        .help("correct the name, or leave that part out")
}

/// All that is wrong with a host's way.
fn add(faults: &mut Diagnostics, host: &str, error: &Error) {
    match error.detail::<Diagnostics>() {
        Some(found) if found.has_errors() => faults.extend(found.clone()),
        _ => {
            let code = error.kind().as_str().replace('_', "-");
            faults.push(Diagnostic::error(code, format!("{host}: {}", error.message())));
        }
    }
}
