//! What a server's answers are made of (MS-TDS 2.2.7): each function gives the bytes of one token or value.

/// The bit of [`done`] by which the server says that it has seen a cancellation.
pub const ATTENTION: u16 = 0x20;
/// The bit of [`done`] that says that more follows.
pub const MORE: u16 = 1;
/// The bit of [`done`] that says that the statement has failed.
pub const ERROR: u16 = 2;
/// The bit of [`done`] that says that its count counts.
pub const COUNT: u16 = 0x10;
/// The command of a SELECT, for [`done`].
pub const SELECT: u16 = 0xc1;
/// The command of an INSERT, for [`done`].
pub const INSERT: u16 = 0xc3;
/// The type of a nullable `int`, for [`columns`].
pub const INT: &[u8] = &[0x26, 4];
/// The type of an `nvarchar(4000)`, for [`columns`].
pub const NVARCHAR: &[u8] = &[0xe7, 0x40, 0x1f, 9, 4, 0xd0, 0, 0x34];

/// Text in UTF-16.
pub fn wide(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() * 2);
    for unit in text.encode_utf16() {
        bytes.extend_from_slice(&unit.to_le_bytes());
    }
    bytes
}

/// Text of at most 255 units after a count of one byte.
pub fn short(text: &str) -> Vec<u8> {
    [vec![text.encode_utf16().count() as u8], wide(text)].concat()
}

/// Text after a count of two bytes.
pub fn long(text: &str) -> Vec<u8> {
    [(text.encode_utf16().count() as u16).to_le_bytes().to_vec(), wide(text)].concat()
}

/// The answer to the first packet, with that word about encryption: 0 off, 1 on, 2 not supported, 3 required.
pub fn prelogin(encryption: u8) -> Vec<u8> {
    // Version, encryption, instance, thread, MARS; their values begin behind the 26 bytes of the table.
    let table = [0, 0, 26, 0, 6, 1, 0, 32, 0, 1, 2, 0, 33, 0, 1, 3, 0, 34, 0, 0, 4, 0, 34, 0, 1, 0xff];
    [&table[..], &[16, 0, 16, 5, 0, 0, encryption, 0, 0]].concat()
}

fn sized(token: u8, body: &[u8]) -> Vec<u8> {
    [&[token][..], &(body.len() as u16).to_le_bytes(), body].concat()
}

/// The login is accepted, in TDS 7.4.
pub fn login_ack() -> Vec<u8> {
    let name = "Microsoft SQL Server";
    sized(0xad, &[&[1, 0x74, 0, 0, 4][..], &short(name), &[16, 0, 16, 5]].concat())
}

/// The session is to be had there.
pub fn routing(host: &str, port: u16) -> Vec<u8> {
    let value = [&[0][..], &port.to_le_bytes(), &long(host)].concat();
    let value = [&(value.len() as u16).to_le_bytes()[..], &value].concat();
    sized(0xe3, &[&[20][..], &value, &[0, 0]].concat())
}

fn message(token: u8, number: i32, state: u8, class: u8, text: &str) -> Vec<u8> {
    let body = [
        &number.to_le_bytes()[..],
        &[state, class],
        &long(text),
        &short("FAKE"),
        &short(""),
        &1_u32.to_le_bytes(),
    ];
    sized(token, &body.concat())
}

/// A refusal, from the server `FAKE`, at line 1.
pub fn error(number: i32, state: u8, class: u8, text: &str) -> Vec<u8> {
    message(0xaa, number, state, class, text)
}

/// What PRINT says.
pub fn info(text: &str) -> Vec<u8> {
    message(0xab, 0, 1, 0, text)
}

fn ending(token: u8, status: u16, command: u16, count: u64) -> Vec<u8> {
    [&[token][..], &status.to_le_bytes(), &command.to_le_bytes(), &count.to_le_bytes()].concat()
}

/// The end of a statement of a batch.
pub fn done(status: u16, command: u16, count: u64) -> Vec<u8> {
    ending(0xfd, status, command, count)
}

/// The end of a statement within a procedure.
pub fn done_in_proc(status: u16, command: u16, count: u64) -> Vec<u8> {
    ending(0xff, status, command, count)
}

/// The end of a procedure that returned 0.
pub fn done_proc(status: u16) -> Vec<u8> {
    [vec![0x79, 0, 0, 0, 0], ending(0xfe, status, 0xe0, 0)].concat()
}

/// A transaction has begun.
pub fn begun() -> Vec<u8> {
    sized(0xe3, &[8, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0])
}

/// A transaction is committed.
pub fn committed() -> Vec<u8> {
    sized(0xe3, &[9, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8])
}

/// A transaction is rolled back.
pub fn rolled_back() -> Vec<u8> {
    sized(0xe3, &[10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8])
}

/// Columns of these names and types.
pub fn columns<N: AsRef<str>>(columns: &[(N, &[u8])]) -> Vec<u8> {
    let mut token = vec![0x81];
    token.extend_from_slice(&(columns.len() as u16).to_le_bytes());
    for (name, kind) in columns {
        token.extend_from_slice(&[0, 0, 0, 0, 9, 0]);
        token.extend_from_slice(kind);
        token.extend_from_slice(&short(name.as_ref()));
    }
    token
}

/// A row of these values, each as its column's type writes it.
pub fn row(values: &[&[u8]]) -> Vec<u8> {
    [&[0xd1][..], &values.concat()].concat()
}

/// A row in which the columns of these bits are NULL and have no bytes.
pub fn row_without(nulls: &[u8], values: &[&[u8]]) -> Vec<u8> {
    [&[0xd2][..], nulls, &values.concat()].concat()
}

/// A value of an [`INT`] column.
pub fn int(value: i32) -> Vec<u8> {
    [&[4][..], &value.to_le_bytes()].concat()
}

/// A value of an [`NVARCHAR`] column.
pub fn nvarchar(text: &str) -> Vec<u8> {
    let text = wide(text);
    [&(text.len() as u16).to_le_bytes()[..], &text].concat()
}

/// A value of a MAX type, in pieces of that size.
pub fn pieces(bytes: &[u8], size: usize) -> Vec<u8> {
    let mut value = (u64::MAX - 1).to_le_bytes().to_vec();
    for piece in bytes.chunks(size.max(1)) {
        value.extend_from_slice(&(piece.len() as u32).to_le_bytes());
        value.extend_from_slice(piece);
    }
    value.extend_from_slice(&[0; 4]);
    value
}

/// An answer with one column `n` of whole numbers, and its end.
pub fn ints(values: impl IntoIterator<Item = i32>) -> Vec<u8> {
    let mut tokens = columns(&[("n", INT)]);
    let mut count = 0;
    for value in values {
        tokens.extend_from_slice(&row(&[&int(value)]));
        count += 1;
    }
    [tokens, done(COUNT, SELECT, count)].concat()
}
