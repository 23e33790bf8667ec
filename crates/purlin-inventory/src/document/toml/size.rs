//! How much memory a text takes when it is parsed: the parser has no bounds of its own.

/// A table, also an empty one, and one that a dot in a key makes.
const TABLE: usize = 1_700;
/// A key with its value.
const ENTRY: usize = 450;
/// An item of a list.
const ITEM: usize = 200;

/// The most that a file may take: a gibibyte holds it beside what is made of it.
const MAX_BYTES: usize = 600 << 20;

/// The line, from 1, with which a text takes more memory than it may. This is guessed from the signs outside of quotes;
/// lines of long texts are taken for signs too.
pub(super) fn exceeded(text: &str) -> Option<usize> {
    // Each letter is one sign at most.
    if text.len().saturating_mul(TABLE) <= MAX_BYTES {
        return None;
    }
    let mut bytes = 0_usize;
    let mut header = "";
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start();
        bytes = bytes.saturating_add(of_line(line));
        if line.starts_with('[') {
            // The tables that a header shares with the one before are there already.
            bytes = bytes.saturating_sub(TABLE * shared(header, line));
            header = line;
        }
        if bytes > MAX_BYTES {
            return Some(index + 1);
        }
    }
    None
}

fn of_line(line: &str) -> usize {
    let (mut bytes, mut quote, mut is_escaped) = (if line.starts_with('[') { TABLE } else { 0 }, None, false);
    for sign in line.bytes() {
        match (quote, sign) {
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some(b'"'), b'\\') => is_escaped = true,
            (Some(open), _) if open == sign => quote = None,
            (Some(_), _) => {}
            (None, b'#') => break,
            (None, b'"' | b'\'') => quote = Some(sign),
            (None, b'{' | b'.') => bytes += TABLE,
            (None, b'=') => bytes += ENTRY,
            (None, b',' | b'[') => bytes += ITEM,
            _ => {}
        }
    }
    bytes
}

/// How many dots two headers have in common from the start; those in quotes are none.
fn shared(one: &str, other: &str) -> usize {
    let same = one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other);
    let mut is_quoted = false;
    same.filter(|(sign, _)| {
        is_quoted ^= matches!(sign, b'"' | b'\'');
        *sign == b'.' && !is_quoted
    })
    .count()
}
