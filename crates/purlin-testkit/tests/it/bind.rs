//! A real name server.

use purlin_testkit::BindSettings;
use std::net::UdpSocket;
use std::time::Duration;

/// A question for the A record of www.example.org, with the number 0x0102.
const QUESTION: &[u8] =
    b"\x01\x02\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x03org\x00\x00\x01\x00\x01";

#[test]
fn it_answers_for_its_zones_and_starts_again() {
    let settings = BindSettings::new().zone("example.org", 7, "www IN A 192.0.2.80");
    let Some(mut bind) = settings.start().unwrap() else { return };
    for _ in 0..2 {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        socket.send_to(QUESTION, bind.address()).unwrap();
        let mut answer = [0; 512];
        let count = socket.recv(&mut answer).unwrap();
        assert_eq!(answer[..2], QUESTION[..2]);
        assert!(answer[..count].windows(4).any(|bytes| bytes == [192, 0, 2, 80]));
        bind.server_mut().restart().unwrap();
    }
}

#[test]
fn a_faulty_zone_is_named() {
    let started = BindSettings::new().zone("example.org", 7, "www IN NOSUCH 1").start();
    let error = match started {
        Ok(None) => return,
        Ok(Some(bind)) => {
            // It runs without the zone, and its log says why.
            bind.server().log()
        }
        Err(error) => error.to_string(),
    };
    assert!(error.contains("unknown RR type 'NOSUCH'"), "{error}");
}
