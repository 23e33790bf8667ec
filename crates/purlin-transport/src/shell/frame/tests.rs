use super::*;
use proptest::prelude::*;

const NONCE: &str = "0123456789abcdef";

fn said(parts: &[&[u8]]) -> Vec<(Vec<u8>, String)> {
    let mut scanner = Scanner::new(NONCE);
    scanner.keep(u64::MAX);
    let mut found = Vec::new();
    for part in parts {
        scanner.feed(part);
        while let Some(answer) = scanner.next(u64::MAX) {
            found.push((answer.said.bytes().to_vec(), answer.words));
        }
    }
    found
}

#[test]
fn an_answer_keeps_its_own_line_breaks() {
    let text = format!("a\n\nb\n\n{NONCE} 7 0\nrest");
    assert_eq!(said(&[text.as_bytes()]), [(b"a\n\nb\n".to_vec(), "7 0".to_owned())]);
}

#[test]
fn a_request_is_read_back() {
    let probe = Probe::new("echo \"$1\"\necho two").arg("it's\nhere");
    let mut input = format!("{}next", request(NONCE, 3, &probe)).into_bytes();
    let (number, body) = read_request(NONCE, &mut input).unwrap();
    assert_eq!((number, body.as_str()), (3, "set -- 'it'\\''s\nhere'\necho \"$1\"\necho two\n"));
    assert_eq!(input, b"next");
    assert_eq!(read_request(NONCE, &mut input), None);
}

#[test]
fn words_that_are_no_numbers_are_refused() {
    assert_eq!(numbers("3 0"), Some((3, Some(0))));
    assert_eq!(numbers("3"), Some((3, None)));
    for words in ["", "x", "3 x", "-1 0", "3 0 0", "99999999999999999999 0"] {
        assert_eq!(numbers(words), None, "{words:?}");
    }
}

/// The fuzz body: whatever comes, however it is cut, nothing is lost, made up or kept beyond its limit.
fn survives(bytes: &[u8], cut: usize) {
    let whole = said(&[bytes]);
    let (one, other) = bytes.split_at(cut.min(bytes.len()));
    assert_eq!(said(&[one, other]), whole);
    let mut scanner = Scanner::new(NONCE);
    scanner.keep(4);
    scanner.feed(bytes);
    while let Some(answer) = scanner.next(4) {
        assert!(answer.said.bytes().len() <= 4);
        let _ = numbers(&answer.words);
    }
    let _ = read_request(NONCE, &mut bytes.to_vec());
}

#[test]
fn the_corpus_is_survived() {
    let corpus: [&[u8]; 8] = [
        b"",
        b"\n",
        b"\n0123456789abcdef ",
        b"\n0123456789abcdef 1 0\n\n0123456789abcdef 2 0\n",
        b"\n0123456789abcde\n0123456789abcdef x\n",
        b"0123456789abcdef 1 2\na\n",
        b"0123456789abcdef 1 99999999999\n",
        b"\xff\n0123456789abcdef \xff\xff\n\0",
    ];
    for bytes in corpus {
        for cut in 0..=bytes.len() {
            survives(bytes, cut);
        }
    }
}

proptest! {
    #[test]
    fn anything_is_survived(bytes: Vec<u8>, cut: usize) {
        survives(&bytes, cut);
    }

    #[test]
    fn outputs_come_back_as_they_were(
        outputs in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..5),
        size in 1_usize..64,
    ) {
        let mut text = Vec::new();
        for (number, output) in outputs.iter().enumerate() {
            text.extend_from_slice(output);
            text.extend_from_slice(format!("\n{NONCE} {number} 0\n").as_bytes());
        }
        let parts: Vec<&[u8]> = text.chunks(size).collect();
        let found: Vec<Vec<u8>> = said(&parts).into_iter().map(|(bytes, _)| bytes).collect();
        prop_assert_eq!(found, outputs);
    }
}
