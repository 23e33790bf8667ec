//! Tests that need a process of their own run themselves again, in another part.

use purlin_testkit::Binary;

/// Names the part that a test plays.
const PART: &str = "PURLIN_TESTKIT_PART";

/// The part of this process; none in the one that the test runner has started.
pub(crate) fn part() -> Option<String> {
    std::env::var(PART).ok()
}

/// This test, to be run again in a process of its own.
pub(crate) fn again(part: &str) -> Binary {
    let test = std::thread::current().name().unwrap().to_owned();
    let again = Binary::new(std::env::current_exe().unwrap())
        .args(["--exact", &test, "--nocapture", "--test-threads=1"])
        .env(PART, part);
    match std::env::var_os("PURLIN_BLESS") {
        Some(bless) => again.env("PURLIN_BLESS", bless),
        None => again,
    }
}

/// Runs the test's body in a process of its own, where no other test disturbs what it counts.
pub(crate) fn alone(body: impl FnOnce()) {
    if part().is_some() {
        return body();
    }
    let output = again("alone").run().unwrap();
    let said = format!("{}\n{}", output.stdout, output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(output.stdout.contains("1 passed"), "{said}");
}
