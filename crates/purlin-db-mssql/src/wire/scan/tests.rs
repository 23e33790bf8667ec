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

/// Rows of which only lengths are read, of each kind that there is, with NULLs, and what follows them.
#[test]
fn plain_rows_in_pieces_of_every_size_end_where_they_end() {
    let mut bytes = vec![0x81, 3, 0];
    bytes.extend_from_slice(&[0, 0, 0, 0, 9, 0, 0x26, 4, 1, b'n', 0]);
    bytes.extend_from_slice(&[0, 0, 0, 0, 9, 0, 0xe7, 0x40, 0x1f, 9, 4, 0xd0, 0, 0x34, 1, b't', 0]);
    bytes.extend_from_slice(&[0, 0, 0, 0, 9, 0, 0x38, 1, b'f', 0]);
    // Values that look like tokens.
    bytes.extend_from_slice(&[
        0xd1, 4, 0xd1, 0xfd, 0xaa, 0xd1, 4, 0, 0xd1, 0, 0xd1, 0, 0xfd, 0xfd, 0xfd, 0xfd,
    ]);
    bytes.extend_from_slice(&[0xd1, 0, 0xff, 0xff, 1, 2, 3, 4]);
    bytes.extend_from_slice(&[0xd1, 4, 1, 0, 0, 0, 0, 0, 5, 6, 7, 8]);
    bytes.extend_from_slice(&[0xd2, 0b11, 5, 6, 7, 8]);
    bytes.extend_from_slice(&[0xd1, 4, 1, 0, 0, 0, 0, 0, 5, 6, 7, 8]);
    let rows = bytes.len();
    bytes.extend_from_slice(&[0xfd, 0x10, 0, 0xc1, 0, 4, 0, 0, 0, 0, 0, 0, 0]);
    let whole = scanned(std::iter::once(&bytes[..]));
    assert_eq!(whole.events.len(), 2, "{:?}", whole.events);
    for size in 1..bytes.len() {
        assert_eq!(scanned(bytes.chunks(size)).events, whole.events, "pieces of {size}");
    }
    // Behind the columns a row may be cut anywhere, and is whole only at its end.
    let ends = (41..=rows).filter(|size| {
        let mut scanner = Scanner::new();
        scanner.feed(&bytes[..*size]).unwrap();
        scanner.ends().is_ok()
    });
    assert_eq!(ends.collect::<Vec<_>>(), [41, 57, 65, 77, 83, 95]);
}
