use super::{check_bytes, message, operation, refusal};
use crate::LdapClass;
use crate::client::ber::{Malformed, message_length};
use proptest::prelude::*;

fn bytes(hex: &str) -> Vec<u8> {
    let hex: String = hex.split_whitespace().collect();
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect()
}

#[test]
fn what_servers_send_is_read() {
    let bound = bytes("300c 020101 6107 0a0100 0400 0400");
    let read = message(&bound).unwrap();
    assert_eq!((read.id, read.operation, read.not_text), (1, operation::BOUND, None));
    let entry = bytes("3013 020102 640e 0404 636e3d61 3006 3004 0400 3100");
    assert_eq!(message(&entry).unwrap().operation, operation::ENTRY);
    let paged =
        bytes("3024 020103 6507 0a0104 0400 0400 a016 3014 0409 312e322e3834302e31 0101ff 0404 30020400");
    assert_eq!((message(&paged).unwrap().id, refusal(&paged).unwrap().class), (3, LdapClass::Truncated));
}

#[test]
fn words_that_are_not_text_are_found() {
    let bound = bytes("300f 020101 610a 0a0131 0400 0403 41ff42");
    assert_eq!(message(&bound).unwrap().not_text, Some(14..17));
}

#[test]
fn what_makes_others_panic_or_wait_is_refused() {
    for (hex, why) in [
        ("3005 020102 6b00", "an answer to what was never asked"),
        ("3000", "an element is missing"),
        ("3003 020102", "an element is missing"),
        ("300f 020102 640a 0403 ff78ff 3003 3001 04", "an element that ends too early"),
        ("3006 020102 6501 0a", "an element that ends too early"),
        ("3005 020102 6500", "an element is missing"),
        ("300c 020102 6507 020100 0400 0400", "an element of another kind than expected"),
        ("300d 0204 80000001 6505 0a0100 0400", "a number that is none, or out of range"),
        ("300b 020102 6506 0a0100 0401ff", "text that is not UTF-8"),
        ("300e 020102 6507 0a0100 0400 0400 0500", "an element of another kind than expected"),
        ("3007 020102 7302 0500", "an element of another kind than expected"),
        ("3006 020102 1f8101", "a long tag"),
    ] {
        assert_eq!(message(&bytes(hex)), Err(Malformed(why)), "{hex}");
    }
    assert_eq!(
        message_length(&bytes("3084 ffffffff"), 1 << 20),
        Err(Malformed("a message larger than is allowed"))
    );
    assert_eq!(
        message_length(&bytes("3080"), 1 << 20),
        Err(Malformed("a length without an end or without sense"))
    );
    assert_eq!(message_length(b"HTTP/1.1", 1 << 20), Err(Malformed("something that is no LDAP message")));
    assert_eq!(message_length(&bytes("3082 01"), 1 << 20), Ok(None));
}

#[test]
fn active_directory_s_notice_is_read() {
    let notice = bytes("3015 020100 7807 0a0134 0400 0400 8a07 312e332e362e31");
    assert_eq!(message(&notice).unwrap().id, 0);
    assert_eq!(refusal(&notice).unwrap().class, LdapClass::Busy);
}

proptest! {
    #[test]
    fn any_bytes_are_judged(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        check_bytes(&bytes);
        let mut framed = vec![0x30, 0x81, bytes.len() as u8];
        framed.extend(&bytes);
        check_bytes(&framed);
    }

    #[test]
    fn a_damaged_message_is_judged(at in 0_usize..37, byte in any::<u8>()) {
        let mut message = bytes("3024 020103 6507 0a0104 0400 0400 a016 3014 0409 312e322e3834302e31 0101ff 0404 30020400");
        message[at] = byte;
        check_bytes(&message);
    }
}
