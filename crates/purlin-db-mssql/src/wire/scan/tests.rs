//! Answers that arrive in any pieces say the same.

use super::{Event, Scanner};

/// Two columns of money and text in pieces, a row, a count, an error, and the end of a transaction.
fn answer() -> Vec<u8> {
    let mut bytes = vec![0x81, 2, 0];
    bytes.extend_from_slice(&[0, 0, 0, 0, 9, 0, 0x6e, 8, 1, b'm', 0]);
    bytes.extend_from_slice(&[0, 0, 0, 0, 9, 0, 0xe7, 0xff, 0xff, 9, 4, 0xd0, 0, 0x34, 1, b't', 0]);
    bytes.extend_from_slice(&[0xd1, 8, 1, 0, 0, 0, 2, 0, 0, 0]);
    bytes.extend_from_slice(&[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    bytes.extend_from_slice(&[4, 0, 0, 0, b'a', 0, b'b', 0, 2, 0, 0, 0, b'c', 0, 0, 0, 0, 0]);
    bytes.extend_from_slice(&[0xd2, 0b11]);
    bytes.extend_from_slice(&[0xfd, 0x11, 0, 0xc3, 0, 5, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend_from_slice(&[0xe3, 3, 0, 8, 0, 0]);
    bytes.extend_from_slice(&[0xaa, 18, 0, 0x46, 0x0a, 0, 0, 7, 14, 1, 0, b'x', 0, 0, 0, 3, 0, 0, 0, 0, 0]);
    bytes.extend_from_slice(&[0xfd, 0x22, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}

fn scanned<'b>(pieces: impl Iterator<Item = &'b [u8]>) -> Scanner {
    let mut scanner = Scanner::new();
    scanner.begins();
    pieces.for_each(|piece| scanner.feed(piece).unwrap());
    scanner.ends().unwrap();
    scanner
}

#[test]
fn pieces_of_every_size_say_the_same() {
    let answer = answer();
    let whole = scanned(std::iter::once(&answer[..]));
    let [Event::Columns(kinds), Event::Done { changed: Some(5), .. }, Event::Error(said), Event::Done { .. }] =
        <[Event; 4]>::try_from(Vec::from(whole.events.clone())).unwrap()
    else {
        panic!("{:?}", whole.events)
    };
    assert_eq!(kinds.iter().map(|kind| kind.name.as_ref()).collect::<Vec<_>>(), ["money", "nvarchar"]);
    assert_eq!((said.number, said.state, said.class, said.line), (2630, 7, 14, 3));
    assert!(whole.acknowledged && whole.in_transaction == Some(true));
    assert_eq!(whole.money, [(1_i64 << 32) + 2]);
    for size in 1..answer.len() {
        let same = scanned(answer.chunks(size));
        assert_eq!((&same.events, &same.money), (&whole.events, &whole.money), "pieces of {size}");
    }
}

#[test]
fn an_answer_that_stops_is_not_whole() {
    let answer = answer();
    let mut ends = 0;
    for size in 1..answer.len() {
        let mut scanner = Scanner::new();
        scanner.begins();
        if scanner.feed(&answer[..size]).is_ok() && scanner.ends().is_ok() {
            ends += 1;
        }
    }
    // Only between two tokens.
    assert_eq!(ends, 5);
}
