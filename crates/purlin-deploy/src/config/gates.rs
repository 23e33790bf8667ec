//! One `[[gate]]`.

use crate::{After, Gate, HealthGate};
use purlin_config::{Fields, choice, duration};
use purlin_core::{Diagnostic, Diagnostics, Place};
use purlin_health::config::{CheckFile, CheckKinds};
use purlin_inventory::Inventory;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Declared {
    name: Option<String>,
    checks: PathBuf,
    place: Place,
    during: Option<Duration>,
    after: After,
}

pub(super) fn read(fields: &mut Fields<'_>) -> Option<Declared> {
    let name = fields.value("name").and_then(|name| name.name());
    let checks = fields.wanted("checks");
    let during = fields.value("during").and_then(|during| during.parsed(duration));
    let words = [("batch", After::Batch), ("run", After::Run)];
    let after = fields.value("after").and_then(|after| after.parsed(|text| choice(text, &words)));
    let checks = checks?;
    let (place, after) = (checks.place(), after.unwrap_or_default());
    Some(Declared { name, checks: checks.path()?, place, during, after })
}

impl Declared {
    /// The gate, with the checks of its file.
    pub(super) fn make(
        &self,
        estate: &Inventory,
        kinds: &CheckKinds,
        faults: &mut Diagnostics,
    ) -> Option<Arc<dyn Gate>> {
        let path = self.checks.display().to_string();
        let text = match std::fs::read_to_string(&self.checks) {
            Ok(text) => text,
            Err(error) => {
                let message = format!("the file {path} cannot be read: {error}");
                faults.push(Diagnostic::error("no-checks", message).place(self.place.clone()));
                return None;
            }
        };
        let file = CheckFile::read(&path, &text, kinds, faults)?;
        let checks = file.checks(estate, faults);
        if checks.is_empty() {
            let fault = Diagnostic::error("no-checks", format!("the file {path} has no checks for any host"));
            faults.push(
                fault.place(self.place.clone()).help("a gate without checks would let everything pass"),
            );
            return None;
        }
        let name = self.name.clone().unwrap_or(path);
        let gate = HealthGate::new(name, checks).after(self.after).described(text);
        Some(Arc::new(match self.during {
            Some(during) => gate.during(during),
            None => gate,
        }))
    }
}
