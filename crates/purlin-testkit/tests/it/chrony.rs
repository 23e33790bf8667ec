//! A real time server.

use purlin_testkit::{Chrony, ChronySettings};
use std::net::UdpSocket;
use std::time::Duration;

fn ask(chrony: &Chrony) -> [u8; 48] {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut packet = [0; 48];
    packet[0] = 4 << 3 | 3;
    socket.send_to(&packet, chrony.address()).unwrap();
    assert_eq!(socket.recv(&mut packet).unwrap(), 48);
    packet
}

#[test]
fn it_claims_what_it_is_told_to() {
    let Some(chrony) = ChronySettings::new().stratum(4).start().unwrap() else { return };
    assert_eq!(ask(&chrony)[1], 4);
    let Some(lost) = ChronySettings::new().unsynchronized().start().unwrap() else { return };
    assert_eq!(ask(&lost)[0] >> 6, 3);
}
