//! Python literals, as Ansible's INI format reads values.

mod key;
mod number;
mod text;

use super::MAX_DEPTH;
use super::number::integer;
use crate::{Located, Map, Origin, Value};
use key::{distinct, is_key, sameness, shown};
use number::number_value;
use std::collections::HashMap;
use std::sync::Arc;

/// The value of a Python literal (`ast.literal_eval`); none where the text is none, and then stays text.
///
/// Not taken, though Python takes them: complex numbers, which Ansible turns back into text; characters by name (`\N{…}`);
/// bytes beyond ASCII, which Ansible shows as a question mark; half surrogate pairs; nesting beyond 128 levels.
///
/// Each value in a list or map counts against `left`, and there is none where that does not suffice: it is 0 then.
pub(crate) fn read(text: &str, origin: Origin, left: &mut usize) -> Option<Value> {
    // Python passes over spaces and tabs before an expression.
    let text = text.trim_start_matches([' ', '\t']);
    let first = text.chars().find(|first| !matches!(first, '\n' | '\r' | '\u{c}'))?;
    if !first.is_ascii() || matches!(first, 'a' | 'c'..='e' | 'g'..='q' | 't' | 'v'..='z') {
        return None;
    }
    let mut reader = Reader { text, at: 0, origin, closers: Vec::new(), left };
    reader.document()
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    origin: Origin,
    /// The brackets that are open; within them line breaks are spaces.
    closers: Vec<u8>,
    left: &'a mut usize,
}

/// What stands in an open bracket so far.
#[derive(Default)]
struct Open {
    items: Vec<Value>,
    /// The keys of a map, beside its values in `items`.
    keys: Vec<Value>,
    /// A comma came after the last item.
    has_comma: bool,
    /// The sign before the bracket.
    is_signed: Option<bool>,
    /// The last item has a sign of its own, and takes no other.
    holds_sign: bool,
}

/// What a value is after its brackets are known.
enum Closed {
    Value(Value),
    /// One value in parentheses.
    Same(Value),
}

impl<'a> Reader<'a> {
    /// An expression, or several with commas, which are a list.
    fn document(&mut self) -> Option<Value> {
        self.lines();
        if self.at > 0 && matches!(self.peek(), Some(b' ' | b'\t')) {
            // An indented line is one only below another.
            return None;
        }
        let mut top = Open::default();
        let mut open: Vec<(Open, u8)> = Vec::new();
        loop {
            self.space();
            // A value, or a bracket that opens or ends.
            if let Some(closer) = self.closer() {
                let (inner, closing) = open.pop()?;
                self.closers.pop();
                if closer != closing {
                    return None;
                }
                let (sign, holds_sign) = (inner.is_signed, inner.holds_sign);
                let value = match (self.close(inner, closing)?, sign) {
                    (Closed::Value(value) | Closed::Same(value), None) => value,
                    (Closed::Same(value), Some(negative)) if !holds_sign => signed(value, negative)?,
                    (_, Some(_)) => return None,
                };
                let outer = open.last_mut().map_or(&mut top, |(outer, _)| outer);
                self.put(outer, value)?;
                outer.holds_sign = holds_sign || sign.is_some();
            } else if self.at >= self.text.len() {
                break;
            } else {
                let sign = self.sign()?;
                if let Some(closing) = self.opener() {
                    if open.len() >= MAX_DEPTH {
                        return None;
                    }
                    open.push((Open { is_signed: sign, ..Open::default() }, closing));
                    self.closers.push(closing);
                    continue;
                }
                let value = self.scalar()?;
                let value = match sign {
                    Some(negative) => signed(value, negative)?,
                    None => value,
                };
                let outer = open.last_mut().map_or(&mut top, |(outer, _)| outer);
                self.put(outer, value)?;
                outer.holds_sign = sign.is_some();
            }
            let outer = open.last_mut().map_or(&mut top, |(outer, _)| outer);
            self.after(outer)?;
        }
        if !open.is_empty() {
            return None;
        }
        match (top.items.len(), top.has_comma) {
            (0, _) => None,
            (1, false) => top.items.pop(),
            _ => Some(self.list(top.items)),
        }
    }

