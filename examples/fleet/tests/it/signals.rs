//! Signals that end it. The second one is tested beside its code: no command of today outlives the first.

use crate::support::{Home, text};
use purlin_testkit::{NginxSettings, Output, Signal, TestCa};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;

/// Sends a signal while `fleet tls` waits for a server that has taken its first words and says nothing.
fn signalled(signal: Signal) -> Output {
    let home = Home::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let running = home.fleet(&format!("tls {address}")).spawn().unwrap();
    let (mut connection, _) = silent.accept().unwrap();
    connection.read_exact(&mut [0; 5]).unwrap();
    running.signal(signal).unwrap();
    let output = running.wait().unwrap();
    assert_eq!(output.stdout, "");
    output
}

#[test]
fn an_interrupt_is_130_and_says_what_it_ended() {
    let output = signalled(Signal::Interrupt);
    assert_eq!(output.code(), Some(130), "{output:?}");
    assert!(output.stderr.contains("error[cancelled]: tls.handshake 127.0.0.1:"), "{output:?}");
    assert!(output.stderr.contains("ended by SIGINT"), "{output:?}");
}

#[test]
fn a_termination_is_143() {
    let output = signalled(Signal::Terminate);
    assert_eq!(output.code(), Some(143), "{output:?}");
    assert!(output.stderr.contains("ended by SIGTERM"), "{output:?}");
}

/// A pipe of this name into which nothing more fits, and which nobody reads.
fn full_pipe(home: &Home, name: &str) -> File {
    let path = home.path(name);
    mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    // For both directions: whoever opens it for one waits for the other end.
    let both = rustix::fs::open(&path, OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty());
    let mut pipe = File::from(both.unwrap());
    let full = loop {
        if let Err(error) = pipe.write(&[0; 4096]) {
            break error;
        }
    };
    assert_eq!(full.kind(), ErrorKind::WouldBlock);
    pipe
}

#[test]
fn a_reader_that_has_stopped_does_not_keep_it_from_leaving() {
    let (home, ca) = (Home::new(), TestCa::new().unwrap());
    let leaf = ca.leaf().name("localhost").issue().unwrap();
    let Some(nginx) = NginxSettings::new().https(leaf.path(), leaf.key_path()).start().unwrap() else {
        return;
    };
    for (name, signal, code) in [("int", Signal::Interrupt, 130), ("term", Signal::Terminate, 143)] {
        let _pipe = full_pipe(&home, name);
        let port = nginx.https().unwrap().port();
        let script = format!(
            "exec \"$FLEET\" tls localhost:{port} --ca-only {} --json -vv > ../../{name}",
            text(ca.path())
        );
        let running = home.shell(&script).spawn().unwrap();
        // The work is over: what is left is to write the answer.
        running.wait_for_stderr("purlin_tls::inspect: close").unwrap();
        running.signal(signal).unwrap();
        let output = running.wait().unwrap();
        assert_eq!(output.code(), Some(code), "{output:?}");
    }
}
