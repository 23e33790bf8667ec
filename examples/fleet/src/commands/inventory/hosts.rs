//! `fleet inventory hosts`

use super::sources::{Estate, Sources};
use crate::cli::examples;
use crate::config::{Config, Layer};
use crate::exit::Exit;
use crate::output::Ui;
use crate::runtime::Runtime;
use clap::Args;
use purlin::Result;
use purlin::core::{Diagnostic, Diagnostics, Severity};
use purlin::inventory::{HostSet, Inventory, PatternHosts, Profile, lint_pattern};

/// Name the hosts that a pattern or a selector finds, one a line, in order
///
/// A pattern is Ansible's (web:&prod:!db*); where it finds nothing, the list is empty, as with Ansible. A selector is
/// purlin's own (role=web & site=lon - maintenance); unknown names in it are errors, and where it finds nothing the
/// exit code is 1. With both, the pattern's order counts.
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("inventory hosts -i hosts.ini", "all of them"),
    ("inventory hosts -i hosts.ini -- 'web:&prod:!db*'", "an Ansible pattern"),
    ("inventory hosts -i estate.toml --select role=web", "a selector"),
    ("inventory hosts --select site=lon --json", "a JSON array"),
]))]
pub(crate) struct Hosts {
    #[command(flatten)]
    sources: Sources,
    /// Of those, only what this pattern finds too; "@FILE" reads patterns from a file
    #[arg(long, value_name = "PATTERN", allow_hyphen_values = true)]
    limit: Option<String>,
    /// The hosts that this selector finds
    #[arg(long, value_name = "SELECTOR", allow_hyphen_values = true)]
    select: Option<String>,
    /// Exit with 0 where nothing is found
    #[arg(long)]
    allow_empty: bool,
    /// The pattern; put "--" before one that begins with a hyphen
    #[arg(value_name = "PATTERN", allow_hyphen_values = true)]
    pattern: Option<String>,
}

impl Hosts {
    /// The settings among the flags.
    pub(super) fn layer(&self) -> Layer {
        self.sources.layer()
    }

    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let Estate { inventory, ansible, .. } = self.sources.load(ui, config, runtime)?;
        let selected = self.select.as_ref().map(|selector| inventory.select(selector)).transpose()?;
        selected.iter().for_each(|selected| ui.diagnostics(selected.warnings()));
        let found = self.found(&inventory)?;
        let names: Vec<&str> = match (&found, &selected) {
            (Some(found), None) => found.names().collect(),
            (Some(found), Some(selected)) => both(&inventory, found, selected),
            (None, selected) => selected.iter().flat_map(HostSet::names).collect(),
        };
        if let Some(found) = &found {
            let severity = match ansible.is_some_and(|ansible| ansible.refuses_unmatched()) {
                true => Severity::Error,
                false => Severity::Warning,
            };
            let mut warnings = unmatched(found, severity).into_result("inventory.hosts")?;
            for pattern in self.pattern.iter().chain(&self.limit) {
                warnings.extend(lint_pattern(pattern).into_iter().map(as_warning));
            }
            ui.diagnostics(&warnings);
        }
        let refused = names.is_empty() && !self.allow_empty && !self.may_be_empty(&inventory);
        let exit = ui.names(names, if refused { Exit::No } else { Exit::Fine });
        if refused {
            let fault = Diagnostic::error("nothing-found", "no host is found");
            ui.diagnostics(&[fault.help("if that is well, say --allow-empty")].into_iter().collect());
        }
        Ok(exit)
    }

    fn found(&self, inventory: &Inventory) -> Result<Option<PatternHosts>> {
        match (self.pattern.as_deref(), self.limit.as_deref()) {
            (None, None) if self.select.is_some() => Ok(None),
            (pattern, limit) => inventory.pattern(pattern.unwrap_or("all"), limit).map(Some),
        }
    }

    /// Ansible takes a pattern that finds nothing for an answer, but not one that a limit leaves nothing of.
    fn may_be_empty(&self, inventory: &Inventory) -> bool {
        inventory.profile() == Profile::Ansible && self.limit.is_none() && self.select.is_none()
    }
}

/// What both find, in the pattern's order.
fn both<'a>(inventory: &'a Inventory, found: &PatternHosts, selected: &HostSet) -> Vec<&'a str> {
    let both = found.ids().iter().filter(|id| selected.contains(**id));
    both.map(|id| inventory.host_of(*id).name()).collect()
}

/// The parts of the pattern that match nothing.
fn unmatched(found: &PatternHosts, severity: Severity) -> Diagnostics {
    let fault = |part: &String| {
        Diagnostic::new(severity, "unmatched-pattern", format!("nothing is called {part:?}"))
            .help("correct the name; a selector (--select) never passes over one")
    };
    found.unmatched().iter().map(fault).collect()
}

/// Ansible does what such a pattern says, and so does this.
fn as_warning(mut fault: Diagnostic) -> Diagnostic {
    fault.severity = fault.severity.min(Severity::Warning);
    fault
}
