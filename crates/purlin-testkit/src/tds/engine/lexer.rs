//! T-SQL in tokens, and a batch in statements.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Blanks and comments.
    Space,
    /// `'…'`.
    Text,
    /// `[…]` and `"…"`.
    Name,
    /// A keyword, a plain name or a number.
    Word,
    /// `@…`.
    Variable,
    Symbol,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t str,
}

impl Token<'_> {
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Symbol | Kind::Variable)
            && self.text.eq_ignore_ascii_case(word)
    }

    /// A name without its quotes.
    pub(super) fn name(&self) -> String {
        match self.text.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
            Some(name) => name.replace("]]", "]"),
            None => match self.text.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
                Some(name) => name.replace("\"\"", "\""),
                None => self.text.to_owned(),
            },
        }
    }
}

/// All tokens of a text but its end of a string that is missing.
pub(super) fn tokens(mut text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    while let Some(first) = text.chars().next() {
        let (kind, size) = token(text, first);
        let (taken, rest) = text.split_at(size.clamp(1, text.len()));
        tokens.push(Token { kind, text: taken });
        text = rest;
    }
    tokens
}

fn token(text: &str, first: char) -> (Kind, usize) {
    let until = |fits: fn(char) -> bool| text.find(|c| !fits(c)).unwrap_or(text.len());
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '#' | '$');
    match first {
        c if c.is_whitespace() => (Kind::Space, until(char::is_whitespace)),
        '-' if text.starts_with("--") => (Kind::Space, text.find('\n').unwrap_or(text.len())),
        '/' if text.starts_with("/*") => (Kind::Space, comment(text)),
        '\'' => (Kind::Text, quoted(text, b'\'')),
        '"' => (Kind::Name, quoted(text, b'"')),
        '[' => (Kind::Name, quoted(text, b']')),
        '@' => {
            let name = text.trim_start_matches('@');
            let at = text.len() - name.len();
            (Kind::Variable, at + name.find(|c| !word(c)).unwrap_or(name.len()))
        }
        c if c.is_ascii_digit() => {
            let number = |c: char| c.is_ascii_alphanumeric() || c == '.';
            (Kind::Word, text.find(|c| !number(c)).unwrap_or(text.len()))
        }
        c if word(c) => (Kind::Word, text.find(|c| !word(c)).unwrap_or(text.len())),
        c => (Kind::Symbol, c.len_utf8()),
    }
}

fn comment(text: &str) -> usize {
    let (bytes, mut depth, mut at) = (text.as_bytes(), 1, 2);
    while depth > 0 && at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    at
}

fn quoted(text: &str, quote: u8) -> usize {
    let (bytes, mut at) = (text.as_bytes(), 1);
    while let Some(byte) = bytes.get(at) {
        at += 1;
        if *byte == quote {
            if bytes.get(at) != Some(&quote) {
                return at;
            }
            at += 1;
        }
    }
    text.len()
}

/// The statements of a batch, without blanks at their ends.
pub(super) fn statements(text: &str) -> Vec<Vec<Token<'_>>> {
    let mut statements = Vec::new();
    let mut statement: Vec<Token<'_>> = Vec::new();
    for token in tokens(text) {
        if token.is(";") {
            statements.push(std::mem::take(&mut statement));
        } else if token.kind != Kind::Space || !statement.is_empty() {
            statement.push(token);
        }
    }
    statements.push(statement);
    statements.retain(|statement| !statement.is_empty());
    statements
}
