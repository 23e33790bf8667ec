//! Spaces and texts in quotes.

use super::Reader;
use crate::Value;

/// What stands before a quote.
#[derive(Default)]
struct Prefix {
    is_raw: bool,
    is_bytes: bool,
}

fn prefix(letters: &str) -> Option<Prefix> {
    let (is_raw, is_bytes) = match letters.to_ascii_lowercase().as_str() {
        "" | "u" => (false, false),
        "r" => (true, false),
        "b" => (false, true),
        "br" | "rb" => (true, true),
        _ => return None,
    };
    Some(Prefix { is_raw, is_bytes })
}

impl<'a> Reader<'a> {
    /// Passes over spaces, over line breaks within brackets, over continued lines and over a comment.
    pub(super) fn space(&mut self) {
        loop {
            let rest = self.rest();
            let in_brackets = !self.closers.is_empty();
            let step = match rest.bytes().next() {
                Some(b' ' | b'\t' | b'\x0c') => 1,
                Some(b'\n' | b'\r') if in_brackets => 1,
                Some(b'\\') if rest.starts_with("\\\n") && rest.len() > 2 => 2,
                Some(b'\\') if rest.starts_with("\\\r\n") && rest.len() > 3 => 3,
                Some(b'#') => rest.find('\n').unwrap_or(rest.len()),
                Some(b'\n' | b'\r') => match self.ends_here() {
                    true => rest.len(),
                    false => return,
                },
                _ => return,
            };
            self.at += step;
        }
    }

    /// Passes over empty lines and comments before the expression.
    pub(super) fn lines(&mut self) {
        while let Some(line) = self.rest().split_inclusive('\n').next() {
            let content = line.trim_matches([' ', '\t', '\r', '\n', '\u{c}']);
            if !(content.is_empty() || content.starts_with('#')) || !line.ends_with('\n') {
                break;
            }
            self.at += line.len();
        }
    }

    /// Whether only empty lines and comments follow, and nothing is indented.
    fn ends_here(&self) -> bool {
        let mut lines = self.rest().split(['\n', '\r']);
        let last = lines.next_back().unwrap_or_default();
        lines.chain([last]).all(|line| {
            let content = line.trim_matches([' ', '\t', '\u{c}']);
            content.starts_with('#') || content.is_empty()
        }) && (last.is_empty() || last.contains('#'))
    }

    /// Texts in quotes that follow each other are one; the outer none where there is none here.
    #[expect(clippy::option_option, reason = "no text here is not the same as a text at fault")]
    pub(super) fn texts(&mut self) -> Option<Option<Value>> {
        let mut joined = String::new();
        let mut is_bytes = None;
        loop {
            let rest = self.rest();
            let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
            let prefix = match rest.as_bytes().get(letters) {
                Some(b'"' | b'\'') => prefix(rest.get(..letters)?),
                _ if is_bytes.is_some() => break,
                _ => return None,
            };
            let Some(prefix) = prefix else { return Some(None) };
            if is_bytes.is_some_and(|is_bytes| is_bytes != prefix.is_bytes) {
                return Some(None);
            }
            is_bytes = Some(prefix.is_bytes);
            self.at += letters;
            match self.text(&prefix) {
                Some(text) => joined.push_str(&text),
                None => return Some(None),
            }
            self.space();
        }
        // What bytes say may come from anywhere, so that Ansible makes no template of it.
        Some(Some(if is_bytes == Some(true) { Value::Unsafe(joined.into()) } else { joined.into() }))
    }

    fn text(&mut self, prefix: &Prefix) -> Option<String> {
        let rest = self.rest();
        let quote = rest.get(..1)?;
        let triple = quote.repeat(3);
        let (end, is_long) = if rest.starts_with(&triple) { (triple.as_str(), true) } else { (quote, false) };
        self.at += end.len();
        let mut bytes = Vec::new();
        loop {
            let rest = self.rest();
            if rest.starts_with(end) {
                self.at += end.len();
                break;
            }
            let next = rest.chars().next()?;
            match next {
                '\n' | '\r' if !is_long => return None,
                '\0' => return None,
                '\\' => self.escape(prefix, &mut bytes)?,
                other if prefix.is_bytes && !other.is_ascii() => return None,
                other => {
                    self.at += other.len_utf8();
                    bytes.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
        }
        String::from_utf8(bytes).ok()
    }

    /// Takes a backslash and what follows it.
    fn escape(&mut self, prefix: &Prefix, bytes: &mut Vec<u8>) -> Option<()> {
        let rest = self.text.get(self.at + 1..)?;
        let next = rest.chars().next()?;
        if prefix.is_bytes && !next.is_ascii() {
            return None;
        }
        self.at += 1 + next.len_utf8();
        if prefix.is_raw {
            bytes.push(b'\\');
            bytes.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(());
        }
        let simple = match next {
            '\n' => return Some(()),
            '\r' => {
                self.at += usize::from(rest.starts_with("\r\n"));
                return Some(());
            }
            '\\' | '\'' | '"' => next,
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '0'..='7' => return self.coded(rest, 0, 3, 8, prefix, bytes),
            'x' => return self.coded(rest, 1, 2, 16, prefix, bytes),
            'u' if !prefix.is_bytes => return self.coded(rest, 1, 4, 16, prefix, bytes),
            'U' if !prefix.is_bytes => return self.coded(rest, 1, 8, 16, prefix, bytes),
            'N' if !prefix.is_bytes => return None,
            other => {
                bytes.push(b'\\');
                other
            }
        };
        bytes.extend_from_slice(simple.encode_utf8(&mut [0; 4]).as_bytes());
        Some(())
    }

    /// A character by its number: up to three octal digits, or an exact count of hexadecimal ones.
    fn coded(
        &mut self,
        rest: &'a str,
        skip: usize,
        most: usize,
        radix: u32,
        prefix: &Prefix,
        bytes: &mut Vec<u8>,
    ) -> Option<()> {
        let digits = rest.get(skip..)?;
        let length = digits.chars().take(most).take_while(|digit| digit.is_digit(radix)).count();
        if radix == 16 && length < most {
            return None;
        }
        let code = u32::from_str_radix(digits.get(..length)?, radix).ok()?;
        // The escape's first character is taken already.
        self.at += skip + length - 1;
        if prefix.is_bytes {
            bytes.push(u8::try_from(code & 0xff).ok()?);
        } else {
            bytes.extend_from_slice(char::from_u32(code)?.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Some(())
    }
}
