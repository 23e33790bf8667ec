//! Values as JSON, in the form of `ansible-inventory --list`.

use super::{Located, Map, Value};
use crate::document::json_float;
use crate::{Origin, SecretValue};
use purlin_core::{Error, ErrorKind};
use serde::ser::{Error as _, Serialize, SerializeMap, SerializeSeq, Serializer};
use std::io::{self, Write};

/// What is written where a secret stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrets {
    /// Nothing: writing fails.
    Refuse,
    /// `{"__ansible_vault": …}` with the envelope of a vault that is still closed. Secrets of other kinds are refused.
    Envelopes,
}

/// Why a value was not written.
#[derive(Debug)]
pub(crate) enum JsonFault {
    /// The output refused it.
    Io(io::Error),
    /// A secret stands there.
    Secret(Origin),
}

impl From<io::Error> for JsonFault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

type Written = Result<(), JsonFault>;

/// Writes JSON piece by piece, as Python's `json.dumps` with `ensure_ascii=False` does; keys of [values](Value) are
/// sorted, others come as they are given.
///
/// Call [`finish`](Self::finish) at the end: what is not written then is lost.
#[derive(Debug)]
pub(crate) struct JsonWriter<W: Write> {
    out: W,
    buffer: Vec<u8>,
    /// Spaces a level; none puts all on one line.
    indent: Option<usize>,
    secrets: Secrets,
    /// The bracket that closes each open list or map, and whether something is in it.
    open: Vec<(u8, bool)>,
    after_key: bool,
}

/// Written at once to the output.
const PORTION: usize = 64 * 1024;

impl<W: Write> JsonWriter<W> {
    /// Writes to this output with so many spaces a level, or all on one line without spaces.
    pub(crate) fn new(out: W, indent: Option<usize>, secrets: Secrets) -> Self {
        let buffer = Vec::with_capacity(PORTION + 1024);
        Self { out, buffer, indent, secrets, open: Vec::new(), after_key: false }
    }

    /// Begins a map.
    pub(crate) fn begin_map(&mut self) -> Written {
        self.begin(b'{', b'}')
    }

    /// Begins a list.
    pub(crate) fn begin_list(&mut self) -> Written {
        self.begin(b'[', b']')
    }

    fn begin(&mut self, opening: u8, closing: u8) -> Written {
        self.step()?;
        self.buffer.push(opening);
        self.open.push((closing, false));
        Ok(())
    }

    /// Ends the list or map that was begun last.
    pub(crate) fn end(&mut self) -> Written {
        if let Some((closing, has_entries)) = self.open.pop() {
            if has_entries {
                self.new_line();
            }
            self.buffer.push(closing);
        }
        Ok(())
    }

    /// The key of what is written next.
    pub(crate) fn key(&mut self, key: &str) -> Written {
        self.step()?;
        quote(&mut self.buffer, key);
        self.buffer.push(b':');
        if self.indent.is_some() {
            self.buffer.push(b' ');
        }
        self.after_key = true;
        Ok(())
    }

    /// A text.
    pub(crate) fn text(&mut self, text: &str) -> Written {
        self.step()?;
        quote(&mut self.buffer, text);
        Ok(())
    }

    /// A value with all that is in it.
    pub(crate) fn value(&mut self, value: &Value, origin: Origin) -> Written {
        match value {
            Value::Null => self.raw("null"),
            Value::Bool(true) => self.raw("true"),
            Value::Bool(false) => self.raw("false"),
            Value::Int(number) => {
                self.step()?;
                Ok(write!(self.buffer, "{number}")?)
            }
            Value::BigInt(digits) => self.raw(digits),
            Value::Float(number) => self.raw(&json_float(*number)),
            Value::Text(text) => self.text(text),
            Value::Unsafe(text) => self.marked("__ansible_unsafe", text),
            Value::List(items) => {
                self.begin_list()?;
                items.iter().try_for_each(|item| self.value(&item.value, item.origin))?;
                self.end()
            }
            Value::Map(map) => self.map(map),
            Value::Secret(secret) => match (&**secret, self.secrets) {
                (SecretValue::Vault { envelope, .. }, Secrets::Envelopes) => {
                    self.marked("__ansible_vault", envelope)
                }
                _ => Err(JsonFault::Secret(origin)),
            },
        }
    }

    fn map(&mut self, map: &Map) -> Written {
        let mut entries: Vec<(&str, &Located)> = map.iter().collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        self.begin_map()?;
        for (key, value) in entries {
            self.key(key)?;
            self.value(&value.value, value.origin)?;
        }
        self.end()
    }

