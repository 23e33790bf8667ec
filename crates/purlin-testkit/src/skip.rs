//! What a test does when the machine lacks what it needs.

use std::path::PathBuf;

/// Set to `1` by those who installed everything: a missing server is a failure then.
const REQUIRE: &str = "PURLIN_REQUIRE_SERVERS";
/// Where servers are installed that an ordinary user's `PATH` leaves out.
const SYSTEM_FOLDERS: [&str; 3] = ["/usr/sbin", "/usr/local/sbin", "/sbin"];

/// Where a program is: in `PATH` or in the system's folders for servers. None: the test is [skipped](skip), and
/// should return.
///
/// # Panics
/// When it is missing and `PURLIN_REQUIRE_SERVERS` is `1`.
///
/// ```
/// # fn a_test() {
/// let Some(nginx) = purlin_testkit::require_program("nginx") else { return };
/// # }
/// ```
pub fn require_program(name: &str) -> Option<PathBuf> {
    let found = find_program(name);
    if found.is_none() {
        skip(&format!("{name} is not installed"));
    }
    found
}

/// A program in `PATH` or in the system's folders for servers.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(SYSTEM_FOLDERS.map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// Says that the running test cannot run here, and why: prints `SKIPPED name: why`. The test should return
/// then.
///
/// # Panics
/// When `PURLIN_REQUIRE_SERVERS` is `1`: then nothing may be skipped.
#[expect(clippy::panic, reason = "a test that may not be skipped has failed")]
#[expect(clippy::print_stdout, reason = "the report of a test goes to its standard output")]
pub fn skip(why: &str) {
    let name = test_name();
    if std::env::var_os(REQUIRE).is_some_and(|value| value == "1") {
        panic!("{name}: {why}, and {REQUIRE}=1 forbids to skip");
    }
    println!("SKIPPED {name}: {why}");
}

/// As nextest prints it, else the name that the test harness gives to the test's thread.
fn test_name() -> String {
    let of_nextest = |what: &str| std::env::var(what).ok();
    match (of_nextest("NEXTEST_BINARY_ID"), of_nextest("NEXTEST_TEST_NAME")) {
        (Some(binary), Some(test)) => format!("{binary} {test}"),
        _ => std::thread::current().name().unwrap_or("a test").to_owned(),
    }
}
