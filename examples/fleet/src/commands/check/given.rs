//! What is to be checked.

use crate::commands::db;
use crate::commands::inventory::sources::Sources;
use crate::commands::remote::Ways;
use crate::config::{Config, Layer, Sourced};
use crate::input;
use clap::Args;
use purlin::core::{Diagnostic, Diagnostics};
use purlin::health::CheckSet;
use purlin::health::config::{CheckFile, CheckKinds};
use purlin::inventory::Inventory;
use purlin::{Cx, Error, ErrorKind, Result};
use std::collections::BTreeSet;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Given {
    #[command(flatten)]
    sources: Sources,
    /// The file that says what to check: checks.toml ("-": standard input) [default: the setting `checks`]
    #[arg(short, long, value_name = "FILE")]
    checks: Option<PathBuf>,
    /// Only the checks of hosts that this selector finds, and what those hang on
    #[arg(long, value_name = "SELECTOR", allow_hyphen_values = true)]
    select: Option<String>,
}

/// Checks, ready to run.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) checks: CheckSet,
    pub(super) file: CheckFile,
    pub(super) warnings: Diagnostics,
}

impl Given {
    /// The settings among the flags.
    pub(super) fn layer(&self) -> Layer {
        Layer { checks: Sourced::flag(self.checks.clone(), "--checks"), ..self.sources.layer() }
    }

    /// Reads hosts and checks.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with every fault of the file; those of the sources of hosts.
    pub(super) async fn load(&self, cx: &Cx, config: &Config) -> Result<Loaded> {
        let Some(path) = config.checks.value.as_ref() else {
            let message = "nobody says what to check: name a file with -c, or set `checks`";
            return Err(Error::new(ErrorKind::Invalid, message).with_operation("check.load"));
        };
        let mut faults = Diagnostics::new();
        let (path, kinds) = (path.clone(), kinds(config));
        let read = cx.run_blocking("check.load", move |_| {
            let mut faults = Diagnostics::new();
            let source = input::Source::named(&path, &mut faults);
            Ok((source, faults))
        });
        let (source, told) = read.await?;
        faults.extend(told);
        let file = source.and_then(|source| CheckFile::read(source.name, source.text, &kinds, &mut faults));
        let Some(file) = file else {
            // There is no file only where there is an error.
            let _ = faults.into_result("check.load")?;
            return Err(Error::new(ErrorKind::Invalid, "the file of checks cannot be read"));
        };
        let estate = self.sources.read(cx, config).await?;
        faults.extend(estate.warnings);
        let places = Ways::from_home().places();
        let checks = file.checks_with(&estate.inventory, &places, &mut faults);
        let checks = match &self.select {
            Some(selector) => selected(checks, selector, &estate.inventory, &mut faults)?,
            None => checks,
        };
        if checks.is_empty() {
            let fault = Diagnostic::error("nothing-to-check", "no check is left to run");
            faults.push(fault.help("see whether the selectors find the hosts that they should"));
        }
        let warnings = faults.into_result("check.load")?;
        Ok(Loaded { checks, file, warnings })
    }
}

/// The kinds of checks that this tool knows.
pub(in crate::commands) fn kinds(config: &Config) -> CheckKinds {
    let opener = db::Opener::new(config);
    CheckKinds::standard().databases(move |given, password| opener.open(given, password))
}

/// The checks of these hosts, and all that they hang on.
fn selected(
    checks: CheckSet,
    selector: &str,
    estate: &Inventory,
    faults: &mut Diagnostics,
) -> Result<CheckSet> {
    let hosts = estate.select(selector)?;
    faults.extend(hosts.warnings().clone());
    let names: BTreeSet<&str> = hosts.names().collect();
    let is_meant = |spec: &purlin::health::CheckSpec| {
        let about = spec.about();
        about.kind.as_str() == "host" && names.contains(about.id.as_str())
    };
    let mut wanted: BTreeSet<_> =
        checks.iter().filter(|spec| is_meant(spec)).map(|spec| spec.id().clone()).collect();
    loop {
        let parents: Vec<_> = checks
            .iter()
            .filter(|spec| wanted.contains(spec.id()))
            .filter_map(|spec| spec.hangs_on())
            .flat_map(|needs| needs.checks().cloned().collect::<Vec<_>>())
            .filter(|id| !wanted.contains(id))
            .collect();
        if parents.is_empty() {
            break;
        }
        wanted.extend(parents);
    }
    let chosen = checks.iter().filter(|spec| wanted.contains(spec.id())).cloned();
    Ok(chosen.fold(CheckSet::new(), CheckSet::with))
}
