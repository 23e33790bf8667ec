//! What is left behind is seen and named.

use crate::again::alone;
use purlin_core::{Error, ErrorKind};
use purlin_testkit::{Binary, Leaks, Server, count};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

/// What is told of something that is there to stay.
fn leaked(leaks: Leaks) -> String {
    let error: Error = leaks.within(Duration::from_millis(100)).check().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    error.to_string()
}

#[test]
fn a_leaked_descriptor_is_named_by_what_it_points_at() {
    alone(|| {
        let leaks = Leaks::start().unwrap();
        leaks.check().unwrap();
        let file = std::fs::File::open("/etc/hostname").unwrap();
        let text = leaked(leaks);
        assert!(text.contains("descriptors: ") && text.contains("-> /etc/hostname"), "{text}");
        drop(file);
    });
}

#[test]
fn a_leaked_thread_is_named() {
    alone(|| {
        let leaks = Leaks::start().unwrap();
        let (end, ended) = channel::<()>();
        let body = move || {
            let _ = ended.recv();
        };
        let thread = std::thread::Builder::new().name("straggler".to_owned()).spawn(body).unwrap();
        let text = leaked(leaks);
        assert!(text.contains("threads: ") && text.contains("-> straggler"), "{text}");
        drop(end);
        thread.join().unwrap();
    });
}

#[test]
fn a_leaked_child_is_named_by_its_words_and_one_not_waited_for_too() {
    alone(|| {
        let leaks = Leaks::start().unwrap();
        let mut child = Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn().unwrap();
        let text = leaked(leaks);
        assert!(text.contains("children: 0 before, 1 now") && text.contains("-> sleep 1000"), "{text}");

        child.kill().unwrap();
        // Its place in the table of processes is still taken.
        let leaks = Leaks::start().unwrap();
        let mut second = Command::new("true").spawn().unwrap();
        crate::gone::eventually("it has ended", || crate::gone::state(second.id()) == Some('Z'));
        let text = leaked(leaks);
        assert!(text.contains("[true] (ended, not waited for)"), "{text}");
        child.wait().unwrap();
        second.wait().unwrap();
    });
}

#[test]
fn what_goes_in_time_is_no_leak() {
    alone(|| {
        let leaks = Leaks::start().unwrap();
        let file = std::fs::File::open("/dev/null").unwrap();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            drop(file);
        });
        leaks.within(Duration::from_secs(30)).check().unwrap();
        thread.join().unwrap();
    });
}

#[test]
fn one_for_another_is_no_leak() {
    alone(|| {
        let old = std::fs::File::open("/dev/null").unwrap();
        let leaks = Leaks::start().unwrap();
        let new = std::fs::File::open("/dev/zero").unwrap();
        drop(old);
        leaks.check().unwrap();
        drop(new);
    });
}

#[test]
fn memory_counts_when_a_bound_is_given() {
    alone(|| {
        let leaks = Leaks::start().unwrap();
        let held = vec![1_u8; 64 << 20];
        leaks.check().unwrap();
        let text = leaked(leaks.memory(32 << 20));
        assert!(text.starts_with("leaks.check: memory: "), "{text}");
        assert_eq!(held[held.len() / 2], 1);
        drop(held);
        let leaks = Leaks::start().unwrap().memory(32 << 20);
        leaks.check().unwrap();
    });
}

/// The tools of this crate leave nothing behind themselves.
#[test]
fn servers_and_binaries_leave_nothing() {
    alone(|| {
        let leaks = Leaks::start().unwrap();
        for _ in 0..count(3, 100) {
            let server: Server = crate::server::sleeper().start().unwrap();
            drop(server);
            let output = Binary::new("true").closed_stdout().stdin("x").run().unwrap();
            assert!(output.status.success());
        }
        leaks.check().unwrap();
    });
}
