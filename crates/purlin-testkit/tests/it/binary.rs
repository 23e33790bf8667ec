//! Binaries under deadlines, limits and signals.

use crate::again::{again, part};
use crate::gone::runs;
use purlin_core::ErrorKind;
use purlin_testkit::{Binary, Signal};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

fn shell(script: &str) -> Binary {
    Binary::new("sh").args(["-c", script])
}

#[test]
fn it_gets_what_was_set_and_no_more() {
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    let output = shell("env; cat").env("MINE", "first").env("MINE", "yes").run().unwrap();
    let names: Vec<_> = output.stdout.lines().filter_map(|line| line.split('=').next()).collect();
    assert!(output.stdout.contains("MINE=yes\n"), "{}", output.stdout);
    // The shell itself sets some.
    let foreign = |name: &&&str| !["PATH", "MINE", "PWD", "OLDPWD", "SHLVL", "_"].contains(name);
    assert_eq!(names.iter().find(foreign), None);
}

#[test]
fn input_folder_streams_and_code_are_the_tests() {
    let folder = tempfile::tempdir().unwrap();
    let output = shell("cat; echo wrong >&2; pwd -P >where; exit 4")
        .stdin("some input\n")
        .current_dir(folder.path())
        .run()
        .unwrap();
    assert_eq!(output.code(), Some(4));
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("some input\n", "wrong\n"));
    let where_it_ran = std::fs::read_to_string(folder.path().join("where")).unwrap();
    assert_eq!(where_it_ran.trim(), folder.path().canonicalize().unwrap().to_str().unwrap());
}

#[test]
fn a_relative_path_means_the_folder_of_the_test() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/bin/sh", folder.path().join("shell")).unwrap();
    let up: String = std::env::current_dir().unwrap().components().skip(1).map(|_| "../").collect();
    let relative = format!("{up}{}", folder.path().join("shell").display());
    let output = Binary::new(relative).args(["-c", "echo here"]).current_dir("/").run().unwrap();
    assert_eq!(output.stdout, "here\n");
}

#[test]
fn what_is_not_there_is_not_found() {
    for path in ["purlin-no-such-program", "/purlin/no/such/program"] {
        let error = Binary::new(path).run().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains(path), "{error}");
    }
}

#[test]
fn the_deadline_kills_all_that_was_started() {
    let script = "sleep 1000 & echo helper=$!; echo complaint >&2; wait";
    let error = shell(script).deadline(Duration::from_secs(1)).run().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let text = error.to_string();
    assert!(text.contains("complaint"), "{text}");
    let helper = text.lines().find_map(|line| line.strip_prefix("helper=")).unwrap();
    let helper = helper.split_whitespace().next().unwrap();
    assert!(!runs(helper.parse().unwrap()));
}

#[test]
fn what_was_left_behind_ends_with_it() {
    let output = shell("sleep 1000 & echo $!").run().unwrap();
    assert_eq!(output.code(), Some(0));
    assert!(!runs(output.stdout.trim().parse().unwrap()));
}

#[test]
fn a_dropped_one_is_killed() {
    let running = shell("echo ready; exec sleep 1000").spawn().unwrap();
    running.wait_for_stdout("ready").unwrap();
    let pid = running.pid();
    assert!(runs(pid));
    drop(running);
    assert!(!runs(pid));
}

#[test]
fn signals_arrive() {
    let script =
        "trap 'echo got-int' INT; trap 'echo got-hup >&2' HUP; echo ready; while :; do sleep 0.05; done";
    let running = shell(script).spawn().unwrap();
    running.wait_for_stdout("ready").unwrap();
    running.signal(Signal::Interrupt).unwrap();
    running.wait_for_stdout("got-int").unwrap();
    running.signal(Signal::Hangup).unwrap();
    running.wait_for_stderr("got-hup").unwrap();
    running.signal(Signal::Terminate).unwrap();
    let output = running.wait().unwrap();
    assert_eq!((output.code(), output.signal()), (None, Some(15)));
}

