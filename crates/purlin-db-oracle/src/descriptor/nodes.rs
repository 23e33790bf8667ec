//! `(NAME=VALUE)` within `(NAME=VALUE)`: the syntax of Oracle Net's configuration.

use super::Fault;

/// Deeper than any descriptor means anything.
const DEEPEST: usize = 16;

/// `NAME=VALUE` in parentheses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// In upper case.
    pub(crate) key: String,
    /// Where the name begins.
    pub(crate) at: usize,
    pub(crate) value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Nodes(Vec<Node>),
}

impl Node {
    pub(crate) fn nodes(&self) -> Result<&[Self], Fault> {
        match &self.value {
            Value::Nodes(nodes) => Ok(nodes),
            // `(ADDRESS=)`
            Value::Text(text) if text.is_empty() => Ok(&[]),
            Value::Text(_) => {
                Err(Fault::new(self.at, "syntax", format!("{} holds parameters in parentheses", self.key)))
            }
        }
    }

    pub(crate) fn text(&self) -> Result<&str, Fault> {
        match &self.value {
            Value::Text(text) => Ok(text),
            Value::Nodes(_) => {
                Err(Fault::new(self.at, "syntax", format!("{} holds a value, not parentheses", self.key)))
            }
        }
    }
}

/// One node, and where it ends; `from` is where it may begin at the earliest.
pub(crate) fn node(text: &str, from: usize) -> Result<(Node, usize), Fault> {
    let mut cursor = Cursor { text, at: from };
    cursor.skip();
    let node = cursor.node(0)?;
    Ok((node, cursor.at))
}

/// Where the next character stands that is neither space nor in a comment.
pub(crate) fn skip(text: &str, from: usize) -> usize {
    let mut cursor = Cursor { text, at: from };
    cursor.skip();
    cursor.at
}

struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl Cursor<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn eat(&mut self, wanted: char) -> bool {
        let is = self.peek() == Some(wanted);
        self.at += if is { wanted.len_utf8() } else { 0 };
        is
    }

    fn skip(&mut self) {
        while let Some(letter) = self.peek() {
            match letter {
                '#' => self.at += self.rest().find('\n').unwrap_or(self.rest().len()),
                letter if letter.is_whitespace() => self.at += letter.len_utf8(),
                _ => return,
            }
        }
    }

    fn node(&mut self, depth: usize) -> Result<Node, Fault> {
        let open = self.at;
        if !self.eat('(') {
            return Err(self.unexpected("an opening parenthesis"));
        }
        if depth >= DEEPEST {
            return Err(Fault::new(
                open,
                "syntax",
                format!("more than {DEEPEST} parentheses within each other"),
            ));
        }
        self.skip();
        let at = self.at;
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-');
        let length = self.rest().find(|letter| !is_name(letter)).unwrap_or(self.rest().len());
        let key = self.rest()[..length].to_ascii_uppercase();
        self.at += length;
        if key.is_empty() {
            return Err(self.unexpected("the name of a parameter"));
        }
        self.skip();
        if !self.eat('=') {
            return Err(self.unexpected(&format!("= after {key}")));
        }
        self.skip();
        let value = match self.peek() {
            Some('(') => Value::Nodes(self.nodes(depth)?),
            _ => Value::Text(self.value(open)?),
        };
        self.skip();
        if self.eat(')') {
            return Ok(Node { key, at, value });
        }
        Err(unclosed(open))
    }

    fn nodes(&mut self, depth: usize) -> Result<Vec<Node>, Fault> {
        let mut nodes = Vec::new();
        while self.peek() == Some('(') {
            nodes.push(self.node(depth + 1)?);
            self.skip();
        }
        Ok(nodes)
    }

    fn value(&mut self, open: usize) -> Result<String, Fault> {
        match self.peek() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote),
            _ => self.bare(open),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<String, Fault> {
        let begin = self.at;
        let inner = &self.text[begin + 1..];
        match inner.find(quote) {
            Some(length) => {
                self.at = begin + 1 + length + 1;
                Ok(inner[..length].to_owned())
            }
            None => Err(Fault::new(begin, "open-quote", "this quote is never closed")),
        }
    }

    /// Up to the closing parenthesis; a comment begins at a `#` after space.
    fn bare(&mut self, open: usize) -> Result<String, Fault> {
        let mut value = String::new();
        loop {
            match self.peek() {
                None => return Err(unclosed(open)),
                Some(')') => return Ok(value.trim_end().to_owned()),
                Some('(') => return Err(unclosed(open)),
                Some('#') if value.is_empty() || value.ends_with(char::is_whitespace) => self.skip(),
                Some(letter) => {
                    value.push(letter);
                    self.at += letter.len_utf8();
                }
            }
        }
    }

    fn unexpected(&self, wanted: &str) -> Fault {
        let found = self.peek().map_or_else(|| "the end".to_owned(), |letter| format!("{letter:?}"));
        Fault::new(self.at, "syntax", format!("{found} where {wanted} belongs"))
    }
}

fn unclosed(open: usize) -> Fault {
    Fault::new(open, "open-parenthesis", "this parenthesis is never closed")
}
