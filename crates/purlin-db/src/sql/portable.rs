//! Portable SQL, rewritten for a dialect.

use super::lexer::{Kind, Lexer, Token};
use super::{Parameters, position};
use crate::dialect::Placeholder;
use crate::{Dialect, Value};
use purlin_core::{Error, ErrorKind, Outcome, Result};
use std::borrow::Cow;
use std::fmt::Write;

/// A statement in a dialect's own form.
#[derive(Debug)]
pub(super) struct Compiled {
    /// None where it is the text as it was written.
    text: Option<String>,
    binds: Binds,
}

#[derive(Debug, PartialEq, Eq)]
enum Binds {
    /// The places of `?`.
    InOrder(Vec<usize>),
    /// The names, each with its first place, and which of them is bound where.
    ByName { names: Vec<(String, usize)>, order: Vec<usize> },
}

impl Compiled {
    pub(super) fn new(text: &str, dialect: &Dialect) -> Result<Self> {
        let mut writer = Writer::new(text, dialect);
        let mut binds = Binds::InOrder(Vec::new());
        for token in Lexer::new(text, dialect.lexis) {
            check(text, dialect, &token)?;
            let place = token.span.start;
            let number = match token.kind {
                Kind::Question => binds.question(text, place)?,
                Kind::Name => binds.name(text, &token, dialect.placeholder)?,
                Kind::Escaped => {
                    writer.escaped(place)?;
                    continue;
                }
                _ => {
                    writer.copy(&token);
                    continue;
                }
            };
            writer.placeholder(&token, number);
        }
        let text = writer.changed.then_some(writer.out);
        Ok(Self { text, binds })
    }

    pub(super) fn text<'s>(&'s self, written: &'s str) -> &'s str {
        self.text.as_deref().unwrap_or(written)
    }

    /// The values in the order in which the server takes them.
    pub(super) fn bind<'s>(&self, written: &str, parameters: &'s Parameters) -> Result<Cow<'s, [Value]>> {
        let (positional, named) = (&parameters.positional, &parameters.named);
        match &self.binds {
            _ if !positional.is_empty() && !named.is_empty() => {
                Err(invalid("parameters are bound in order or by name, not both"))
            }
            Binds::InOrder(places) if !named.is_empty() => Err(match places.first() {
                Some(&first) => at(written, first, "the statement has ? and takes its parameters in order"),
                None => invalid(&format!("the statement has no parameter :{}", named[0].0)),
            }),
            Binds::InOrder(places) => counted(written, places, positional),
            Binds::ByName { names, .. } if !positional.is_empty() => {
                let (name, place) = &names[0];
                Err(at(
                    written,
                    *place,
                    &format!("the statement takes its parameters by name, the first is :{name}"),
                ))
            }
            Binds::ByName { names, order } => by_name(written, names, order, named),
        }
    }
}

impl Binds {
    /// The number of the next `?`.
    fn question(&mut self, text: &str, place: usize) -> Result<usize> {
        match self {
            Self::InOrder(places) => {
                places.push(place);
                Ok(places.len())
            }
            Self::ByName { .. } => Err(at(
                text,
                place,
                "? in a statement whose parameters have names; the operator ? is written ??",
            )),
        }
    }

    /// The number that stands for a name.
    fn name(&mut self, text: &str, token: &Token, placeholder: Placeholder) -> Result<usize> {
        let place = token.span.start;
        let name = &text[place + 1..token.span.end];
        if let Self::InOrder(places) = self {
            if let Some(&first) = places.first() {
                let (line, column) = position(text, first);
                let what = format!(":{name} in a statement that has ? at line {line}, column {column}");
                return Err(at(text, place, &what));
            }
            *self = Self::ByName { names: Vec::new(), order: Vec::new() };
        }
        let Self::ByName { names, order } = self else { return Ok(0) };
        let known = names.iter().position(|(known, _)| known == name);
        let index = known.unwrap_or_else(|| {
            names.push((name.to_owned(), place));
            names.len() - 1
        });
        if known.is_none() || !placeholder.is_reusable() {
            order.push(index);
            return Ok(order.len());
        }
        Ok(index + 1)
    }
}

/// What is written.
struct Writer<'s> {
    text: &'s str,
    dialect: &'s Dialect,
    out: String,
    changed: bool,
    /// The last thing written is a numbered placeholder.
    after_number: bool,
}