    fn marked(&mut self, mark: &str, text: &str) -> Written {
        self.begin_map()?;
        self.key(mark)?;
        self.text(text)?;
        self.end()
    }

    fn raw(&mut self, text: &str) -> Written {
        self.step()?;
        self.buffer.extend_from_slice(text.as_bytes());
        Ok(())
    }

    /// What comes before a key or an item.
    fn step(&mut self) -> Written {
        if self.buffer.len() >= PORTION {
            self.out.write_all(&self.buffer)?;
            self.buffer.clear();
        }
        if std::mem::take(&mut self.after_key) {
            return Ok(());
        }
        if let Some((_, has_entries)) = self.open.last_mut() {
            if std::mem::replace(has_entries, true) {
                self.buffer.push(b',');
            }
            self.new_line();
        }
        Ok(())
    }

    fn new_line(&mut self) {
        if let Some(indent) = self.indent {
            self.buffer.push(b'\n');
            self.buffer.resize(self.buffer.len() + indent * self.open.len(), b' ');
        }
    }

    /// Writes what is left, and gives the output back.
    pub(crate) fn finish(mut self) -> Result<W, JsonFault> {
        self.out.write_all(&self.buffer)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// A text in quotes, with the escapes that Python writes.
fn quote(buffer: &mut Vec<u8>, text: &str) {
    buffer.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(plain) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
        let (before, after) = rest.split_at(plain);
        buffer.extend_from_slice(before);
        let Some((byte, left)) = after.split_first() else { break };
        match byte {
            b'"' => buffer.extend_from_slice(b"\\\""),
            b'\\' => buffer.extend_from_slice(b"\\\\"),
            b'\n' => buffer.extend_from_slice(b"\\n"),
            b'\r' => buffer.extend_from_slice(b"\\r"),
            b'\t' => buffer.extend_from_slice(b"\\t"),
            0x08 => buffer.extend_from_slice(b"\\b"),
            0x0c => buffer.extend_from_slice(b"\\f"),
            _ => buffer.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
        rest = left;
    }
    buffer.extend_from_slice(rest);
    buffer.push(b'"');
}

impl Value {
    /// As JSON on one line, in the form of `ansible-inventory --list`: keys sorted, `{"__ansible_unsafe": …}` for text
    /// that no template may be made of, numbers as Python prints them (`NaN` and `Infinity` too, which are not JSON).
    ///
    /// # Errors
    /// [`Denied`](purlin_core::ErrorKind::Denied) where a secret stands in it, closed or open.
    pub fn to_json(&self) -> purlin_core::Result<String> {
        self.write_json(Secrets::Refuse)
    }

    /// As [`to_json`](Self::to_json); a vault that is still closed becomes `{"__ansible_vault": …}` with its envelope, as
    /// Ansible writes it. The ciphertext leaves the program.
    ///
    /// # Errors
    /// [`Denied`](purlin_core::ErrorKind::Denied) where a secret of another kind stands in it.
    pub fn to_json_with_vaults(&self) -> purlin_core::Result<String> {
        self.write_json(Secrets::Envelopes)
    }

    fn write_json(&self, secrets: Secrets) -> purlin_core::Result<String> {
        let mut writer = JsonWriter::new(Vec::new(), None, secrets);
        let nowhere = Origin::file(crate::FileId(0));
        let bytes =
            writer.value(self, nowhere).and_then(|()| writer.finish()).map_err(|fault| match fault {
                JsonFault::Secret(origin) if origin == nowhere => {
                    Error::new(ErrorKind::Denied, "a secret is not printed")
                }
                JsonFault::Secret(origin) => Error::new(
                    ErrorKind::Denied,
                    format!("line {}, column {}: a secret is not printed", origin.line(), origin.column()),
                ),
                JsonFault::Io(error) => Error::new(ErrorKind::Internal, error.to_string()),
            })?;
        String::from_utf8(bytes).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))
    }
}

/// In the form of `ansible-inventory --list`, but with keys in the order in which they were written. A secret is an
/// error. A whole number beyond 128 bits becomes a text, since serde has none: [`Value::to_json`] writes all digits.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(truth) => serializer.serialize_bool(*truth),
            Self::Int(number) => serializer.serialize_i64(*number),
            Self::BigInt(digits) => match digits.parse() {
                Ok(number) => serializer.serialize_i128(number),
                Err(_) => serializer.serialize_str(digits),
            },
            Self::Float(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Unsafe(text) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("__ansible_unsafe", &**text)?;
                map.end()
            }
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                entries.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
            Self::Secret(_) => Err(S::Error::custom("a secret is not printed")),
        }
    }
}

/// As its [value](Value).
impl Serialize for Located {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}
