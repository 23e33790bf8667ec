//! The conformance suites themselves.

#[cfg(feature = "health")]
mod check;
mod secret_source;

use purlin_testkit::suites::{Report, Suite, ensure};
use std::path::Path;

fn report(implementation: &str, verdict: bool) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let mut suite = Suite::new("things", implementation, ["flies", "dives"]);
        suite.case("stands", async { Ok(()) }).await;
        suite.case_for("flies", "flies_high", async { ensure(verdict, "it fell") }).await;
        suite.case_for("sings", "sings_well", async { Err("never asked".to_owned()) }).await;
        suite.finish()
    })
}

fn panic_of(body: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let panic = std::panic::catch_unwind(body).unwrap_err();
    panic.downcast_ref::<String>().unwrap().clone()
}

#[test]
fn a_report_lists_what_ran_and_what_did_not_apply() {
    let good = report("duck", true);
    let text = "things over duck\ncapabilities: dives flies\nran stands\nran flies_high\n\
                not applicable without sings: sings_well\n2 of 3 cases ran\n";
    assert_eq!(good.to_string(), text);
    assert!(good.is_good());
    assert_eq!(report("hen", false).failures(), ["flies_high: it fell"]);
}

#[test]
fn a_case_that_panics_has_failed_and_the_next_is_run() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let report = runtime.block_on(async {
        let mut suite = Suite::new("things", "egg", ["flies"]);
        suite.case("falls", async { panic!("it broke on floor {}", 3) }).await;
        suite.case("rolls", async { Ok(()) }).await;
        suite.finish()
    });
    assert_eq!(report.failures(), ["falls: it panicked: it broke on floor 3"]);
    assert_eq!(report.run(), 2);
}

#[test]
fn a_suite_without_cases_is_not_good() {
    assert!(!Suite::new("things", "none", ["flies"]).finish().is_good());
}

#[test]
fn a_golden_file_holds_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("duck.txt");
    std::fs::write(&file, report("duck", true).to_string()).unwrap();
    report("duck", true).assert_golden(&file);

    let other = panic_of(|| report("goose", true).assert_golden(&file));
    assert!(other.contains("things over duck") && other.contains("things over goose"), "{other}");
    let failed = panic_of(|| report("duck", false).assert_golden(&file));
    assert!(failed.contains("flies_high: it fell"), "{failed}");
    let missing = panic_of(|| report("duck", true).assert_golden(Path::new("/purlin/none.txt")));
    assert!(missing.contains("PURLIN_BLESS=1"), "{missing}");
}

#[test]
fn a_golden_file_is_written_on_demand_but_never_over_a_failure() {
    use crate::again::{again, part};
    let name = "PURLIN_TESTKIT_GOLDEN";
    if part().is_some() {
        let file = std::env::var(name).unwrap();
        report("duck", true).assert_golden(&file);
        panic_of(|| report("duck", false).assert_golden(&file));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("duck.txt");
    let output = again("bless").env("PURLIN_BLESS", "1").env(name, &file).run().unwrap();
    assert!(output.status.success(), "{}", output.stderr);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), report("duck", true).to_string());
}
