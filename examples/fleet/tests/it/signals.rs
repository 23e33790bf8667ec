//! Signals that end it. The second one is tested beside its code: no command of today outlives the first.

use crate::support::Home;
use purlin_testkit::{Output, Signal};
use std::io::Read;
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
