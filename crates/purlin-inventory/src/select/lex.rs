//! A selector comes apart into words and signs.

use crate::expression::Fault;

pub(super) const MALFORMED: &str = "malformed-selector";

/// A word or a sign, and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) offset: usize,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// As it stands there.
    Word(String),
    /// What is between quotes.
    Quoted(String),
    And,
    Or,
    Minus,
    Open,
    Close,
    Comma,
    Compare(Compare),
}

/// How a key is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compare {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
    Like,
}

impl Kind {
    /// For messages.
    pub(super) fn name(&self) -> String {
        let sign = match self {
            Self::Word(word) => return crate::expression::quoted(word),
            Self::Quoted(text) => return crate::expression::quoted(text),
            Self::And => "&",
            Self::Or => "|",
            Self::Minus => "-",
            Self::Open => "(",
            Self::Close => ")",
            Self::Comma => ",",
            Self::Compare(Compare::Equal) => "=",
            Self::Compare(Compare::Unequal) => "!=",
            Self::Compare(Compare::Less) => "<",
            Self::Compare(Compare::AtMost) => "<=",
            Self::Compare(Compare::More) => ">",
            Self::Compare(Compare::AtLeast) => ">=",
            Self::Compare(Compare::Like) => "~",
        };
        format!("`{sign}`")
    }
}

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Fault> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        let rest = &text[at..];
        if letter.is_whitespace() {
            at += letter.len_utf8();
            continue;
        }
        // Behind a comparison a minus begins a number.
        let value = matches!(tokens.last(), Some(Token { kind: Kind::Compare(_), .. }));
        let (kind, length) = match letter {
            '"' | '\'' => quoted(at, rest, letter)?,
            '-' if !value => (Kind::Minus, 1),
            _ => match sign(rest) {
                Some(found) => found,
                None => word(at, rest)?,
            },
        };
        tokens.push(Token { offset: at, kind });
        at += length;
    }
    Ok(tokens)
}

fn sign(rest: &str) -> Option<(Kind, usize)> {
    let signs = [
        ("!=", Kind::Compare(Compare::Unequal)),
        ("<=", Kind::Compare(Compare::AtMost)),
        (">=", Kind::Compare(Compare::AtLeast)),
        ("=", Kind::Compare(Compare::Equal)),
        ("<", Kind::Compare(Compare::Less)),
        (">", Kind::Compare(Compare::More)),
        ("~", Kind::Compare(Compare::Like)),
        ("&", Kind::And),
        ("|", Kind::Or),
        ("(", Kind::Open),
        (")", Kind::Close),
        (",", Kind::Comma),
    ];
    signs.into_iter().find(|(sign, _)| rest.starts_with(sign)).map(|(sign, kind)| (kind, sign.len()))
}

/// Backslash takes the next letter as it is, where that is a quote or a backslash: other backslashes belong to the text,
/// so that expressions need not double theirs.
fn quoted(at: usize, rest: &str, quote: char) -> Result<(Kind, usize), Fault> {
    let mut text = String::new();
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((index, letter)) = letters.next() {
        match letter {
            '\\' if letters.peek().is_some_and(|(_, next)| *next == quote || *next == '\\') => {
                text.extend(letters.next().map(|(_, letter)| letter));
            }
            letter if letter == quote => return Ok((Kind::Quoted(text), index + 1)),
            letter => text.push(letter),
        }
    }
    Err(Fault::new(at, MALFORMED, "this quote is not closed"))
}

/// Everything up to white space or a sign; what is in brackets belongs to the word.
fn word(at: usize, rest: &str) -> Result<(Kind, usize), Fault> {
    let mut bracket = None;
    let mut length = rest.len();
    for (index, letter) in rest.char_indices() {
        match letter {
            '[' if bracket.is_none() => bracket = Some(index),
            ']' => bracket = None,
            _ if bracket.is_some() && !letter.is_whitespace() => {}
            '!' | '"' | '\'' | '<' | '>' | '=' | '~' | '&' | '|' | '(' | ')' | ',' => {
                length = index;
                break;
            }
            letter if letter.is_whitespace() => {
                length = index;
                break;
            }
            _ => {}
        }
    }
    if let Some(bracket) = bracket {
        return Err(Fault::new(at + bracket, MALFORMED, "this bracket is not closed"));
    }
    if length == 0 {
        let letter: String = rest.chars().take(1).collect();
        let fault = Fault::new(at, MALFORMED, format!("`{letter}` means nothing here"));
        return Err(match letter.as_str() {
            "!" => fault.help("write `all - x` for all but x, and `key!=value` for another value"),
            _ => fault,
        });
    }
    Ok((Kind::Word(rest[..length].to_owned()), length))
}
