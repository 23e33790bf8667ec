//! Where keys of too many parts are: the parser refuses them without a place.

/// So many parts a key may have; the limit is the parser's.
pub(super) const MAX_PARTS: usize = 80;

/// The offsets of keys with more parts, in order. They are guessed from the signs outside of quotes; lines of long texts
/// are taken for keys too.
pub(super) fn starts(text: &str) -> impl Iterator<Item = usize> + '_ {
    let lines = text.split_inclusive('\n').scan(0, |offset, line| {
        let start = *offset;
        *offset += line.len();
        Some((start, line))
    });
    lines.flat_map(|(start, line)| of_line(line).into_iter().map(move |at| start + at))
}

fn of_line(line: &str) -> Vec<usize> {
    let (mut found, mut quote, mut is_escaped) = (Vec::new(), None, false);
    let (mut start, mut dots) = (None, 0);
    for (at, sign) in line.bytes().enumerate() {
        match (quote, sign) {
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some(b'"'), b'\\') => is_escaped = true,
            (Some(open), _) if open == sign => quote = None,
            (Some(_), _) => {}
            (None, b'#') => break,
            (None, b'=' | b',' | b'[' | b']' | b'{' | b'}') => (start, dots) = (None, 0),
            (None, b'.') => {
                dots += 1;
                found.extend(start.filter(|_| dots == MAX_PARTS));
            }
            (None, _) => {
                quote = Some(sign).filter(|sign| matches!(sign, b'"' | b'\''));
                start = start.or(Some(at).filter(|_| !sign.is_ascii_whitespace()));
            }
        }
    }
    found
}
