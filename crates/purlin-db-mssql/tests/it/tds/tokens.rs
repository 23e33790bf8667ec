//! What a server's answers are made of.

/// The bit by which the server says that it has seen a cancellation.
pub(crate) const ATTENTION: u16 = 0x20;
pub(crate) const MORE: u16 = 1;
pub(crate) const COUNT: u16 = 0x10;
pub(crate) const SELECT: u16 = 0xc1;
pub(crate) const INSERT: u16 = 0xc3;

pub(crate) fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn short(text: &str) -> Vec<u8> {
    [vec![text.encode_utf16().count() as u8], wide(text)].concat()
}

pub(crate) fn long(text: &str) -> Vec<u8> {
    [(text.encode_utf16().count() as u16).to_le_bytes().to_vec(), wide(text)].concat()
}

pub(crate) fn prelogin(encryption: u8) -> Vec<u8> {
    // Version, encryption, instance, thread, MARS; their values begin behind the 26 bytes of the table.
    let table = [0, 0, 26, 0, 6, 1, 0, 32, 0, 1, 2, 0, 33, 0, 1, 3, 0, 34, 0, 0, 4, 0, 34, 0, 1, 0xff];
    [&table[..], &[16, 0, 16, 5, 0, 0, encryption, 0, 0]].concat()
}

fn sized(token: u8, body: &[u8]) -> Vec<u8> {
    [&[token][..], &(body.len() as u16).to_le_bytes(), body].concat()
}

pub(crate) fn login_ack() -> Vec<u8> {
    let name = "Microsoft SQL Server";
    sized(0xad, &[&[1, 0x74, 0, 0, 4][..], &short(name), &[16, 0, 16, 5]].concat())
}

pub(crate) fn routing(host: &str, port: u16) -> Vec<u8> {
    let value = [&[0][..], &port.to_le_bytes(), &long(host)].concat();
    let value = [&(value.len() as u16).to_le_bytes()[..], &value].concat();
    sized(0xe3, &[&[20][..], &value, &[0, 0]].concat())
}

pub(crate) fn error(number: i32, state: u8, class: u8, text: &str) -> Vec<u8> {
    let body = [
        &number.to_le_bytes()[..],
        &[state, class],
        &long(text),
        &short("FAKE"),
        &short(""),
        &1_u32.to_le_bytes(),
    ];
    sized(0xaa, &body.concat())
}

pub(crate) fn info(text: &str) -> Vec<u8> {
    let body =
        [&0_i32.to_le_bytes()[..], &[1, 0], &long(text), &short("FAKE"), &short(""), &1_u32.to_le_bytes()];
    sized(0xab, &body.concat())
}

fn ending(token: u8, status: u16, command: u16, count: u64) -> Vec<u8> {
    [&[token][..], &status.to_le_bytes(), &command.to_le_bytes(), &count.to_le_bytes()].concat()
}

pub(crate) fn done(status: u16, command: u16, count: u64) -> Vec<u8> {
    ending(0xfd, status, command, count)
}

/// The end of a statement within a procedure, and of the procedure.
pub(crate) fn done_in_proc(status: u16, command: u16, count: u64) -> Vec<u8> {
    ending(0xff, status, command, count)
}

pub(crate) fn done_proc(status: u16) -> Vec<u8> {
    [vec![0x79, 0, 0, 0, 0], ending(0xfe, status, 0xe0, 0)].concat()
}

pub(crate) fn begun() -> Vec<u8> {
    sized(0xe3, &[8, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0])
}

pub(crate) fn committed() -> Vec<u8> {
    sized(0xe3, &[9, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8])
}

pub(crate) fn rolled_back() -> Vec<u8> {
    sized(0xe3, &[10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8])
}

/// Columns of these names and types.
pub(crate) fn columns(columns: &[(&str, &[u8])]) -> Vec<u8> {
    let mut token = vec![0x81];
    token.extend_from_slice(&(columns.len() as u16).to_le_bytes());
    for (name, kind) in columns {
        token.extend_from_slice(&[0, 0, 0, 0, 9, 0]);
        token.extend_from_slice(kind);
        token.extend_from_slice(&short(name));
    }
    token
}

pub(crate) fn row(values: &[&[u8]]) -> Vec<u8> {
    [&[0xd1][..], &values.concat()].concat()
}

/// A row in which the columns of these bits are NULL and have no bytes.
pub(crate) fn row_without(nulls: &[u8], values: &[&[u8]]) -> Vec<u8> {
    [&[0xd2][..], nulls, &values.concat()].concat()
}

pub(crate) const INT: &[u8] = &[0x26, 4];
pub(crate) const NVARCHAR: &[u8] = &[0xe7, 0x40, 0x1f, 9, 4, 0xd0, 0, 0x34];

pub(crate) fn int(value: i32) -> Vec<u8> {
    [&[4][..], &value.to_le_bytes()].concat()
}

pub(crate) fn nvarchar(text: &str) -> Vec<u8> {
    let text = wide(text);
    [&(text.len() as u16).to_le_bytes()[..], &text].concat()
}

/// A value in pieces of that size.
pub(crate) fn pieces(bytes: &[u8], size: usize) -> Vec<u8> {
    let mut value = (u64::MAX - 1).to_le_bytes().to_vec();
    for piece in bytes.chunks(size) {
        value.extend_from_slice(&(piece.len() as u32).to_le_bytes());
        value.extend_from_slice(piece);
    }
    value.extend_from_slice(&[0; 4]);
    value
}

/// One column of whole numbers, and its end.
pub(crate) fn ints(values: impl IntoIterator<Item = i32>) -> Vec<u8> {
    let mut tokens = columns(&[("n", INT)]);
    let mut count = 0;
    for value in values {
        tokens.extend_from_slice(&row(&[&int(value)]));
        count += 1;
    }
    [tokens, done(COUNT, SELECT, count)].concat()
}
