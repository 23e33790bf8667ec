//! Cuts SQL into the tokens that matter for placeholders and statement ends. Nothing is lost: the tokens of a text are
//! the text.

use crate::dialect::{Backslash, Brackets, Lexis};
use std::ops::Range;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Space,
    Comment,
    /// A string or a quoted name.
    Quoted,
    /// A keyword, a name or a number.
    Word,
    /// `?`.
    Question,
    /// `??`.
    Escaped,
    /// `:name`.
    Name,
    /// `$1`, `@P1`, `:1`, `?1`: a placeholder in the form of some engine.
    Native,
    /// Anything else: mostly one character.
    Symbol,
}

/// A piece of SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) span: Range<usize>,
    /// The text ends before it does: a string or comment without its end.
    pub(crate) open: bool,
}

/// The tokens of a text.
#[derive(Debug, Clone)]
pub(crate) struct Lexer<'s> {
    text: &'s str,
    lexis: Lexis,
    at: usize,
    /// Inside `/*! … */`, whose end is a token then.
    executing: bool,
    after_word: bool,
    /// How many brackets of indices are open.
    brackets: usize,
}

impl<'s> Lexer<'s> {
    pub(crate) fn new(text: &'s str, lexis: Lexis) -> Self {
        Self::starting_at(text, lexis, 0)
    }

