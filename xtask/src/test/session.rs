//! What the steps of one run share.

use crate::args::TestOptions;
use crate::process::Program;
use crate::proofs::Evidence;
use crate::workspace::Workspace;
use std::path::PathBuf;

/// Why a step failed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) messages: Vec<String>,
    /// The steps that build on this one cannot run either.
    pub(super) stops: bool,
}

impl Failure {
    pub(super) fn of(message: impl Into<String>) -> Self {
        Self { messages: vec![message.into()], stops: false }
    }

    pub(super) fn stop(self) -> Self {
        Self { stops: true, ..self }
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::of(message)
    }
}

/// Sums over unit, integration and documentation tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
}

/// One run of `cargo xtask test`.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) workspace: Workspace,
    pub(super) options: TestOptions,
    pub(super) evidence: Evidence,
    pub(super) counts: Totals,
    /// An ordinary user for tests of permissions, made by the set-up if we are root, who passes every check.
    pub(super) test_user: Option<String>,
    skipped_log: PathBuf,
}

impl Session {
    pub(super) fn start(options: TestOptions) -> Result<Self, String> {
        let workspace = Workspace::load()?;
        let folder = workspace.target.join("xtask");
        let skipped_log = folder.join("skipped.log");
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(&skipped_log, ""))
            .map_err(|why| format!("cannot write {}: {why}", skipped_log.display()))?;
        let (evidence, counts) = (Evidence::default(), Totals::default());
        Ok(Self { workspace, options, evidence, counts, test_user: None, skipped_log })
    }

    /// Gives a program that runs tests what the tests are told.
    pub(super) fn for_tests(&self, program: Program) -> Program {
        let mut program = program
            .dir(&self.workspace.root)
            .env("PURLIN_REQUIRE_SERVERS", "1")
            .env("PURLIN_SKIPPED_LOG", &self.skipped_log);
        if let Some(user) = &self.test_user {
            program = program.env("PURLIN_TEST_USER", user);
        }
        if self.options.long {
            program = program.env("PURLIN_LONG", "1");
        }
        program
    }

    /// Tests that returned early because something was missing; they said so in the log.
    pub(super) fn skipped_names(&self) -> Vec<String> {
        let log = std::fs::read_to_string(&self.skipped_log).unwrap_or_default();
        log.lines().filter(|line| !line.trim().is_empty()).map(String::from).collect()
    }

    /// The sums of the run. A test that skipped itself has passed for its runner, and for nobody else.
    pub(super) fn totals(&self) -> Totals {
        self.counts.without(self.skipped_names().len())
    }
}

impl Totals {
    fn without(self, skipped: usize) -> Self {
        Self {
            passed: self.passed.saturating_sub(skipped),
            failed: self.failed,
            skipped: self.skipped + skipped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_skipped_itself_has_not_passed() {
        let counts = Totals { passed: 10, failed: 1, skipped: 2 };
        assert_eq!(counts.without(3), Totals { passed: 7, failed: 1, skipped: 5 });
    }
}
