//! Faults of which there may be thousands.

use purlin_core::{Diagnostic, Diagnostics, Place, Severity};

/// For so many of them a meant name is looked for among all names: with each that takes a while.
const MOST_SUGGESTED: usize = 3;

/// Tells the first faults of a kind and counts the others.
pub(crate) struct Many {
    code: &'static str,
    told: usize,
    more: usize,
    severity: Severity,
    last: Option<Place>,
}

impl Many {
    /// So many faults of one kind are told: who has read these will load again.
    pub(crate) const MOST: usize = 100;

    pub(crate) fn new(code: &'static str) -> Self {
        Self { code, told: 0, more: 0, severity: Severity::Error, last: None }
    }

    /// Whether it is worth the time to look for a name that may be meant.
    pub(crate) fn suggests(&self) -> bool {
        self.told < MOST_SUGGESTED
    }

    /// Whether further faults are only counted.
    pub(crate) fn is_full(&self) -> bool {
        self.told >= Self::MOST
    }

    pub(crate) fn push(&mut self, report: &mut Diagnostics, fault: impl FnOnce() -> Diagnostic) {
        if self.is_full() {
            self.more += 1;
            return;
        }
        let fault = fault();
        self.told += 1;
        self.severity = fault.severity;
        self.last = self.last.take().max(fault.place.clone());
        report.push(fault);
    }

    /// Counts faults that nobody needs to see.
    pub(crate) fn add(&mut self, more: usize) {
        self.more += more;
    }

    /// Says how many were left out, after those that were told.
    pub(crate) fn finish(self, report: &mut Diagnostics) {
        if self.more > 0 {
            let message = format!("and {} more such faults", self.more);
            let mut fault = Diagnostic::new(self.severity, self.code, message);
            fault.place = self.last;
            report.push(fault);
        }
    }
}
