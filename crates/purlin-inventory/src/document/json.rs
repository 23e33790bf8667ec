//! JSON, as Python's `json` reads it, with a place for each value.

mod text;

use super::number::integer;
use super::{MAX_DEPTH, MAX_VALUES, Named, Read, too_deep, too_many};
use crate::{FileId, Located, Map, Origin, Value};
use purlin_core::{Diagnostic, Diagnostics};
use std::collections::HashMap;
use std::sync::Arc;

/// Reads a whole text. `name` is the file's name in faults, `file` its id in origins.
pub(crate) fn read_all(text: &str, name: &str, file: FileId) -> Result<Read, Diagnostics> {
    let mut reader = Reader::new(text, Named { name, file });
    match reader.document() {
        Ok(value) => Ok(Read { value, warnings: reader.warnings }),
        Err(fault) => Err(std::iter::once(*fault).chain(reader.warnings).collect()),
    }
}

type Fault = Box<Diagnostic>;

struct Reader<'a> {
    text: &'a str,
    named: Named<'a>,
    at: usize,
    line: usize,
    /// Where the line begins.
    line_start: usize,
    /// Up to here columns are counted, so that a long line is not counted again and again.
    counted: (usize, usize),
    values: usize,
    /// Keys are repeated from host to host; each is kept once.
    keys: HashMap<&'a str, Arc<str>>,
    warnings: Diagnostics,
    unsaid: usize,
}

/// A list or map that is not yet at its end.
enum Open<'a> {
    List(Vec<Located>),
    Map { entries: Vec<Entry<'a>>, key: Entry<'a> },
}

/// A key and its value, null until it is there.
struct Entry<'a> {
    key: std::borrow::Cow<'a, str>,
    origin: Origin,
    value: Located,
}

/// So many equal keys are told one by one.
const MOST: usize = 100;

/// Keys beyond these are not expected to be repeated.
const MOST_KEYS: usize = 10_000;

impl<'a> Reader<'a> {
    fn new(text: &'a str, named: Named<'a>) -> Self {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self {
            text,
            named,
            at,
            line: 1,
            line_start: at,
            counted: (at, 0),
            values: 0,
            keys: HashMap::new(),
            warnings: Diagnostics::new(),
            unsaid: 0,
        }
    }