    /// From a position on, which is outside of strings and comments.
    pub(crate) fn starting_at(text: &'s str, lexis: Lexis, at: usize) -> Self {
        Self { text, lexis, at, executing: false, after_word: false, brackets: 0 }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn starts(&self, at: usize, with: &str) -> bool {
        self.text.as_bytes().get(at..).is_some_and(|rest| rest.starts_with(with.as_bytes()))
    }

    /// The end of what a search from there finds, or of the text.
    fn past(&self, from: usize, what: &str) -> (usize, bool) {
        match self.text.get(from..).and_then(|rest| rest.find(what)) {
            Some(found) => (from + found + what.len(), false),
            None => (self.text.len(), true),
        }
    }

    fn run(&self, from: usize, fits: impl Fn(char) -> bool) -> usize {
        let rest = self.text.get(from..).unwrap_or_default();
        from + rest.find(|c| !fits(c)).unwrap_or(rest.len())
    }

    fn is_word(&self, c: char) -> bool {
        c.is_alphanumeric() || c == '_' || c == '$' || !c.is_ascii() || c == '#' && !self.lexis.hash_comments
    }

    fn scan(&mut self) -> (Kind, usize, bool) {
        let (at, lexis) = (self.at, self.lexis);
        let Some(first) = self.text[at..].chars().next() else { return (Kind::Space, at, false) };
        match first {
            c if c.is_ascii_whitespace() => (Kind::Space, self.run(at, |c| c.is_ascii_whitespace()), false),
            '-' if self.starts(at, "--") && self.dashes_comment(at) => self.line_comment(at),
            '#' if lexis.hash_comments => self.line_comment(at),
            '/' if self.starts(at, "/*") => self.block_comment(at),
            '*' if self.executing && self.starts(at, "*/") => {
                self.executing = false;
                (Kind::Symbol, at + 2, false)
            }
            '\'' => self.quoted(at + 1, b'\'', lexis.backslash == Backslash::Always, true),
            '"' => self.quoted(at + 1, b'"', lexis.backslash == Backslash::Always, true),
            '`' if lexis.backticks => self.quoted(at + 1, b'`', false, true),
            '[' if lexis.brackets != Brackets::Symbols => {
                self.quoted(at + 1, b']', false, lexis.brackets == Brackets::DoubledNames)
            }
            '$' => self.dollar(at),
            '?' => self.question(at),
            ':' => self.colon(at),
            '@' => self.at_sign(at),
            c if self.is_word(c) => self.word(at),
            c => (Kind::Symbol, at + c.len_utf8(), false),
        }
    }

    fn dashes_comment(&self, at: usize) -> bool {
        let next = self.byte(at + 2);
        !self.lexis.dashes_need_space || next.is_none_or(|next| next <= b' ' || next == 0x7f)
    }

    fn line_comment(&self, at: usize) -> (Kind, usize, bool) {
        (Kind::Comment, self.run(at, |c| c != '\n'), false)
    }

    fn block_comment(&mut self, at: usize) -> (Kind, usize, bool) {
        let mark = ["/*!", "/*M!"].into_iter().find(|mark| self.starts(at, mark));
        if let Some(mark) = mark.filter(|_| self.lexis.executable_comments) {
            self.executing = true;
            // The version is a part of the mark: `/*!50003CREATE`.
            let digits = self.run(at + mark.len(), |c| c.is_ascii_digit()).min(at + mark.len() + 6);
            return (Kind::Symbol, digits, false);
        }
        if !self.lexis.nested_comments {
            let (end, open) = self.past(at + 2, "*/");
            return (Kind::Comment, end, open);
        }
        let (mut depth, mut end) = (1_usize, at + 2);
        while depth > 0 {
            let rest = self.text.as_bytes().get(end..).unwrap_or_default();
            if rest.starts_with(b"*/") {
                depth -= 1;
                end += 2;
            } else if rest.starts_with(b"/*") {
                depth += 1;
                end += 2;
            } else if rest.is_empty() {
                return (Kind::Comment, self.text.len(), true);
            } else {
                end += 1;
            }
        }
        (Kind::Comment, end, false)
    }

    fn quoted(&self, from: usize, quote: u8, backslash: bool, doubled: bool) -> (Kind, usize, bool) {
        let mut at = from;
        while let Some(byte) = self.byte(at) {
            if byte == b'\\' && backslash {
                at += 2;
            } else if byte != quote {
                at += 1;
            } else if doubled && self.byte(at + 1) == Some(quote) {
                at += 2;
            } else {
                return (Kind::Quoted, at + 1, false);
            }
        }
        (Kind::Quoted, self.text.len(), true)
    }

    fn dollar(&self, at: usize) -> (Kind, usize, bool) {
        let digits = self.run(at + 1, |c| c.is_ascii_digit());
        if digits > at + 1 {
            return (Kind::Native, digits, false);
        }
        let tag = self.run(at + 1, |c| c.is_alphanumeric() || c == '_' || !c.is_ascii());
        if self.lexis.dollar_quotes && self.byte(tag) == Some(b'$') {
            let (end, open) = self.past(tag + 1, &self.text[at..=tag]);
            return (Kind::Quoted, end, open);
        }
        (Kind::Symbol, at + 1, false)
    }

    fn question(&self, at: usize) -> (Kind, usize, bool) {
        match self.byte(at + 1) {
            Some(b'?') => (Kind::Escaped, at + 2, false),
            Some(b'0'..=b'9') => (Kind::Native, self.run(at + 1, |c| c.is_ascii_digit()), false),
            _ => (Kind::Question, at + 1, false),
        }
    }

    fn colon(&self, at: usize) -> (Kind, usize, bool) {
        let colons = self.run(at, |c| c == ':');
        let next = self.text[colons..].chars().next();
        // `a[low:high]` is an index. Elsewhere a word may end where a parameter begins: `then:x`.
        if colons > at + 1 || self.after_word && self.brackets > 0 {
            return (Kind::Symbol, colons, false);
        }
        match next {
            Some(c) if c.is_alphabetic() || c == '_' => {
                (Kind::Name, self.run(colons, |c| c.is_alphanumeric() || c == '_'), false)
            }
            Some(c) if c.is_ascii_digit() => (Kind::Native, self.run(colons, |c| c.is_ascii_digit()), false),
            _ => (Kind::Symbol, colons, false),
        }
    }

    fn at_sign(&self, at: usize) -> (Kind, usize, bool) {
        let name = self.run(at, |c| c == '@');
        let end = self.run(name, |c| self.is_word(c));
        let word = &self.text.as_bytes()[name..end];
        let numbered =
            word.len() > 1 && word[0].eq_ignore_ascii_case(&b'p') && word[1..].iter().all(u8::is_ascii_digit);
        let kind = if name == at + 1 && numbered { Kind::Native } else { Kind::Symbol };
        (kind, end, false)
    }

    fn word(&self, at: usize) -> (Kind, usize, bool) {
        let end = self.run(at, |c| self.is_word(c));
        let word = &self.text[at..end];
        if self.byte(end) != Some(b'\'') {
            return (Kind::Word, end, false);
        }
        if self.lexis.backslash == Backslash::EStrings && word.eq_ignore_ascii_case("e") {
            return self.quoted(end + 1, b'\'', true, true);
        }
        if self.lexis.q_quotes && (word.eq_ignore_ascii_case("q") || word.eq_ignore_ascii_case("nq")) {
            return self.q_quoted(end + 1);
        }
        (Kind::Word, end, false)
    }

    fn q_quoted(&self, from: usize) -> (Kind, usize, bool) {
        let Some(open) = self.text[from..].chars().next() else { return (Kind::Quoted, from, true) };
        let close = match open {
            '[' => ']',
            '{' => '}',
            '<' => '>',
            '(' => ')',
            other => other,
        };
        let (end, unclosed) = self.past(from + open.len_utf8(), &format!("{close}'"));
        (Kind::Quoted, end, unclosed)
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        if self.at >= self.text.len() {
            return None;
        }
        let start = self.at;
        let (kind, end, open) = self.scan();
        // A backslash at the very end can step over it.
        let end = end.min(self.text.len());
        self.at = end;
        self.after_word = kind == Kind::Word;
        match (kind, self.byte(start)) {
            (Kind::Symbol, Some(b'[')) => self.brackets += 1,
            (Kind::Symbol, Some(b']')) => self.brackets = self.brackets.saturating_sub(1),
            // What was left open does not reach into the next statement.
            (Kind::Symbol, Some(b';')) => self.brackets = 0,
            _ => {}
        }
        Some(Token { kind, span: start..end, open })
    }
}
