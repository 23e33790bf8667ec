//! The words of an expression.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A name or a keyword.
    Name(&'a str),
    Number(&'a str),
    /// A text with its quotes.
    Text(&'a str),
    Sign(&'a str),
}

impl<'a> Token<'a> {
    pub(super) fn text(self) -> &'a str {
        match self {
            Self::Name(text) | Self::Number(text) | Self::Text(text) | Self::Sign(text) => text,
        }
    }
}

/// Reads words up to the end of the text, or to `end` (`}}` or `%}`) outside of brackets, which a sign for white space
/// may precede. Says where it stopped: before the end mark and its sign.
pub(super) fn read<'a>(text: &'a str, end: Option<&str>) -> Option<(Vec<Token<'a>>, usize)> {
    let mut tokens = Vec::new();
    let (mut at, mut open) = (0, 0_usize);
    loop {
        let rest = text.get(at..)?;
        let trimmed = rest.trim_start_matches(|space: char| space.is_ascii_whitespace());
        at += rest.len() - trimmed.len();
        let rest = trimmed;
        let Some(first) = rest.chars().next() else {
            return end.is_none().then_some((tokens, at));
        };
        if let Some(end) = end.filter(|_| open == 0) {
            let unsigned = rest.strip_prefix(['-', '+']).unwrap_or(rest);
            if unsigned.starts_with(end) || rest.starts_with(end) {
                return Some((tokens, at));
            }
        }
        let after_dot = tokens.last() == Some(&Token::Sign("."));
        let token = match first {
            '\'' | '"' => Token::Text(rest.get(..quoted(rest, first)?)?),
            '0'..='9' => Token::Number(rest.get(..number(rest, after_dot))?),
            _ if first == '_' || first.is_ascii_alphabetic() => {
                let is_part = |letter: char| letter == '_' || letter.is_ascii_alphanumeric();
                Token::Name(rest.get(..rest.find(|letter| !is_part(letter)).unwrap_or(rest.len()))?)
            }
            _ => sign(rest)?,
        };
        match token {
            Token::Sign("(" | "[" | "{") => open += 1,
            Token::Sign(")" | "]" | "}") => open = open.checked_sub(1)?,
            _ => {}
        }
        at += token.text().len();
        tokens.push(token);
    }
}

fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if letter == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// How long a number is, as the engine reads it; after a dot it is an index, without a fraction.
fn number(text: &str, after_dot: bool) -> usize {
    let bytes = text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
    let run = |from: usize, is_part: fn(&u8) -> bool| {
        from + bytes.iter().skip(from).take_while(|byte| is_part(byte)).count()
    };
    let digits = |from: usize| run(from, |byte| byte.is_ascii_digit() || *byte == b'_');
    if byte(0) == b'0' && matches!(byte(1), b'x' | b'X' | b'o' | b'O' | b'b' | b'B') {
        return run(2, |byte| byte.is_ascii_hexdigit() || *byte == b'_');
    }
    let mut end = digits(0);
    if after_dot {
        return end;
    }
    if byte(end) == b'.' && byte(end + 1).is_ascii_digit() {
        end = digits(end + 1);
    }
    if matches!(byte(end), b'e' | b'E') {
        let from = end + 1 + usize::from(matches!(byte(end + 1), b'+' | b'-'));
        if byte(from).is_ascii_digit() {
            end = digits(from);
        }
    }
    end
}

fn sign(text: &str) -> Option<Token<'_>> {
    let two = text.get(..2).filter(|two| ["//", "**", "==", "!=", ">=", "<="].contains(two));
    let one = || text.get(..1).filter(|one| "+-*/%.,:~|=<>()[]{}".contains(one));
    two.or_else(one).map(Token::Sign)
}
