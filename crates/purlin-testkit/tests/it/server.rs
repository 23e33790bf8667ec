//! Throw-away servers: started, ended, and nothing left of them.

use crate::again::{again, part};
use crate::gone::{announce, announced, eventually, members, runs, state};
use purlin_core::{Error, ErrorKind};
use purlin_testkit::{Program, Server, ServerSettings, Signal};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

fn shell(script: &'static str) -> ServerSettings {
    ServerSettings::new("shell", move |_| Ok(Program::new("sh").args(["-c", script])))
        .ready_when(|instance| instance.logged("ready"))
}

/// A server that does nothing.
pub(crate) fn sleeper() -> ServerSettings {
    shell("echo ready; exec sleep 1000").port("idle")
}

/// A server with a helper process, and both their numbers.
fn pair() -> (Server, [u32; 2]) {
    let server = shell("sleep 1000 & echo helper=$!; echo ready; wait").start().unwrap();
    let log = server.log();
    let helper = log.lines().find_map(|line| line.strip_prefix("helper=")).unwrap();
    let pids = [server.pid().unwrap(), helper.parse().unwrap()];
    (server, pids)
}

#[test]
fn each_has_a_private_folder_ports_and_a_group() {
    let start = || shell("echo ready; exec sleep 1000").port("one").port("two").start().unwrap();
    let (first, second) = (start(), start());
    let mut ports = [&first, &second].map(|server| [server.port("one"), server.port("two")]).concat();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 4);
    assert_ne!(first.dir(), second.dir());
    let mode = first.dir().metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o700);
    let group = |server: &Server| {
        let pid = rustix::process::Pid::from_raw(server.pid().unwrap().try_into().unwrap());
        rustix::process::getpgid(pid).unwrap()
    };
    assert_ne!(group(&first), group(&second));
    assert_ne!(group(&first), rustix::process::getpgrp());
}

#[test]
fn it_gets_no_environment_but_its_own() {
    let settings = ServerSettings::new("env", |_| {
        let script = "env; pwd; cat; echo ready; exec sleep 1000";
        Ok(Program::new("sh").args(["-c", script]).env("MINE", "yes"))
    });
    let server = settings.ready_when(|instance| instance.logged("ready")).start().unwrap();
    let (log, dir) = (server.log(), server.dir().display());
    for line in ["MINE=yes".to_owned(), format!("HOME={dir}"), format!("TMPDIR={dir}"), dir.to_string()] {
        assert!(log.lines().any(|known| known == line), "{line} in {log}");
    }
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    assert!(!log.contains("CARGO_MANIFEST_DIR"), "{log}");
}

#[test]
fn a_dropped_one_leaves_nothing() {
    let (server, pids) = pair();
    let folder = server.dir().to_owned();
    assert!(pids.into_iter().all(runs));
    drop(server);
    assert!(!pids.into_iter().any(runs));
    assert!(!folder.exists());
}

