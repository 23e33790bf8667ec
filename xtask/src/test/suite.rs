//! Unit and integration tests, run by nextest and read from its JUnit report.

use super::Verdict;
use super::session::{Failure, Session, Totals};
use crate::process::Program;
use crate::proofs::Evidence;
use crate::workspace::Workspace;

const CONFIG: &str = ".cargo/nextest.toml";

/// What nextest ends with if everything was built and some test failed.
const TESTS_FAILED: i32 = 100;

const CROSS_TESTS: &str = "purlin-tests";
const TWO_PROVIDERS: &str = "two-providers";

/// Every test of the workspace; benches are only compiled, by clippy.
pub(super) fn all(session: &mut Session) -> Verdict {
    run(session, &["--workspace"])
}

/// The tests of crypto providers once more, with a second provider compiled in. What is packaged or copied is the same.
pub(super) fn two_providers(session: &mut Session) -> Verdict {
    let filter = ["--filterset", "test(/^providers::/)"];
    run(session, &[&["--package", CROSS_TESTS, "--features", TWO_PROVIDERS], &filter[..]].concat())
}

pub(super) fn has_two_providers(workspace: &Workspace) -> bool {
    workspace.package(CROSS_TESTS).is_some_and(|package| package.features.contains_key(TWO_PROVIDERS))
}

fn run(session: &mut Session, selection: &[&str]) -> Verdict {
    let profile = if session.options.long { "long" } else { "default" };
    let path = session.workspace.target.join("nextest").join(profile).join("junit.xml");
    // A report of an earlier run must not speak for this one.
    let _ = std::fs::remove_file(&path);
    // An ignored test would be skipped without a word.
    let fixed =
        ["nextest", "run", "--locked", "--config-file", CONFIG, "--run-ignored", "all", "--profile", profile];
    let program = Program::cargo().args(fixed).args(selection.iter().copied());
    let ended = session.for_tests(program).run(session.output())?;
    if !ended.success() && ended.code != Some(TESTS_FAILED) {
        return Err(Failure::of(ended.fault("cargo nextest")).stop());
    }
    let report =
        std::fs::read_to_string(&path).map_err(|error| format!("nextest left no report: {error}"))?;
    let totals = read_report(&report, &mut session.evidence)?;
    session.counts.passed += totals.passed;
    session.counts.failed += totals.failed;
    session.counts.skipped += totals.skipped;
    match (ended.success(), totals.failed) {
        (true, 0) => Ok(()),
        (_, failed) => Err(Failure::of(format!("{failed} tests failed"))),
    }
}

/// Counts the cases and notes each under the name that `cargo nextest list` prints: `binary test`.
fn read_report(xml: &str, evidence: &mut Evidence) -> Result<Totals, String> {
    let document = roxmltree::Document::parse(xml).map_err(|error| format!("nextest's report: {error}"))?;
    let mut totals = Totals::default();
    for suite in document.descendants().filter(|node| node.has_tag_name("testsuite")) {
        for case in suite.children().filter(|node| node.has_tag_name("testcase")) {
            let has = |tag: &str| case.children().any(|child| child.has_tag_name(tag));
            let name = |node: roxmltree::Node<'_, '_>| node.attribute("name").unwrap_or_default().to_owned();
            if has("skipped") {
                totals.skipped += 1;
                continue;
            }
            let passed = !has("failure") && !has("error");
            if passed {
                totals.passed += 1;
            } else {
                totals.failed += 1;
            }
            evidence.note(format!("{} {}", name(suite), name(case)), passed);
        }
    }
    Ok(totals)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="4" failures="1" errors="1" uuid="x" timestamp="t" time="0.1">
    <testsuite name="purlin-core::it" tests="3" disabled="0" errors="1" failures="1">
        <testcase name="policy::bounded" classname="purlin-core::it" time="0.01"></testcase>
        <testcase name="policy::wrong" classname="purlin-core::it" time="0.01">
            <failure type="test failure">boom</failure>
        </testcase>
        <testcase name="policy::aborted" classname="purlin-core::it" time="0.01"><error/></testcase>
    </testsuite>
    <testsuite name="purlin-core" tests="1" disabled="0" errors="0" failures="0">
        <testcase name="tests::left_out" classname="purlin-core" time="0"><skipped/></testcase>
    </testsuite>
</testsuites>"#;

    #[test]
    fn a_report_is_counted_and_kept_as_evidence() {
        let mut evidence = Evidence::default();
        let totals = read_report(REPORT, &mut evidence).unwrap();
        assert_eq!(totals, Totals { passed: 1, failed: 2, skipped: 1 });
        assert_eq!(evidence.passed.iter().collect::<Vec<_>>(), ["purlin-core::it policy::bounded"]);
        assert_eq!(
            evidence.failed.iter().collect::<Vec<_>>(),
            ["purlin-core::it policy::aborted", "purlin-core::it policy::wrong"]
        );
    }

    #[test]
    fn a_broken_report_is_an_error() {
        assert!(read_report("<testsuites>", &mut Evidence::default()).is_err());
    }
}
