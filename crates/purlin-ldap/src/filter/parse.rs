//! The grammar of RFC 4515.

use super::{Extensible, Filter, Parts};
use crate::AttrName;
use purlin_core::{Error, ErrorKind, Result};

/// Deeper than anybody writes, and shallow enough for any stack, ours and the server's.
const MAX_DEPTH: usize = 50;

/// What is wrong, and at which byte.
struct Fault(usize, &'static str);

type Make = fn(AttrName, Vec<u8>) -> Filter;

type Parsed<T> = std::result::Result<T, Fault>;

struct Parser<'t> {
    text: &'t [u8],
    at: usize,
}

pub(super) fn filter(text: &str) -> Result<Filter> {
    let mut parser = Parser { text: text.as_bytes(), at: 0 };
    let parsed = parser.filter(0).and_then(|filter| match parser.peek() {
        None => Ok(filter),
        Some(_) => Err(parser.fault("something after the filter's end")),
    });
    parsed.map_err(|Fault(at, what)| {
        let column = text.get(..at).unwrap_or(text).chars().count() + 1;
        let message = format!("not a filter: {what} at character {column}");
        Error::new(ErrorKind::Invalid, message).with_operation("ldap.filter")
    })
}

impl Parser<'_> {
    fn filter(&mut self, depth: usize) -> Parsed<Filter> {
        if depth > MAX_DEPTH {
            return Err(self.fault("too many parentheses within each other"));
        }
        self.expect(b'(', "no opening parenthesis")?;
        let filter = match self.peek() {
            Some(b'&') => Filter::And(self.list(depth)?),
            Some(b'|') => Filter::Or(self.list(depth)?),
            Some(b'!') => {
                self.at += 1;
                Filter::Not(Box::new(self.filter(depth + 1)?))
            }
            _ => self.item()?,
        };
        self.expect(b')', "no closing parenthesis")?;
        Ok(filter)
    }

    fn list(&mut self, depth: usize) -> Parsed<Vec<Filter>> {
        self.at += 1;
        let mut filters = Vec::new();
        while self.peek() == Some(b'(') {
            filters.push(self.filter(depth + 1)?);
        }
        Ok(filters)
    }

    fn item(&mut self) -> Parsed<Filter> {
        let start = self.at;
        let name = self.word();
        let sign = self.rest();
        let (sign, make): (&[u8], Make) = match sign {
            [b'=', ..] => return self.equal(start, &name),
            [b'>', b'=', ..] => (b">=", Filter::AtLeast),
            [b'<', b'=', ..] => (b"<=", Filter::AtMost),
            [b'~', b'=', ..] => (b"~=", Filter::Approximate),
            [b':', ..] => return self.extensible(start, &name),
            _ => return Err(self.fault("no comparison, such as =")),
        };
        let name = self.name(start, &name)?;
        self.at += sign.len();
        let value = self.value()?;
        if self.peek() == Some(b'*') {
            return Err(self.fault("a star where it must be written \\2a"));
        }
        Ok(make(name, value))
    }

    fn equal(&mut self, start: usize, name: &str) -> Parsed<Filter> {
        let name = self.name(start, name)?;
        self.at += 1;
        let mut pieces = vec![self.value()?];
        while self.peek() == Some(b'*') {
            self.at += 1;
            pieces.push(self.value()?);
        }
        let mut pieces = pieces.into_iter();
        let (first, last) = (pieces.next().unwrap_or_default(), pieces.next_back());
        let Some(last) = last else { return Ok(Filter::Equal(name, first)) };
        // Doubled stars say no more than one.
        let middle = pieces.filter(|piece| !piece.is_empty()).collect();
        Ok(name.parts(Parts { first, middle, last }))
    }

    fn extensible(&mut self, start: usize, name: &str) -> Parsed<Filter> {
        let attribute = match name.is_empty() {
            true => None,
            false => Some(self.name(start, name)?),
        };
        let (mut with_dn, mut rule) = (false, None);
        while self.rest().first() == Some(&b':') && self.rest().get(1) != Some(&b'=') {
            self.at += 1;
            let start = self.at;
            let word = self.word();
            match word.eq_ignore_ascii_case("dn") && !with_dn && rule.is_none() {
                true => with_dn = true,
                false if rule.is_none() => rule = Some(self.name(start, &word)?),
                false => return Err(Fault(start, "a second rule")),
            }
        }
        if !self.rest().starts_with(b":=") {
            return Err(self.fault("no :="));
        }
        if attribute.is_none() && rule.is_none() {
            return Err(Fault(start, "neither an attribute nor a rule"));
        }
        self.at += 2;
        let value = self.value()?;
        Ok(Filter::Extensible(Extensible { attribute, rule, with_dn, value }))
    }

    fn word(&mut self) -> String {
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b';');
        let length = self.rest().iter().take_while(|byte| is_part(byte)).count();
        let word = self.rest().get(..length).unwrap_or_default();
        let word = String::from_utf8_lossy(word).into_owned();
        self.at += length;
        word
    }

    fn name(&self, start: usize, name: &str) -> Parsed<AttrName> {
        AttrName::new(name).map_err(|_| Fault(start, "no name of an attribute"))
    }

    /// Up to a star, a parenthesis or the end, escapes resolved.
    fn value(&mut self) -> Parsed<Vec<u8>> {
        let mut value = Vec::new();
        while let Some(byte) = self.peek() {
            match byte {
                b'*' | b')' => break,
                b'(' => return Err(self.fault("a parenthesis that must be written \\28")),
                0 => return Err(self.fault("a zero byte that must be written \\00")),
                b'\\' => {
                    let digits = self.rest().get(1..3).and_then(|pair| std::str::from_utf8(pair).ok());
                    let digits = digits.filter(|pair| pair.bytes().all(|byte| byte.is_ascii_hexdigit()));
                    let byte = digits.and_then(|pair| u8::from_str_radix(pair, 16).ok());
                    value.push(byte.ok_or_else(|| self.fault("a backslash without two hexadecimal digits"))?);
                    self.at += 3;
                }
                byte => {
                    value.push(byte);
                    self.at += 1;
                }
            }
        }
        Ok(value)
    }

    fn expect(&mut self, byte: u8, otherwise: &'static str) -> Parsed<()> {
        if self.peek() != Some(byte) {
            return Err(self.fault(otherwise));
        }
        self.at += 1;
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn rest(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn fault(&self, what: &'static str) -> Fault {
        Fault(self.at, what)
    }
}
