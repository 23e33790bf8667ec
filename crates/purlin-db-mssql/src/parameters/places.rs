//! The places that a statement has for parameters.

/// The highest number of `@P1`, `@P2`, … outside of texts, quoted names and comments.
pub(super) fn highest(sql: &str) -> usize {
    let (bytes, mut at, mut highest) = (sql.as_bytes(), 0, 0);
    while let Some(byte) = bytes.get(at) {
        at = match byte {
            b'\'' | b'"' => quoted(bytes, at + 1, *byte),
            b'[' => quoted(bytes, at + 1, b']'),
            b'-' if bytes.get(at + 1) == Some(&b'-') => line(bytes, at),
            b'/' if bytes.get(at + 1) == Some(&b'*') => comment(bytes, at + 2),
            b'@' => {
                let end = word(bytes, at + 1);
                highest = highest.max(number(bytes.get(at + 1..end).unwrap_or_default()));
                end
            }
            // A variable's sign within a name begins none.
            _ => word(bytes, at).max(at + 1),
        };
    }
    highest
}

fn number(name: &[u8]) -> usize {
    let Some((b'p' | b'P', digits)) = name.split_first() else { return 0 };
    let digits = digits.iter().all(u8::is_ascii_digit).then_some(digits);
    digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok()).unwrap_or(0)
}

/// The end of the word that begins there.
fn word(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let within =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@' | b'#' | b'$' | 0x80..);
    at + rest.iter().position(|byte| !within(byte)).unwrap_or(rest.len())
}

/// Behind the quote that ends it; a doubled one does not.
fn quoted(bytes: &[u8], mut at: usize, quote: u8) -> usize {
    while let Some(byte) = bytes.get(at) {
        at += 1;
        if *byte == quote {
            if bytes.get(at) != Some(&quote) {
                return at;
            }
            at += 1;
        }
    }
    at
}

fn line(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
}

/// Comments lie in each other.
fn comment(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 1_usize;
    while depth > 0 && at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::highest;

    #[test]
    fn places_are_counted_where_the_server_sees_them() {
        for (sql, wanted) in [
            ("", 0),
            ("SELECT 1", 0),
            ("SELECT @P1, @p3", 3),
            ("SELECT @P10 + @P2", 10),
            ("SELECT '@P5''@P6', [@P7]]@P8], \"@P9\" -- @P4\n, @P1 /* @P2 /* @P3 */ @P4 */", 1),
            ("SELECT @@P5, a@P6, @P, @Px, @P1x, @Page", 0),
            ("SELECT 'open @P1", 0),
            ("naïve@P3 /* @P2", 0),
        ] {
            assert_eq!(highest(sql), wanted, "{sql}");
        }
    }
}
