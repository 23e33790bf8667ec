//! Inventory scripts that misbehave; those that behave are among the recorded cases.

use crate::support::block_on;
use purlin_core::{Cx, Error, ErrorKind, Outcome};
use purlin_inventory::{Limits, Loader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

fn script(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("inv.sh");
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn failure(text: &str, limits: Limits) -> Error {
    let folder = tempfile::tempdir().unwrap();
    let path = script(folder.path(), text);
    let loader = Loader::new().limits(limits).source(path.to_str().unwrap());
    let error = block_on(loader.load(&Cx::background())).unwrap_err();
    assert!(error.message().contains("inv.sh"), "{error}");
    error
}

#[test]
fn a_failure_quotes_what_the_script_said() {
    let error =
        failure("echo starting >/dev/stderr; echo '{}'; echo 'no route to cmdb' >&2; exit 3", Limits::new());
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains("exit status: 3): starting; no route to cmdb"), "{error}");
}

#[test]
fn a_flood_is_cut() {
    let error = failure(
        "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done",
        Limits::new().script_output(100_000),
    );
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains("printed more than the limit of 100000 bytes"), "{error}");
}

/// Whether a process of this id is there, and neither a zombie nor on its way out (`PF_EXITING` of `proc_pid_stat(5)`).
fn runs(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let (state, flags) = (fields.next(), fields.nth(5).and_then(|flags| flags.parse::<u32>().ok()));
    state.is_some_and(|state| state != "Z") && flags.is_some_and(|flags| flags & 4 == 0)
}

/// A script that starts another process and says the ids of both.
fn sleeper(folder: &Path) -> PathBuf {
    let pids = folder.join("pids");
    let text = format!(
        "(trap '' TERM; sleep 600) & echo $! >{0}; echo $$ >>{0}; echo waiting >&2; wait",
        pids.display()
    );
    script(folder, &text)
}

/// Both must be gone as soon as the error is there: the caller may exit now.
fn assert_ended(folder: &Path) {
    let pids = std::fs::read_to_string(folder.join("pids")).unwrap();
    assert_eq!(pids.lines().count(), 2);
    assert_eq!(pids.lines().filter(|pid| runs(pid)).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn at_its_deadline_the_script_ends_with_all_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits::new().script_time(Duration::from_millis(500));
    let loader = Loader::new().limits(limits).source(sleeper(folder.path()).to_str().unwrap());
    let error = block_on(loader.load(&Cx::background())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.message().ends_with("inv.sh: did not end within 500ms and was killed: waiting"), "{error}");
    assert_eq!(error.outcome(), Outcome::Maybe);
    assert_ended(folder.path());
}

#[test]
fn the_deadline_of_the_call_counts_too() {
    let folder = tempfile::tempdir().unwrap();
    let loader = Loader::new().source(sleeper(folder.path()).to_str().unwrap());
    let error =
        block_on(loader.load(&Cx::background().with_timeout(Duration::from_millis(500)))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.message().contains("inv.sh"), "{error}");
    assert_ended(folder.path());
}

#[test]
fn whoever_cancels_ends_the_script() {
    let folder = tempfile::tempdir().unwrap();
    let loader = Loader::new().source(sleeper(folder.path()).to_str().unwrap());
    let (cx, canceller) = Cx::background().cancellable();
    let pids = folder.path().join("pids");
    let waiter = std::thread::spawn(move || {
        while std::fs::read_to_string(&pids).unwrap_or_default().lines().count() < 2 {
            std::thread::sleep(Duration::from_millis(5));
        }
        canceller.cancel();
    });
    let error = block_on(loader.load(&cx)).unwrap_err();
    waiter.join().unwrap();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(error.message().contains("inv.sh: was killed"), "{error}");
    assert_ended(folder.path());
}

#[test]
fn what_a_script_leaves_behind_is_ended_and_told_where_it_holds_the_output() {
    for (redirect, is_fine) in [("", false), (">/dev/null 2>&1", true)] {
        let folder = tempfile::tempdir().unwrap();
        let pids = folder.path().join("pids");
        let text = format!("sleep 600 {redirect} & echo $! >{0}; echo $$ >>{0}; echo '{{}}'", pids.display());
        let loader = Loader::new().source(script(folder.path(), &text).to_str().unwrap());
        let loaded = block_on(loader.load(&Cx::background()));
        match loaded {
            Ok(_) => assert!(is_fine),
            Err(error) => {
                assert!(!is_fine, "{error}");
                assert!(
                    error.message().contains("something that it started holds its output open"),
                    "{error}"
                );
            }
        }
        assert_ended(folder.path());
    }
}

#[test]
fn all_answers_of_hosts_together_have_one_limit() {
    let text = r#"if test "$1" = --list; then echo '{"web": {"hosts": ["a", "b", "c", "d"]}}'; exit; fi
        printf '{"x": "%30000s"}' y"#;
    let error = failure(text, Limits::new().script_output(100_000));
    assert!(error.message().contains("printed more than the limit of 100000 bytes"), "{error}");
    assert_eq!(calls(&format!("echo >> LOG; {text}"), Limits::new().script_output(130_000)).1, 4);
}

/// What a script was called with, a line a call.
fn calls(text: &str, limits: Limits) -> (Vec<String>, usize) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("calls");
    let path = script(folder.path(), &text.replace("LOG", &format!("'{}'", log.display())));
    let loader = Loader::new().limits(limits).source(path.to_str().unwrap());
    let hosts = block_on(loader.load(&Cx::background())).unwrap().inventory.len();
    (std::fs::read_to_string(log).unwrap().lines().map(str::to_owned).collect(), hosts)
}

