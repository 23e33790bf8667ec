use super::connect::packet;
use super::*;
use proptest::prelude::*;

fn whole(bytes: &[u8]) -> Packet<'_> {
    match frame(bytes) {
        Frame::Whole(packet, size) if size == bytes.len() => packet,
        other => panic!("{other:?}"),
    }
}

fn reply(kind: u8, body: &[u8]) -> Result<Reply, Foreign> {
    let bytes = packet(kind, 0, body);
    Reply::read(whole(&bytes))
}

fn refuse(text: &str) -> Vec<u8> {
    let mut body = vec![0x22, 0];
    body.extend_from_slice(&(text.len() as u16).to_be_bytes());
    body.extend_from_slice(text.as_bytes());
    body
}

#[test]
fn a_question_stands_in_one_packet_or_in_two() {
    let short = connect("(DESCRIPTION=(CONNECT_DATA=(SID=m)))", FLAG_REDIRECTED);
    assert_eq!(
        (usize::from(u16::from_be_bytes([short[0], short[1]])), short[4], short[5]),
        (short.len(), CONNECT, 4)
    );
    let (length, at) =
        (u16::from_be_bytes([short[24], short[25]]), u16::from_be_bytes([short[26], short[27]]));
    assert_eq!(&short[usize::from(at)..], b"(DESCRIPTION=(CONNECT_DATA=(SID=m)))");
    assert_eq!(usize::from(length), short.len() - usize::from(at));
    let text = "x".repeat(231);
    let long = connect(&text, 0);
    let (first, second) = long.split_at(74);
    assert_eq!((usize::from(u16::from_be_bytes([first[0], first[1]])), first[4]), (74, CONNECT));
    assert_eq!(u16::from_be_bytes([first[24], first[25]]), 231);
    assert_eq!(Reply::read(whole(second)), Ok(Reply::Data(text.into_bytes())));
}

#[test]
fn answers_are_told_apart() {
    let mut accept = [0; 24];
    accept[..2].copy_from_slice(&319_u16.to_be_bytes());
    assert_eq!(reply(ACCEPT, &accept), Ok(Reply::Accept { version: 319, services_required: false }));
    accept[14] = 0x41 | 0x10;
    assert_eq!(reply(ACCEPT, &accept), Ok(Reply::Accept { version: 319, services_required: true }));
    assert_eq!(reply(RESEND, &[]), Ok(Reply::Resend { new_tls: false }));
    let bytes = packet(RESEND, 0x08, &[]);
    assert_eq!(Reply::read(whole(&bytes)), Ok(Reply::Resend { new_tls: true }));
    let recorded =
        "(DESCRIPTION=(TMP=)(VSNNUM=352321536)(ERR=12514)(ERROR_STACK=(ERROR=(CODE=12514)(EMFI=4))))))";
    let refusal = Refusal { code: Some(12514), release: Some("21.0.0.0.0".to_owned()) };
    assert_eq!(reply(REFUSE, &refuse(recorded)), Ok(Reply::Refuse(refusal.clone())));
    assert_eq!(reply(ABORT, &refuse(recorded)), Ok(Reply::Refuse(refusal)));
    for empty in
        [vec![], vec![0, 0], refuse(""), refuse("(DESCRIPTION=(ERR=abc))"), refuse("(ERR=99999999999)")]
    {
        assert_eq!(reply(REFUSE, &empty), Ok(Reply::Refuse(Refusal::default())), "{empty:?}");
    }
    let alive = reply(REFUSE, &refuse("(DESCRIPTION=(TMP=)(VSNNUM=186647040)(ERR=0)(ALIAS=LISTENER))"));
    assert_eq!(alive, Ok(Reply::Refuse(Refusal { code: Some(0), release: Some("11.2.0.2.0".to_owned()) })));
    assert_eq!(reply(REDIRECT, &[0, 40]), Ok(Reply::RedirectFollows(40)));
    assert_eq!(reply(REDIRECT, &[0, 2, b'a', b'b']), Ok(Reply::Redirect(b"ab".to_vec())));
}