    fn document(&mut self) -> Result<Located, Fault> {
        let mut open: Vec<(Open<'a>, Origin)> = Vec::new();
        loop {
            self.space();
            let origin = self.origin();
            let mut value = match self.peek() {
                Some(b'[') => {
                    self.begin(open.len(), origin)?;
                    if !self.closes(b']') {
                        open.push((Open::List(Vec::new()), origin));
                        continue;
                    }
                    Located::new(Vec::new(), origin)
                }
                Some(b'{') => {
                    self.begin(open.len(), origin)?;
                    if !self.closes(b'}') {
                        open.push((Open::Map { entries: Vec::new(), key: self.key()? }, origin));
                        continue;
                    }
                    Located::new(Map::new(), origin)
                }
                _ => Located::new(self.scalar()?, origin),
            };
            // A value ends all that ends with it.
            loop {
                self.values += 1;
                if self.values > MAX_VALUES {
                    return Err(too_many(self.named.place(value.origin)).into());
                }
                let Some((inner, began)) = open.pop() else {
                    return self.end().map(|()| value);
                };
                match self.put(inner, value)? {
                    Step::Next(inner) => {
                        open.push((inner, began));
                        break;
                    }
                    Step::Ended(ended) => value = Located::new(ended, began),
                }
            }
        }
    }

    fn end(&mut self) -> Result<(), Fault> {
        self.space();
        if self.at < self.text.len() {
            return Err(
                self.fault("more text after the end of the document", Some("put one document into a file"))
            );
        }
        if self.unsaid > 0 {
            let message = format!("{} more keys are there twice", self.unsaid);
            let place = purlin_core::Place::file(self.named.name);
            self.warnings.push(Diagnostic::warning("duplicate-key", message).place(place));
        }
        Ok(())
    }

    /// Takes an opening bracket.
    fn begin(&mut self, depth: usize, origin: Origin) -> Result<(), Fault> {
        if depth >= MAX_DEPTH {
            return Err(too_deep(self.named.place(origin)).into());
        }
        self.at += 1;
        self.space();
        Ok(())
    }

    /// Takes a closing bracket, if it is there.
    fn closes(&mut self, bracket: u8) -> bool {
        let closes = self.peek() == Some(bracket);
        self.at += usize::from(closes);
        closes
    }

    /// Puts a value into what is open, and goes on to its next value or to its end.
    fn put(&mut self, inner: Open<'a>, value: Located) -> Result<Step<'a>, Fault> {
        self.space();
        match inner {
            Open::List(mut items) => {
                items.push(value);
                if self.closes(b']') {
                    return Ok(Step::Ended(items.into()));
                }
                self.comma(b']')?;
                Ok(Step::Next(Open::List(items)))
            }
            Open::Map { mut entries, mut key } => {
                key.value = value;
                entries.push(key);
                if self.closes(b'}') {
                    return Ok(Step::Ended(self.map(entries).into()));
                }
                self.comma(b'}')?;
                Ok(Step::Next(Open::Map { entries, key: self.key()? }))
            }
        }
    }

    fn comma(&mut self, closing: u8) -> Result<(), Fault> {
        let closing = char::from(closing);
        if self.peek() != Some(b',') {
            return Err(self.fault(&format!("expected a comma or {closing}"), None));
        }
        let place = self.origin();
        self.at += 1;
        self.space();
        if matches!(self.peek(), Some(b']' | b'}')) {
            let fault = Diagnostic::error("json-syntax", format!("a comma before {closing}"));
            return Err(fault
                .place(self.named.place(place))
                .help("JSON has no comma after the last value")
                .into());
        }
        Ok(())
    }

    /// Takes a key and its colon.
    fn key(&mut self) -> Result<Entry<'a>, Fault> {
        let origin = self.origin();
        if self.peek() != Some(b'"') {
            return Err(self.fault("expected a key in double quotes", None));
        }
        let key = self.quoted()?;
        self.space();
        if self.peek() != Some(b':') {
            return Err(self.fault("expected a colon after the key", None));
        }
        self.at += 1;
        Ok(Entry { key, origin, value: Located::new(Value::Null, origin) })
    }

    fn scalar(&mut self) -> Result<Value, Fault> {
        match self.peek() {
            Some(b'"') => Ok(Value::Text(self.quoted()?.into())),
            Some(b'-' | b'0'..=b'9') => self.number(),
            None => Err(self.fault("the document ends before its value", None)),
            Some(_) => self.word(),
        }
    }

    fn word(&mut self) -> Result<Value, Fault> {
        let words = [
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("NaN", Value::Float(f64::NAN)),
            ("Infinity", Value::Float(f64::INFINITY)),
        ];
        let rest = self.rest();
        let word = rest.split(|other: char| !other.is_ascii_alphanumeric()).next().unwrap_or_default();
        match words.into_iter().find(|(known, _)| *known == word) {
            Some((known, value)) => {
                self.at += known.len();
                Ok(value)
            }
            None => {
                let python = matches!(word, "True" | "False" | "None");
                let help = match rest.bytes().next() {
                    _ if python => "JSON writes true, false and null",
                    Some(b'\'') => "JSON has texts in double quotes only",
                    _ => "a text needs double quotes",
                };
                Err(self.fault("expected a value", Some(help)))
            }
        }
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let rest = self.rest();
        let body = rest.strip_prefix('-').unwrap_or(rest);
        if body.starts_with("Infinity") && body.len() < rest.len() {
            self.at += "-Infinity".len();
            return Ok(f64::NEG_INFINITY.into());
        }
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let whole = if body.starts_with('0') { 1 } else { digits(body) };
        if whole == 0 {
            return Err(self.fault("expected digits", None));
        }
        let mut length = whole;
        let after = |length: usize| body.get(length..).unwrap_or_default();
        if let Some(fraction) = after(length).strip_prefix('.').map(digits).filter(|count| *count > 0) {
            length += 1 + fraction;
        }
        if let Some(exponent) = after(length).strip_prefix(['e', 'E']) {
            let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if digits(unsigned) > 0 {
                length += 1 + (exponent.len() - unsigned.len()) + digits(unsigned);
            }
        }
        let sign = rest.len() - body.len();
        let number = match length == whole {
            true => integer(sign > 0, body.get(..whole).unwrap_or_default(), 10),
            false => rest.get(..sign + length).and_then(|text| text.parse::<f64>().ok()).map(Value::from),
        };
        let number = number.ok_or_else(|| self.fault("a number of more than 4300 digits", None))?;
        self.at += sign + length;
        if self.peek().is_some_and(|next| next.is_ascii_alphanumeric() || next == b'.') {
            let help = "numbers have no leading zeros and no letters; a text needs double quotes";
            return Err(self.fault("this number does not end here", Some(help)));
        }
        Ok(number)
    }

    /// Of equal keys the last counts, in the place of the first.
    fn map(&mut self, entries: Vec<Entry<'a>>) -> Map {
        let mut rows: Vec<(Arc<str>, Located)> = Vec::with_capacity(entries.len());
        let mut firsts: Vec<Origin> = Vec::with_capacity(entries.len());
        let mut index: HashMap<Arc<str>, usize> = HashMap::new();
        let is_large = entries.len() > 16;
        for Entry { key, origin, value } in entries {
            let key = self.keep(key);
            let known = match is_large {
                true => index.get(&key).copied(),
                false => rows.iter().position(|(known, _)| *known == key),
            };
            match known.and_then(|row| rows.get_mut(row).zip(firsts.get(row))) {
                Some(((_, old), first)) => {
                    *old = value;
                    let first = *first;
                    self.twice(&key, origin, first);
                }
                None => {
                    if is_large {
                        index.insert(key.clone(), rows.len());
                    }
                    rows.push((key, value));
                    firsts.push(origin);
                }
            }
        }
        Map::from_unique(rows)
    }

    fn keep(&mut self, key: std::borrow::Cow<'a, str>) -> Arc<str> {
        match key {
            std::borrow::Cow::Borrowed(key) if self.keys.len() < MOST_KEYS => {
                self.keys.entry(key).or_insert_with(|| key.into()).clone()
            }
            std::borrow::Cow::Borrowed(key) => self.keys.get(key).cloned().unwrap_or_else(|| key.into()),
            std::borrow::Cow::Owned(key) => key.into(),
        }
    }

    fn twice(&mut self, key: &str, again: Origin, first: Origin) {
        if self.warnings.len() >= MOST {
            self.unsaid += 1;
            return;
        }
        let warning = Diagnostic::warning("duplicate-key", format!("the key {key:?} is there twice"))
            .place(self.named.place(again))
            .related("the first is here", self.named.place(first))
            .help("the last one counts; remove the other");
        self.warnings.push(warning);
    }
}

enum Step<'a> {
    /// The next value is one of this.
    Next(Open<'a>),
    /// This is at its end.
    Ended(Value),
}

#[cfg(test)]
mod tests;