    /// What may follow a value: a comma, the colon of a map, the end.
    fn after(&mut self, outer: &mut Open) -> Option<()> {
        self.space();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                // The value of a key is there, or there are no keys at all.
                let is_whole = outer.keys.is_empty() || outer.keys.len() == outer.items.len();
                outer.has_comma = true;
                is_whole.then_some(())
            }
            Some(b':') if self.closers.last() == Some(&b'}') && outer.items.len() == outer.keys.len() + 1 => {
                self.at += 1;
                outer.keys.push(outer.items.pop()?);
                // Nothing but a value may follow.
                self.space();
                (!matches!(self.peek(), Some(b'}' | b','))).then_some(())
            }
            Some(b'}' | b']' | b')') => Some(()),
            None => Some(()),
            Some(_) => None,
        }
    }

    fn put(&mut self, outer: &mut Open, value: Value) -> Option<()> {
        if !self.closers.is_empty() {
            *self.left = self.left.checked_sub(1)?;
        }
        let is_first = outer.items.is_empty() && outer.keys.is_empty();
        let follows_colon = outer.keys.len() == outer.items.len() + 1;
        if !(is_first || outer.has_comma || follows_colon) {
            return None;
        }
        outer.has_comma = false;
        outer.items.push(value);
        Some(())
    }

    fn close(&self, inner: Open, closing: u8) -> Option<Closed> {
        // A comma needs something before it.
        if inner.has_comma && inner.items.is_empty() {
            return None;
        }
        match closing {
            b'}' if inner.items.is_empty() && inner.keys.is_empty() => Some(Closed::Value(Map::new().into())),
            b'}' if inner.keys.is_empty() => {
                let items = inner.items;
                items.iter().all(is_key).then(|| Closed::Value(self.list(distinct(items))))
            }
            b'}' => self.map(inner).map(Closed::Value),
            b')' if inner.items.len() == 1 && !inner.has_comma => {
                inner.items.into_iter().next().map(Closed::Same)
            }
            _ => Some(Closed::Value(self.list(inner.items))),
        }
    }

    fn list(&self, items: Vec<Value>) -> Value {
        let items: Vec<Located> = items.into_iter().map(|item| Located::new(item, self.origin)).collect();
        items.into()
    }

    fn map(&self, inner: Open) -> Option<Value> {
        if inner.keys.len() != inner.items.len() || !inner.keys.iter().all(is_key) {
            return None;
        }
        let mut rows: Vec<(String, Located)> = Vec::with_capacity(inner.keys.len());
        let mut index: HashMap<String, usize> = HashMap::new();
        for (key, value) in inner.keys.iter().zip(inner.items) {
            let value = Located::new(value, self.origin);
            let row = *index.entry(sameness(key)?).or_insert(rows.len());
            match rows.get_mut(row) {
                Some((_, old)) => *old = value,
                None => rows.push((shown(key)?, value)),
            }
        }
        // A text and a number may be one key in JSON.
        let mut index: HashMap<&str, usize> = HashMap::new();
        let mut entries: Vec<(Arc<str>, Located)> = Vec::with_capacity(rows.len());
        for (key, value) in &rows {
            let entry = *index.entry(key).or_insert(entries.len());
            match entries.get_mut(entry) {
                Some((_, old)) => *old = value.clone(),
                None => entries.push((key.as_str().into(), value.clone())),
            }
        }
        Some(Map::from_unique(entries).into())
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The sign before a number; the outer none where there are two.
    #[expect(clippy::option_option, reason = "no sign is fine, two signs are not")]
    fn sign(&mut self) -> Option<Option<bool>> {
        let negative = match self.peek() {
            Some(b'-') => true,
            Some(b'+') => false,
            _ => return Some(None),
        };
        self.at += 1;
        self.space();
        (!matches!(self.peek(), Some(b'-' | b'+'))).then_some(Some(negative))
    }

    fn opener(&mut self) -> Option<u8> {
        let closing = match self.peek()? {
            b'[' => b']',
            b'(' => b')',
            b'{' => b'}',
            _ => return None,
        };
        self.at += 1;
        Some(closing)
    }

    fn closer(&mut self) -> Option<u8> {
        let closer = self.peek().filter(|byte| matches!(byte, b']' | b')' | b'}'))?;
        self.at += 1;
        Some(closer)
    }

    fn scalar(&mut self) -> Option<Value> {
        match self.peek()? {
            // Ansible turns what this stands for back into text.
            b'.' if self.rest().starts_with("...") => {
                self.at += 3;
                Some(Value::Text("...".into()))
            }
            b'0'..=b'9' | b'.' => self.number(),
            _ => match self.texts() {
                Some(text) => text,
                None => self.word(),
            },
        }
    }

    fn word(&mut self) -> Option<Value> {
        let rest = self.rest();
        let end = rest.find(|other: char| !other.is_alphanumeric() && other != '_').unwrap_or(rest.len());
        let value = match rest.get(..end)? {
            "True" => Value::Bool(true),
            "False" => Value::Bool(false),
            "None" => Value::Null,
            // The one call that is a literal.
            "set" if rest.get(end..)?.starts_with("()") => {
                self.at += end + 2;
                return Some(self.list(Vec::new()));
            }
            _ => return None,
        };
        self.at += end;
        Some(value)
    }

    /// `1_000`, `0x1F`, `0o17`, `0b101`, `1.5e3`: digits with single underscores between them.
    fn number(&mut self) -> Option<Value> {
        let rest = self.rest();
        let is_part = |(at, byte): (usize, u8)| {
            let signs = matches!(byte, b'+' | b'-') && !rest.starts_with("0x") && !rest.starts_with("0X");
            let after_exponent = at.checked_sub(1).and_then(|before| rest.as_bytes().get(before));
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'_' | b'.')
                || (signs && matches!(after_exponent, Some(b'e' | b'E')))
        };
        let length = rest.bytes().enumerate().take_while(|part| is_part(*part)).count();
        let number = rest.get(..length)?;
        if rest.get(length..)?.starts_with(|next: char| !next.is_ascii()) {
            return None;
        }
        let value = number_value(number)?;
        self.at += length;
        Some(value)
    }
}

fn signed(value: Value, negative: bool) -> Option<Value> {
    match value {
        Value::Int(number) if negative => match number.checked_neg() {
            Some(number) => Some(Value::Int(number)),
            None => Some(Value::BigInt("9223372036854775808".into())),
        },
        Value::Float(number) if negative => Some(Value::Float(-number)),
        Value::BigInt(digits) if negative => match digits.strip_prefix('-') {
            Some(digits) => Some(Value::BigInt(digits.into())),
            None => integer(true, &digits, 10),
        },
        Value::Int(_) | Value::Float(_) | Value::BigInt(_) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
