//! What a run says at its end.

use super::session::Totals;
use serde_json::json;
use std::fmt::Write;

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed,
    Failed(Vec<String>),
    /// An earlier step left nothing to run it on.
    NotRun,
}

/// A step in the report.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) outcome: Outcome,
    pub(super) seconds: f64,
}

/// All steps and the sums.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) entries: Vec<Entry>,
    pub(super) totals: Totals,
}

impl Report {
    /// Nothing failed, nothing was left out, and tests did run.
    pub(super) fn good(&self) -> bool {
        let Totals { passed, failed, skipped } = self.totals;
        self.entries.iter().all(|entry| entry.outcome == Outcome::Passed)
            && passed > 0
            && failed == 0
            && skipped == 0
    }

    /// For people; the last line is the sum alone.
    pub(super) fn table(&self) -> String {
        let mut text = String::from("\nstep            result    seconds\n");
        for entry in &self.entries {
            let _ = writeln!(text, "{:<15} {:<8} {:>8.1}", entry.name, entry.outcome.word(), entry.seconds);
        }
        for entry in &self.entries {
            for message in entry.outcome.messages() {
                let _ = writeln!(text, "FAILED {}: {message}", entry.name);
            }
        }
        let Totals { passed, failed, skipped } = self.totals;
        let _ = write!(text, "{passed} passed, {failed} failed, {skipped} skipped");
        text
    }

    /// For programs: one document.
    pub(super) fn json(&self) -> String {
        let steps: Vec<_> = self.entries.iter().map(Entry::json).collect();
        let Totals { passed, failed, skipped } = self.totals;
        json!({
            "format": "purlin.xtask.test",
            "version": 1,
            "ok": self.good(),
            "run": passed + failed,
            "passed": passed,
            "failed": failed,
            "skipped": skipped,
            "steps": steps,
        })
        .to_string()
    }
}

impl Entry {
    fn json(&self) -> serde_json::Value {
        let seconds = (self.seconds * 10.0).round() / 10.0;
        json!({
            "name": self.name,
            "result": self.outcome.word(),
            "seconds": seconds,
            "faults": self.outcome.messages(),
        })
    }
}

impl Outcome {
    fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::NotRun => "not run",
        }
    }

    fn messages(&self) -> &[String] {
        match self {
            Self::Failed(messages) => messages,
            Self::Passed | Self::NotRun => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(outcomes: &[Outcome]) -> Report {
        let entries =
            outcomes.iter().map(|o| Entry { name: "tests", outcome: o.clone(), seconds: 1.26 }).collect();
        Report { entries, totals: Totals { passed: 5, failed: 0, skipped: 0 } }
    }

    #[test]
    fn only_a_run_without_failure_gap_or_skip_is_good() {
        assert!(report(&[Outcome::Passed]).good());
        assert!(!report(&[Outcome::Passed, Outcome::Failed(Vec::new())]).good());
        assert!(!report(&[Outcome::NotRun]).good());
        for totals in [
            Totals { passed: 0, failed: 0, skipped: 0 },
            Totals { passed: 5, failed: 1, skipped: 0 },
            Totals { passed: 5, failed: 0, skipped: 1 },
        ] {
            assert!(!Report { totals, ..report(&[Outcome::Passed]) }.good(), "{totals:?}");
        }
    }

    #[test]
    fn the_table_ends_with_the_plain_sum() {
        let report = report(&[Outcome::Failed(vec!["2 tests failed".into()])]);
        let table = report.table();
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.last(), Some(&"5 passed, 0 failed, 0 skipped"));
        assert!(lines.contains(&"tests           failed        1.3"), "{table}");
        assert!(lines.contains(&"FAILED tests: 2 tests failed"), "{table}");
    }

    #[test]
    fn the_document_says_the_same() {
        let text = report(&[Outcome::Failed(vec!["why".into()]), Outcome::NotRun]).json();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["format"], "purlin.xtask.test");
        assert_eq!(
            (&document["version"], &document["run"], &document["ok"]),
            (&1.into(), &5.into(), &false.into())
        );
        assert_eq!(document["steps"][0]["faults"][0], "why");
        assert_eq!(document["steps"][0]["seconds"], 1.3);
        assert_eq!(document["steps"][1]["result"], "not run");
    }
}
