//! Spaces, places and texts in quotes.

use super::{Fault, Reader};
use crate::Origin;
use purlin_core::Diagnostic;
use std::borrow::Cow;

impl<'a> Reader<'a> {
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Passes over white space.
    pub(super) fn space(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' => {
                    self.at += 1;
                    self.line += 1;
                    self.line_start = self.at;
                    self.counted = (self.at, 0);
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
                _ => break,
            }
        }
    }

    /// Where the next byte is.
    pub(super) fn origin(&mut self) -> Origin {
        let (from, before) = self.counted;
        let passed = self.text.get(from..self.at).unwrap_or_default();
        let count = before + if passed.is_ascii() { passed.len() } else { passed.chars().count() };
        self.counted = (self.at, count);
        self.named.origin(self.line, count + 1)
    }

    pub(super) fn fault(&mut self, message: &str, help: Option<&str>) -> Fault {
        let origin = self.origin();
        let fault = Diagnostic::error("json-syntax", message).place(self.named.place(origin));
        Box::new(match help {
            Some(help) => fault.help(help),
            None => fault,
        })
    }

    /// Takes a text in double quotes.
    pub(super) fn quoted(&mut self) -> Result<Cow<'a, str>, Fault> {
        let start = self.at + 1;
        let rest = self.text.get(start..).unwrap_or_default();
        match rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
            Some(end) if rest.as_bytes().get(end) == Some(&b'"') => {
                self.at = start + end + 1;
                Ok(Cow::Borrowed(rest.get(..end).unwrap_or_default()))
            }
            _ => self.escaped().map(Cow::Owned),
        }
    }

    /// Takes a text in which something is escaped, or which is at fault.
    fn escaped(&mut self) -> Result<String, Fault> {
        self.origin();
        let opening = (self.at, self.counted);
        let mut text = String::new();
        self.at += 1;
        loop {
            let rest = self.rest();
            let Some(end) = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) else {
                (self.at, self.counted) = opening;
                return Err(self.fault("this quote is not closed", None));
            };
            text.push_str(rest.get(..end).unwrap_or_default());
            self.at += end;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                _ => {
                    return Err(
                        self.fault("a control character in a text", Some("write it as an escape: \\n"))
                    );
                }
            }
        }
    }

    /// Takes a backslash and what follows it.
    fn escape(&mut self) -> Result<char, Fault> {
        let escaped = match self.text.as_bytes().get(self.at + 1) {
            Some(b'u') => return self.unicode(),
            Some(known @ (b'"' | b'\\' | b'/')) => char::from(*known),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            _ => return Err(self.fault("not an escape of JSON", Some("write a backslash as \\\\"))),
        };
        self.at += 2;
        Ok(escaped)
    }

    fn four_digits(&self, at: usize) -> Option<u32> {
        let escape = self.text.get(at..at + 6)?;
        let digits = escape.strip_prefix("\\u")?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
    }

    /// Half of a surrogate pair is no character; Python keeps it, and fails where it is printed.
    fn unicode(&mut self) -> Result<char, Fault> {
        let Some(first) = self.four_digits(self.at) else {
            return Err(self.fault("\\u takes four hexadecimal digits", None));
        };
        let second = self.four_digits(self.at + 6).filter(|second| (0xdc00..0xe000).contains(second));
        let (code, length) = match second {
            Some(second) if (0xd800..0xdc00).contains(&first) => {
                (0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00), 12)
            }
            _ => (first, 6),
        };
        let Some(character) = char::from_u32(code) else {
            return Err(
                self.fault("half of a surrogate pair", Some("write both halves, or the character itself"))
            );
        };
        self.at += length;
        Ok(character)
    }
}
