//! Words and signs become an expression.

use super::lex::{Compare, Kind, MALFORMED, Token, tokens};
use crate::expression::Fault;

/// How deep parentheses may be nested.
const MAX_DEPTH: usize = 128;
/// How many names and comparisons it may have: each may look at all hosts.
const MAX_TERMS: usize = 1000;
/// How long a selector may be.
const MAX_BYTES: usize = 64 << 10;

/// An expression; offsets are those of its words.
#[derive(Debug)]
pub(super) enum Expression {
    /// Any of them.
    Any(Vec<Expression>),
    /// The first, and what is done to it from left to right.
    Chain(Box<Expression>, Vec<(Step, Expression)>),
    Name(usize, String),
    Compare {
        key: (usize, String),
        compare: Compare,
        value: Literal,
    },
    OnePer(usize, String),
    Sample(Share),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    And,
    Minus,
}

#[derive(Debug)]
pub(super) struct Literal {
    pub(super) offset: usize,
    pub(super) text: String,
    /// What is in quotes is taken as it is: it is not null, and need not be known.
    pub(super) quoted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Share {
    Count(usize),
    /// Of 100.
    Percent(f64),
}

pub(super) fn parse(text: &str) -> Result<Expression, Fault> {
    if text.len() > MAX_BYTES {
        return Err(Fault::new(0, MALFORMED, format!("a selector of more than {MAX_BYTES} bytes")));
    }
    let mut parser =
        Parser { tokens: tokens(text)?.into_iter().peekable(), end: text.len(), depth: 0, terms: 0 };
    let expression = parser.any()?;
    match parser.tokens.next() {
        None => Ok(expression),
        Some(token) if token.kind == Kind::Close => {
            Err(Fault::new(token.offset, MALFORMED, "a closing parenthesis without an opening one"))
        }
        Some(token) => {
            let fault = Fault::new(
                token.offset,
                MALFORMED,
                format!("an operator is missing before {}", token.kind.name()),
            );
            Err(match token.kind {
                Kind::Comma => fault.help("write `|` for any of both"),
                _ => fault
                    .help("write `&` for both, `|` for any of both, `-` for the first without the second"),
            })
        }
    }
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    end: usize,
    depth: usize,
    terms: usize,
}

impl Parser {
    fn take_if(&mut self, kind: &Kind) -> bool {
        self.tokens.next_if(|token| token.kind == *kind).is_some()
    }

    fn any(&mut self) -> Result<Expression, Fault> {
        let first = self.chain()?;
        let mut members = vec![first];
        while self.take_if(&Kind::Or) {
            members.push(self.chain()?);
        }
        Ok(match members.len() {
            1 => members.remove(0),
            _ => Expression::Any(members),
        })
    }

    fn chain(&mut self) -> Result<Expression, Fault> {
        let first = self.one()?;
        let mut steps = Vec::new();
        loop {
            let step = match () {
                () if self.take_if(&Kind::And) => Step::And,
                () if self.take_if(&Kind::Minus) => Step::Minus,
                () if steps.is_empty() => return Ok(first),
                () => return Ok(Expression::Chain(Box::new(first), steps)),
            };
            steps.push((step, self.one()?));
        }
    }

