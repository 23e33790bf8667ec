//! What is told of a test that cannot run.

use crate::again::{again, part};
use purlin_testkit::{require_program, skip};

#[test]
fn what_is_installed_is_found() {
    assert!(require_program("sh").unwrap().is_absolute());
}

#[test]
fn a_skipped_test_says_so() {
    if part().is_some() {
        assert_eq!(require_program("purlin-no-such-program"), None);
        return;
    }
    let output = again("skip").run().unwrap();
    assert_eq!(output.code(), Some(0), "{}", output.stderr);
    let line = "SKIPPED skip::a_skipped_test_says_so: purlin-no-such-program is not installed\n";
    assert!(output.stdout.contains(line), "{}", output.stdout);
}

#[test]
fn a_skipped_test_has_the_name_that_the_runner_knows() {
    if part().is_some() {
        return skip("no reason");
    }
    let output = again("skip")
        .env("NEXTEST_BINARY_ID", "crate::it")
        .env("NEXTEST_TEST_NAME", "module::test")
        .run()
        .unwrap();
    assert!(output.stdout.contains("SKIPPED crate::it module::test: no reason\n"), "{}", output.stdout);
}

#[test]
fn where_everything_is_installed_nothing_may_be_skipped() {
    if part().is_some() {
        require_program("purlin-no-such-program");
        return;
    }
    let output = again("skip").env("PURLIN_REQUIRE_SERVERS", "1").run().unwrap();
    assert_eq!(output.code(), Some(101), "{}", output.stdout);
    assert!(
        output.stderr.contains("purlin-no-such-program is not installed, and PURLIN_REQUIRE_SERVERS=1"),
        "{}",
        output.stderr
    );
}
