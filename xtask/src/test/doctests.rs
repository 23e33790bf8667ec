//! Documentation tests, read from what rustdoc's runner prints.

use super::Verdict;
use super::session::{Failure, Session, Totals};
use crate::process::{Output, Program};
use crate::proofs::Evidence;
use std::time::Duration;

/// The runner has no limit for a single test.
const LIMIT: Duration = Duration::from_secs(15 * 60);

pub(super) fn run(session: &mut Session) -> Verdict {
    let program =
        Program::cargo().args(["test", "--doc", "--workspace", "--locked", "--no-fail-fast"]).limit(LIMIT);
    let ended = session.for_tests(program).run(Output::KeptAndShown)?;
    let totals = read_output(&ended.output, &mut session.evidence);
    session.counts.passed += totals.passed;
    session.counts.failed += totals.failed;
    session.counts.skipped += totals.skipped;
    match (ended.success(), totals) {
        (true, Totals { failed: 0, skipped: 0, .. }) => Ok(()),
        (true, Totals { failed: 0, skipped, .. }) => {
            Err(Failure::of(format!("{skipped} documentation tests ignored")))
        }
        (_, Totals { failed: 0, .. }) => Err(Failure::of(ended.fault("cargo test --doc"))),
        (_, Totals { failed, .. }) => Err(Failure::of(format!("{failed} documentation tests failed"))),
    }
}

/// Lines such as `test crates/purlin-core/src/lib.rs - Policy::run (line 12) ... ok`.
fn read_output(output: &str, evidence: &mut Evidence) -> Totals {
    let mut totals = Totals::default();
    for line in output.lines() {
        let Some((name, verdict)) = line.strip_prefix("test ").and_then(|rest| rest.rsplit_once(" ... "))
        else {
            continue;
        };
        match verdict {
            "ok" => totals.passed += 1,
            "FAILED" => totals.failed += 1,
            _ => {
                totals.skipped += 1;
                continue;
            }
        }
        evidence.note(format!("doc {}", place(name)), verdict == "ok");
    }
    totals
}

/// The name without its line, which moves with every edit: several examples of one item prove together.
fn place(name: &str) -> &str {
    name.split(" (line ").next().unwrap_or(name).trim_end().trim_end_matches(" -")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "
running 3 tests
test crates/purlin-core/src/lib.rs - (line 5) ... ok
test crates/purlin-core/src/policy.rs - policy::Policy (line 30) ... ok
test crates/purlin-core/src/policy.rs - policy::Policy (line 60) ... FAILED
test crates/purlin-core/src/cx.rs - cx::Cx::run (line 7) - compile fail ... ok
test crates/purlin-core/src/cx.rs - cx::Cx (line 9) ... ignored

test result: FAILED. 3 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s
";

    #[test]
    fn documentation_tests_are_counted_and_kept_as_evidence() {
        let mut evidence = Evidence::default();
        let totals = read_output(PRINTED, &mut evidence);
        assert_eq!(totals, Totals { passed: 3, failed: 1, skipped: 1 });
        assert!(evidence.passed.contains("doc crates/purlin-core/src/lib.rs"));
        assert!(evidence.passed.contains("doc crates/purlin-core/src/cx.rs - cx::Cx::run"));
        assert!(evidence.failed.contains("doc crates/purlin-core/src/policy.rs - policy::Policy"));
    }
}