    fn one(&mut self) -> Result<Expression, Fault> {
        let Some(token) = self.tokens.next() else {
            return Err(Fault::new(self.end, MALFORMED, "a name or a comparison is missing at the end"));
        };
        let offset = token.offset;
        self.terms += usize::from(matches!(token.kind, Kind::Word(_)));
        if self.terms > MAX_TERMS {
            let message = format!("more than {MAX_TERMS} names and comparisons");
            return Err(Fault::new(offset, MALFORMED, message));
        }
        match token.kind {
            Kind::Open => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    let message = format!("parentheses nested more than {MAX_DEPTH} deep");
                    return Err(Fault::new(offset, MALFORMED, message));
                }
                let inner = self.any()?;
                self.depth -= 1;
                match self.take_if(&Kind::Close) {
                    true => Ok(inner),
                    false => Err(self.unclosed(offset)),
                }
            }
            Kind::Word(word) => match self.tokens.peek().map(|token| &token.kind) {
                Some(Kind::Compare(compare)) => {
                    let compare = *compare;
                    self.tokens.next();
                    Ok(Expression::Compare { key: (offset, word), compare, value: self.value()? })
                }
                Some(Kind::Open) => self.function(offset, &word),
                _ => Ok(Expression::Name(offset, word)),
            },
            Kind::Quoted(_) => {
                let fault = Fault::new(
                    offset,
                    MALFORMED,
                    "a text in quotes is only a value: something is missing before it",
                );
                Err(fault.help("write name=\"…\" for a host by its name"))
            }
            kind => {
                let message = format!("a name or a comparison is missing before {}", kind.name());
                Err(Fault::new(offset, MALFORMED, message))
            }
        }
    }

    fn unclosed(&mut self, open: usize) -> Fault {
        match self.tokens.next() {
            Some(token) => {
                let message = format!("an operator or `)` is missing before {}", token.kind.name());
                Fault::new(token.offset, MALFORMED, message)
            }
            None => Fault::new(open, MALFORMED, "this parenthesis is not closed"),
        }
    }

    fn value(&mut self) -> Result<Literal, Fault> {
        let fault =
            |offset, what: String| Err(Fault::new(offset, MALFORMED, format!("a value is missing {what}")));
        match self.tokens.next() {
            Some(Token { offset, kind: Kind::Word(text) }) => Ok(Literal { offset, text, quoted: false }),
            Some(Token { offset, kind: Kind::Quoted(text) }) => Ok(Literal { offset, text, quoted: true }),
            Some(token) => fault(token.offset, format!("before {}", token.kind.name())),
            None => fault(self.end, "at the end".to_owned()),
        }
    }

    fn function(&mut self, offset: usize, name: &str) -> Result<Expression, Fault> {
        let open = self.tokens.next().map_or(offset, |token| token.offset);
        if !matches!(name, "one_per" | "sample") {
            let fault = Fault::new(
                offset,
                MALFORMED,
                format!("there is no function {}", crate::expression::quoted(name)),
            );
            let suggestion = purlin_core::suggest(name, ["one_per", "sample"]);
            return Err(match suggestion {
                Some(known) => fault.help(format!("did you mean {known}(…)?")),
                None => fault.help("there are one_per(key) and sample(5) or sample(10%)"),
            });
        }
        let argument = match self.tokens.next() {
            Some(Token { offset, kind: Kind::Word(word) }) => (offset, word),
            Some(token) => {
                let message =
                    format!("{name} wants a word between its parentheses, not {}", token.kind.name());
                return Err(Fault::new(token.offset, MALFORMED, message));
            }
            None => return Err(self.unclosed(open)),
        };
        if !self.take_if(&Kind::Close) {
            return Err(self.unclosed(open));
        }
        match name {
            "one_per" => Ok(Expression::OnePer(argument.0, argument.1)),
            _ => share(argument.0, &argument.1).map(Expression::Sample),
        }
    }
}

fn share(offset: usize, text: &str) -> Result<Share, Fault> {
    let bad = || {
        let message = format!("{} is no share of hosts", crate::expression::quoted(text));
        Fault::new(offset, MALFORMED, message)
            .help("write a number from 1, or a percentage above 0 and up to 100")
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    match text.strip_suffix('%') {
        Some(percent) => {
            let percent = percent.parse::<f64>().ok().filter(|_| digits(percent));
            percent.filter(|percent| *percent > 0.0 && *percent <= 100.0).map(Share::Percent).ok_or_else(bad)
        }
        None => {
            let count = text.parse().ok().filter(|count| *count > 0 && digits(text));
            count.map(Share::Count).ok_or_else(bad)
        }
    }
}