#[test]
fn waiting_for_words_ends_with_the_program() {
    let running = shell("echo this; exit 1").spawn().unwrap();
    let error = running.wait_for_stdout("that").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("this"), "{error}");
    assert_eq!(running.wait().unwrap().code(), Some(1));
}

#[test]
fn a_closed_pipe_ends_what_does_not_mind_it() {
    let output = Binary::new("yes").closed_stdout().run().unwrap();
    assert_eq!((output.signal(), output.stdout.as_str()), (Some(13), ""));
    let output = shell("trap '' PIPE; echo lost; echo $? >&2").closed_stdout().run().unwrap();
    assert!(output.stderr.ends_with("\n1\n"), "{}", output.stderr);
}

#[test]
fn limits_hold() {
    let output = shell("ulimit -v; ulimit -t").address_space(64 << 20).cpu_seconds(7).run().unwrap();
    assert_eq!(output.stdout, format!("{}\n7\n", 64 << 10));
    let output = shell("while :; do :; done").cpu_seconds(1).run().unwrap();
    // SIGXCPU or SIGKILL: both limits are reached in the same second.
    assert!(matches!(output.signal(), Some(24 | 9)), "{:?}", output.status);
}

/// Runs as root in a process that knows an ordinary user, and plainly otherwise.
fn with_user(user: &str, body: impl FnOnce()) {
    if part().is_some() {
        return body();
    }
    let output = again("as a user").env("PURLIN_TEST_USER", user).run().unwrap();
    assert!(output.status.success(), "{}\n{}", output.stdout, output.stderr);
}

#[test]
fn an_ordinary_user_is_held_by_permissions() {
    with_user("nobody", || {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "s3cret").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o000)).unwrap();
        let read = Binary::new("cat").arg(&file).as_ordinary_user().unwrap().run().unwrap();
        assert_eq!((read.code(), read.stdout.as_str()), (Some(1), ""));
        assert!(read.stderr.contains("Permission denied"), "{}", read.stderr);

        let who = shell("id -u; id -g; id -G").as_ordinary_user().unwrap().run().unwrap();
        let ids: Vec<_> = who.stdout.lines().collect();
        assert_ne!(ids[0], "0");
        if rustix::process::geteuid().is_root() {
            assert_eq!(ids[1], ids[2], "a user with further groups: {ids:?}");
        }
    });
}

#[test]
fn an_ordinary_user_runs_a_program_from_a_private_folder() {
    with_user("nobody", || {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("tool");
        std::fs::write(&program, "#!/bin/sh\nread -r line; echo \"$1 $line\"\n").unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
        let binary = Binary::new(&program).arg("hello").stdin("you\n").current_dir("/");
        let output = binary.as_ordinary_user().unwrap().cpu_seconds(5).run().unwrap();
        assert_eq!(output.stdout, "hello you\n", "{}", output.stderr);
    });
}

#[test]
fn a_user_that_does_not_exist_is_named() {
    with_user("purlin-no-such-user", || {
        let binary = Binary::new("id").as_ordinary_user().unwrap();
        if rustix::process::geteuid().is_root() {
            let error = binary.run().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
            assert!(error.to_string().contains("purlin-no-such-user"), "{error}");
        }
    });
}

#[test]
fn root_without_an_ordinary_user_skips_or_fails() {
    if part().is_some() {
        let binary = Binary::new("id").as_ordinary_user();
        assert_eq!(binary.is_none(), rustix::process::geteuid().is_root());
        return;
    }
    let skipped = again("no user").run().unwrap();
    assert!(skipped.status.success(), "{}", skipped.stderr);
    let failed = again("no user").env("PURLIN_REQUIRE_SERVERS", "1").run().unwrap();
    if rustix::process::geteuid().is_root() {
        assert!(skipped.stdout.contains("SKIPPED "), "{}", skipped.stdout);
        assert_eq!(failed.code(), Some(101));
        assert!(failed.stderr.contains("PURLIN_TEST_USER"), "{}", failed.stderr);
    } else {
        assert!(failed.status.success(), "{}", failed.stderr);
    }
}