impl<'s> Writer<'s> {
    fn new(text: &'s str, dialect: &'s Dialect) -> Self {
        Self {
            text,
            dialect,
            out: String::with_capacity(text.len() + 16),
            changed: false,
            after_number: false,
        }
    }

    fn copy(&mut self, token: &Token) {
        let text = &self.text[token.span.clone()];
        // What stood behind a `?` must not grow together with the number that stands there now.
        if std::mem::take(&mut self.after_number) && text.starts_with(grows) {
            self.out.push(' ');
        }
        self.out.push_str(text);
    }

    fn escaped(&mut self, place: usize) -> Result<()> {
        if !self.dialect.lexis.question_operators {
            let what = format!("?? stands for the operator ?, which {} does not have", self.dialect.name);
            return Err(at(self.text, place, &what));
        }
        if std::mem::take(&mut self.after_number) {
            self.out.push(' ');
        }
        self.out.push('?');
        self.changed = true;
        Ok(())
    }

    fn placeholder(&mut self, token: &Token, number: usize) {
        let form = self.dialect.placeholder;
        if form == Placeholder::Question && token.kind == Kind::Question {
            self.out.push('?');
            return;
        }
        self.changed = true;
        if self.out.ends_with(grows) {
            self.out.push(' ');
        }
        self.after_number = form != Placeholder::Question;
        // Writing to a String cannot fail.
        let _ = match form {
            Placeholder::Question => write!(self.out, "?"),
            Placeholder::Dollar => write!(self.out, "${number}"),
            Placeholder::AtP => write!(self.out, "@P{number}"),
            Placeholder::Colon => write!(self.out, ":{number}"),
        };
    }
}

/// Whether a character can be part of a word or a placeholder.
fn grows(c: char) -> bool {
    c.is_alphanumeric() || "_$#@:?".contains(c) || !c.is_ascii()
}

fn check(text: &str, dialect: &Dialect, token: &Token) -> Result<()> {
    let word = &text[token.span.clone()];
    if token.open {
        return Err(at(
            text,
            token.span.start,
            "a string, quoted name or comment begins here and does not end",
        ));
    }
    let own = match dialect.placeholder {
        Placeholder::Question => '?',
        Placeholder::Dollar => '$',
        Placeholder::AtP => '@',
        Placeholder::Colon => ':',
    };
    if token.kind == Kind::Native && (word.starts_with(own) || word.starts_with('?')) {
        let what = format!("{word} is a native placeholder; portable SQL has ? or :name");
        return Err(at(text, token.span.start, &what));
    }
    Ok(())
}

fn counted<'s>(written: &str, places: &[usize], values: &'s [Value]) -> Result<Cow<'s, [Value]>> {
    if places.len() == values.len() {
        return Ok(Cow::Borrowed(values));
    }
    let what = format!("{} parameters are bound, the statement takes {}", values.len(), places.len());
    Err(match places.get(values.len()) {
        Some(&first) => at(written, first, &format!("nothing is bound for this ?: {what}")),
        None => invalid(&what),
    })
}

fn by_name<'s>(
    written: &str,
    names: &[(String, usize)],
    order: &[usize],
    named: &[(String, Value)],
) -> Result<Cow<'s, [Value]>> {
    for (index, (name, _)) in named.iter().enumerate() {
        let place = names.iter().find(|(known, _)| known == name);
        let Some((_, place)) = place else {
            let known = names.iter().map(|(known, _)| known.as_str());
            let near = purlin_core::suggest(name, known).map(|near| format!("; did you mean :{near}?"));
            let near = near.unwrap_or_default();
            return Err(invalid(&format!("the statement has no parameter :{name}{near}")));
        };
        if named[..index].iter().any(|(earlier, _)| earlier == name) {
            return Err(at(written, *place, &format!(":{name} is bound twice")));
        }
    }
    let value = |&index: &usize| {
        let (name, place) = &names[index];
        let found = named.iter().find(|(bound, _)| bound == name);
        found
            .map(|(_, value)| value.clone())
            .ok_or_else(|| at(written, *place, &format!(":{name} is not bound")))
    };
    order.iter().map(value).collect::<Result<Vec<_>>>().map(Cow::Owned)
}

fn at(text: &str, place: usize, what: &str) -> Error {
    let (line, column) = position(text, place);
    invalid(&format!("line {line}, column {column}: {what}"))
}

pub(super) fn invalid(what: &str) -> Error {
    Error::new(ErrorKind::Invalid, what.to_owned()).with_outcome(Outcome::NotSent)
}