#[test]
fn a_script_that_says_all_at_once_is_asked_once() {
    let text = r#"echo "$@" >> LOG
        echo '{"web": {"hosts": ["a", "b", "c"]}, "_meta": {"hostvars": {"a": {"x": 1}}}}'"#;
    assert_eq!(calls(text, Limits::new()), (vec!["--list".to_owned()], 3));
}

/// Each call of a host waits until as many have begun as may run at once: fewer would never end, and more would be seen.
#[test]
fn hosts_are_asked_for_side_by_side_and_never_more_than_allowed_at_once() {
    let text = r#"if test "$1" = --list; then echo '{"web": {"hosts": ["a", "b", "c", "d", "e", "f"]}}'; exit; fi
        echo "begin $2" >> LOG
        while test "$(grep -c begin LOG)" -lt 3; do sleep 0.01; done
        echo "running $(($(grep -c begin LOG) - $(grep -c end LOG)))" >> LOG
        echo '{"x": 1}'; echo "end $2" >> LOG"#;
    let (calls, hosts) = calls(text, Limits::new().script_calls(3));
    let count = |word: &str| calls.iter().filter(|line| line.starts_with(word)).count();
    assert_eq!((hosts, count("begin"), count("end")), (6, 6, 6), "{calls:?}");
    let running = calls.iter().filter_map(|line| line.strip_prefix("running ")?.parse::<u32>().ok());
    assert!(running.max().is_some_and(|most| most <= 3), "{calls:?}");
}

#[test]
fn a_file_that_is_merely_executable_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hosts");
    std::fs::write(&path, "[web]\nw1\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let loader = Loader::new().source(path.to_str().unwrap());
    assert_eq!(block_on(loader.load(&Cx::background())).unwrap().inventory.len(), 1);
}

#[test]
fn commands_are_split_like_a_shell_and_run_without_one() {
    let load = |command: &str| block_on(Loader::new().source(command).load(&Cx::background())).unwrap_err();
    let error = load("exec:sh -c 'echo \"$0 $1\" >&2; exit 7' 'a b' '$HOME;'");
    assert!(error.message().ends_with("(exit status: 7): a b $HOME;"), "{error}");
    assert!(load("exec:nosuchprogram --list").message().contains("cannot be started"));
    assert!(load("exec:  ").message().contains("without a command"));
    assert!(load("exec:sh 'x").message().contains("not closed"));
}
