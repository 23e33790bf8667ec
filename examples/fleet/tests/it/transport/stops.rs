//! What ends it before all is done.

use super::{lines, local, of};
use purlin_testkit::Signal;
use std::path::Path;
use std::time::Duration;

/// Writes its number to a file and waits.
const WAITS: &str = "echo $$ > waits.new; mv waits.new waits; exec sleep 600";

/// Waits until the process that has written its number there is gone.
#[track_caller]
fn is_gone(file: &Path) {
    let pid = std::fs::read_to_string(file).unwrap();
    let folder = Path::new("/proc").join(pid.trim());
    for _ in 0..600 {
        let state = std::fs::read_to_string(folder.join("stat")).unwrap_or_default();
        if state.is_empty() || state.contains(") Z ") {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("it still runs a minute later");
}

#[test]
fn after_so_many_failures_no_other_host_is_begun() {
    let home = local(5);
    let output = home.fleet("run -i hosts.ini all --forks 1 --stop-after 2 -- false").run().unwrap();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert!(output.stdout.contains("2 hosts: same, exit 1 (h[01-02])"), "{output:?}");
    assert!(output.stdout.contains("5 hosts: 2 failed, 3 not begun"), "{output:?}");
    assert!(output.stderr.contains("error[not-begun]: 3 hosts not begun: h[03-05]"), "{output:?}");
}

#[test]
fn a_command_that_takes_too_long_is_ended() {
    let home = local(1);
    let output = home.fleet("run -i hosts.ini h01 --timeout 2s --json -- sh -c").arg(WAITS).run().unwrap();
    assert_eq!(output.code(), Some(1), "{output:?}");
    let found = lines(&home, "run", &output);
    assert_eq!(of(&found, "h01")["state"], "timed_out");
    assert_eq!(of(&found, "h01")["error"]["code"], "timeout");
    assert!(output.stderr.contains("h01") && output.stderr.contains("the command was killed"), "{output:?}");
    is_gone(&home.path("up/here/waits"));
}

#[test]
fn a_signal_ends_what_runs_and_shows_what_is_known() {
    for (signal, code) in [(Signal::Interrupt, 130), (Signal::Terminate, 143)] {
        let home = local(3);
        // The first one is done, the second waits, and the third has not begun.
        let script = format!("if mkdir once 2>/dev/null; then echo done; else {WAITS}; fi");
        let running = home.fleet("run -i hosts.ini all --forks 1 -- sh -c").arg(script).spawn().unwrap();
        let file = home.path("up/here/waits");
        for _ in 0..600 {
            if file.exists() {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        running.signal(signal).unwrap();
        let output = running.wait().unwrap();
        assert_eq!(output.code(), Some(code), "{output:?}");
        assert!(output.stdout.starts_with("h01\n  done\n"), "{output:?}");
        assert!(output.stdout.contains("3 hosts: 1 fine, 1 cancelled, 1 not begun"), "{output:?}");
        assert!(output.stderr.contains("1 host cut off on the way: h02"), "{output:?}");
        assert!(output.stderr.contains("1 host not begun: h03"), "{output:?}");
        is_gone(&file);
    }
}