#[test]
fn a_stopped_one_had_the_time_to_end_by_itself() {
    let script = "trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.05; done";
    let mut server = shell(script).start().unwrap();
    assert_eq!(server.stop().unwrap().code(), Some(7));
    assert!(server.log().ends_with("bye\n"), "{}", server.log());
    assert_eq!(server.pid(), None);
    assert_eq!(server.stop().unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn one_that_ignores_sigterm_is_killed() {
    let script = "trap 'echo no' TERM; echo ready; while :; do sleep 0.05; done";
    let mut server = shell(script).grace(Duration::from_millis(300)).start().unwrap();
    assert_eq!(server.stop().unwrap().signal(), Some(9));
    assert!(server.log().contains("no\n"), "{}", server.log());
}

#[test]
fn a_killed_one_takes_its_group_along() {
    let (mut server, pids) = pair();
    assert_eq!(members(pids[0]), 2);
    assert_eq!(server.kill().unwrap().signal(), Some(9));
    assert!(!pids.into_iter().any(runs));
}

#[test]
fn a_paused_one_stands_still_and_goes_on() {
    let (mut server, pids) = pair();
    server.pause().unwrap();
    for pid in pids {
        eventually("it stands still", || state(pid) == Some('T'));
    }
    server.resume().unwrap();
    for pid in pids {
        eventually("it goes on", || state(pid) == Some('S'));
    }
    server.pause().unwrap();
    // SIGTERM reaches a paused one: it need not be killed.
    assert_eq!(server.stop().unwrap().signal(), Some(15));
}

#[test]
fn a_restarted_one_keeps_folder_and_ports() {
    let mut server = shell("echo ready; exec sleep 1000").port("web").start().unwrap();
    let before = (server.dir().to_owned(), server.port("web"), server.pid().unwrap());
    server.restart().unwrap();
    assert_eq!((server.dir(), server.port("web")), (before.0.as_path(), before.1));
    assert!(!runs(before.2));
    server.kill().unwrap();
    server.restart().unwrap();
    assert_eq!(server.log(), "ready\nready\nready\n");
}

#[test]
fn one_that_ends_early_shows_its_log() {
    let settings = shell("echo starting; echo 'bad line 7' >&2; exit 3");
    let error = settings.start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let text = error.to_string();
    assert!(text.contains("exit status: 3"), "{text}");
    assert!(text.contains("starting\nbad line 7"), "{text}");
}

#[test]
fn one_that_is_not_installed_says_so() {
    let settings = ServerSettings::new("none", |_| Ok(Program::new("purlin-no-such-program")));
    let error = settings.port("web").start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("purlin-no-such-program"), "{error}");
}

#[test]
fn one_that_is_never_ready_ends_at_the_deadline() {
    let pid = Arc::new(AtomicU32::new(0));
    let seen = pid.clone();
    let settings = ServerSettings::new("slow", |instance| {
        let file = instance.path("pid");
        Ok(Program::new("sh").args(["-c", "echo $$ >\"$1\"; echo waiting; exec sleep 1000", "sh"]).arg(file))
    });
    let settings = settings.ready_within(Duration::from_millis(500)).ready_when(move |instance| {
        let text = std::fs::read_to_string(instance.path("pid")).unwrap_or_default();
        seen.store(text.trim().parse().unwrap_or(0), Ordering::Relaxed);
        Err(Error::new(ErrorKind::Unavailable, "still warming up"))
    });
    let error = settings.start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let text = format!("{error:#}");
    assert!(text.contains("waiting") && text.ends_with("still warming up"), "{text}");
    assert!(!runs(pid.load(Ordering::Relaxed)));
}

#[test]
fn a_port_that_was_taken_is_changed_for_another() {
    let starts = Arc::new(AtomicU32::new(0));
    let counted = starts.clone();
    let settings = ServerSettings::new("taken", move |_| {
        let script = match counted.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => "echo 'bind() failed (98: Address already in use)'; exit 1",
            _ => "echo ready; exec sleep 1000",
        };
        Ok(Program::new("sh").args(["-c", script]))
    });
    let settings = settings.port("web").ready_when(|instance| instance.logged("ready"));
    let server = settings.start().unwrap();
    assert_eq!(starts.load(Ordering::Relaxed), 3);
    assert_eq!(server.log(), "ready\n");
}

#[test]
#[should_panic(expected = "no port \"wbe\" was asked for; known: [(\"web\"")]
fn a_misspelt_port_is_a_mistake_in_the_test() {
    let server = shell("echo ready; exec sleep 1000").port("web").start().unwrap();
    server.port("wbe");
}

/// Starts a server in a process that ends in its own way, and shows that the server ends too.
fn outlived_by_nothing(end: fn(&Server) -> !, signal: Option<Signal>, code: Option<i32>) {
    if part().is_some() {
        let (server, pids) = pair();
        announce(pids[1], server.dir());
        end(&server);
    }
    let running = again("starts a server").spawn().unwrap();
    running.wait_for_stdout("server ").unwrap();
    if let Some(signal) = signal {
        running.signal(signal).unwrap();
    }
    let output = running.wait().unwrap();
    assert_eq!(output.code(), code, "{}", output.stderr);
    let (pid, folder) = announced(&output.stdout);
    eventually("the server is gone", || !runs(pid));
    eventually("its folder is gone", || !std::fs::exists(&folder).unwrap());
}

#[test]
fn a_panicking_test_leaves_nothing() {
    outlived_by_nothing(|_| panic!("this test fails"), None, Some(101));
}

#[test]
#[expect(clippy::exit, reason = "one of the ways in which a test process ends")]
fn a_test_that_exits_leaves_nothing() {
    outlived_by_nothing(|_| std::process::exit(5), None, Some(5));
}

#[test]
fn a_killed_test_leaves_nothing() {
    let wait = |_: &Server| -> ! {
        loop {
            std::thread::sleep(Duration::from_secs(1));
        }
    };
    outlived_by_nothing(wait, Some(Signal::Kill), None);
}
