//! Reserved ports.

use purlin_testkit::ReservedPort;
use rustix::net::{AddressFamily, SocketType, bind, socket};
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};

#[test]
fn a_reserved_port_refuses_and_can_be_listened_on() {
    let port = ReservedPort::new().unwrap();
    let refused = TcpStream::connect(port.address()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);

    let listener = TcpListener::bind(port.address()).unwrap();
    TcpStream::connect(port.address()).unwrap();
    drop(listener);
    let refused = TcpStream::connect(port.address()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn nobody_else_is_given_a_reserved_port() {
    let port = ReservedPort::new().unwrap();
    let other = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    assert_eq!(bind(&other, &port.address()), Err(rustix::io::Errno::ADDRINUSE));

    let given: Vec<_> = (0..500).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    assert!(given.iter().all(|given| given.local_addr().unwrap() != port.address()));
}

#[test]
fn a_dropped_one_is_free_again() {
    let address = ReservedPort::new().unwrap().address();
    let other = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    assert_eq!(bind(&other, &address), Ok(()));
}
