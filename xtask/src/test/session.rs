//! What the steps of one run share.

use crate::args::TestOptions;
use crate::process::Program;
use crate::proofs::Evidence;
use crate::workspace::Workspace;

/// How many cases a property test plays in a long run, where proptest itself takes 256.
const LONG_CASES: &str = "10000";

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
}

impl Session {
    pub(super) fn start(options: TestOptions) -> Result<Self, String> {
        let workspace = Workspace::load()?;
        let (evidence, counts) = (Evidence::default(), Totals::default());
        Ok(Self { workspace, options, evidence, counts, test_user: None })
    }

    /// Gives a program that runs tests what the tests are told.
    pub(super) fn for_tests(&self, program: Program) -> Program {
        let mut program = program.dir(&self.workspace.root).env("PURLIN_REQUIRE_SERVERS", "1");
        program = program.env("PURLIN_MSSQL_MOCK", super::mock::program(self));
        if let Some(user) = &self.test_user {
            program = program.env("PURLIN_TEST_USER", user);
        }
        if self.options.long {
            program = program.env("PURLIN_LONG", "1").env("PROPTEST_CASES", LONG_CASES);
        }
        program
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Program;

    fn told(long: bool) -> String {
        let workspace = Workspace::parse(crate::invariants::RECORDED_METADATA).unwrap();
        let options = TestOptions { long, json: false };
        let (evidence, counts) = (Evidence::default(), Totals::default());
        let session = Session { workspace, options, evidence, counts, test_user: None };
        let script = "echo $PURLIN_REQUIRE_SERVERS ${PURLIN_LONG-short} ${PROPTEST_CASES-short}";
        session.for_tests(Program::new("sh").args(["-c", script])).dir("/").stdout().unwrap()
    }

    #[test]
    fn a_long_run_tells_the_tests_to_count_further() {
        assert_eq!(told(true), "1 1 10000\n");
        assert_eq!(told(false), "1 short short\n");
    }
}
