//! The grammar of RFC 4514, with the spaces of RFC 2253.

use super::Rdn;
use crate::AttrName;
use std::borrow::Cow;
use std::fmt::{self, Write};
use unicode_normalization::UnicodeNormalization;

/// Why a text is no name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// In characters, from 1.
    column: usize,
    what: &'static str,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at character {}", self.what, self.column)
    }
}

/// More than the deepest tree has, and few enough to keep a hostile name cheap.
const MAX_PARTS: usize = 1000;

/// Reads a name from left to right.
pub(super) struct Parser<'t> {
    text: &'t str,
    at: usize,
}

/// A value: its bytes, or the BER encoding that stands for them.
struct Value<'t> {
    bytes: Cow<'t, [u8]>,
    is_encoded: bool,
}

struct Part<'t> {
    attribute: &'t str,
    value: Value<'t>,
    /// What follows: a comma, a plus or nothing.
    next: Option<u8>,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn rdns(mut self) -> Result<Vec<Rdn>, Fault> {
        let (mut rdns, mut parts) = (Vec::new(), Vec::new());
        if self.is_empty() {
            return Ok(rdns);
        }
        loop {
            let part = self.part()?;
            let name = AttrName::new(part.attribute).map_err(|_| self.fault("no attribute type"))?;
            parts.push((name, part.value.bytes.into_owned()));
            if part.next != Some(b'+') {
                rdns.push(Rdn { parts: std::mem::take(&mut parts) });
            }
            if part.next.is_none() {
                return Ok(rdns);
            }
        }
    }

    /// Writes the normal form.
    pub(super) fn normalize(mut self, into: &mut String) -> Result<(), Fault> {
        if self.is_empty() {
            return Ok(());
        }
        let mut several: Vec<String> = Vec::new();
        for _ in 0..MAX_PARTS {
            let part = self.part()?;
            if part.next == Some(b'+') || !several.is_empty() {
                let mut text = String::new();
                normalize(&part, &mut text);
                several.push(text);
            } else {
                normalize(&part, into);
            }
            if part.next != Some(b'+') && !several.is_empty() {
                several.sort();
                into.push_str(&several.join("+"));
                several.clear();
            }
            match part.next {
                None => return Ok(()),
                Some(b',') => into.push(','),
                Some(_) => {}
            }
        }
        Err(self.fault("too many parts"))
    }

    fn is_empty(&self) -> bool {
        self.text.bytes().all(|byte| byte == b' ')
    }

    fn part(&mut self) -> Result<Part<'t>, Fault> {
        self.spaces();
        let start = self.at;
        while self.peek().is_some_and(is_of_a_type) {
            self.at += 1;
        }
        let attribute = self.text.get(start..self.at).unwrap_or_default();
        let attribute =
            attribute.strip_prefix("OID.").or(attribute.strip_prefix("oid.")).unwrap_or(attribute);
        if AttrName::new(attribute).is_err() {
            return Err(self.fault("no attribute type"));
        }
        self.spaces();
        if self.peek() != Some(b'=') {
            return Err(self.fault("no equals sign"));
        }
        self.at += 1;
        self.spaces();
        let value = match self.peek() {
            Some(b'#') => self.encoded()?,
            _ => self.string()?,
        };
        self.spaces();
        let next = self.peek();
        match next {
            None => {}
            Some(b',' | b'+') => self.at += 1,
            Some(_) => return Err(self.fault("neither a comma nor the end")),
        }
        Ok(Part { attribute, value, next })
    }

    /// `#` and the BER encoding of the value.
    fn encoded(&mut self) -> Result<Value<'t>, Fault> {
        self.at += 1;
        let mut bytes = Vec::new();
        while let Some(byte) = self.hex_pair() {
            bytes.push(byte);
        }
        if bytes.is_empty() {
            return Err(self.fault("no hexadecimal digits"));
        }
        Ok(Value { bytes: Cow::Owned(bytes), is_encoded: true })
    }

    fn string(&mut self) -> Result<Value<'t>, Fault> {
        let start = self.at;
        let mut resolved: Option<Vec<u8>> = None;
        // Spaces at the end belong to the value only where they are escaped.
        let (mut end, mut kept) = (start, 0);
        while let Some(byte) = self.peek() {
            match byte {
                b',' | b'+' => break,
                b'"' | b';' | b'<' | b'>' | 0 => return Err(self.fault("a character that must be escaped")),
                b'\\' => {
                    let so_far = self.text.as_bytes().get(start..self.at).unwrap_or_default();
                    let value = resolved.get_or_insert_with(|| so_far.to_vec());
                    self.at += 1;
                    let Some(letter) = self.escaped() else {
                        return Err(self.fault("a backslash without what it escapes"));
                    };
                    value.push(letter);
                    (end, kept) = (self.at, value.len());
                }
                byte => {
                    self.at += 1;
                    if let Some(value) = &mut resolved {
                        value.push(byte);
                    }
                    if byte != b' ' {
                        (end, kept) = (self.at, resolved.as_ref().map_or(0, Vec::len));
                    }
                }
            }
        }
        let bytes = match resolved {
            Some(mut value) => {
                value.truncate(kept);
                Cow::Owned(value)
            }
            None => Cow::Borrowed(self.text.as_bytes().get(start..end).unwrap_or_default()),
        };
        if bytes.is_empty() {
            return Err(self.fault("an empty value"));
        }
        Ok(Value { bytes, is_encoded: false })
    }

    fn escaped(&mut self) -> Option<u8> {
        if let Some(byte) = self.hex_pair() {
            return Some(byte);
        }
        let byte = self.peek()?;
        if !matches!(byte, b' ' | b'"' | b'#' | b'+' | b',' | b';' | b'<' | b'=' | b'>' | b'\\') {
            return None;
        }
        self.at += 1;
        Some(byte)
    }

    fn hex_pair(&mut self) -> Option<u8> {
        let pair = self.text.get(self.at..self.at + 2)?;
        if !pair.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 2;
        u8::from_str_radix(pair, 16).ok()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn spaces(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    fn fault(&self, what: &'static str) -> Fault {
        let before = self.text.get(..self.at).unwrap_or(self.text);
        Fault { column: before.chars().count() + 1, what }
    }
}

fn is_of_a_type(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

/// Where the first part ends: a comma that is not escaped.
pub(super) fn first_comma(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b',' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

fn normalize(part: &Part<'_>, into: &mut String) {
    into.extend(usual_name(part.attribute).chars().map(|letter| letter.to_ascii_lowercase()));
    into.push('=');
    if part.value.is_encoded {
        into.push('#');
        part.value.bytes.iter().for_each(|byte| {
            // A String takes whatever is written.
            let _ = write!(into, "{byte:02x}");
        });
        return;
    }
    match std::str::from_utf8(&part.value.bytes) {
        Ok(text) if text.is_ascii() => fold(text.chars(), into),
        // Once more behind the lower case, which may have another form (RFC 4518, sections 2.2 and 2.3).
        Ok(text) => fold(text.chars().filter(is_seen).nfkc().flat_map(char::to_lowercase).nfkc(), into),
        Err(_) => part.value.bytes.iter().for_each(|byte| escaped(*byte, into)),
    }
}

/// Whether a letter counts: what nobody sees is mapped to nothing (RFC 4518, section 2.2).
fn is_seen(letter: &char) -> bool {
    !matches!(
        letter,
        '\u{ad}' | '\u{34f}' | '\u{1806}' | '\u{180b}'..='\u{180d}' | '\u{200b}' | '\u{fe00}'..='\u{fe0f}' | '\u{fffc}'
    )
}

/// Lower case, single spaces, none at the ends. What separates parts is written in hexadecimal digits, so that every
/// comma in a normal form separates.
fn fold(text: impl Iterator<Item = char>, into: &mut String) {
    let (mut space, from) = (false, into.len());
    for letter in text {
        if letter == ' ' {
            space = into.len() > from;
            continue;
        }
        if std::mem::take(&mut space) {
            into.push(' ');
        }
        match letter {
            ',' | '+' | '=' | '\\' | '#' | '"' | ';' | '<' | '>' => escaped(letter as u8, into),
            letter => into.push(letter.to_ascii_lowercase()),
        }
    }
    if into.len() == from {
        // Spaces alone are one space (RFC 4518, section 2.6.1).
        into.push(' ');
    }
}

fn escaped(byte: u8, into: &mut String) {
    let _ = write!(into, "\\{byte:02x}");
}

/// The names of RFC 4519 for the numbers and the long names that certificates and some directories write instead.
fn usual_name(attribute: &str) -> &str {
    const SAME: [(&str, &str); 16] = [
        ("2.5.4.3", "cn"),
        ("2.5.4.4", "sn"),
        ("2.5.4.5", "serialnumber"),
        ("2.5.4.6", "c"),
        ("2.5.4.7", "l"),
        ("2.5.4.8", "st"),
        ("2.5.4.9", "street"),
        ("2.5.4.10", "o"),
        ("2.5.4.11", "ou"),
        ("0.9.2342.19200300.100.1.1", "uid"),
        ("0.9.2342.19200300.100.1.25", "dc"),
        ("commonName", "cn"),
        ("organizationName", "o"),
        ("organizationalUnitName", "ou"),
        ("domainComponent", "dc"),
        ("userid", "uid"),
    ];
    match attribute {
        "cn" | "ou" | "dc" | "uid" | "o" | "CN" | "OU" | "DC" => attribute,
        _ => SAME
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(attribute))
            .map_or(attribute, |(_, name)| name),
    }
}