#[test]
fn what_is_no_answer_is_told_as_early_as_can_be() {
    for (bytes, why) in [
        (&b"HTTP/1.1 400 Bad Request\r\n"[..], Foreign::Http),
        (b"HTTP", Foreign::Http),
        (b"SSH-2.0-OpenSSH_9.9\r\n", Foreign::Ssh),
        (b"\x15\x03\x01\x00\x02\x02\x46", Foreign::Tls),
        (&[0; 64], Foreign::Length(0)),
        (&[0, 5], Foreign::Length(5)),
        (&[0, 6, 0, 0, 4, 0], Foreign::Length(6)),
        (&[0x20, 1, 0, 0, 4, 0, 0, 0], Foreign::Length(0x2001)),
        (&[0, 8, 0, 0, 77], Foreign::Kind(77)),
        (&[0, 8, 0, 0, CONNECT, 0, 0, 0], Foreign::Kind(CONNECT)),
    ] {
        assert_eq!(frame(bytes), Frame::Foreign(why), "{bytes:?}");
    }
    let content = |kind, body: &[u8]| matches!(reply(kind, body), Err(Foreign::Content(_)));
    assert!(content(ACCEPT, &[1; 24]) && content(ACCEPT, &[1, 63]) && content(ACCEPT, &[]));
    assert!(content(RESEND, &[0]) && content(DATA, &[0]));
    assert!(
        content(REFUSE, &[0, 0, 0, 2, 1, 2])
            && content(REDIRECT, &[0, 0])
            && content(REDIRECT, &[0, 9, b'('])
    );
}

#[test]
fn a_way_onwards_is_an_address_that_can_be_dialled() {
    let onwards =
        onwards(b"(ADDRESS=(PROTOCOL=tcps)(HOST=db2)(PORT=99))\0(DESCRIPTION=(CONNECT_DATA=(SID=m)))\0")
            .unwrap();
    assert_eq!((onwards.address.endpoint.to_string(), onwards.address.tls), ("db2:99".to_owned(), true));
    assert_eq!(onwards.question.as_deref(), Some("(DESCRIPTION=(CONNECT_DATA=(SID=m)))"));
    let wrapped = super::onwards(b"(DESCRIPTION=(X=1)(ADDRESS=(HOST=10.0.0.7)(PORT=1)))").unwrap();
    assert_eq!((wrapped.address.endpoint.to_string(), wrapped.question), ("10.0.0.7:1".to_owned(), None));
    for text in [
        &b""[..],
        b"(ADDRESS=(HOST=db2))",
        b"(ADDRESS=(PORT=1))",
        b"(ADDRESS=(PROTOCOL=ipc)(KEY=m))",
        b"(ADDRESS=(HOST=db2)(PORT=0))",
        b"(ADDRESS=(HOST=db2)(PORT=1)",
        b"(ADDRESS=x)",
        b"\xff\xfe",
    ] {
        assert_eq!(super::onwards(text), None, "{text:?}");
    }
}

/// The body of a fuzz target: reads any bytes as an answer, at each length that they may come in.
pub(super) fn fuzz(bytes: &[u8]) {
    if let Frame::Whole(packet, size) = frame(bytes) {
        assert!((HEADER..=bytes.len()).contains(&size));
        if let Ok(Reply::Redirect(text) | Reply::Data(text)) = Reply::read(packet) {
            drop(onwards(&text));
        }
        // What is one packet stays one, whatever follows.
        assert_eq!(frame(&bytes[..size]), Frame::Whole(packet, size));
    }
    drop(onwards(bytes));
}

#[test]
fn the_corpus_of_packets_breaks_nothing() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/tns");
    let mut files = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        (0..=bytes.len()).for_each(|end| fuzz(&bytes[..end]));
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            [0, 1, 0x7f, 0xff].iter().for_each(|byte| {
                damaged[at] = *byte;
                fuzz(&damaged);
            });
        }
        files += 1;
    }
    assert!(files >= 8, "{files}");
}

proptest! {
    #[test]
    fn any_bytes_are_framed_or_foreign(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        fuzz(&bytes);
    }

    /// However it is cut, an answer is the same once it is whole.
    #[test]
    fn a_packet_is_partial_until_it_is_whole(
        kind in proptest::sample::select(vec![ACCEPT, REFUSE, REDIRECT, RESEND, DATA, ABORT]),
        body in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let bytes = packet(kind, 0, &body);
        for end in 0..bytes.len() {
            prop_assert_eq!(frame(&bytes[..end]), Frame::Partial);
        }
        prop_assert_eq!(frame(&bytes), Frame::Whole(Packet { kind, flags: 0, body: &body }, bytes.len()));
    }
}
