//! Echo requests, with and without the right to send them.
//!
//! What a machine allows is a setting of its network, so these tests run themselves again in a network of their own, in
//! which they may set it. Where none can be made, docs/testing.md says what is not proved.

use purlin_core::ErrorKind;
use purlin_health::checks::Icmp;
use purlin_health::{Check, CheckOutcome};
use std::process::Command;

/// Set in the network of our own.
const INSIDE: &str = "PURLIN_TEST_OWN_NETWORK";

/// How it ends where a network of our own cannot be made.
const IMPOSSIBLE: i32 = 99;

/// Without the right to open raw sockets, whoever runs it.
const SCRIPT: &str = r#"
echo "$2" > /proc/sys/net/ipv4/ping_group_range && ip link set lo up || exit 99
setpriv --bounding-set=-net_raw --inh-caps=-all true || exit 99
exec setpriv --bounding-set=-net_raw --inh-caps=-all "$0" --exact "$1" --nocapture
"#;

/// Whether the test is to run here; else it has run in a network of its own where these groups may ask.
#[expect(clippy::print_stdout, reason = "the report of a test goes to its standard output")]
fn is_inside(test: &str, groups: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let mut unshare = Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        unshare.args(["--user", "--map-root-user"]);
    }
    let program = std::env::current_exe().unwrap();
    unshare.args(["--net", "sh", "-c", SCRIPT]).arg(program).args([test, groups]).env(INSIDE, "1");
    let Ok(ended) = unshare.output() else { return false };
    let said = String::from_utf8_lossy(&ended.stdout).into_owned() + &String::from_utf8_lossy(&ended.stderr);
    // unshare itself ends with 1 where it may not.
    let has_run = said.contains("test result:");
    if !has_run || ended.status.code() == Some(IMPOSSIBLE) {
        println!("not run: no network of our own: {said}");
        return false;
    }
    assert!(ended.status.success() && said.contains("1 passed"), "{said}");
    false
}

#[tokio::test]
async fn an_ordinary_process_asks_where_the_system_lets_it() {
    if !is_inside("icmp::an_ordinary_process_asks_where_the_system_lets_it", "0 2147483647") {
        return;
    }
    let has_v6 = std::path::Path::new("/proc/net/if_inet6").exists();
    for host in ["127.0.0.1", "::1"].into_iter().filter(|host| has_v6 || !host.contains(':')) {
        let outcome = Icmp::to(host).unwrap().run(&crate::support::cx()).await;
        assert!(
            matches!(&outcome, CheckOutcome::Answered(it) if it.measurements[0].name == "time"),
            "{outcome:?}"
        );
    }
    // Nobody is there, and no way leads to it either.
    let outcome = Icmp::to("192.0.2.1").unwrap().run(&crate::support::cx()).await;
    assert!(
        matches!(&outcome, CheckOutcome::Failed(it) if it.cause == purlin_health::Cause::Unreachable),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn without_the_right_it_is_the_prober_that_fails_and_names_the_setting() {
    if !is_inside("icmp::without_the_right_it_is_the_prober_that_fails_and_names_the_setting", "1 0") {
        return;
    }
    let outcome = Icmp::to("127.0.0.1").unwrap().run(&crate::support::cx()).await;
    let CheckOutcome::Prober(error) = outcome else { panic!("{outcome:?}") };
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("net.ipv4.ping_group_range"), "{error}");
}
